"""What rules read of a subject holds from the moment at which it became known; a replay knows that too."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.actors import system_actor
from accounts.permissions import Actor
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services
from tracker.models import Infusion, InfusionEvent, Subject

pytestmark = pytest.mark.django_db


def febris() -> Actor:
    return system_actor("test")


def started(at: float = 0, known: float | None = None, **facts: Any) -> Infusion:
    """An infusion that starts at a minute and of which that is known at another, by the service."""
    infusion = make_infusion()
    if facts:
        learned(infusion, -60, **facts)
    now = NOW + minutes(at if known is None else known)
    done = services.start_infusion(
        febris(), infusion, at=NOW + minutes(at), now=now, override_reason="a test"
    )
    return done.infusion


def learned(infusion: Infusion, minute: float, **facts: Any) -> None:
    services.update_subject(febris(), infusion.subject, now=NOW + minutes(minute), **facts)
    evaluate_infusion(infusion.pk, NOW + minutes(minute))


def saturation(infusion: Infusion, minute: float, percent: int, known: float | None = None) -> None:
    at, now = NOW + minutes(minute), NOW + minutes(minute if known is None else known)
    record_set(infusion, at, now=now, spo2_percent=percent, oxygen_device="room_air")
    evaluate_infusion(infusion.pk, now)


def hypoxia(infusion: Infusion) -> list[tuple[float, str]]:
    """When hypoxia was raised, in minutes, and what is true of it."""
    rows = Alert.objects.filter(infusion=infusion, problem="hypoxia").order_by("raised_at")
    return [((row.raised_at - NOW).total_seconds() / 60, row.condition) for row in rows]


def differences(infusion: Infusion) -> list[str]:
    return [str(one) for one in verify_patient(infusion.patient_id)]


def test_a_target_known_before_the_start_holds_for_the_whole_infusion() -> None:
    infusion = started(spo2_target="88-92")
    saturation(infusion, 10, 90)
    assert hypoxia(infusion) == []


def test_a_target_changed_in_the_middle_holds_from_then_on_without_anything_being_folded_anew() -> None:
    infusion = started()
    learned(infusion, 10, spo2_target="88-92")
    saturation(infusion, 15, 90)
    assert hypoxia(infusion) == []
    learned(infusion, 20, spo2_target="")
    saturation(infusion, 25, 90)
    assert hypoxia(infusion) == [(25, Condition.ACTIVE)]
    assert differences(infusion) == []


def test_what_was_raised_before_a_target_was_known_stands_and_a_late_set_is_judged_as_of_its_moment() -> None:
    infusion = started()
    saturation(infusion, 5, 90)
    learned(infusion, 10, spo2_target="88-92")
    assert hypoxia(infusion) == [(5, Condition.ACTIVE)]
    saturation(infusion, 15, 90)
    saturation(infusion, 31, 90)
    saturation(infusion, 2, 90, known=33)
    assert hypoxia(infusion) == [(2, Condition.CLEARED)]
    assert differences(infusion) == []


def test_history_is_reproduced_by_what_was_known_then_whatever_the_subject_says_now() -> None:
    infusion = started()
    saturation(infusion, 10, 90)
    Subject.objects.filter(pk=infusion.subject_id).update(spo2_target="88-92", transplant="allogeneic")
    assert differences(infusion) == []


def test_what_is_known_outlasts_a_baseline_that_somebody_states() -> None:
    infusion = started(spo2_target="88-92")
    services.override_baseline(
        febris(), infusion, {"systolic_mmhg": Decimal(110)}, reason="from the clinic", now=NOW + minutes(5)
    )
    saturation(infusion, 10, 90)
    assert hypoxia(infusion) == []
    assert differences(infusion) == []


def test_a_start_recorded_late_and_without_a_baseline_is_judged_by_the_target_from_its_own_moment() -> None:
    infusion = started(0, known=30, spo2_target="88-92")
    saturation(infusion, 10, 90, known=31)
    assert hypoxia(infusion) == []


def test_a_corrected_start_keeps_what_the_first_found_and_what_changed_since() -> None:
    infusion = started(spo2_target="88-92")
    learned(infusion, 20, spo2_target="")
    saturation(infusion, 15, 90, known=21)
    event = InfusionEvent.objects.get(infusion=infusion, kind="start")
    services.amend(febris(), event, {"at": NOW + minutes(5)}, reason="read wrongly", now=NOW + minutes(22))
    saturation(infusion, 25, 90)
    assert hypoxia(infusion) == [(25, Condition.ACTIVE)]
    assert differences(infusion) == []


def test_of_two_baselines_frozen_by_a_corrected_start_the_newer_counts() -> None:
    infusion = make_infusion()
    for minute, systolic in ((-50, 150), (-45, 150), (-2, 92), (3, 92), (4, 92), (5, 92)):
        record_set(infusion, NOW + minutes(minute), now=NOW + minutes(6), systolic_mmhg=systolic)
    begun = services.start_infusion(
        febris(), infusion, at=NOW - minutes(40), now=NOW + minutes(6), override_reason="a test"
    )
    evaluate_infusion(infusion.pk, NOW + minutes(6))
    services.amend(
        febris(), begun.event, {"at": NOW + minutes(6)}, reason="read wrongly", now=NOW + minutes(7)
    )
    record_set(infusion, NOW + minutes(10), systolic_mmhg=104, diastolic_mmhg=70)
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert not Alert.objects.standing().filter(infusion=infusion, problem="hypotension").exists()
    assert differences(infusion) == []


def test_a_change_that_no_rule_reads_wakes_nobody() -> None:
    infusion = started()
    evaluate_infusion(infusion.pk, NOW)
    learned(infusion, 5, prior_lines=3)
    assert infusion.record.version == Infusion.objects.get(pk=infusion.pk).record.version
