"""The health doors: open to everybody, and honest about a watch that does not run."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client as Browser

from config.clock import real_now
from monitoring import health, heartbeat
from tests.api.test_errors import problem

pytestmark = pytest.mark.django_db


def beat(age: timedelta = timedelta()) -> None:
    """Every part has just done its work, or so long ago."""
    for name in health.SILENCE:
        heartbeat.alive(name, real_now() - age)


def test_a_process_that_answers_is_live() -> None:
    assert Browser().get("/health/live").json() == {"status": "live"}


def test_a_watch_that_runs_is_ready() -> None:
    beat()
    assert Browser().get("/health/ready").status_code == 200


@pytest.mark.parametrize("age", [None, timedelta(minutes=10)], ids=["never ran", "stopped"])
def test_a_watch_that_does_not_run_says_what_is_silent(age: timedelta | None) -> None:
    if age is not None:
        beat(age)
    found = problem(Browser().get("/health/ready"), 503)
    codes = [reason["code"] for reason in found["reasons"]]
    assert {"evaluation_stale", "delivery_stale", "beat_stale"} <= set(codes)


def test_a_health_door_is_asked_by_get_alone() -> None:
    problem(Browser(enforce_csrf_checks=True).post("/health/ready"), 405)


def test_a_database_that_does_not_answer_is_a_reason_as_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(now: datetime) -> list[health.Reason]:
        raise OperationalError("connection refused")

    monkeypatch.setattr("monitoring.api.health.readiness", refuse)
    answer = Browser().get("/health/ready")
    assert answer.status_code == 503
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["database_silent"]
