"""`prepare`: bring the database up to date, collect static files, make the first login. Harmless to repeat."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError as BrokerError

from dashboard.celery import app
from dashboard.tasks import load_demo

FIRST_USER = "admin"
BROKER_PATIENCE = 5  # seconds


class Command(BaseCommand):
    help = "Migrate the database, collect static files and make the first login. Prints how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="let the worker load the demo, where none ever was")

    def handle(self, *args: Any, **options: Any) -> None:
        check_broker()
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(first_login())
        if options["demo"]:
            load_demo.delay()


def check_broker() -> None:
    """Refuse to go on without the broker: pages would come up, and no scan would ever start."""
    try:
        with app.connection_for_write(connect_timeout=BROKER_PATIENCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_PATIENCE)
    except (BrokerError, OSError) as error:
        raise CommandError(f"the broker does not answer: {error}") from None


def first_login() -> str:
    """Make the first user where there is none yet; return the sentence that says how to sign in.

    The password is shown this one time and kept nowhere but as a hash.
    """
    people = get_user_model().objects
    if not people.exists():
        password = secrets.token_urlsafe(12)
        people.create_superuser(FIRST_USER, password=password)
        return f"First login: {FIRST_USER} with the password {password} (shown only this once)"
    if people.filter(username=FIRST_USER, is_active=True).exists():
        return f"Sign in as {FIRST_USER}. Password forgotten: python3 manage.py changepassword {FIRST_USER}"
    return "Sign in with your own login."
