"""Grades on stored alerts: the grade or its range, what is asked for, and what a person's answer changes."""

from datetime import datetime
from typing import Any

import pytest

from accounts.actors import system_actor
from accounts.permissions import Role
from monitoring import alerts, rule_sets
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, RuleSet
from monitoring.outcome import Outcome
from monitoring.sentences import grade_said, shown
from monitoring.verify import verify_patient
from tests.builders import (
    NOW,
    make_actor,
    make_infusion,
    make_site,
    make_study,
    make_subject,
    minutes,
    record_set,
)
from tracker import services
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

SETS = {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}


def a_rule(problem: str, **priorities: Any) -> dict[str, Any]:
    return {
        "problem": problem,
        "title": {"en": problem},
        "priorities": priorities,
        "clears": {"sets": SETS},
        "sentence": {"en": "{because}"},
        "source": "a test",
    }


def crs(at_least: int) -> dict[str, Any]:
    return {"grade": {"scale": "astct_crs", "at_least": at_least}}


def compare(signal: str, op: str, value: str) -> dict[str, Any]:
    return {"compare": {"signal": signal, "op": op, "value": value}}


RULES = [
    a_rule("crs", low=crs(1), medium=crs(2), high=crs(3)),
    a_rule("fever", medium=compare("temperature_c", ">=", "38.0")),
    a_rule("hypotension", high=compare("systolic_mmhg", "<", "90")),
    a_rule("hypoxia", high=compare("spo2_percent", "<", "92")),
]


@pytest.fixture
def infusion() -> Infusion:
    """One that runs under rules for the signs of the syndrome and its grade."""
    site = make_site()
    study = make_study(site)
    document = dict(RuleSet.objects.get(shipped=True).document, name="grades", version=1, rules=RULES)
    document["carry_minutes"] = {"systolic_mmhg": 60, "spo2_percent": 60, "temperature_c": 60}
    drafted_by = make_actor(Role.INVESTIGATOR, site).user
    row = RuleSet.objects.create(
        study=study, name="grades", version=1, document=document, drafted_by=drafted_by
    )
    before = NOW - minutes(60 * 24 * 7)
    rule_sets.approve(make_actor(Role.INVESTIGATOR, site), row, effective_from=before, now=before)
    return make_infusion(make_subject(site=site, study=study), started_at=NOW)


def looked(infusion: Infusion, minute: float, **parts: Any) -> Outcome:
    """What the watch answers to a set, normal but for the parts given; None leaves one out."""
    normal = {"temperature_c": "37.0", "systolic_mmhg": 120, "spo2_percent": 97, "oxygen_device": "room_air"}
    given = {name: value for name, value in {**normal, **parts}.items() if value is not None}
    record_set(infusion, NOW + minutes(minute), **given)
    return evaluate_infusion(infusion.pk, NOW + minutes(minute))


def the(problem: str) -> Alert:
    return Alert.objects.for_display().exclude(condition=Condition.RETRACTED).get(problem=problem)


FEVERISH = {"temperature_c": "38.6"}


def test_an_alert_shows_its_grade_as_a_proposal(infusion: Infusion) -> None:
    looked(infusion, 10, **FEVERISH, systolic_mmhg=85)
    alert = the("crs")
    assert alert.grade == 2
    assert grade_said(alert) == "grade 2 (proposed)"
    body = shown(alert)
    assert (body["grade"], body["graded"]["scale"], body["graded"]["proposed"]) == (2, "astct_crs", True)


def test_a_range_is_shown_with_what_would_narrow_it_and_is_no_grade(infusion: Infusion) -> None:
    answer = looked(infusion, 10, **FEVERISH, spo2_percent=88, oxygen_device=None)
    alert = the("crs")
    assert alert.grade is None
    assert (alert.graded["lowest"], alert.graded["highest"]) == (2, 4)
    assert answer.grades["astct_crs"]["missing"] == ["oxygen_device"]
    assert "Oxygen device" in grade_said(alert)


def test_the_answer_as_stored_names_the_same_grades(infusion: Infusion) -> None:
    answer = looked(infusion, 10, **FEVERISH, systolic_mmhg=None)
    again = evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert answer.grades["astct_crs"]["missing"] == ["systolic_mmhg", "diastolic_mmhg"]
    assert again.grades == answer.grades


def test_a_higher_grade_opens_an_acknowledged_alert(infusion: Infusion) -> None:
    looked(infusion, 10, **FEVERISH, spo2_percent=88, oxygen_device="venturi")
    nurse = make_actor(Role.NURSE, infusion.site)
    at = NOW + minutes(11)
    alerts.acknowledge(nurse, the("crs"), commitment="call_investigator", until=at + minutes(30), now=at)
    looked(infusion, 15, **FEVERISH, spo2_percent=88, oxygen_device="venturi")
    assert the("crs").response == "acknowledged"
    looked(infusion, 20, **FEVERISH, spo2_percent=88, oxygen_device="cpap")
    assert (the("crs").response, the("crs").grade) == ("open", 4)


def answered(infusion: Infusion, problem: str, outcome: str, at: datetime) -> None:
    doctor = make_actor(Role.INVESTIGATOR, infusion.site)
    alerts.assess(doctor, the(problem), outcome=outcome, now=at)
    evaluate_infusion(infusion.pk, at)


@pytest.mark.parametrize(
    ("outcome", "grade"),
    [
        pytest.param("other_cause", 1, id="another cause takes the pressure out"),
        pytest.param("expected", 2, id="what is expected still counts"),
    ],
)
def test_an_assessment_may_take_a_sign_out_of_the_grade(infusion: Infusion, outcome: str, grade: int) -> None:
    looked(infusion, 10, **FEVERISH, systolic_mmhg=85)
    answered(infusion, "hypotension", outcome, NOW + minutes(12))
    after = looked(infusion, 20, **FEVERISH, systolic_mmhg=86)
    assert after.grades["astct_crs"]["lowest"] == grade
    assert list(verify_patient(infusion.patient_id)) == []


def test_closing_the_syndrome_ends_its_waiver(infusion: Infusion) -> None:
    looked(infusion, 10, **FEVERISH, systolic_mmhg=85)
    dose = {"measured_at": NOW + minutes(12), "kind": "steroid", "mark": "given"}
    services.record_intervention(system_actor("builder"), infusion, dose, now=NOW + minutes(12))
    for minute in (30, 50, 70):
        looked(infusion, minute)
    doctor = make_actor(Role.INVESTIGATOR, infusion.site)
    assert the("crs").condition == Condition.CLEARED
    alerts.close(doctor, the("crs"), outcome="actioned", now=NOW + minutes(80))
    after = looked(infusion, 90, systolic_mmhg=85)
    assert after.grades["astct_crs"]["lowest"] == 0
    assert list(verify_patient(infusion.patient_id)) == []
