"""What every test stands on: an environment, a real PostgreSQL, the application's rights in each body.

Tests connect as the owner, who may migrate and flush. Around the body of each test that uses the database the
role is the application's, so a test that updates an append-only row fails here as it would in a ward.
"""

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import django
import hypothesis
import pytest
from django.conf import settings
from django.db.backends.signals import connection_created
from xdist.scheduler import LoadScopeScheduling

from tests import emptying

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only for the tests")
os.environ["DATABASE_ROLE"] = "owner"
os.environ.pop("REDIS_URL", None)
os.environ.pop("CLOCK_ANCHOR", None)

if "DATABASE_URL" not in os.environ:
    # Without a database named, Febris looks for its own below DATA_DIR; it starts at the first test in need.
    # Each of several test processes has one of its own.
    os.environ["DATA_DIR"] = f"{tempfile.gettempdir()}/febris-tests-{os.getpid()}"

django.setup()
# The processes of a parallel run inherit the environment: they must come here before they read the settings.
del os.environ["DJANGO_SETTINGS_MODULE"]

# The same examples in every run, so that a change is never refused by luck; `make soak` draws new ones.
hypothesis.settings.register_profile("suite", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("soak", database=None, deadline=None, max_examples=500)

#: Nothing outlives the tests. An ANALYZE of its own accord would hold back what is settled, and change plans.
CLUSTER = {
    "fsync": "off",
    "full_page_writes": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "2GB",
    "autovacuum_analyze_threshold": "2000000000",
}

_in_body = False


@pytest.fixture(scope="session", autouse=True)
def _quick() -> None:
    """Passwords that cost nothing to check, and an emptying that touches only what a test has filled."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    emptying.take_over()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Start the wheel's PostgreSQL where the environment names no other, and remove it at the end."""
    from django.db import connections

    from config.postgres import Cluster

    if not settings.EMBEDDED:
        yield
        return
    cluster = Cluster(settings.DATA_DIR)
    cluster.prepare()
    cluster.start(CLUSTER)
    cluster.ensure_roles()
    emptying.allow(cluster)
    yield
    connections.close_all()
    folder = cluster.folder.parent
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(cluster.data_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what threads of the tests have left connected, so that the database can be dropped."""
    yield
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = session_user"
        )


def _become(role: str | None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{role}"' if role else "RESET ROLE")


def _on_new_connection(connection: Any, **_: Any) -> None:
    """Threads of a test open connections of their own; they are the application too."""
    if _in_body:
        with connection.cursor() as cursor:
            cursor.execute(f'SET ROLE "{settings.APPLICATION_ROLE}"')


connection_created.connect(_on_new_connection, dispatch_uid="tests.role")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run the body of a database test with the application's rights, unless it is marked `as_owner`."""
    global _in_body
    uses_database = item.get_closest_marker("django_db") is not None or bool(
        {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    )
    if not uses_database or item.get_closest_marker("as_owner") is not None:
        return (yield)
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


# --- What a machine may lack: one loud line for each, and a failure under REQUIRE_ALL=1 ---------------------

#: marker: the programs of which one must be there, what is left out without, what brings it.
_NEEDS = {
    "stack": (("redis-server",), "the production shape on real processes", "apt-get install redis-server"),
    "proxy": (("caddy",), "the production shape behind its TLS proxy", "apt-get install caddy"),
    "journey": (
        ("chromium", "chromium-browser", "google-chrome"),
        "browser journeys",
        "apt-get install chromium",
    ),
}


@functools.cache
def _lacking(marker: str) -> bool:
    return not any(map(shutil.which, _NEEDS[marker][0]))


class ByProcesses(LoadScopeScheduling):
    """Tests go to whichever process is free, one by one, but all that share running parts to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/stack/"):
            return "tests/stack"
        return file if file == "tests/ops/test_up.py" else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByProcesses:
    """How a parallel run hands out its tests."""
    return ByProcesses(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here; under REQUIRE_ALL=1 an omission is a failure."""
    for marker, (_, what, command) in _NEEDS.items():
        if item.get_closest_marker(marker) is not None and _lacking(marker):
            if os.environ.get("REQUIRE_ALL") == "1":
                pytest.fail(f"REQUIRE_ALL=1, and this machine lacks {what}: {command}", pytrace=False)
            pytest.skip(f"{what}: {command}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was left out and how to have it."""
    skipped = terminalreporter.stats.get("skipped", [])
    for _, what, command in _NEEDS.values():
        count = sum(f"{what}: {command}" in str(report.longrepr) for report in skipped)
        if count:
            terminalreporter.write_line(
                f"LEFT OUT: {count} tests of {what}. Have them with: {command}", red=True
            )
