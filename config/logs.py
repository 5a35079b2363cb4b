"""Log lines that hold ids and never a person: one JSON object a line, and of an exception only what is safe.

The message of an exception may carry what was typed (PostgreSQL prints whole failing rows), so it is left out
unless its class is about machines.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured

#: Exceptions whose words speak of machines only.
_SAFE = (OSError, ImportError, ImproperlyConfigured, MemoryError, TimeoutError)
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}


def _sqlstate(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, psycopg.Error):
            return error.sqlstate
        error = error.__cause__ or error.__context__
    return None


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as class, place and, where it can hold no patient's data, words."""
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }
    if isinstance(error, _SAFE):
        described["words"] = str(error)
    if (sqlstate := _sqlstate(error)) is not None:
        described["sqlstate"] = sqlstate
    if error.__cause__ is not None:
        described["cause"] = describe(error.__cause__)
    return described


class NotAProbe(logging.Filter):
    """Leaves out that a probe was answered: `/health/ready` says itself what is wrong, every second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a line of Django's about an address below /health/."""
        return not (
            record.name == "django.request"
            and any(str(each).startswith("/health/") for each in record.args or ())
        )


class Line(logging.Formatter):
    """Formats a record as one line of JSON, with whatever ids were given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "says": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)
