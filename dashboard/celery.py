"""The Celery application: `celery -A dashboard worker`, `celery -A dashboard beat`. Its settings are in settings.py."""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

# Celery warns of running as root because pickled messages could then do anything; here only JSON is read.
warnings.filterwarnings("ignore", category=SecurityWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

app = Celery("dashboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
