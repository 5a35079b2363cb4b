"""Fixed statements that every reading pays for: their values travel apart from them, so that PostgreSQL plans
each once for a connection. Knows no table.

Composing a statement, and planning it anew, costs more than running it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.adapt import Dumper

Values = Sequence[Any] | Mapping[str, Any]

_CURSOR = "_febris_prepared"


class _Plain(Dumper):
    """A value as text of no type of its own: the statement alone says what it is, whatever its size, so that
    none has a plan for small numbers, one for large ones and one for nulls.
    """

    oid = 0

    def dump(self, obj: Any) -> bytes:
        return str(obj).encode()


def fetch(statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
    """All rows that the statement answers."""
    cursor = _cursor()
    cursor.execute(statement, values)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def fetch_one(statement: str, values: Values = ()) -> tuple[Any, ...] | None:
    """The first row that the statement answers, if there is one."""
    cursor = _cursor()
    cursor.execute(statement, values)
    found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def execute(statement: str, values: Values = ()) -> int:
    """How many rows the statement wrote."""
    cursor = _cursor()
    cursor.execute(statement, values)
    written: int = cursor.rowcount
    return written


def _cursor() -> CursorWrapper:
    """Django's cursor over one that prepares what it runs; one for the life of the connection."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    prepared: Any = getattr(raw, _CURSOR, None)
    if prepared is None:
        prepared = psycopg.Cursor(raw)
        for kind in (int, Decimal, datetime, UUID):
            prepared.adapters.register_dumper(kind, _Plain)
        setattr(raw, _CURSOR, prepared)
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(prepared)
