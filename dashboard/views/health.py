"""`/healthz`: is everything there that a scan needs? For monitors and for `manage.py up`; open to strangers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from dashboard.celery import app
from dashboard.models import Heartbeat
from dashboard.models.heartbeat import LATE_AFTER

BROKER_PATIENCE = 3  # seconds


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all three are well, 503 otherwise.

    `database` and `broker`: ok or unreachable. `beat`: ok, late, never or unknown; `last_beat` is when a worker last
    carried out what beat sent (ISO 8601, UTC).
    """
    state: dict[str, str | None] = {"database": _database(), "broker": _broker(), "beat": "unknown", "last_beat": None}
    if state["database"] == "ok":
        state |= _beat()
    well = state["database"] == state["broker"] == state["beat"] == "ok"
    return JsonResponse(state, status=200 if well else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _broker() -> str:
    # A connection of its own: the pool's would hide that the server went away.
    try:
        with app.connection_for_read(connect_timeout=BROKER_PATIENCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_PATIENCE)
    except (OperationalError, OSError):
        return "unreachable"
    return "ok"


def _beat() -> dict[str, str | None]:
    try:
        at = Heartbeat.objects.latest_moment()
    except DatabaseError:
        return {"beat": "unknown", "last_beat": None}
    if at is None:
        return {"beat": "never", "last_beat": None}
    late = timezone.now() - at > LATE_AFTER
    return {"beat": "late" if late else "ok", "last_beat": at.isoformat(timespec="seconds")}
