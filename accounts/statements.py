"""Fixed statements that every reading pays for: PostgreSQL plans each once for a connection, their values
travel apart from them, and those that belong together travel together. Knows no table.

Composing a statement, planning it anew and waiting for each alone costs more than running it.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.adapt import Buffer, Loader, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

Values = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]

_KNOWN = "_febris_statements"
_COMMIT: tuple[str, Values] = ("COMMIT", ())


class Moment(Loader):
    """A time, in UTC as every connection of ours is: read in a tenth of the time that Django's own takes."""

    timezone = UTC  # Django asks whether it is the connection's

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(bytes(data).decode())


@dataclass(slots=True)
class _Known:
    """What one connection has prepared, how it reads answers, and what waits for the next thing it sends."""

    reads: Any
    names: dict[str, bytes] = field(default_factory=dict)
    made: int = 0
    waiting: list[tuple[str, Values]] = field(default_factory=list)


def fetch(statement: str, values: Values = ()) -> list[Row]:
    """All rows that the statement answers."""
    return together((statement, values))[0]


def fetch_one(statement: str, values: Values = ()) -> Row | None:
    """The first row that the statement answers, if there is one."""
    found = fetch(statement, values)
    return found[0] if found else None


def open_with(statement: str, values: Values = ()) -> list[Row]:
    """All rows that the first statement of a request answers. It only reads: where the connection that was
    kept from the request before has died, it is asked again over a new one, and nobody pings in front of it.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # whose stubs do not know of its health
    if database.connection is not None and not database.in_atomic_block and not database.health_check_done:
        database.health_check_done = True
        try:
            return fetch(statement, values)
        except (OperationalError, InterfaceError):
            if not database.connection.closed:
                raise
            database.close()
    return fetch(statement, values)


def execute(statement: str, values: Values = ()) -> int:
    """How many rows the statement wrote."""
    (result,) = _run([(statement, values)])[1]
    return result.command_tuples or 0


def execute_last(statement: str, values: Values = ()) -> None:
    """Has the last statement of a transaction travel with its COMMIT, which raises what is wrong with it.

    At once where no COMMIT follows: outside a transaction, and within another one.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block or database.savepoint_ids:
        execute(statement, values)
    else:
        _known_to(database.connection).waiting.append((statement, values))


def together(*asked: tuple[str, Values]) -> list[list[Row]]:
    """All rows that each of the statements answers, sent and received at once.

    Inside a transaction each sees what was committed before it runs, as it would if it were sent alone.
    """
    known, results = _run(asked)
    found = []
    for result in results:
        if result.status == ExecStatus.TUPLES_OK:
            known.reads.set_pgresult(result)
            found.append(known.reads.load_rows(0, result.ntuples, tuple))
        else:
            found.append([])
    return found


def _run(asked: Sequence[tuple[str, Values]]) -> tuple[_Known, list[PGresult]]:
    database = connections[DEFAULT_DB_ALIAS]  # behind the proxy `connection`, which asks anew for each name
    database.validate_thread_sharing()
    database.close_if_health_check_failed()
    database.ensure_connection()
    database.validate_no_broken_transaction()
    began = time.perf_counter()
    try:
        with database.wrap_database_errors:
            known = _known_to(database.connection)
            before, known.waiting = known.waiting, []
            results = _exchange(database.connection, known, [*before, *asked])
            return known, results[len(before) :]
    finally:
        if database.queries_logged:
            took = f"{time.perf_counter() - began:.3f}"
            database.queries_log.extend({"sql": statement, "time": took} for statement, _ in asked)


def _known_to(connection: "psycopg.Connection[Any]") -> _Known:
    known: _Known | None = getattr(connection, _KNOWN, None)
    if known is None:
        known = _Known(Transformer(connection))
        setattr(connection, _KNOWN, known)
        _ends_with_what_waits(connection, known)
    return known


def _ends_with_what_waits(connection: "psycopg.Connection[Any]", known: _Known) -> None:
    """Makes the COMMIT of a connection take along what waits for it, and a ROLLBACK forget that."""
    commit, rollback = connection.commit, connection.rollback

    def commit_all() -> None:
        last, known.waiting = known.waiting, []
        if last:
            _exchange(connection, known, [*last, _COMMIT])
        else:
            commit()

    def forget_and_roll_back() -> None:
        known.waiting = []
        rollback()

    connection.commit = commit_all  # type: ignore[method-assign]
    connection.rollback = forget_and_roll_back  # type: ignore[method-assign]


def _exchange(
    connection: "psycopg.Connection[Any]", known: _Known, asked: Sequence[tuple[str, Values]]
) -> list[PGresult]:
    """The answer to each statement.

    Raises: the error of the first statement that PostgreSQL refuses; it runs none of those after it.
    """
    pgconn = connection.pgconn
    answers: list[tuple[str, bytes] | None] = []
    with connection.lock:
        texts = [(statement, *_numbered(statement, values)) for statement, values in asked]
        try:
            pgconn.enter_pipeline_mode()
            if not connection.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
                pgconn.send_query_params(b"BEGIN", None)
                answers.append(("", b""))
            for statement, text, sent in texts:
                name = known.names.get(statement)
                if name is None:
                    known.made += 1
                    name = b"febris_%d" % known.made
                    pgconn.send_prepare(name, text)
                    answers.append((statement, name))
                pgconn.send_query_prepared(name, sent)
                answers.append(None)
            pgconn.pipeline_sync()
            results = connection.wait(_received(pgconn))
            pgconn.exit_pipeline_mode()
        except BaseException:  # nobody knows how far it came
            connection.close()
            raise
    found = []
    for made, result in zip(answers, results, strict=True):
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise errors.error_from_result(result)
        if made is None:
            found.append(result)
        elif made[0]:
            known.names[made[0]] = made[1]
    return found


def _received(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Every result until the end of what was sent together."""
    while pgconn.flush():
        yield Wait.RW
        pgconn.consume_input()
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


_PLACE = re.compile(r"%(?:\((\w+)\))?s")


@cache
def _places(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with numbered places, and the names of the places where they have names."""
    names: list[str] = []

    def number(place: "re.Match[str]") -> str:
        name = place[1] or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACE.sub(number, statement).encode(), tuple(names)


def _numbered(statement: str, values: Values) -> tuple[bytes, list[bytes | None]]:
    text, names = _places(statement)
    given = [values[name] for name in names] if isinstance(values, Mapping) else values
    return text, [_text(value) for value in given]


def _text(value: object) -> bytes | None:
    """The value as PostgreSQL reads it. Without a type of its own: the statement alone says what it is, so
    that nulls and large numbers have no plans of their own.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if "\x00" in value:
            raise psycopg.DataError("a text of PostgreSQL cannot hold a NUL character")
        return value.encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int | Decimal | datetime | UUID):
        return str(value).encode()
    if isinstance(value, list):
        return b"{%s}" % b",".join(map(_element, value))
    raise TypeError(f"a {type(value).__name__} cannot travel to PostgreSQL as it is")


def _element(value: object) -> bytes:
    text = _text(value)
    return b"NULL" if text is None else b'"%s"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
