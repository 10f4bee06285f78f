"""`manage.py up [--port 8000] [--no-demo]`: the whole of Truthline in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import sys
import time

from dashboard.embedded import servers
from dashboard.embedded.bootstrap import ROOT
from dashboard.embedded.data_folder import DataFolder, of_checkout
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Console, Program, StopRequested, Supervisor

HOST = "127.0.0.1"
LOCK_PATIENCE = 5.0  # seconds that another command, which started servers for itself, may take to end
HIGHEST_PORT = 65_535
PATIENCE = 60.0  # seconds that the web server may take to answer
PORT_PATIENCE = 2.0  # seconds that an earlier one may take to let go of its port


def run(arguments: list[str]) -> int:
    """Run everything and return 0 after a clean stop."""
    options = _parse(arguments)
    folder = of_checkout()
    with folder.locked(LOCK_PATIENCE):
        check_port(options.port)
        set_defaults(folder)
        console = Console(sys.stdout)
        supervisor = Supervisor(console)
        supervisor.listen()
        try:
            start(folder, supervisor, options.port, demo=not options.no_demo)
            supervisor.watch()
        except StopRequested:
            pass
        finally:
            console.line("up", "stopping …")
            supervisor.stop()
        console.line("up", "stopped")
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run Truthline until Ctrl-C.")
    parser.add_argument("--port", type=_port, default=8000, help="where the pages are served on this machine")
    parser.add_argument("--no-demo", action="store_true", help="do not load the demo")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to {HIGHEST_PORT})")
    return int(text)


def check_port(port: int) -> None:
    """Refuse to go on when somebody listens there already and does not go away.

    The web server of an `up` that was killed a moment ago does: it notices, and ends.
    """
    deadline = time.monotonic() + PORT_PATIENCE
    while True:
        with socket.socket() as probe:
            # As gunicorn will do: connections of an earlier run that still linger are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except PermissionError:
                raise CannotStart(f"port {port} is for root only. Choose another: manage.py up --port 8000") from None
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotStart(f"port {port} is taken. Choose another: {_other(port)}") from None
            else:
                return
        time.sleep(0.1)


def _other(port: int) -> str:
    return f"manage.py up --port {port + 1 if port < HIGHEST_PORT else 8000}"


def set_defaults(folder: DataFolder) -> None:
    """Fill in what the settings need and the operator did not say."""
    for name, value in (
        ("DJANGO_SETTINGS_MODULE", "dashboard.settings"),
        ("TRUTHLINE_DATA", str(folder.path)),
        # Nobody but this machine can connect, and its user is the operator.
        ("TRUTHLINE_HTTPS", "off"),
        ("TRUTHLINE_LOCAL_PATHS", "/"),
    ):
        os.environ[name] = os.environ.get(name) or value
    if not os.environ.get("SECRET_KEY_FILE"):
        os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or folder.secret("secret-key")


def start(folder: DataFolder, supervisor: Supervisor, port: int, *, demo: bool) -> None:
    """Start all processes, in the order in which they need one another, and say where the pages are."""
    url = f"http://{HOST}:{port}/"
    found = servers.start(folder, supervisor)
    for line in found.origins:
        supervisor.console.line("up", line)
    os.environ |= found.environment
    login = supervisor.run(_prepare(demo=demo))
    web = supervisor.start(_web(port))
    supervisor.start(_worker())
    supervisor.start(_beat(folder))
    supervisor.wait_until(lambda: _answers(port), web, PATIENCE)
    folder.announce("up", url, found.environment)
    for line in ("", f"Truthline is ready: {url}", *login, "Ctrl-C stops it.", ""):
        supervisor.console.line("up", line)


def _prepare(*, demo: bool) -> Program:
    # Through manage.py, which puts what goes wrong into one line. The servers are there: it need not look for any.
    command = [sys.executable, "manage.py", "prepare", *(["--demo"] if demo else [])]
    return Program("prepare", command, {"TRUTHLINE_EMBEDDED": ""}, ROOT)


def _web(port: int) -> Program:
    command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", f"--bind={HOST}:{port}", "--workers=2"]
    command += ["--threads=4", "--no-control-socket", "--log-level=warning"]
    # Orphaned, it is asked to end, so that it lets go of the port at once.
    return Program("web", command, {}, ROOT, orphaned="TERM")


def _worker() -> Program:
    # Two at least: a long replay must not hold up the chunks of another scan.
    concurrency = max(2, os.cpu_count() or 1)
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "dashboard", "worker", f"--concurrency={concurrency}"]
    return Program("worker", [*command, "--loglevel=INFO", "--without-gossip", "--without-mingle"], {}, ROOT)


def _beat(folder: DataFolder) -> Program:
    schedule = folder.path / "beat-schedule"
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "dashboard",
        "beat",
        f"--schedule={schedule}",
        "--pidfile=",
    ]
    return Program("beat", [*command, "--loglevel=WARNING"], {}, ROOT)


def _answers(port: int) -> bool:
    """Tell whether the pages are served, with the database and the broker behind them."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return bool(health["database"] == health["broker"] == "ok")
