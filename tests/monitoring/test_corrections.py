"""Corrected, taken back or learned late: the alert follows the record, and what people did is never lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.actors import system_actor
from monitoring import alerts
from monitoring.models import Alert, AlertLog, Condition, Response
from monitoring.verify import verify_patient
from tests.monitoring.test_scenarios import NORMAL, Ward, at
from tracker import services
from tracker.models import InfusionEvent, Observed

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Noun:
    """A kind of row: the service that writes it, what raises an alert of `problem`, what does not."""

    service: Callable[..., Any]
    problem: str
    wrong: Mapping[str, Any]
    right: Mapping[str, Any]
    of_patient: bool = False


NOUNS = {
    "set": Noun(services.record_vitals, "fever", {"temperature_c": "39.5"}, {"temperature_c": "36.5"}),
    "temperature": Noun(
        services.record_temperature, "fever", {"temperature_c": "39.5"}, {"temperature_c": "36.5"}
    ),
    "symptom": Noun(
        services.record_symptom, "rigors", {"kind": "rigors", "mark": "start"}, {"kind": "fatigue"}
    ),
    "intervention": Noun(
        services.record_intervention,
        "steroid",
        {"kind": "steroid", "indication": "premedication"},
        {"kind": "antihistamine"},
    ),
    "lab": Noun(
        services.record_lab,
        "blood_counts",
        {"analyte": "ANC", "value_typed": "0.3", "unit": "10*9/L", "lln": "1.8"},
        {"value": "2.4", "value_typed": "2.4"},
        of_patient=True,
    ),
    "neuro": Noun(services.record_neuro, "icans", {"ice": 4}, {"ice": 10}),
}
ANSWERS = ("nobody answered", "acknowledged", "assessed")


def written(ward: Ward, noun: Noun, minute: float, *, known: float | None = None) -> Observed:
    of = ward.infusion.patient if noun.of_patient else ward.infusion
    now = at(minute if known is None else known)
    given = {**noun.wrong, "measured_at": at(minute)}
    actor = system_actor("test") if noun.of_patient else ward.investigator
    row: Observed = noun.service(actor, of, given, now=now).row
    ward.looks(minute if known is None else known)
    return row


def answered(ward: Ward, noun: Noun, answer: str, minute: float) -> Alert:
    alert = ward.alert(noun.problem)
    if answer == "acknowledged":
        alert = ward.acknowledges(noun.problem, minute, until=at(minute + 20))
    elif answer == "assessed":
        alert = alerts.assess(ward.nurse, alert, outcome="expected", note="as last time", now=at(minute))
    return alert


def corrected(ward: Ward, row: Observed, values: Mapping[str, Any], minute: float) -> None:
    services.amend(ward.investigator, row, values, reason="read wrongly", now=at(minute))
    ward.looks(minute)


def kept(before: Alert, lines: list[int]) -> Alert:
    """The alert as it is now, once it is sure that what people did on it is as it was."""
    now = Alert.objects.get(pk=before.pk)
    for name in ("response", "acknowledged_by_id", "commitment", "assessed_by_id", "outcome", "seen_at"):
        assert getattr(now, name) == getattr(before, name), name
    newer = list(AlertLog.objects.filter(alert=now).order_by("pk").values_list("pk", flat=True))
    assert newer[: len(lines)] == lines
    return now


def logged(alert: Alert) -> list[int]:
    return list(AlertLog.objects.filter(alert=alert).order_by("pk").values_list("pk", flat=True))


def reproduced(ward: Ward) -> bool:
    return [str(one) for one in verify_patient(ward.infusion.patient_id)] == []


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("how", ["amended", "voided"])
@pytest.mark.parametrize("name", NOUNS)
def test_an_alert_whose_row_is_taken_back_is_retracted_with_all_that_people_did(
    name: str, how: str, answer: str
) -> None:
    ward, noun = Ward(), NOUNS[name]
    row = written(ward, noun, 10)
    before = answered(ward, noun, answer, 12)
    lines = logged(before)
    if how == "amended":
        corrected(ward, row, noun.right, 14)
    else:
        services.void(ward.investigator, row, reason="wrong patient", now=at(14))
        ward.looks(14)
    now = kept(before, lines)
    assert (now.condition, now.retracted_because) == (Condition.RETRACTED, "evidence_corrected")
    assert now in Alert.objects.visible_to(ward.nurse)
    assert reproduced(ward)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", NOUNS)
def test_an_alert_whose_row_was_true_earlier_moves_there_with_all_that_people_did(
    name: str, answer: str
) -> None:
    ward, noun = Ward(), NOUNS[name]
    row = written(ward, noun, 10)
    before = answered(ward, noun, answer, 12)
    lines = logged(before)
    corrected(ward, row, {"measured_at": at(4)}, 14)
    now = kept(before, lines)
    assert now.raised_at == at(4)
    assert now.condition != Condition.RETRACTED
    assert Alert.objects.filter(problem=noun.problem).count() == 1
    assert reproduced(ward)


@pytest.mark.parametrize("name", NOUNS)
def test_what_is_learned_late_raises_an_alert_that_shows_both_clocks(name: str) -> None:
    ward, noun = Ward(), NOUNS[name]
    ward.takes(35, **NORMAL)
    written(ward, noun, 10, known=40)
    alert = ward.alert(noun.problem)
    assert (alert.raised_at, alert.detected_at, alert.late) == (at(10), at(40), True)
    assert reproduced(ward)


@pytest.mark.parametrize("how", ["amended", "voided"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_start_that_was_later_or_never_was_retracts_what_was_not_watched(how: str, answer: str) -> None:
    ward = Ward()
    ward.takes(10, temperature_c="39.5")
    before = answered(ward, NOUNS["set"], answer, 12)
    lines = logged(before)
    start = InfusionEvent.objects.get(infusion=ward.infusion, kind="start")
    if how == "amended":
        services.amend(ward.nurse, start, {"at": at(11)}, reason="read wrongly", now=at(14))
    else:
        services.void(ward.nurse, start, reason="wrong infusion", now=at(14))
    ward.looks(14)
    assert kept(before, lines).condition == Condition.RETRACTED
    assert reproduced(ward)


def test_a_closed_alert_is_retracted_as_it_was_closed() -> None:
    ward = Ward()
    row = ward.takes(10, temperature_c="38.4")
    ward.takes(15, **NORMAL)
    ward.takes(31, **NORMAL)
    before = alerts.close(ward.nurse, ward.alert("fever"), outcome="actioned", now=at(32))
    lines = logged(before)
    ward.voids(row, 40)
    now = kept(before, lines)
    assert (now.response, now.condition) == (Response.CLOSED, Condition.RETRACTED)
    assert reproduced(ward)


def test_the_page_and_the_list_show_a_retracted_alert_with_its_reason(client: Client) -> None:
    ward = Ward()
    ward.voids(ward.takes(10, temperature_c="39.5"), 12)
    alert = Alert.objects.get(problem="fever")
    assert ward.nurse.user is not None
    client.force_login(ward.nurse.user)
    page = client.get(f"/alerts/{alert.uuid}/").content.decode()
    assert "what it rested on was corrected or voided" in page
    shown = client.get(f"/api/v1/alerts/?infusion={ward.infusion.uuid}&condition=retracted").json()["results"]
    assert [(one["id"], one["condition_because"]) for one in shown] == [
        (str(alert.uuid), "evidence_corrected")
    ]
