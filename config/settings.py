"""The one settings file. The environment is read here, by name, once; a bad value stops the start."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import django_stubs_ext
import environ

from config import postgres, secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Secrets and addresses -------------------------------------------------------------------------------
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
#: One process holds pages, API, stream, workers and beat, beside a private PostgreSQL (`manage.py up`). It is
#: what runs where no database is named, so that every other command finds the same one.
EMBEDDED: bool = "DATABASE_URL" not in env.ENVIRON
SECRET_KEY: str = (
    secret.read_key(DATA_DIR) if EMBEDDED and "SECRET_KEY" not in env.ENVIRON else env.str("SECRET_KEY")
)
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS: bool = env.bool("BEHIND_TLS", default=False)

# --- Apps ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "tracker",
    "monitoring",
    "interop",
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- Database: the application's role serves; the owner migrates, backs up, restores and runs the tests ---
DATABASE_ROLE: str = env.str("DATABASE_ROLE", default="application")
if DATABASE_ROLE not in {"application", "owner"}:
    raise environ.ImproperlyConfigured(f"DATABASE_ROLE must be application or owner, not {DATABASE_ROLE!r}")


def _database(variable: str, default: str) -> dict[str, Any]:
    """The address in `variable`, in Django's terms; a host that is a socket's folder is percent-encoded."""
    found: dict[str, Any] = env.db_url(variable, default=default, engine="django.db.backends.postgresql")
    return found | {"HOST": unquote(found["HOST"]), "OPTIONS": dict(found.get("OPTIONS", {}))}


APPLICATION_DATABASE = _database("DATABASE_URL", postgres.database_url(DATA_DIR, postgres.APPLICATION))
OWNER_DATABASE = _database(
    "DATABASE_OWNER_URL",
    postgres.database_url(DATA_DIR, postgres.OWNER) if EMBEDDED else env.str("DATABASE_URL", default=""),
)
#: Who the application is in the database; the owner grants it its rights after each migrate.
APPLICATION_ROLE: str = APPLICATION_DATABASE["USER"]
#: Where only one address is given it serves as both and the database guards less: the status page says so.
ONE_ROLE: bool = OWNER_DATABASE["USER"] == APPLICATION_ROLE
DATABASES: dict[str, dict[str, Any]] = {
    "default": OWNER_DATABASE if DATABASE_ROLE == "owner" else APPLICATION_DATABASE
}
#: Set by the ASGI door: its threads share a pool, as a connection a thread would grow with the open streams.
DATABASE_POOL: bool = env.bool("DATABASE_POOL", default=False)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 0 if DATABASE_POOL else 600
if DATABASE_POOL:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 16, "timeout": 10}
if DATABASE_ROLE == "application":
    # A transaction left open holds back `pg_snapshot_xmin`, and with it every stream and delta.
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c idle_in_transaction_session_timeout=10s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Messages: doorbells only, so a broker that forgets is good enough -----------------------------------
REDIS_URL: str = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True

# --- Who: users, sign-in ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_REDIRECT_URL = "/"

# --- The trail -------------------------------------------------------------------------------------------
PGHISTORY_BASE_MODEL = "accounts.trail.TrailEvent"

# --- Words and time --------------------------------------------------------------------------------------
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Files we serve --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"

REST_FRAMEWORK: dict[str, Any] = {}
django_stubs_ext.monkeypatch()
