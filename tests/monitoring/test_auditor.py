"""The auditor finds what was forgotten, says so by name, and mends what may be mended."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from monitoring import alerts, auditor, heartbeat
from monitoring.auditor import Moment
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Channel, Delivery, Heartbeat, Watch
from monitoring.sentences import words
from tests.builders import NOW, make_infusion, make_subject, minutes, record_set
from tracker import services
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
CALM = {
    "temperature_c": "36.8",
    "systolic_mmhg": 120,
    "diastolic_mmhg": 75,
    "heart_rate_bpm": 78,
    "respiratory_rate_per_min": 15,
    "spo2_percent": 97,
    "oxygen_device": "room_air",
    "consciousness": "A",
}


def at(moment: datetime) -> Moment:
    return Moment(moment, moment)


def watched(number: str = "007") -> Infusion:
    """An infusion that was looked at and knows when its next set is due."""
    infusion = make_infusion(make_subject(subject_number=number), started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    return infusion


def delivered() -> None:
    """Every message has gone out."""
    Delivery.objects.update(delivered_at=NOW)


def said() -> list[tuple[str, str, list[str]]]:
    rows = Alert.objects.filter(problem__in=auditor.MENDS).order_by("pk")
    return [(row.problem, str(row.condition), row.detail["names"]) for row in rows]


def test_a_watch_that_works_is_found_in_order() -> None:
    infusion = watched()
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert auditor.audit(at(NOW + minutes(5) + SECOND)) == 0
    assert said() == []


def test_an_open_alert_without_a_next_step_gets_it_back_and_is_named() -> None:
    infusion = watched()
    record_set(infusion, NOW + minutes(1), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    Alert.objects.filter(problem="fever").update(escalates_at=None)
    delivered()
    assert auditor.audit(at(NOW + minutes(2))) == 1
    assert Alert.objects.get(problem="fever").escalates_at is not None
    assert said() == [("alert_without_step", "active", ["007 #1 fever"])]
    assert auditor.audit(at(NOW + minutes(2) + SECOND)) == 0
    assert said() == [("alert_without_step", "cleared", ["007 #1 fever"])]


def test_a_sign_told_with_a_cause_that_no_longer_speaks_rings_by_itself() -> None:
    infusion = watched()
    delivered()
    record_set(infusion, NOW + minutes(5), temperature_c="39.5", systolic_mmhg=78, diastolic_mmhg=44)
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    sign = Alert.objects.filter(joined_at__isnull=False, priority=3).order_by("pk")[0]
    assert auditor.audit(at(NOW + minutes(5) + SECOND)) == 0
    Alert.objects.filter(pk=sign.explained_by_id).update(
        snoozed_until=NOW + minutes(20), escalates_at=NOW + minutes(20)
    )
    assert auditor.audit(at(NOW + minutes(6))) >= 1
    sign.refresh_from_db()
    assert (sign.joined_at, sign.rung) == (None, 1)
    assert any(sign.problem in name for _, _, names in said() for name in names)


def test_a_step_that_nobody_took_for_a_minute_is_taken() -> None:
    infusion = watched()
    record_set(infusion, NOW + minutes(1), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    due = Alert.objects.get(problem="fever").escalates_at
    assert due is not None
    delivered()
    Watch.objects.update(next_due_at=due + minutes(30))
    assert auditor.audit(at(due + timedelta(seconds=60))) == 0
    assert auditor.audit(at(due + timedelta(seconds=61))) > 0
    assert Alert.objects.get(problem="fever").rung > 1


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"next_due_at": None}, id="no moment at which time is looked at"),
        pytest.param({"next_set_due_at": None, "next_due_at": None}, id="no set that is due"),
    ],
)
def test_a_watch_without_a_next_due_is_named_and_looked_at(lost: dict[str, None]) -> None:
    infusion = watched()
    Watch.objects.filter(infusion=infusion).update(**lost)
    assert auditor.audit(at(NOW + minutes(1))) == 1
    assert said() == [("watch_without_due", "active", ["007 #1"])]
    watch = Watch.objects.get(infusion=infusion)
    assert watch.next_due_at is not None
    assert watch.next_set_due_at is not None


def test_a_watch_that_keeps_its_schedule_to_the_end_gives_the_auditor_nothing() -> None:
    infusion = watched()
    services.stop_infusion(system_actor("builder"), infusion, at=NOW + minutes(60), now=NOW + minutes(60))
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    taken = 0
    while (due := Watch.objects.get(infusion=infusion).next_set_due_at) is not None:
        record_set(infusion, due, **CALM)
        evaluate_infusion(infusion.pk, due)
        alerts.escalate_due(due)
        delivered()
        assert auditor.audit(at(due + SECOND)) == 0, said()
        taken += 1
    assert taken > 10


def test_a_watch_that_is_over_needs_no_next_due() -> None:
    infusion = make_infusion(started_at=NOW - minutes(60 * 60), stopped_at=NOW - minutes(50 * 60))
    evaluate_infusion(infusion.pk, NOW)
    assert auditor.audit(at(NOW)) == 0


@pytest.mark.parametrize(
    ("after", "found"), [pytest.param(60, 0, id="a minute"), pytest.param(61, 1, id="more than a minute")]
)
def test_a_record_that_waits_is_found_after_a_minute_and_judged(after: int, found: int) -> None:
    infusion = watched()
    record_set(infusion, NOW + SECOND, temperature_c="39.5")
    assert auditor.audit(at(NOW + SECOND)) == 0
    assert auditor.audit(at(NOW + SECOND * (1 + after))) == found
    assert Alert.objects.filter(problem="fever").exists() == bool(found)


def test_a_record_that_is_looked_at_and_changes_again_does_not_wait_since_then() -> None:
    infusion = watched()
    for minute in range(1, 4):
        record_set(infusion, NOW + minutes(minute), temperature_c="36.8")
        assert auditor.audit(at(NOW + minutes(minute) + SECOND)) == 0
        evaluate_infusion(infusion.pk, NOW + minutes(minute) + SECOND)


def test_nobody_waits_for_an_import() -> None:
    infusion = make_infusion(started_at=NOW, historical=True)
    record_set(infusion, NOW + SECOND, temperature_c="39.5")
    auditor.audit(at(NOW + SECOND))
    assert auditor.audit(at(NOW + minutes(5))) == 0


def test_a_message_that_no_worker_takes_is_named() -> None:
    infusion = watched()
    record_set(infusion, NOW + SECOND, temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + SECOND)
    Delivery.objects.exclude(channel=Channel.SCREEN).delete()
    assert auditor.audit(at(NOW + minutes(1) + SECOND)) == 0
    assert auditor.audit(at(NOW + minutes(1) + SECOND * 2)) == 1
    assert said() == [("delivery_stuck", "active", ["007 #1 fever screen"])]


def test_a_message_that_is_tried_again_later_is_not_stuck() -> None:
    infusion = watched()
    record_set(infusion, NOW + SECOND, temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + SECOND)
    Alert.objects.filter(problem="fever").update(escalates_at=NOW + minutes(9))
    Watch.objects.update(next_due_at=NOW + minutes(9))
    Delivery.objects.update(lease_until=NOW + minutes(5))
    assert auditor.audit(at(NOW + minutes(6))) == 0
    assert auditor.audit(at(NOW + minutes(6) + SECOND)) == 1


def test_many_of_one_kind_at_a_site_are_one_alert_that_names_twenty() -> None:
    site = watched().site
    for number in range(25):
        infusion = make_infusion(make_subject(site=site, subject_number=f"1{number:02}"), started_at=NOW)
        evaluate_infusion(infusion.pk, NOW)
    Watch.objects.update(next_due_at=None)
    assert auditor.audit(at(NOW + minutes(1))) == 26
    alert = Alert.objects.get(problem="watch_without_due")
    assert alert.site == site
    assert alert.escalates_at is not None
    assert (len(alert.detail["names"]), alert.detail["count"]) == (20, 26)


def test_the_alert_names_what_is_broken_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditor, "MENDS", dict.fromkeys(auditor.MENDS, auditor.MENDS[auditor.DELIVERY_STUCK]))
    first = watched("001")
    second = make_infusion(make_subject(site=first.site, subject_number="002"), started_at=NOW)
    evaluate_infusion(second.pk, NOW)
    due = Watch.objects.get(infusion=first).next_due_at
    Watch.objects.filter(infusion=first).update(next_due_at=None)
    auditor.audit(at(NOW + SECOND))
    alert = Alert.objects.get(problem="watch_without_due")
    assert words(alert, "en").summary.endswith(" 001 #1")
    Watch.objects.filter(infusion=first).update(next_due_at=due)
    Watch.objects.filter(infusion=second).update(next_due_at=None)
    auditor.audit(at(NOW + SECOND * 31))
    alert.refresh_from_db()
    assert words(alert, "en").summary.endswith(" 002 #1")


def test_what_cannot_be_mended_stops_no_other_mending(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(key: int, now: datetime) -> None:
        raise RuntimeError("cannot")

    infusion = watched()
    Watch.objects.update(next_due_at=None)
    Delivery.objects.create(
        alert=alerts.raise_system_alert("x", now=NOW), channel=Channel.SCREEN, dedupe_key="x", created_at=NOW
    )
    monkeypatch.setattr(auditor, "MENDS", {**auditor.MENDS, auditor.DELIVERY_STUCK: broken})
    auditor.audit(at(NOW + minutes(2)))
    assert Watch.objects.get(infusion=infusion).next_due_at is not None


def test_the_auditor_asks_as_much_of_many_patients_as_of_one() -> None:
    watched("001")
    with CaptureQueriesContext(
        connection,
    ) as one:
        auditor.audit(at(NOW + SECOND))
    for number in range(2, 8):
        watched(f"00{number}")
    with CaptureQueriesContext(connection) as many:
        auditor.audit(at(NOW + SECOND))
    assert len(many) == len(one)


def test_the_auditor_leaves_its_heartbeat() -> None:
    auditor.audit(at(NOW))
    assert Heartbeat.objects.get(name=heartbeat.AUDITOR).at == NOW
