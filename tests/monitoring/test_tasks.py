"""The tasks: each finds its work in the database, counts it, and may run twice."""

import pytest

from monitoring import tasks
from monitoring.models import Alert, Heartbeat
from tests.builders import make_infusion, record_set

pytestmark = pytest.mark.django_db


def test_a_task_evaluates_what_it_is_rung_for_and_a_second_ring_changes_nothing() -> None:
    from config.clock import now

    at = now()
    infusion = make_infusion(started_at=at)
    record_set(infusion, at, temperature_c="39.5")
    assert tasks.evaluate_infusions([infusion.pk]) == 1
    assert tasks.evaluate_infusions([infusion.pk, infusion.pk]) == 1
    assert Alert.objects.count() == 1


@pytest.mark.parametrize("task", [tasks.sweep, tasks.escalate, tasks.deliver, tasks.beat, tasks.seal_audit])
def test_every_task_runs_twice_on_an_empty_database(task: object) -> None:
    assert isinstance(task(), int)  # type: ignore[operator]
    assert isinstance(task(), int)  # type: ignore[operator]


def test_each_part_leaves_its_heartbeat() -> None:
    for task in (tasks.sweep, tasks.deliver, tasks.beat, tasks.seal_audit):
        task()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {
        "evaluation",
        "delivery",
        "beat",
        "sealing",
    }
