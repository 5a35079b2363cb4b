"""The one settings file. The environment is read here, by name, once; a bad value stops the start."""

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Secrets and addresses -------------------------------------------------------------------------------
SECRET_KEY: str = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS: bool = env.bool("BEHIND_TLS", default=False)
#: One process holds pages, API, stream, workers and beat, beside a private PostgreSQL (`manage.py up`).
EMBEDDED: bool = env.bool("EMBEDDED", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

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
APPLICATION_DATABASE: dict[str, Any] = env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")
OWNER_DATABASE: dict[str, Any] = env.db_url(
    "DATABASE_OWNER_URL", default=env.str("DATABASE_URL"), engine="django.db.backends.postgresql"
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": OWNER_DATABASE if DATABASE_ROLE == "owner" else APPLICATION_DATABASE
}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {})
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
