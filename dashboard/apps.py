"""The dashboard as a Django app."""

from importlib import import_module

from django.apps import AppConfig

# Imported for its effect: shared tasks find their Celery application in every Django process, not in workers alone.
from dashboard import celery  # noqa: F401


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Truthline"

    def ready(self) -> None:
        # Models cannot be imported before this moment; the module connects itself to scan_recorded.
        import_module("dashboard.tasks")
