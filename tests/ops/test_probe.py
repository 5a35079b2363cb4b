"""The health check of a container: an address that answers, a heartbeat that is young."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from config import probe
from config.clock import real_now
from monitoring import heartbeat


@pytest.fixture
def database(db: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe looks into the database of the tests."""
    found = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    address = make_conninfo(**{libpq: found[django] or None for libpq, django in names.items()})
    monkeypatch.setitem(os.environ, "DATABASE_URL", address)


@pytest.mark.usefixtures("database")
def test_a_part_that_was_just_heard_lives() -> None:
    heartbeat.alive(heartbeat.BEAT, real_now())
    assert probe.main(heartbeat.BEAT) == 0


@pytest.mark.usefixtures("database")
def test_a_part_that_has_been_silent_for_two_minutes_does_not() -> None:
    heartbeat.alive(heartbeat.BEAT, real_now() - timedelta(minutes=2))
    assert probe.main(heartbeat.BEAT) == 1


@pytest.mark.usefixtures("database")
def test_a_part_that_was_never_heard_does_not() -> None:
    assert probe.main("nobody") == 1


def test_a_database_that_does_not_answer_is_no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DATABASE_URL", "host=/nowhere")
    assert probe.main(heartbeat.BEAT) == 1


def test_an_address_where_nobody_listens_does_not_live() -> None:
    assert probe.main("http://127.0.0.1:9/health/live") == 1
