"""Shows what the scanner found, and remembers what people decide. Also the Django project."""

from dashboard.celery import app as celery_app

__all__ = ["celery_app"]
