"""Fixed statements: planned once, sent together, refused like any other."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.statements import execute, execute_last, fetch, fetch_one, open_with, together
from config.clock import real_now

pytestmark = pytest.mark.django_db

ASKS = """
    SELECT %s::bigint, %s::numeric, %s::timestamptz, %s::uuid, %s::text, %s::bigint[]
"""


def test_a_statement_is_planned_once_whatever_its_values() -> None:
    said = [
        (1, Decimal("36.80"), real_now(), uuid4(), "a", [1, 2]),
        (2**40, None, None, None, None, []),
        (None, Decimal("1E+3"), None, None, "", [2**40]),
    ]
    for values in said:
        assert fetch(ASKS, values) == [values]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'numeric.*bigint'")
        assert cursor.fetchone() == (1,)


def test_a_statement_without_rows_says_how_many_it_wrote() -> None:
    execute("CREATE TEMP TABLE note (id bigint)")
    assert execute("INSERT INTO note SELECT generate_series(1, %s::int)", [3]) == 3
    assert fetch_one("SELECT id FROM note WHERE id = %s", [4]) is None


def test_a_fixed_statement_is_counted_and_refused_as_every_other() -> None:
    with CaptureQueriesContext(connection) as captured, pytest.raises(DataError):
        fetch("SELECT %s::bigint", ["no number"])
    assert len(captured) == 1


def test_statements_sent_together_see_what_those_before_them_did() -> None:
    execute("CREATE TEMP TABLE note (id bigint PRIMARY KEY)")
    none, (written,), seen = together(
        ("SELECT id FROM note", ()),
        ("INSERT INTO note VALUES (%(id)s) RETURNING id, %(id)s::text", {"id": 7}),
        ("SELECT id FROM note", ()),
    )
    assert (none, written, seen) == ([], (7, "7"), [(7,)])


def test_the_first_statement_that_is_refused_is_named_and_none_after_it_runs() -> None:
    execute("CREATE TEMP TABLE note (id bigint PRIMARY KEY)")
    write = "INSERT INTO note VALUES (%s)"
    with pytest.raises(IntegrityError, match="note_pkey"), transaction.atomic():
        together((write, [1]), (write, [1]), (write, [2]), ("SELECT no_such_column", ()))
    assert fetch("SELECT id FROM note") == []
    together((write, [1]), (write, [2]))
    assert fetch("SELECT id FROM note ORDER BY id") == [(1,), (2,)]


def test_a_text_is_sent_whole_or_not_at_all() -> None:
    odd = 'a "quoted", \\ back-slashed {text}'
    assert fetch_one("SELECT %s::text, %s::text[]", [odd, [odd, ""]]) == (odd, [odd, ""])
    with pytest.raises(DataError, match="NUL"), transaction.atomic():
        fetch("SELECT %s::text", ["before\x00after"])


def make_notes() -> None:
    """A table of notes that outlives a transaction; their numbers are above 0."""
    execute("DROP TABLE IF EXISTS pg_temp.note")
    execute("CREATE TEMP TABLE note (id bigint PRIMARY KEY CHECK (id > 0))")


WRITE, NOTES = "INSERT INTO note VALUES (%s)", "SELECT id FROM note ORDER BY id"


@pytest.mark.django_db(transaction=True)
def test_the_last_statement_of_a_transaction_travels_with_its_commit() -> None:
    make_notes()
    with transaction.atomic():
        execute(WRITE, [1])
        execute_last(WRITE, [2])
    assert fetch(NOTES) == [(1,), (2,)]


@pytest.mark.django_db(transaction=True)
def test_a_statement_after_the_last_one_finds_it_done() -> None:
    make_notes()
    with transaction.atomic():
        execute_last(WRITE, [1])
        assert fetch(NOTES) == [(1,)]
    assert fetch(NOTES) == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_a_last_statement_that_is_refused_takes_all_with_it() -> None:
    make_notes()

    @transaction.atomic
    def write() -> None:
        execute(WRITE, [1])
        execute_last(WRITE, [0])

    with pytest.raises(IntegrityError, match="note"):
        write()
    assert fetch(NOTES) == []


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_goes_back_forgets_its_last_statement() -> None:
    make_notes()
    with transaction.atomic():
        execute_last(WRITE, [1])
        transaction.set_rollback(True)
    with transaction.atomic():
        execute(WRITE, [2])
    assert fetch(NOTES) == [(2,)]


def test_a_last_statement_within_another_transaction_runs_at_once() -> None:
    make_notes()
    with transaction.atomic(), connection.cursor() as cursor:
        execute_last(WRITE, [1])
        cursor.execute(NOTES)
        assert cursor.fetchall() == [(1,)]


def end_this_connection() -> int:
    """The number of our backend, which has gone by the time that this returns."""
    ((number,),) = fetch("SELECT pg_backend_pid()")
    with psycopg.connect(**parameters(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    return int(number)


def parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: value for name, value in given.items() if name not in ("cursor_factory", "context", "pool")}


@pytest.mark.django_db(transaction=True)
def test_a_request_that_finds_its_kept_connection_dead_opens_another() -> None:
    ended = end_this_connection()
    connection.health_check_done = False  # as at the beginning of a request
    ((number,),) = open_with("SELECT pg_backend_pid()")
    assert number != ended


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_within_a_request_is_an_error() -> None:
    end_this_connection()
    connection.health_check_done = True
    with pytest.raises(OperationalError):
        open_with("SELECT 1")
    connection.close()


def test_what_is_wrong_with_the_first_statement_is_said_at_once() -> None:
    connection.health_check_done = False
    with pytest.raises(DataError), transaction.atomic():
        open_with("SELECT %s::bigint", ["no number"])
