"""Fixed statements: planned once, refused like any other."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from accounts.statements import execute, fetch, fetch_one
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
