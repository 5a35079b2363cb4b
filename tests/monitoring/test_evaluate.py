"""One evaluation from the record to alerts, on real PostgreSQL."""

from decimal import Decimal

import pytest

from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Evaluation
from tests.builders import NOW, make_infusion, minutes, record_set

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
