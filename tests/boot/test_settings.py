"""Settings fail loudly: a wrong value in the environment stops the start with a sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "SECRET_KEY": "0123456789" * 5,
    "DATABASE_URL": "postgres://someone:p%40ss@db.example.org:5433/truthline?sslmode=require",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "TRUTHLINE_HTTPS": "on",
    "DJANGO_SETTINGS_MODULE": "dashboard.settings",
}
SHOW = "from django.conf import settings as s; d = s.DATABASES['default']; "


def python(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 50 characters"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE: cannot read /nowhere/key"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must start with postgres://"),
        ({"DATABASE_URL": "postgres://host"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "postgres://host:port/x"}, "DATABASE_URL is no URL"),
        ({"BROKER_URL": "filesystem://"}, "BROKER_URL must start with redis://"),
        ({"DEBUG": "maybe"}, "DEBUG must be one of"),
        ({"TRUTHLINE_HTTPS": "2"}, "TRUTHLINE_HTTPS must be one of"),
        ({"TRUTHLINE_ALLOWED_NETWORKS": "10.0.0.0/8,10.0.0.300/32"}, "TRUTHLINE_ALLOWED_NETWORKS: "),
        ({"MAIL_URL": "mail.example.org:587"}, "MAIL_URL must be smtp://"),
        ({"MAIL_URL": "smtp://"}, "MAIL_URL must be smtp://"),
        ({"MAIL_URL": "smtp://me:p%40ss@host:port"}, "MAIL_URL is no URL"),
        ({"MAIL_URL": "smtp://me:p%40ss@host?ssl=off"}, "MAIL_URL: after the host, only ?tls=off is understood"),
        ({"MAIL_URL": "smtps://me:p%40ss@host?tls=off"}, "MAIL_URL: after the host, only ?tls=off is understood"),
        ({"MAIL_URL": "smtp://me:p%40ss@host"}, "MAIL_FROM must be the address that mails come from"),
        ({"MAIL_URL": "smtp://host", "MAIL_FROM": "Truthline"}, "MAIL_FROM must be the address"),
        ({"TRUTHLINE_GIT_CA": "/nowhere/ca.pem"}, "TRUTHLINE_GIT_CA: there is no file /nowhere/ca.pem"),
    ],
)
def test_wrong_values_are_named(changes, sentence):
    done = python(SHOW, **changes)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert sentence in last
    assert "p%40ss" not in done.stderr


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        (
            "print(d['USER'], d['PASSWORD'], d['HOST'], d['PORT'], d['NAME'])",
            "someone p@ss db.example.org 5433 truthline",
        ),
        ("print(d['OPTIONS']['sslmode'], 'pool' in d['OPTIONS'])", "require True"),
        (
            "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)",
            "False True True True",
        ),
        ("print(s.TRUTHLINE_LOCAL_PATHS, s.TRUTHLINE_ALLOWED_NETWORKS, s.TRUTHLINE_GIT_CA)", "[] [] None"),
        ("print(s.CELERY_BROKER_TRANSPORT_OPTIONS['visibility_timeout'] > s.CELERY_TASK_TIME_LIMIT)", "True"),
    ],
)
def test_defaults_are_the_safe_ones(code, printed):
    assert python(SHOW + code).stdout.strip() == printed


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("", "console.EmailBackend  0   False False"),
        ("smtp://me:p%40ss@mail.example.org", "smtp.EmailBackend mail.example.org 587 me p@ss False True"),
        ("smtps://mail.example.org", "smtp.EmailBackend mail.example.org 465   True False"),
        ("smtp://mail.example.org:25?tls=off", "smtp.EmailBackend mail.example.org 25   False False"),
    ],
)
def test_mail(url, printed):
    code = (
        "print(s.EMAIL_BACKEND.partition('backends.')[2], s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, "
        "s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_SSL, s.EMAIL_USE_TLS)"
    )
    assert python(SHOW + code, MAIL_URL=url, MAIL_FROM="Truthline <t@example.org>").stdout.strip() == printed


def test_secret_from_a_file(tmp_path):
    (tmp_path / "key").write_text("k" * 50 + "\n")
    done = python(SHOW + "print(s.SECRET_KEY)", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert done.stdout.strip() == "k" * 50


def test_amqp_gets_no_option_of_redis():
    done = python(SHOW + "print(s.CELERY_BROKER_TRANSPORT_OPTIONS)", BROKER_URL="amqp://guest@rabbit//")
    assert done.stdout.strip() == "{}"


def test_ready_for_deployment():
    key = "aB3-_" * 20
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **GOOD, "SECRET_KEY": key},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
