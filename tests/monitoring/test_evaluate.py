"""One evaluation from the record to alerts, on real PostgreSQL."""

from decimal import Decimal

import pytest

from accounts.permissions import Role
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Evaluation
from tests.builders import NOW, make_actor, make_bag, make_infusion, make_subject, minutes, record_set
from tracker import services

pytestmark = pytest.mark.django_db


def test_a_fever_raises_an_alert_in_the_answer() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(15), temperature_c=Decimal("39.5"))
    outcome = evaluate_infusion(infusion.pk, NOW + minutes(16))
    assert outcome.state == "evaluated"
    assert [(alert.problem, alert.priority) for alert in outcome.alerts] == [("fever", 3)]
    assert outcome.signs["temperature_c"] == "abnormal"
    assert outcome.alerts[0].raised_at == NOW + minutes(15)


def test_evaluating_twice_changes_nothing_the_second_time() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(15), temperature_c=Decimal("39.5"))
    evaluate_infusion(infusion.pk, NOW + minutes(16))
    before = (Alert.objects.get().escalates_at, AlertLog.objects.count(), Evaluation.objects.count())
    evaluate_infusion(infusion.pk, NOW + minutes(16))
    assert (Alert.objects.get().escalates_at, AlertLog.objects.count(), Evaluation.objects.count()) == before


@pytest.mark.parametrize(
    ("before", "problems"),
    [
        pytest.param("room_air", ["hypoxia"], id="new oxygen is a finding"),
        pytest.param("nasal_cannula", [], id="oxygen that was there before is none"),
    ],
)
def test_oxygen_is_new_only_beside_the_baseline(before: str, problems: list[str]) -> None:
    subject = make_subject()
    nurse = make_actor(Role.NURSE, subject.site)
    infusion = services.plan_infusion(nurse, subject, now=NOW, bag=make_bag(subject))
    record_set(infusion, NOW - minutes(5), spo2_percent=97, oxygen_device=before, systolic_mmhg=120)
    services.start_infusion(nurse, infusion, at=NOW, now=NOW)
    record_set(infusion, NOW + minutes(10), spo2_percent=97, oxygen_device="nasal_cannula")
    outcome = evaluate_infusion(infusion.pk, NOW + minutes(11))
    assert [alert.problem for alert in outcome.alerts] == problems


def test_an_alert_is_shown_by_the_name_of_its_rules_and_not_by_their_whole_text() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(15), temperature_c=Decimal("39.5"))
    evaluate_infusion(infusion.pk, NOW + minutes(16))
    rules = Alert.objects.for_display().get().rule_set
    assert rules is not None
    assert rules.get_deferred_fields() == {"document"}
