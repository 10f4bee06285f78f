"""A git server over TLS on this machine, with an authority of its own, that can also misbehave."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

BACKEND = Path(subprocess.check_output(["git", "--exec-path"], text=True).strip()) / "git-http-backend"


class GitServer:
    """Serves the bare repositories below a folder as https://localhost:PORT/<name>.

    A path that starts with one of these does not serve: /redirect/<url> answers 302, /login 401, /status/<code> that
    one, /late/<code>/<name> as well, but not before git has seen that <name> is there, /slow sends a byte now and then,
    /endless never stops, /text answers with something that is not git, /broken breaks off.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.closing = threading.Event()
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"server_of": self}))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, name: str) -> str:
        return f"https://localhost:{self.port}/{name}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def git_server(root: Path, folder: Path) -> Iterator[GitServer]:
    server = GitServer(root, folder)
    try:
        yield server
    finally:
        server.close()


class _Handler(BaseHTTPRequestHandler):
    server_of: GitServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(body)

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _answer(self, body: bytes) -> None:
        self.server_of.asked.append(self.path)
        kind = self.path.split("/")[1]
        misbehaviour = getattr(self, f"_{kind}", None) if kind in MISBEHAVIOURS else None
        with suppress(OSError):  # the client may be gone
            misbehaviour() if misbehaviour else self._git(body)

    def _git(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server_of.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        answer = subprocess.run([BACKEND], input=body, env=environment, capture_output=True, check=False).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self) -> None:
        target = self.path.removeprefix("/redirect/").partition("/info/refs")
        self.send_response(302)
        self.send_header("Location", "".join(target))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _login(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _status(self) -> None:
        self.send_response(int(self.path.split("/")[2]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _late(self) -> None:
        if self.command == "POST":
            self._status()
            return
        self.path = "/" + self.path.split("/", 3)[3]
        self._git(b"")

    def _slow(self) -> None:
        self._begin()
        while not self.server_of.closing.wait(0.05):
            self.wfile.write(b"0")
            self.wfile.flush()

    def _endless(self) -> None:
        self._begin()
        self._line(b"# service=git-upload-pack\n")
        self.wfile.write(b"0000")
        self._line(b"%040x HEAD\0symref=HEAD:refs/heads/main agent=x\n" % 1)
        lines = (b"%040x refs/heads/%0200d\n" % (number, number) for number in range(1, 5_000))
        block = b"".join(b"%04x%s" % (len(line) + 4, line) for line in lines)
        while not self.server_of.closing.is_set():
            self.wfile.write(block)

    def _refs(self) -> None:
        """Hostile names, as an old server would tell them."""
        names = (b"--upload-pack=x", b"a..b", b"\x1b[2J", b"a:b", b"good")
        lines = [
            b"# service=git-upload-pack\n",
            b"",
            b"%040x HEAD\0symref=HEAD:refs/heads/--upload-pack=x agent=x\n" % 1,
        ]
        lines += [b"%040x refs/heads/%s\n" % (number, name) for number, name in enumerate(names, 1)]
        body = b"".join(b"%04x%s" % (len(line) + 4, line) if line else b"0000" for line in [*lines, b""])
        self._begin(length=len(body))
        self.wfile.write(body)

    def _text(self) -> None:
        body = b"<p>\x1b[2Jfatal: Password for https://a:b@c\n"
        self._begin("text/html", len(body))
        self.wfile.write(body)

    def _broken(self) -> None:
        self._begin()
        self.wfile.write(b"001e# service=git-upl")

    def _begin(self, kind: str = "application/x-git-upload-pack-advertisement", length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _line(self, text: bytes) -> None:
        self.wfile.write(b"%04x%s" % (len(text) + 4, text))

    def log_message(self, format: str, *args: object) -> None:
        pass


MISBEHAVIOURS = {"redirect", "login", "status", "late", "slow", "endless", "refs", "text", "broken"}
