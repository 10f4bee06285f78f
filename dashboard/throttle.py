"""How often somebody may try to sign in, or ask for a mail: counted in the database, so for all processes together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.models import Attempt

SALT = "truthline attempts"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts for one name within a time: from one address, and from all of them together.

    The second is far higher: strangers elsewhere cannot easily keep a person out by failing in their name.
    """

    within: timedelta
    here: int
    anywhere: int


LIMITS = {
    "login": Limit(timedelta(minutes=15), here=5, anywhere=50),
    "reset": Limit(timedelta(hours=1), here=3, anywhere=10),
}
LONGEST = max(limit.within for limit in LIMITS.values())


class Limited(Exception):
    """Too often; `wait` says for how long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


def begin(kind: str, name: str, request: HttpRequest) -> None:
    """Count an attempt before it is looked at, so that many at once are as limited as one after the other.

    An attempt that is refused does not count, so the wait has an end. Raises Limited.
    """
    limit, now = LIMITS[kind], timezone.now()
    Attempt.objects.filter(at__lt=now - LONGEST).delete()
    own = Attempt.objects.create(kind=kind, name_hash=_hash(name), address=_address(request), at=now)
    earlier = Attempt.objects.filter(kind=kind, name_hash=own.name_hash, at__gt=now - limit.within).exclude(pk=own.pk)
    for rows, most in ((earlier.filter(address=own.address), limit.here), (earlier, limit.anywhere)):
        # The attempt that has to grow old before one more fits in.
        blocking = rows.order_by("-at").values_list("at", flat=True)[most - 1 : most].first()
        if blocking is not None:
            own.delete()
            raise Limited(max(blocking + limit.within - now, timedelta(seconds=1)))


def forgive(kind: str, name: str, request: HttpRequest) -> None:
    """Forget the attempts for a name from one address: the last of them was right."""
    Attempt.objects.filter(kind=kind, name_hash=_hash(name), address=_address(request)).delete()


def _hash(name: str) -> str:
    # People type passwords into the wrong field: what was typed is not to be read from the table.
    return salted_hmac(SALT, name.casefold(), algorithm="sha256").hexdigest()


def _address(request: HttpRequest) -> str | None:
    """Who connects. Behind a proxy that is the proxy: then a name has one limit for everybody."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
