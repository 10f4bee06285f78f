"""git over https, as if the server were an enemy: pinned address, bounded memory, time, size and output."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .engine.git import EmptyRepository, GitError, UnknownRevision, UnsupportedFormat, check_ref_name
from .engine.git_command import SETTINGS, command, environment, limited
from .remote_urls import Address

_CHUNK = 1 << 16
_PROGRESS = re.compile(rb"Receiving objects:\s+\d+% \((\d+)/(\d+)\)")
_REF = re.compile(r"(?P<sha>[0-9a-f]{40}|[0-9a-f]{64})\t(?P<name>\S+)")


class RemoteError(GitError):
    """The server did not give what was asked for; `str()` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cost."""

    memory_bytes: int = 1 << 30
    disk_bytes: int = 8 << 30
    output_bytes: int = 32 << 20
    list_seconds: float = 60.0
    fetch_seconds: float = 3_600.0


@dataclass(frozen=True, slots=True)
class RemoteRefs:
    """Branches and tags by full name → commit id; `default` is the branch the server's HEAD names, if it does."""

    refs: dict[str, str]
    default: str | None


class Remote:
    """A repository at a checked URL. `ca_file` holds certificates that are trusted instead of the system's."""

    def __init__(self, address: Address, *, ca_file: Path | None = None, limits: Limits | None = None) -> None:
        self.url = address.url
        self._address = address
        self._limits = limits or Limits()
        self._settings = [
            *SETTINGS,
            "protocol.https.allow=always",
            f"http.curloptResolve={address.pin}",
            "http.proxy=",
            "http.sslVerify=true",
            "http.userAgent=git/truthline",
            "fetch.unpackLimit=1",
            "fetch.writeCommitGraph=false",
            *([f"http.sslCAInfo={ca_file}"] if ca_file else []),
        ]

    def refs(self) -> RemoteRefs:
        """Ask for the branches and tags. Raises RemoteError, EmptyRepository, UnsupportedFormat."""
        arguments = ("ls-remote", "--symref", "--", self.url, "HEAD", "refs/heads/*", "refs/tags/*")
        output = self._run(*arguments, seconds=self._limits.list_seconds)
        refs: dict[str, str] = {}
        default = None
        for line in output.decode("utf-8", "replace").split("\n"):
            if line.startswith("ref: ") and line.endswith("\tHEAD"):
                default = line.removeprefix("ref: ").removesuffix("\tHEAD")
            elif match := _REF.fullmatch(line):
                if len(match["sha"]) == 64:
                    raise UnsupportedFormat(f"{self.url} names its objects with sha256: not supported yet.")
                name = match["name"].removesuffix("^{}")  # a tag's commit follows the tag
                if name.startswith(("refs/heads/", "refs/tags/")) and check_ref_name(name):
                    refs[name] = match["sha"]
        if not refs:
            raise EmptyRepository(f"{self.url} has no commits yet.")
        return RemoteRefs(refs, default if default in refs else None)

    def fetch(self, mirror: Path, ref: str, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring one branch or tag, by its full name, into a bare repository. `progress(received, total)` objects.

        Raises RemoteError, UnknownRevision.
        """
        what = ("--no-tags", "--prune", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
        arguments = (f"--git-dir={mirror}", "fetch", "--progress", *what, "--", self.url, f"+{ref}:{ref}")
        self._run(*arguments, seconds=self._limits.fetch_seconds, mirror=mirror, progress=progress)

    def _run(
        self,
        *arguments: str,
        seconds: float,
        mirror: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> bytes:
        with self._process(arguments) as process:
            output, errors = self._watch(process, time.monotonic() + seconds, mirror, progress)
        if process.returncode:
            raise self._explain(errors.decode("utf-8", "replace"))
        return output

    @contextlib.contextmanager
    def _process(self, arguments: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
        """Start git in a session of its own, so that the helpers it starts end with it."""
        limits = self._limits
        git = command(*arguments, settings=self._settings)
        with subprocess.Popen(
            limited(git, limits.memory_bytes, limits.disk_bytes),
            env=environment(GIT_ALLOW_PROTOCOL="https"),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _watch(
        self,
        process: subprocess.Popen[bytes],
        deadline: float,
        mirror: Path | None,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[bytes, bytes]:
        """Read both outputs until they end; only the end of the second is kept, where git says what went wrong."""
        assert process.stdout is not None  # noqa: S101 (both asked for as pipes)
        assert process.stderr is not None  # noqa: S101
        received = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
        told, open_pipes = process.stderr.fileno(), set(received)
        counted: tuple[bytes, bytes] | None = None
        while open_pipes:
            if time.monotonic() >= deadline:
                raise self._too_slow()
            if mirror is not None and _size(mirror) > self._limits.disk_bytes:
                raise RemoteError(f"{self.url} is larger than {self._limits.disk_bytes >> 20:,} MiB.")
            ready, _, _ = select.select(open_pipes, [], [], min(0.5, max(0.0, deadline - time.monotonic())))
            for pipe in ready:
                chunk = os.read(pipe, _CHUNK)
                received[pipe] += chunk
                if not chunk:
                    open_pipes.discard(pipe)
            if len(received[process.stdout.fileno()]) > self._limits.output_bytes:
                raise RemoteError(f"{self.url} lists more branches and tags than any honest repository.")
            received[told] = received[told][-2 * _CHUNK :]
            # In all that is kept: a fast server says everything at once, and after the last count a lot more.
            seen = _PROGRESS.findall(received[told]) if progress is not None and told in ready else []
            if progress is not None and seen and seen[-1] != counted:
                counted = seen[-1]
                progress(int(counted[0]), int(counted[1]))
        try:
            process.wait(max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise self._too_slow() from None
        return received[process.stdout.fileno()], received[told]

    def _too_slow(self) -> RemoteError:
        return RemoteError(f"{self._address.host} is too slow: it was given up. Try again when it is less busy.")

    def _explain(self, stderr: str) -> GitError:
        """Turn what git and the server said into one sentence; their own words may hold anything."""
        url, host = self.url, self._address.host
        for pattern, kind, sentence in _SENTENCES:
            if match := re.search(pattern, stderr):
                return kind(sentence.format(url=url, host=host, port=self._address.port, **match.groupdict()))
        lines = [line for line in stderr.splitlines() if line.startswith(("fatal:", "error:"))]
        reason = re.sub(r"^(fatal|error): ", "", lines[-1] if lines else "it ended without a word")
        reason = re.sub(r"//[^/@\s]*@", "//…@", "".join(char if char.isprintable() else "?" for char in reason))
        return RemoteError(f"git could not read {url}: {reason[:200].rstrip('.')}.")


# What git, curl and the TLS libraries say → what a person can do about it. The first that fits counts: what the server
# answered comes before what git made of that. `{code}` is a group of the pattern.
_SENTENCES: list[tuple[str, type[GitError], str]] = [
    (r"couldn't find remote ref", UnknownRevision, "{url} no longer has that branch or tag."),
    (r"mismatched algorithms|object format", UnsupportedFormat,
     "{url} names its objects with sha256: not supported yet."),
    (r"could not read (Username|Password)|Authentication failed|(error:|HTTP) 401\b", RemoteError,
     "{url} does not exist, or it needs a login: only public repositories can be read so far."),
    (r"(error:|HTTP) 403\b", RemoteError,
     "{host} refuses {url} (HTTP 403): it is not public, or requests from this machine are blocked. "
     "Both can only be changed there."),
    (r"(error:|HTTP) 429\b", RemoteError,
     "{host} wants fewer requests (HTTP 429). Nothing is wrong with {url}: try again in some minutes."),
    (r"(error:|HTTP) (?P<code>5\d\d)\b", RemoteError,
     "{host} has an error of its own (HTTP {code}): try again later. If it stays, those who run {host} can tell why."),
    (r"error: 30\d|redirect", RemoteError, "{url} redirects elsewhere, which is not followed: give the final URL."),
    (r"repository '.*' not found|(error:|HTTP) (404|410)\b|not valid: is this a git repository", RemoteError,
     "There is no public git repository at {url}."),
    (r"(error:|HTTP) (?P<code>4\d\d)\b", RemoteError,
     "{host} answers HTTP {code} where a repository should be: is {url} the address to clone from?"),
    (r"certificate|CAfile", RemoteError,
     "The certificate of {host} is not trusted: it has expired, is for another name, or nobody known vouches for it. "
     "TRUTHLINE_GIT_CA can name a file with your own authority."),
    (r"remote: (fatal|aborting)|remote error: upload-pack|expected 'packfile'", RemoteError,
     "{host} broke off: {url} seems to be damaged there."),
    (r"[Oo]ut of memory|index-pack (died|failed|output)|unpack-objects|File too large", RemoteError,
     "{url} cannot be read within the limits: it is too large or damaged."),
    (r"[Cc]ould ?n[o']t connect|Failed to connect|Connection refused|No route to host|is unreachable", RemoteError,
     "No connection to {host}, port {port}: is the address right, is the server up, and may this machine reach it?"),
    (r"handshake|unexpected TLS packet|wrong version number|unknown protocol|SSL_connect", RemoteError,
     "{host} does not speak TLS on port {port}: is that its port for https?"),
    (r"timed out|too slow|early EOF|hung up|Empty reply|Recv failure|Connection reset|SSL|TLS", RemoteError,
     "{host} broke off or stopped answering: try again. If it stays, those who run {host} can tell why."),
]  # fmt: skip


def _size(mirror: Path) -> int:
    """Return the bytes of a mirror's packs, those being written included."""
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(mirror / "objects" / "pack") as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                total += entry.stat().st_size
    return total
