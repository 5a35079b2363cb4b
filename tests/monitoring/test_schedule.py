"""What is due, what has not come, and what happens when nobody watches any more."""

import pytest

from accounts.actors import system_actor
from monitoring import watchers
from monitoring.core.schedule import Due, Taken, overdue
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, Delivery, DueObservation, Watch
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services

pytestmark = pytest.mark.django_db

OVERDUE = "overdue_vitals"


def test_a_set_that_does_not_come_is_overdue_from_due_time_and_grace_whenever_the_sweep_looks() -> None:
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    assert Watch.objects.get().next_set_due_at == NOW + minutes(15)
    watchers.sweep(NOW + minutes(26), NOW)
    alert = Alert.objects.get(infusion=infusion)
    assert (alert.problem, alert.raised_at) == (OVERDUE, NOW + minutes(20))
    assert alert.detected_at == NOW + minutes(26)


def test_a_set_recorded_late_clears_what_was_overdue_and_never_retracts_it() -> None:
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    evaluate_infusion(infusion.pk, NOW + minutes(26))
    record_set(infusion, NOW + minutes(14), now=NOW + minutes(27), temperature_c="36.8")
    evaluate_infusion(infusion.pk, NOW + minutes(27))
    alert = Alert.objects.get(infusion=infusion)
    assert (alert.condition, alert.cleared_at) == (Condition.CLEARED, NOW + minutes(27))


def test_a_stop_moves_only_due_times_later_than_its_own_recording() -> None:
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    before = set(DueObservation.objects.values_list("pk", flat=True))
    actor = system_actor("builder")
    services.stop_infusion(actor, infusion, at=NOW + minutes(40), now=NOW + minutes(40))
    evaluate_infusion(infusion.pk, NOW + minutes(40))
    added = DueObservation.objects.exclude(pk__in=before)
    assert added.exists()
    assert all(row.due_at > NOW + minutes(40) for row in added)
    assert set(DueObservation.objects.values_list("pk", flat=True)) > before


def test_data_that_stop_leave_what_was_active_unwatched_and_never_cleared() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(14), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(14))
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    assert Alert.objects.get(problem="fever").condition == Condition.UNWATCHED
    record_set(infusion, NOW + minutes(61), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(61))
    assert Alert.objects.get(problem="fever").condition == Condition.ACTIVE


def test_a_watch_that_ends_leaves_what_was_active_unwatched() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW + minutes(60))
    record_set(infusion, NOW + minutes(50), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    evaluate_infusion(infusion.pk, NOW + minutes(60 + 48 * 60 + 1))
    assert Alert.objects.get(problem="fever").condition == Condition.UNWATCHED
    assert Watch.objects.get().next_due_at is None


def test_a_historical_infusion_has_alerts_and_neither_schedule_nor_messages() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW, phase="observing", historical=True)
    later = NOW + minutes(60 * 24 * 30)
    record_set(infusion, NOW + minutes(30), now=later, temperature_c="39.5")
    evaluate_infusion(infusion.pk, later)
    alert = Alert.objects.get()
    assert (alert.problem, alert.condition, alert.escalates_at) == ("fever", Condition.UNWATCHED, None)
    assert not DueObservation.objects.exists()
    assert not Delivery.objects.exists()


def test_a_reading_at_the_last_watched_moment_counts_and_one_after_it_does_not() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    end = NOW + minutes(48 * 60)
    record_set(infusion, end, temperature_c="39.5")
    record_set(infusion, end + minutes(1), systolic_mmhg=80, diastolic_mmhg=50)
    evaluate_infusion(infusion.pk, end + minutes(1))
    found = Alert.objects.exclude(problem__startswith="overdue")
    assert list(found.values_list("problem", "raised_at")) == [("fever", end)]


def test_somebody_is_asked_when_no_stop_is_recorded_half_an_hour_after_the_planned_end() -> None:
    infusion = make_infusion(started_at=NOW, planned_end_at=NOW + minutes(60))
    evaluate_infusion(infusion.pk, NOW)
    assert not Alert.objects.filter(problem="stop_not_recorded").exists()
    evaluate_infusion(infusion.pk, NOW + minutes(90))
    assert Alert.objects.filter(problem="stop_not_recorded", infusion=infusion).exists()
    services.stop_infusion(system_actor("builder"), infusion, at=NOW + minutes(80), now=NOW + minutes(91))
    evaluate_infusion(infusion.pk, NOW + minutes(91))
    assert Alert.objects.get(problem="stop_not_recorded").condition == Condition.CLEARED


def test_sets_entered_after_hours_without_a_server_are_judged_and_those_after_them_too() -> None:
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    for batch in range(3):
        now = NOW + minutes(1500 * (batch + 1))
        for number in range(1, 11):
            at = NOW + minutes(1500 * batch + 150 * number)
            record_set(infusion, at, now=now, temperature_c="36.8")
        assert evaluate_infusion(infusion.pk, now).state == "evaluated"
    for moment in (4560, 4561):
        assert evaluate_infusion(infusion.pk, NOW + minutes(moment)).state == "evaluated"
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []


def test_a_week_of_due_times_is_answered_without_a_gap() -> None:
    week = [
        Due(NOW + minutes(15 * n), minutes(5), "vital_signs", NOW + minutes(15 * n - 7), NOW)
        for n in range(1, 700)
    ]
    taken = [Taken(due.due_at, due.due_at, "vital_signs", f"vitals:{due.due_at}") for due in week]
    assert overdue(week, taken, NOW + minutes(10500)).gaps == ()
