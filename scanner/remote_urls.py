"""Which URLs a repository may be fetched from: https, to a public address or one of a network the operator opened."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from .engine.git import GitError

Network = IPv4Network | IPv6Network
IPAddress = IPv4Address | IPv6Address

_LONGEST = 2_000
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What `is_global` of some Python versions lets through, and what carries a private IPv4 address inside.
_NEVER = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4"),
        *("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "fec0::/10"),
    )
]
# The name server did not answer: whether there is such a host is not known.
_NO_ANSWER = {socket.EAI_AGAIN, socket.EAI_FAIL}
_NAT64 = IPv6Network("64:ff9b::/96")


class UrlRefused(GitError):
    """The URL is not one to fetch from; `str()` is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """A checked URL, and the addresses its host had when it was checked: git goes nowhere else."""

    url: str
    host: str
    port: int
    addresses: tuple[IPAddress, ...]

    @property
    def pin(self) -> str:
        """For `http.curloptResolve`: the host is not looked up again."""
        literal = ",".join(f"[{ip}]" if isinstance(ip, IPv6Address) else str(ip) for ip in self.addresses)
        return f"{self.host}:{self.port}:{literal}"


def check_url(url: str, allowed: Sequence[Network] = ()) -> Address:
    """Return where `url` leads. Looks its host up, once. Raises UrlRefused."""
    parts = _split(url)
    host = _host(parts, url)
    try:
        port = parts.port or 443
    except ValueError:
        raise UrlRefused(f"{_shown(url)} names a port that does not exist.") from None
    path = parts.path.rstrip("/")
    if not path:
        raise UrlRefused(f"{_shown(url)} names a host but no repository on it.")
    addresses = _addresses(host, port)
    for address in addresses:
        if not may_reach(address, allowed):
            at = "" if host == str(address) else f"at {address}, "
            raise UrlRefused(f"{host} is {at}in a network that is not open to Truthline.")
    literal = f"[{host}]" if ":" in host else host
    return Address(f"https://{literal}{'' if port == 443 else f':{port}'}{path}", host, port, addresses)


def may_reach(address: IPAddress, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is public, or in a network the operator opened; an address inside another one counts."""
    inner = _unwrap(address)
    if any(address in network or inner in network for network in allowed):
        return True
    return inner.is_global and not inner.is_multicast and not any(inner in network for network in _NEVER)


def _unwrap(address: IPAddress) -> IPAddress:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _split(url: str) -> SplitResult:
    if len(url) > _LONGEST:
        raise UrlRefused(f"The URL is longer than {_LONGEST:,} characters.")
    if not url.isascii() or not url.isprintable() or re.search(r"[\s\\<>\"'`{}|^]", url):
        raise UrlRefused(f"{_shown(url)} holds characters that no URL of a repository has.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UrlRefused(f"{_shown(url)} is not a URL.") from None
    if parts.scheme != "https" or not re.match(r"https://[^/]", url, re.IGNORECASE):
        raise UrlRefused(f"{_shown(url)} is not an https URL, and only those are fetched.")
    if "@" in parts.netloc:
        raise UrlRefused("The URL holds a name or password, which does not belong there.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise UrlRefused(f"{_shown(url)} has a ? or #, which the URL of a repository has not.")
    if ".." in parts.path.split("/"):
        raise UrlRefused(f"{_shown(url)} has .. in its path.")
    return parts


def _host(parts: SplitResult, url: str) -> str:
    host = (parts.hostname or "").lower()
    refused = UrlRefused(f"{_shown(url)} does not name a host the usual way.")
    if parts.netloc.startswith("["):
        try:
            return str(IPv6Address(host))  # a zone, as in fe80::1%eth0, makes no sense from afar
        except ValueError:
            raise refused from None
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise refused
    if _NUMBER.fullmatch(labels[-1]):  # 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to many a library
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise refused from None
    return host


def _addresses(host: str, port: int) -> tuple[IPAddress, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno in _NO_ANSWER:
            raise UrlRefused(
                f"{host} cannot be looked up now: is the name right, and does this machine reach its name server?"
            ) from None
        raise UrlRefused(f"There is no host named {host}: is the name right?") from None
    # A scoped address (fe80::1%2) keeps its scope in the text.
    return tuple(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def _shown(url: str) -> str:
    """Return a stranger's text fit for a sentence, without what may be a password."""
    text = re.sub(r"//[^/@]*@", "//…@", url[:100])
    return repr("".join(char if char.isprintable() else "?" for char in text))
