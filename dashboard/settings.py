"""Django's settings. What differs between machines comes from the environment; docs/running.md lists the names."""

from __future__ import annotations

from logging import LogRecord
from pathlib import Path

from dashboard import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# What an operator sets ------------------------------------------------------------------------------------------

SECRET_KEY = environment.secret_key("SECRET_KEY")
DEBUG = environment.flag("DEBUG", default=False)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Off only where nobody but this machine can listen in: `manage.py up` on a loopback address.
HTTPS = environment.flag("TRUTHLINE_HTTPS", default=True)
# Where bare mirrors, collected static files and the embedded servers' files live.
TRUTHLINE_DATA = environment.folder("TRUTHLINE_DATA", BASE_DIR / ".data")
# Networks beside the public internet that repositories may be fetched from, such as a git host in the company.
TRUTHLINE_ALLOWED_NETWORKS = environment.networks("TRUTHLINE_ALLOWED_NETWORKS")
# A file of certificates that git trusts instead of the system's.
TRUTHLINE_GIT_CA = environment.optional_file("TRUTHLINE_GIT_CA")
# Folders whose repositories may be connected by path; "/" means any. None unless the operator says so.
TRUTHLINE_LOCAL_PATHS = [Path(word) for word in environment.words("TRUTHLINE_LOCAL_PATHS")]

# Where mails go: a forgotten password, an invitation. Without a server they are printed to the web process's log.
MAIL = environment.mail("MAIL_URL", sender="MAIL_FROM")

# What Truthline is made of --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "scanner",
    "dashboard",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Deny by default: a view open to strangers says so with @login_not_required.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A pooled connection outlives the test that opened it, so the tests switch the pool off.
POOL = environment.flag("TRUTHLINE_DATABASE_POOL", default=True)
# A pooled connection is looked at before it is handed out: the database may have been restarted meanwhile.
DATABASES = {"default": environment.database("DATABASE_URL", pool=POOL) | {"CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = TRUTHLINE_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Logins and cookies ---------------------------------------------------------------------------------------------

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "truthline_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "truthline_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# Health checks come from the machine itself, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Mail -----------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = MAIL.backend
EMAIL_HOST = MAIL.host
EMAIL_PORT = MAIL.port
EMAIL_HOST_USER = MAIL.user
EMAIL_HOST_PASSWORD = MAIL.password
EMAIL_USE_SSL = MAIL.tls
EMAIL_USE_TLS = MAIL.starttls
EMAIL_TIMEOUT = 10  # seconds: a page waits for it
DEFAULT_FROM_EMAIL = MAIL.sender

# Jobs -----------------------------------------------------------------------------------------------------------
# The scan row in PostgreSQL is the truth; a message only says "look at scan 17". Losing or doubling one is harmless,
# so there is no result backend, and beat sends again what got lost.

# No task may run longer (seconds): a scan is cut into chunks, and a replay hands over to its successor after a minute.
# The longest single step is the first fetch of a large repository.
LONGEST_TASK = 1800

CELERY_BROKER_URL = environment.broker("BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        # A shorter one would hand a task that still runs to a second worker.
        "visibility_timeout": LONGEST_TASK + 600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "truthline"
# A message is done when its task is; a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = LONGEST_TASK
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # A tick that waited longer than the next one is worth nothing.
    "enqueue due scans": {"task": "scanner.tasks.enqueue_due_scans", "schedule": 15.0, "options": {"expires": 60}},
    "record heartbeat": {"task": "dashboard.tasks.record_heartbeat", "schedule": 15.0, "options": {"expires": 60}},
    "evaluate waiting plans": {
        "task": "dashboard.tasks.evaluate_waiting_plans",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "look at waiting registries": {
        "task": "dashboard.tasks.look_at_waiting_registries",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "forget outdated facts": {
        "task": "scanner.tasks.forget_outdated_facts",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "reap stale scans": {"task": "scanner.tasks.reap_stale_scans", "schedule": 5.0, "options": {"expires": 20}},
}


def _worth_a_line(record: LogRecord) -> bool:
    # Monitors ask every few seconds and read the answer; the log need not repeat each one that is not well.
    return getattr(getattr(record, "request", None), "path", "") != "/healthz"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"worth a line": {"()": "django.utils.log.CallbackFilter", "callback": _worth_a_line}},
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"filters": ["worth a line"]},
        # Two lines for each tick of beat would drown what the scanner says; failures are warnings and stay.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
