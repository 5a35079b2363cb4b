"""What an evaluation costs: statements, and rows read whatever the length of the record."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from monitoring import rule_sets
from monitoring.evaluate import evaluate_infusion
from monitoring.gathering import Tables, gather, schedule_of
from monitoring.locking import hold
from monitoring.models import Alert, Condition, Watch
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services
from tracker.models import VitalSigns

pytestmark = pytest.mark.django_db

#: What a normal reading in order may cost, BEGIN and COMMIT of the savepoint included.
STATEMENTS = 8
NORMAL = {"temperature_c": Decimal("36.8"), "systolic_mmhg": 120, "diastolic_mmhg": 70}


def test_a_normal_reading_in_order_costs_few_statements() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(1), **NORMAL)
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    record_set(infusion, NOW + minutes(2), **NORMAL)
    with CaptureQueriesContext(connection) as captured:
        evaluate_infusion(infusion.pk, NOW + minutes(2))
    assert len(captured) <= STATEMENTS, [query["sql"][:200] for query in captured]


def test_a_fever_every_few_hours_for_two_days_leaves_the_watch_as_short_as_one() -> None:
    infusion = make_infusion(started_at=NOW)
    lengths = []
    for minute in range(0, 48 * 60, 30):
        celsius = Decimal("39.5") if minute % 240 == 30 else Decimal("36.8")
        record_set(infusion, NOW + minutes(minute), **NORMAL | {"temperature_c": celsius})
        evaluate_infusion(infusion.pk, NOW + minutes(minute))
        lengths.append(len(Watch.objects.get(pk=infusion.pk).episodes))
    fevers = Alert.objects.filter(infusion=infusion, problem="fever", condition=Condition.CLEARED)
    assert fevers.count() == 12
    assert max(lengths[24:]) <= max(lengths[:24]) + 10  # counts grow by a digit
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []


@pytest.mark.parametrize("hours", [8, 30])
def test_voiding_the_newest_of_many_sets_reads_those_of_the_last_hours(hours: int) -> None:
    infusion = make_infusion(started_at=NOW)
    actor = system_actor("builder")
    for hour in range(hours):
        end = NOW + minutes(60 * (hour + 1))
        sets = [
            {"infusion": infusion.uuid, "measured_at": end - minutes(before), **NORMAL}
            for before in range(55, -1, -5)
        ]
        services.record_vitals_bulk(actor, sets, "atomic", now=end)
        evaluate_infusion(infusion.pk, end)
    newest = VitalSigns.objects.latest("measured_at")
    services.void(actor, newest, reason="wrong patient", now=end + minutes(1))
    held = hold(infusion.pk, wait=True)
    book = rule_sets.book(held.rule_set_ids, held.override_ids)
    gathered, resume, _ = gather(Tables(), held, book)
    known = schedule_of(Tables(), held, book, gathered, resume)
    assert known is not None
    # Six hours of the schedule are kept, with a set every 5 minutes; the fold reads what an hour brought.
    assert gathered.rows + len(known.taken) <= 90
    evaluate_infusion(infusion.pk, end + minutes(1))
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []


def test_a_look_at_very_much_may_think_for_longer_between_two_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitoring.evaluate.MANY_EVENTS", 5)
    infusion = make_infusion(started_at=NOW)
    for minute in range(6):
        record_set(infusion, NOW + minutes(minute), **NORMAL)
    evaluate_infusion(infusion.pk, NOW + minutes(6))
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("2min",)
