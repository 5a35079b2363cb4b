"""The one settings file. The environment is read here, by name, once; a bad value stops the start."""

import os
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import django
import django_stubs_ext
import environ
from csp import constants as csp

from config import postgres, secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
#: A variable that is set to nothing is not set: an empty line of a compose file names no database.
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}

# --- Secrets and addresses -------------------------------------------------------------------------------
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
#: One process holds pages, API, stream, workers and beat, beside a private PostgreSQL (`manage.py up`). It is
#: what runs where no database is named, so that every other command finds the same one.
EMBEDDED: bool = "DATABASE_URL" not in env.ENVIRON
SECRET_KEY: str = (
    secret.read_key(DATA_DIR) if EMBEDDED and "SECRET_KEY" not in env.ENVIRON else env.str("SECRET_KEY")
)
#: Set by `manage.py demo` alone: beat then also feeds the synthetic patients.
DEMO: bool = env.bool("DEMO", default=False)
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
    "django.contrib.postgres",
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
    "tracker.api.gate.api_gate",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.middleware.DoorMiddleware",
    "accounts.middleware.IdleLockMiddleware",
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
    # A plan that is made once is not made again for each value: all our fixed statements go by an index.
    DATABASES["default"]["OPTIONS"].setdefault(
        "options", "-c idle_in_transaction_session_timeout=10s -c plan_cache_mode=force_generic_plan"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Messages: doorbells only, so a broker that forgets is good enough -----------------------------------
REDIS_URL: str = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
#: kombu's own, without its way of standing still after Redis has come back.
CELERY_BROKER_TRANSPORT: str | None = "config.broker:Transport" if REDIS_URL else None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        # A frozen Redis accepts connections and says nothing. These bound every wait for it; a worker's
        # BRPOP answers within 1 s, well inside them.
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        # A message that a killed worker held comes back after this long. The sweep has seen to it by then,
        # and a task may run twice; only an export that runs longer would be begun again beside itself.
        "visibility_timeout": 3600,
    }
    if REDIS_URL
    # The default of 1 s would be the delay of every evaluation that a machine's door asked for.
    else {"polling_interval": 0.02}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
#: A worker waits for its broker for as long as it takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
#: A ring not taken is given up: the sweep finds the work. No request publishes; a thread of its own does.
CELERY_TASK_PUBLISH_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
#: Acknowledged when done: a task of a killed worker is done again, which every task may be.
CELERY_TASK_ACKS_LATE = True
#: The same where only the child of a worker was killed (out of memory): its parent gives the task back.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
#: One at a time: a worker that dies holds one message, and no short task waits behind another's long one.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
#: Signs of life are rows that our own tasks write; nobody sends a worker commands.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
#: The timetable is code and every line of it may run twice: nothing to keep between starts.
CELERY_BEAT_SCHEDULER = "config.celery:Timetable"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# --- Pace ------------------------------------------------------------------------------------------------
#: So often the sweep, the escalation and the signs of life come; all else that waits counts in these. Shorter
#: only where minutes must pass in seconds: in the tests of faults.
TICK = timedelta(seconds=env.int("TICK_SECONDS", default=15))
if not timedelta(seconds=1) <= TICK <= timedelta(seconds=15):
    raise environ.ImproperlyConfigured("TICK_SECONDS must be 1 to 15: a fault is said within four of them")
#: A part of the watch that gives no sign of life for so long counts as stopped, and it is said: three missed
#: ticks, so that a fault is on the board within a minute of its beginning.
SILENT_AFTER = 3 * TICK
#: A reading of nobody goes the whole way so often. A pass that is so late has not come through: with the
#: board's own 10 s, nobody looks at it for more than 90 s without being told.
CANARY_EVERY = 4 * TICK
CANARY_SILENT_AFTER = CANARY_EVERY + timedelta(seconds=20)
AUDIT_EVERY = 2 * TICK
AUDITOR_SILENT_AFTER = 3 * AUDIT_EVERY
#: An address outside (healthchecks and its like) that is asked after each completed pass of the canary, and
#: rings when it is not. It is a secret: whoever knows it can keep it quiet.
DEADMAN_URL: str = env.str("DEADMAN_URL", default="")
if DEADMAN_URL and not DEADMAN_URL.startswith(("https://", "http://")):
    raise environ.ImproperlyConfigured("DEADMAN_URL must begin with https:// or http://")
#: What a scrape of /metrics must bring as its bearer token; without one the page is not there.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise environ.ImproperlyConfigured("METRICS_TOKEN must have 16 characters or more")

# --- Who: users, sign-in ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
#: How many proxies of ours stand before the application: so many from the right is the person's address.
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=1 if BEHIND_TLS else 0)

ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_ADAPTER = "accounts.signin.AccountAdapter"
ACCOUNT_FORMS = {"login": "accounts.signin.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
#: A ward is one address: axes counts failures by name and address together; our form counts wrong codes.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "mfa_code": "10/5m/key"}
#: Wrong codes of the home log from one address, and pages sent by one link.
ACCOUNT_RATE_LIMITS |= {"home_code": "20/10m/ip", "home_entry": "30/10m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Febris"
#: One step either way: phones and ward PCs disagree by some seconds.
MFA_TOTP_TOLERANCE = 1
#: Addresses are typed by an administrator, not proven by a mail.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {"authenticate": "accounts.signin.CodeForm", "reauthenticate": "accounts.signin.CodeAgainForm"}

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_USERNAME_CALLABLE = "accounts.signin.canonical_name"
AXES_CLIENT_IP_CALLABLE = "accounts.signin.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.signin.locked_out"
AXES_VERBOSE = False

# --- The session: ends 12 hours after the last activity, locked long before ------------------------------
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = BEHIND_TLS
#: Nobody touched the page for this long: it is covered, and the server answers 423 until the person is back.
IDLE_LOCK_AFTER = timedelta(minutes=env.int("IDLE_LOCK_MINUTES", default=10))
IDLE_WARNING_BEFORE = timedelta(minutes=2)
if IDLE_LOCK_AFTER <= IDLE_WARNING_BEFORE:
    raise environ.ImproperlyConfigured(
        "IDLE_LOCK_MINUTES must be above 2: the warning comes 2 minutes before"
    )
#: After a full sign-in on a shared device of a ward, so long a PIN brings somebody back to it: one shift.
WARD_SHIFT = timedelta(hours=env.int("WARD_SHIFT_HOURS", default=12))
if not timedelta(hours=1) <= WARD_SHIFT <= timedelta(hours=24):
    raise environ.ImproperlyConfigured("WARD_SHIFT_HOURS must be 1 to 24")
#: So long a browser stays marked as a shared device of a ward.
WARD_DEVICE_LIVES = timedelta(days=env.int("WARD_DEVICE_DAYS", default=90))
if not timedelta(days=1) <= WARD_DEVICE_LIVES <= timedelta(days=400):
    raise environ.ImproperlyConfigured("WARD_DEVICE_DAYS must be 1 to 400")
#: So long emergency access to a site lasts that the person's roles do not reach.
EMERGENCY_LASTS = timedelta(minutes=env.int("EMERGENCY_MINUTES", default=60))
if not timedelta(minutes=5) <= EMERGENCY_LASTS <= timedelta(hours=12):
    raise environ.ImproperlyConfigured("EMERGENCY_MINUTES must be 5 to 720")
#: Counts of failures are shared by all processes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "febris_cache"}}

# --- What browsers are told ------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "script-src": [csp.SELF, csp.NONCE],
        "style-src": [csp.SELF, csp.NONCE],
        # A second factor's QR code is an image in its address.
        "img-src": [csp.SELF, "data:"],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60

# --- The trail -------------------------------------------------------------------------------------------
PGHISTORY_BASE_MODEL = "accounts.trail.TrailEvent"

# --- Words and time --------------------------------------------------------------------------------------
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Files we serve --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
#: Found in the apps at the start, the same way everywhere: nothing to collect, nothing that can be stale.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Mail ------------------------------------------------------------------------------------------------
#: Without an address of a mail server there is no channel e-mail: nobody is owed what cannot go out.
SENDS_EMAIL: bool = bool(env.str("EMAIL_URL", default=""))
_mail = env.email_url_config(env.str("EMAIL_URL", default="") or "dummymail://")
_mail_options: dict[str, Any] = {
    "host": _mail["EMAIL_HOST"],
    "port": _mail["EMAIL_PORT"],
    "username": _mail["EMAIL_HOST_USER"] or "",
    "password": _mail["EMAIL_HOST_PASSWORD"] or "",
    "use_tls": _mail.get("EMAIL_USE_TLS", False),
    "use_ssl": _mail.get("EMAIL_USE_SSL", False),
    # In seconds: so long a mail server that hangs holds back one of the four sessions of a worker.
    "timeout": min(10, 2 * TICK.total_seconds()),
}
if django.VERSION >= (6, 1):
    MAILERS: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": _mail["EMAIL_BACKEND"], "OPTIONS": _mail_options if SENDS_EMAIL else {}}
    }
else:
    EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
    EMAIL_HOST: str = _mail_options["host"]
    EMAIL_PORT: int = _mail_options["port"]
    EMAIL_HOST_USER: str = _mail_options["username"]
    EMAIL_HOST_PASSWORD: str = _mail_options["password"]
    EMAIL_USE_TLS: bool = _mail_options["use_tls"]
    EMAIL_USE_SSL: bool = _mail_options["use_ssl"]
    EMAIL_TIMEOUT: int = _mail_options["timeout"]
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default="febris@localhost")

# --- What messages to people and systems may say and where they may go ------------------------------------
#: Where people reach Febris: the links of messages begin with it.
PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://localhost:{env.str('PORT', default='8000')}").rstrip(
    "/"
)
if not PUBLIC_URL.startswith(("https://", "http://")):
    raise environ.ImproperlyConfigured(f"PUBLIC_URL must begin with https:// or http://, not {PUBLIC_URL!r}")
#: Whom a push service may write to about what we send it.
PUSH_CONTACT: str = PUBLIC_URL if PUBLIC_URL.startswith("https://") else f"mailto:{DEFAULT_FROM_EMAIL}"
#: Services of Apprise beyond the built-in list, by the beginning of their addresses: those that take a host.
APPRISE_ALSO: list[str] = [name.strip().lower() for name in env.list("APPRISE_ALSO", default=[])]
#: Networks of our own (CIDR) that webhooks and push services may be in; all others must be public, by https.
PRIVATE_TARGETS: list[IPv4Network | IPv6Network] = []
try:
    PRIVATE_TARGETS += [ip_network(each.strip()) for each in env.list("PRIVATE_TARGETS", default=[])]
except ValueError as error:
    raise environ.ImproperlyConfigured(
        f"PRIVATE_TARGETS must be networks as in 10.1.0.0/16: {error}"
    ) from error

# --- Log lines: ids, never a person ----------------------------------------------------------------------
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}},
    "filters": {"not-a-probe": {"()": "config.logs.NotAProbe"}},
    "handlers": {
        "standard": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["not-a-probe"]}
    },
    "root": {"handlers": ["standard"], "level": "WARNING"},
    "loggers": {
        # They print addresses, and addresses of messengers and browsers hold keys.
        **{name: {"level": "CRITICAL", "propagate": False} for name in ("apprise", "urllib3", "pywebpush")},
        **{name: {"level": LOG_LEVEL} for name in ("config", "accounts", "tracker", "monitoring", "interop")},
        # Django's own handlers would mail whole requests and print in another form.
        **{
            name: {"handlers": [], "propagate": True}
            for name in ("django", "django.request", "django.server", "django.security", "django.template")
        },
    },
}

# --- The REST doors --------------------------------------------------------------------------------------
#: A larger body is refused before it is read. 5,000 readings, the most that may come at once, stay below.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
#: For each caller and web process; above it the answer is 429 with Retry-After.
API_REQUESTS_PER_MINUTE: int = env.int("API_REQUESTS_PER_MINUTE", default=60_000)
#: Where the event stream is served, when that is another process than this one.
EVENTS_URL: str = env.str("EVENTS_URL", default="")
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tracker.api.entry.Entry"],
    "DEFAULT_PERMISSION_CLASSES": ["tracker.api.entry.Admitted"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["tracker.api.wire.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "tracker.api.paging.Keyset",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "tracker.api.schema.Operation",
    "DEFAULT_METADATA_CLASS": "tracker.api.methods.Methods",
    "EXCEPTION_HANDLER": "tracker.api.problems.framework_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Febris",
    "DESCRIPTION": "Records and watches infusions of bispecific-antibody-armed T cells"
    " until 48 hours after their end.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "monitoring.api.described.describe_plain_doors",
        "tracker.api.schema.say_what_all_doors_share",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
django_stubs_ext.monkeypatch()
