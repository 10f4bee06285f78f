"""Settings read from the environment, refused loudly: a wrong value stops the start with a sentence that names it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 50  # characters; what `check --deploy` asks for

_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def flag(name: str, default: bool) -> bool:
    """Return the truth of a word like 1, true, no, off; unset or empty means `default`."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value not in _WORDS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(_WORDS)}, not {value!r}")
    return _WORDS[value]


def number(name: str, default: int) -> int:
    """Return a whole number ≥ 0; unset or empty means `default`."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part for part in (word.strip() for word in os.environ.get(name, default).split(",")) if part]


def required(name: str) -> str:
    """Return a value that has no default."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. `python3 manage.py up` sets it; docs/running.md explains it.")
    return value


def secret_key(name: str) -> str:
    """Return Django's signing key, from `name` or the file that `<name>_FILE` points at; a short one is refused."""
    file = os.environ.get(f"{name}_FILE", "")
    try:
        value = Path(file).read_text(encoding="utf-8").strip() if file else required(name)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {file}: {error.strerror}") from None
    if len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"{name} must have at least {SHORTEST_SECRET} characters, not {len(value)}")
    return value


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks of a comma-separated list in CIDR notation."""
    found = []
    for word in words(name):
        try:
            found.append(ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    return found


def folder(name: str, default: Path) -> Path:
    """Return a folder as an absolute path; it need not exist yet."""
    return Path(os.environ.get(name) or default).expanduser().absolute()


def optional_file(name: str) -> Path | None:
    """Return the path of a file that must be readable when it is named at all."""
    value = os.environ.get(name, "")
    if not value:
        return None
    path = Path(value).expanduser().absolute()
    if not path.is_file():
        raise ImproperlyConfigured(f"{name}: there is no file {path}")
    return path


def database(name: str, *, pool: bool) -> dict[str, Any]:
    """Return Django's settings for a postgres:// URL; anything but PostgreSQL is refused."""
    # The password must not reach a log, so no message quotes the URL.
    try:
        url = urlsplit(required(name))
        port = url.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is no URL") from None
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgres://: Truthline runs on PostgreSQL only")
    database_name = unquote(url.path.removeprefix("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database: postgres://user:password@host:port/database")
    options: dict[str, Any] = dict(parse_qsl(url.query))
    if pool:
        # While nobody answers, the pool tries again after 1, 2, 4 … seconds, and requests wait for it. Given up early,
        # the first request after a restart makes the next attempt at once, instead of waiting for one minutes away.
        options["pool"] = {"min_size": 0, "max_size": 8, "timeout": 10, "reconnect_timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def broker(name: str) -> str:
    """Return the message broker's URL; only the transports that lose no message are let in."""
    url = required(name)
    if urlsplit(url).scheme not in {"redis", "rediss", "amqp", "amqps"}:
        raise ImproperlyConfigured(f"{name} must start with redis://, rediss://, amqp:// or amqps://")
    return url


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server and who mails come from; without a `host` they are printed to the sending process's log."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False
    sender: str = "truthline@localhost"

    @property
    def backend(self) -> str:
        return f"django.core.mail.backends.{'smtp' if self.host else 'console'}.EmailBackend"


def mail(name: str, sender: str) -> Mail:
    """Return the server of an smtp:// or smtps:// URL, and the address that `sender` holds.

    smtps speaks TLS from the start, smtp after STARTTLS; with ?tls=off it never does.
    """
    value, address = os.environ.get(name, "").strip(), os.environ.get(sender, "").strip()
    if not value:
        return Mail()
    # The password must not reach a log, so no message quotes the URL.
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is no URL") from None
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ImproperlyConfigured(f"{name} must be smtp://user:password@host:port or smtps://…")
    at_once, plain = url.scheme == "smtps", url.query == "tls=off"
    if url.path.strip("/") or (url.query and not plain) or (plain and at_once):
        raise ImproperlyConfigured(f"{name}: after the host, only ?tls=off is understood, and only for smtp://")
    if "@" not in parseaddr(address)[1]:
        raise ImproperlyConfigured(f"{sender} must be the address that mails come from, such as truthline@example.org")
    return Mail(
        host=url.hostname,
        port=port or (465 if at_once else 587),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        tls=at_once,
        starttls=not at_once and not plain,
        sender=address,
    )
