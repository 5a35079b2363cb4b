"""What a command says when it cannot work at all: one sentence instead of a traceback.

Knows which faults are not the code's: a setting that cannot be, a database that is not there or not made yet.
"""

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError


def sentence(error: Exception) -> str | None:
    """What stands in the way and what helps; None for a fault that a traceback tells better."""
    if isinstance(error, ImproperlyConfigured):
        return f"The settings cannot be: {error}"
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) is None:
        return _unreachable(str(error).strip().splitlines()[-1] if str(error).strip() else "no answer")
    if isinstance(error, ProgrammingError) and isinstance(error.__cause__, psycopg.errors.UndefinedTable):
        return f"The database {_address()} has no tables of this version yet. Run: manage.py migrate"
    return None


def _unreachable(why: str) -> str:
    from django.conf import settings

    if settings.EMBEDDED:
        return (
            f"The embedded PostgreSQL of {settings.DATA_DIR} does not run. Start it with `make demo` or"
            " `manage.py up` in another terminal, with the same DATA_DIR, or name another in DATABASE_URL."
        )
    variable = "DATABASE_OWNER_URL" if settings.DATABASE_ROLE == "owner" else "DATABASE_URL"
    return (
        f"PostgreSQL at {_address()} ({variable}) cannot be reached: {why}. Start it there, or correct the"
        " address; without DATABASE_URL the embedded one is used."
    )


def _address() -> str:
    """Where the database is, without the password."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    port = f":{database['PORT']}" if database.get("PORT") else ""
    return f"{database['HOST'] or 'localhost'}{port}/{database['NAME']}"
