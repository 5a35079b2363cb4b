"""Late, corrected and voided readings: the standing alerts are those that one look at the end would give."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services
from tracker.models import Infusion, VitalSigns

pytestmark = pytest.mark.django_db


def standing(infusion: Infusion) -> list[tuple[str, datetime, int, datetime | None]]:
    """What stands, without what depends on when we knew it."""
    rows = Alert.objects.filter(infusion=infusion).standing().exclude(problem__startswith="overdue")
    return sorted((row.problem, row.raised_at, row.priority, row.cleared_at) for row in rows)


def amend(row: VitalSigns, now: datetime, **values: Any) -> VitalSigns:
    return services.amend(system_actor("builder"), row, values, reason="typo", now=now).row


def test_a_late_reading_raises_an_alert_at_the_moment_it_was_measured_and_says_so() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(60), temperature_c="36.8")
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    record_set(infusion, NOW + minutes(20), now=NOW + minutes(61), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(61))
    alert = Alert.objects.get(problem="fever")
    assert (alert.raised_at, alert.detected_at, alert.late) == (NOW + minutes(20), NOW + minutes(61), True)


def test_a_corrected_reading_retracts_what_rested_on_it() -> None:
    infusion = make_infusion(started_at=NOW)
    row = record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    amend(row, NOW + minutes(12), temperature_c="36.5")
    evaluate_infusion(infusion.pk, NOW + minutes(12))
    assert [(a.problem, a.condition) for a in Alert.objects.all()] == [("fever", Condition.RETRACTED)]


def test_corrected_and_corrected_back_stands_once_with_the_retracted_one_beside_it() -> None:
    infusion = make_infusion(started_at=NOW)
    row = record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    row = amend(row, NOW + minutes(12), temperature_c="36.5")
    evaluate_infusion(infusion.pk, NOW + minutes(12))
    amend(row, NOW + minutes(14), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(14))
    conditions = list(Alert.objects.order_by("pk").values_list("condition", flat=True))
    assert conditions == [Condition.RETRACTED, Condition.ACTIVE]


def test_corrected_and_corrected_back_before_anybody_looked_changes_nothing() -> None:
    infusion = make_infusion(started_at=NOW)
    row = record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    row = amend(row, NOW + minutes(12), temperature_c="36.5")
    amend(row, NOW + minutes(14), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(14))
    assert standing(infusion) == [("fever", NOW + minutes(10), 3, None)]
    assert Alert.objects.count() == 1


def test_a_voided_reading_was_never_there() -> None:
    infusion = make_infusion(started_at=NOW)
    row = record_set(infusion, NOW + minutes(10), systolic_mmhg=80, diastolic_mmhg=50)
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert Alert.objects.filter(problem="hypotension", condition=Condition.ACTIVE).exists()
    services.void(system_actor("builder"), row, reason="wrong patient", now=NOW + minutes(11))
    evaluate_infusion(infusion.pk, NOW + minutes(11))
    assert standing(infusion) == []


SETS = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.sampled_from([Decimal("36.8"), Decimal("38.0"), Decimal("39.2")]),
        st.sampled_from([85, 95, 120]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda entry: entry[0],
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sets=SETS, data=st.data())
def test_any_order_and_batching_of_arrival_gives_the_same_alerts(sets: Any, data: st.DataObject) -> None:
    order = data.draw(st.permutations(sets))
    looks = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    at_end, piecemeal = make_infusion(started_at=NOW), make_infusion(started_at=NOW)
    end = NOW + minutes(400)
    for minute, temperature, systolic in sets:
        values = {"temperature_c": temperature, "systolic_mmhg": systolic, "diastolic_mmhg": 60}
        record_set(at_end, NOW + minutes(minute), now=end, **values)
    evaluate_infusion(at_end.pk, end)
    for number, ((minute, temperature, systolic), looked) in enumerate(zip(order, looks, strict=True)):
        values = {"temperature_c": temperature, "systolic_mmhg": systolic, "diastolic_mmhg": 60}
        arrives = NOW + minutes(301 + number)
        record_set(piecemeal, NOW + minutes(minute), now=arrives, **values)
        if looked:
            evaluate_infusion(piecemeal.pk, arrives)
    evaluate_infusion(piecemeal.pk, end)
    assert standing(piecemeal) == standing(at_end)
