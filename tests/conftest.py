"""What every test stands on: an environment, a real PostgreSQL, the application's rights in each body.

Tests connect as the owner, who may migrate and flush. Around the body of each test that uses the database the
role is the application's, so a test that updates an append-only row fails here as it would in a ward.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.db.backends.signals import connection_created

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only for the tests")
os.environ["DATABASE_ROLE"] = "owner"
os.environ.pop("REDIS_URL", None)
os.environ.pop("CLOCK_ANCHOR", None)

_PRIVATE = "FEBRIS_TESTS_POSTGRES"
if "DATABASE_URL" not in os.environ:
    from config import postgres

    # Named here and started when the first test needs it; workers of xdist inherit the name.
    folder = Path(tempfile.gettempdir()) / f"febris-tests-{os.getpid()}"
    os.environ[_PRIVATE] = str(folder)
    os.environ["DATABASE_URL"] = postgres.database_url(folder, postgres.APPLICATION)
    os.environ["DATABASE_OWNER_URL"] = postgres.database_url(folder, postgres.OWNER)

django.setup()

_in_body = False


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Start the wheel's PostgreSQL where the environment names no other, and remove it at the end."""
    if _PRIVATE not in os.environ:
        yield
        return
    import shutil

    from config.postgres import Cluster

    cluster = Cluster(Path(os.environ[_PRIVATE]))
    cluster.prepare()
    cluster.start({"fsync": "off", "synchronous_commit": "off"})
    cluster.ensure_roles()
    yield
    from django.db import connections

    connections.close_all()
    folder = cluster.folder.parent
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(cluster.data_dir, ignore_errors=True)


def _become(role: str | None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{role}"' if role else "RESET ROLE")


def _on_new_connection(connection: Any, **_: Any) -> None:
    """Threads of a test open connections of their own; they are the application too."""
    from django.conf import settings

    if _in_body:
        with connection.cursor() as cursor:
            cursor.execute(f'SET ROLE "{settings.APPLICATION_ROLE}"')


connection_created.connect(_on_new_connection, dispatch_uid="tests.role")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run the body of a database test with the application's rights, unless it is marked `as_owner`."""
    global _in_body
    names = set(getattr(item, "fixturenames", ()))
    if not names & {"db", "transactional_db", "_django_db_helper"} or item.get_closest_marker("as_owner"):
        return (yield)
    if item.get_closest_marker("django_db") is None and not names & {"db", "transactional_db"}:
        return (yield)
    from django.conf import settings
    from django.db import DatabaseError, connection

    _in_body = True
    _become(settings.APPLICATION_ROLE)
    try:
        return (yield)
    finally:
        _in_body = False
        if connection.connection is not None and not connection.needs_rollback:
            try:
                _become(None)
            except DatabaseError:  # a broken transaction: its rollback gives the role back
                if not connection.in_atomic_block:
                    connection.close()
