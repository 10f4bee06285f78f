"""The servers that tests run on, and the fixtures that more than one folder uses.

DATABASE_URL and BROKER_URL are used when set. Otherwise one embedded PostgreSQL and one broker are started for the
whole run; each xdist worker has its own database on the one (`test_truthline_gw0`) and its own number on the other.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django.conf import settings

from dashboard.embedded import servers
from dashboard.embedded.data_folder import DataFolder, InUse
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Console, Supervisor
from tests.live import LiveWorker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

GIT_CONFIGURATION = """\
[user]
    name = Tester
    email = tester@example.org
[init]
    defaultBranch = main
"""

_cleanup = ExitStack()

# The same inputs on every run, and no clock that a busy machine could trip.
hypothesis.settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """Bring up the servers, then let pytest-django read the settings that name them."""
    if settings.configured:
        pytest.exit("unset DJANGO_SETTINGS_MODULE: the tests name their settings themselves", returncode=1)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        # Django switches it off again for the tests; at load time it means: no manifest of static files.
        "DEBUG": "1",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        "SECRET_KEY": "a key for tests, and known to everybody who reads this",
        "TRUTHLINE_DATABASE_POOL": "off",
        "TRUTHLINE_HTTPS": "off",
        "TRUTHLINE_LOCAL_PATHS": "/",
    }
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        # The run's first process started the servers; this one inherited their addresses.
        address, _, number = os.environ["BROKER_URL"].rpartition("/")
        os.environ["BROKER_URL"] = f"{address}/{int(number) + 1 + int(worker.removeprefix('gw'))}"
    else:
        _make_surroundings()
    if not worker and servers.given() is None:
        try:
            _start_servers()
        except CannotStart as error:
            pytest.exit(f"no servers to test on: {error}", returncode=1)
    # pytest-django sets Django up when it finds the settings loaded. Nobody attacks the passwords of tests, and a real
    # hash takes longer than most tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let xdist's workers, which inherit this environment, come to `pytest_configure` with the settings unread."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def _make_surroundings() -> None:
    """Keep the run away from this machine's data folder and git configuration. xdist's workers inherit both."""
    data = Path(_cleanup.enter_context(TemporaryDirectory(prefix="truthline-test-")))
    (data / "static").mkdir()
    git_configuration = data / "gitconfig"
    git_configuration.write_text(GIT_CONFIGURATION, encoding="utf-8")
    os.environ |= {
        "TRUTHLINE_DATA": str(data),
        "GIT_CONFIG_GLOBAL": str(git_configuration),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    _cleanup.close()


def _start_servers() -> None:
    """Start throwaway servers, in a folder that no other test run of this checkout uses right now."""
    supervisor = Supervisor(Console(io.StringIO()))
    for number in range(100):
        folder = DataFolder(ROOT / ".data" / f"test-{number}")
        with suppress(InUse):
            _cleanup.enter_context(folder.locked())
            break
    supervisor.log = folder.path / "servers.log"
    _cleanup.callback(supervisor.stop)
    os.environ |= servers.start(folder, supervisor, throwaway=True).environment


@pytest.fixture
def data_folder(settings, tmp_path: Path) -> Path:
    """A data folder of the test's own, also for a `live_worker` that is asked for after it."""
    settings.TRUTHLINE_DATA = tmp_path / "truthline-data"
    return settings.TRUTHLINE_DATA


@pytest.fixture(scope="session")
def _worker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path_factory.mktemp("worker"))
    yield worker
    worker.kill()


@pytest.fixture
def live_worker(transactional_db, _worker_process: LiveWorker) -> Iterator[LiveWorker]:
    """A real `celery -A dashboard worker` on this test's database and broker; started when a test first wants it.

    Tests may `kill` and `start` it. Afterwards its queue is emptied and what it still runs is waited for.
    """
    _worker_process.start()
    yield _worker_process
    _worker_process.settle()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium on this machine; without one the test is skipped."""
    named = os.environ.get("TRUTHLINE_CHROMIUM", "")
    found = named or next(filter(None, map(shutil.which, CHROMIUM)), "")
    if not found and CHROMIUM_ON_MAC.exists():
        found = str(CHROMIUM_ON_MAC)
    if not found:
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium) or set TRUTHLINE_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One headless Chromium for the run."""
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, chromium_sandbox=os.geteuid() != 0, args=[*quiet, "--no-first-run"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookies of other tests."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB", timezone_id="UTC")
    yield context.new_page()
    context.close()
