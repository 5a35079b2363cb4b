"""Empties the database after a test that committed: the tables that hold rows, and no others.

Django's own way truncates every table and then does again what follows a migration: all rights, content types
and permissions. It takes ten times as long, and leaves the same.
"""

from typing import Any

from django.test import TransactionTestCase

from config.postgres import OWNER, Cluster

#: What every migrated database holds and no test changes.
KEPT = ("django_migrations", "django_content_type", "auth_permission")

#: So many rows that are gone would be in the way of whoever reads the table next.
MANY = 500


#: The rules that every migrated database has, as they are stored: read from their file once.
_shipped: list[dict[str, Any]] = []


def allow(cluster: Cluster) -> None:
    """Let the owner delete past triggers: append-only rows, and rows that others name."""
    with cluster.connect() as connection:
        connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")


def take_over() -> None:
    """Empty in our way after each test that commits; in Django's where the owner lacks the right."""
    theirs = TransactionTestCase._fixture_teardown

    def teardown(case: Any) -> None:
        if not empty():
            theirs(case)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


def empty() -> bool:
    """False when the owner may not; else every table is as a migration leaves it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_parameter_privilege(session_user, 'session_replication_role', 'SET'),"
            " (SELECT array_agg(relname ORDER BY oid) FROM pg_class WHERE relkind = 'r'"
            "  AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s))",
            [list(KEPT)],
        )
        may, tables = cursor.fetchone()
        if not may:
            return False
        asked = " UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables)
        cursor.execute(asked)
        filled = [table for (table,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        many = []
        for table in filled:
            cursor.execute(f'DELETE FROM "{table}"')
            if cursor.rowcount > MANY:
                many.append(f'"{table}"')
        cursor.execute("SET session_replication_role = DEFAULT")
        if many:
            cursor.execute(f"VACUUM {', '.join(many)}")
    _load_rules()
    return True


def _load_rules() -> None:
    from monitoring.models import RuleSet
    from monitoring.rule_sets import load_shipped

    if not _shipped:
        load_shipped()
        _shipped.extend(RuleSet.objects.values("name", "version", "document", "status", "shipped"))
    else:
        RuleSet.objects.bulk_create(RuleSet(**columns) for columns in _shipped)
