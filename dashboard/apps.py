"""The dashboard as a Django app."""

from django.apps import AppConfig

# Imported for its effect: shared tasks find their Celery application in every Django process, not in workers alone.
from dashboard import celery  # noqa: F401


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Truthline"
