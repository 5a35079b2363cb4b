"""What was given before the start still acts: it is read from as long before as counts are."""

from datetime import datetime

import pytest

from accounts.actors import system_actor
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services
from tracker.models import Infusion

pytestmark = pytest.mark.django_db


def an_infusion(planned: Infusion | None = None, at: datetime = NOW) -> Infusion:
    """One that starts, by the service."""
    planned = planned or make_infusion()
    actor = system_actor("builder")
    return services.start_infusion(actor, planned, at=at, now=at, override_reason="a test").infusion


def give(infusion: Infusion, kind: str, at: datetime, *, known_at: datetime) -> None:
    """A dose, recorded with an infusion."""
    values = {"kind": kind, "measured_at": at}
    services.record_intervention(system_actor("builder"), infusion, values, now=known_at)


def problems(infusion: Infusion) -> set[str]:
    return set(Alert.objects.standing().filter(infusion=infusion).values_list("problem", flat=True))


def test_il_2_recorded_hours_before_the_start_is_another_cause_of_a_fever() -> None:
    planned = make_infusion()
    give(planned, "il2", NOW - minutes(180), known_at=NOW - minutes(180))
    infusion = an_infusion(planned)
    record_set(infusion, NOW + minutes(20), temperature_c="38.4")
    evaluate_infusion(infusion.pk, NOW + minutes(20))
    assert "cytokine_support" in problems(infusion)
    assert [str(each) for each in verify_patient(infusion.patient_id)] == []


def test_il_2_of_hours_before_the_start_is_another_cause_though_it_is_recorded_late() -> None:
    infusion = an_infusion()
    record_set(infusion, NOW + minutes(20), temperature_c="38.4")
    evaluate_infusion(infusion.pk, NOW + minutes(20))
    assert "cytokine_support" not in problems(infusion)
    give(infusion, "il2", NOW - minutes(180), known_at=NOW + minutes(30))
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert "cytokine_support" in problems(infusion)
    assert [str(each) for each in verify_patient(infusion.patient_id)] == []


def test_a_dose_recorded_with_the_infusion_before_concerns_the_next_one_too() -> None:
    first = an_infusion()
    services.stop_infusion(system_actor("builder"), first, at=NOW + minutes(30), now=NOW + minutes(30))
    start = NOW + minutes(120)
    following = an_infusion(make_infusion(first.subject), at=start)
    evaluate_infusion(following.pk, start)
    give(first, "steroid", NOW + minutes(10), known_at=start + minutes(5))
    evaluate_infusion(following.pk, start + minutes(5))
    assert "steroid" in problems(following)


def test_a_steroid_of_the_morning_is_spoken_of_at_the_start() -> None:
    infusion = an_infusion()
    give(infusion, "steroid", NOW - minutes(240), known_at=NOW + minutes(5))
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert "steroid" in problems(infusion)


def test_what_was_given_longer_than_three_days_before_concerns_no_infusion() -> None:
    infusion = an_infusion()
    evaluate_infusion(infusion.pk, NOW)
    give(infusion, "steroid", NOW - minutes(3 * 24 * 60 + 1), known_at=NOW + minutes(5))
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert "steroid" not in problems(infusion)


def test_an_antipyretic_named_with_a_temperature_before_the_start_masks_and_the_temperature_is_no_sign() -> (
    None
):
    infusion = an_infusion()
    values = {"temperature_c": "39.4", "measured_at": NOW - minutes(120), "antipyretic": "paracetamol"}
    services.record_temperature(system_actor("builder"), infusion, values, now=NOW + minutes(1))
    for at in (20, 40, 60):
        temperature = "38.4" if at == 20 else "36.8"
        record_set(infusion, NOW + minutes(at), temperature_c=temperature)
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    (fever,) = Alert.objects.standing().filter(problem="fever")
    assert (fever.raised_at, fever.condition, fever.masked) == (NOW + minutes(20), "active", True)
