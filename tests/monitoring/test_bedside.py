"""What a person at the bedside gets back: the stored set and what the watch makes of it, at once."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.permissions import Role
from monitoring import doorbell
from monitoring.bedside import amend_and_watch, record_and_watch, void_and_watch
from monitoring.models import Alert, Condition, Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set
from tracker.models import Infusion

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion() -> Infusion:
    return make_infusion(started_at=NOW, stopped_at=NOW + minutes(60), site=make_site())


def values(at: Any, **more: Any) -> dict[str, Any]:
    return {"measured_at": at} | more


def test_the_answer_carries_the_alert_and_nobody_is_rung_for_it(
    infusion: Infusion, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    nurse = make_actor(Role.NURSE, infusion.site)
    at = NOW + minutes(10)
    recorded, outcome = record_and_watch(nurse, infusion, values(at, temperature_c="39.5"), at)
    assert recorded.created
    assert [alert.problem for alert in outcome.changed] == ["fever"]
    assert outcome.signs["temperature_c"] == "abnormal"
    assert outcome.signs["systolic_mmhg"] == "unknown"
    assert rung == []


def test_a_reading_outside_the_watch_window_is_stored_and_the_answer_says_unwatched(
    infusion: Infusion,
) -> None:
    nurse = make_actor(Role.NURSE, infusion.site)
    after = NOW + minutes(60) + timedelta(hours=48, minutes=1)
    recorded, outcome = record_and_watch(nurse, infusion, values(after, temperature_c="39.5"), after)
    assert (recorded.created, outcome.state) == (True, "unwatched")
    assert not Alert.objects.filter(problem="fever").exists()


def test_a_correction_answers_what_it_retracts_and_a_void_does_too(infusion: Infusion) -> None:
    nurse = make_actor(Role.NURSE, infusion.site)
    at = NOW + minutes(10)
    recorded, _ = record_and_watch(nurse, infusion, values(at, temperature_c="39.5"), at)
    corrected, outcome = amend_and_watch(
        nurse, recorded.row, {"temperature_c": "36.9"}, reason="typo", now=at
    )
    assert [alert.condition for alert in outcome.changed] == [Condition.RETRACTED]
    _, outcome = void_and_watch(nurse, corrected.row, reason="wrong patient", now=at)
    assert outcome.changed == ()


def test_a_late_high_older_than_six_hours_is_told_once_to_charge_nurse_and_coordinator(
    infusion: Infusion,
) -> None:
    for role in (Role.NURSE, Role.CHARGE_NURSE, Role.SAFETY_COORDINATOR, Role.INVESTIGATOR):
        make_actor(role, infusion.site, user=make_user(email=f"{role.value}@example.org"))
    arrives = NOW + minutes(10) + timedelta(hours=7)
    record_set(infusion, NOW + minutes(10), now=arrives, temperature_c="39.5")
    from monitoring.evaluate import evaluate_infusion

    evaluate_infusion(infusion.pk, arrives)
    alert = Alert.objects.get(problem="fever")
    assert alert.late
    told = Delivery.objects.filter(alert=alert, channel="email").values_list("recipient__email", flat=True)
    assert sorted(told) == ["charge_nurse@example.org", "safety_coordinator@example.org"]
    assert alert.escalates_at is None
