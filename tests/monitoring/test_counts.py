"""Results of the laboratory and examinations raise, move and retract alerts as readings do."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from accounts.permissions import Role
from monitoring import rule_sets
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, RuleSet
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
from tracker.models import Infusion, LabResult, Study

pytestmark = pytest.mark.django_db

SETS = {"sets": {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}}


def a_rule(problem: str, scale: str, at_least: int) -> dict[str, Any]:
    """A rule of one priority on a grade."""
    return {
        "problem": problem,
        "title": {"en": problem},
        "priorities": {"high": {"grade": {"scale": scale, "at_least": at_least}}},
        "clears": SETS,
        "sentence": {"en": "{because}"},
        "source": "a test",
    }


RULES = [
    a_rule("neutropenia", "ctcae:neutrophil_count_decreased", 3),
    a_rule("febrile_neutropenia", "ctcae:febrile_neutropenia", 3),
    a_rule("icans", "icans", 2),
]


@pytest.fixture
def study() -> Study:
    """A study under CTCAE 5.0 whose rules are on counts and examinations alone."""
    site = make_site()
    study = make_study(site, ctcae_version="5.0")
    document = dict(RuleSet.objects.get(shipped=True).document, name="counts", version=1, rules=RULES)
    document["carry_minutes"] = {"neutrophils_10e9_l": 2880, "temperature_c": 60}
    row = RuleSet.objects.create(
        study=study,
        name="counts",
        version=1,
        document=document,
        drafted_by=make_actor(Role.INVESTIGATOR, site).user,
    )
    before = NOW - minutes(60 * 24 * 7)
    rule_sets.approve(make_actor(Role.INVESTIGATOR, site), row, effective_from=before, now=before)
    return study


@pytest.fixture
def infusion(study: Study) -> Infusion:
    """One that starts now, by the service, so that its baseline is frozen."""
    return started(study)


def started(study: Study) -> Infusion:
    site = study.study_sites.get().site
    subject = make_subject(site=site, study=study)
    infusion = make_infusion(subject)
    return services.start_infusion(
        system_actor("builder"), infusion, at=NOW, now=NOW, override_reason="a test"
    ).infusion


def count(
    infusion: Infusion, at: datetime, value: str, *, now: datetime | None = None, **more: Any
) -> LabResult:
    """Neutrophils of the patient, naming no infusion."""
    values = {
        "measured_at": at,
        "analyte": "ANC",
        "value_typed": value,
        "unit": "10*9/L",
        "lln": "1.8",
    } | more
    done = services.record_lab(system_actor("builder"), infusion.patient, values, now=now or at)
    return done.row


def raised(infusion: Infusion) -> list[tuple[str, datetime]]:
    """The standing alerts on counts and examinations."""
    rows = Alert.objects.standing().filter(infusion=infusion).order_by("raised_at", "problem")
    return [
        (row.problem, row.raised_at)
        for row in rows
        if row.problem in {"neutropenia", "febrile_neutropenia", "icans"}
    ]


def differences(infusion: Infusion) -> list[str]:
    return [str(difference) for difference in verify_patient(infusion.patient_id)]


def test_a_count_of_grade_3_raises_an_alert_at_the_moment_of_its_sample(infusion: Infusion) -> None:
    count(infusion, NOW + minutes(30), "0.9", now=NOW + minutes(90))
    evaluate_infusion(infusion.pk, NOW + minutes(90))
    assert raised(infusion) == [("neutropenia", NOW + minutes(30))]
    assert differences(infusion) == []


def test_a_voided_count_retracts_its_alert(infusion: Infusion) -> None:
    row = count(infusion, NOW + minutes(30), "0.9")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    services.void(system_actor("builder"), row, reason="another patient's tube", now=NOW + minutes(40))
    evaluate_infusion(infusion.pk, NOW + minutes(40))
    assert raised(infusion) == []
    assert Alert.objects.get(problem="neutropenia").condition == Condition.RETRACTED
    assert differences(infusion) == []


def test_an_amended_count_moves_its_alert(infusion: Infusion) -> None:
    row = count(infusion, NOW + minutes(30), "2.9")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert raised(infusion) == []
    services.amend(
        system_actor("builder"),
        row,
        {"value_typed": "0.9", "value": None},
        reason="typing",
        now=NOW + minutes(50),
    )
    evaluate_infusion(infusion.pk, NOW + minutes(50))
    assert raised(infusion) == [("neutropenia", NOW + minutes(30))]
    assert differences(infusion) == []


def test_the_version_of_the_study_decides_and_is_frozen_at_the_start(study: Study) -> None:
    old = started(study)
    type(study).objects.filter(pk=study.pk).update(ctcae_version="6.0")
    new = started(Study.objects.get(pk=study.pk))
    for infusion in (old, new):
        count(infusion, NOW + minutes(30), "0.7")
        evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert (raised(old), raised(new)) == ([("neutropenia", NOW + minutes(30))], [])
    assert differences(old) == differences(new) == []


def test_a_count_that_was_as_bad_before_the_infusion_raises_nothing(study: Study) -> None:
    infusion = make_infusion(make_subject(site=study.study_sites.get().site, study=study))
    count(infusion, NOW - minutes(300), "0.8")
    services.start_infusion(system_actor("builder"), infusion, at=NOW, now=NOW, override_reason="a test")
    count(infusion, NOW + minutes(30), "0.7")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert raised(infusion) == []
    count(infusion, NOW + minutes(60), "0.4")
    evaluate_infusion(infusion.pk, NOW + minutes(60))
    assert raised(infusion) == [("neutropenia", NOW + minutes(60))]
    assert differences(infusion) == []


def test_a_count_from_before_the_start_that_comes_late_retracts_what_was_not_new(infusion: Infusion) -> None:
    count(infusion, NOW + minutes(30), "0.7")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert raised(infusion) == [("neutropenia", NOW + minutes(30))]
    count(infusion, NOW - minutes(60 * 20), "0.8", now=NOW + minutes(45))
    evaluate_infusion(infusion.pk, NOW + minutes(45))
    assert raised(infusion) == []
    assert differences(infusion) == []


def test_a_fever_with_few_neutrophils_of_the_morning_is_febrile_neutropenia(study: Study) -> None:
    infusion = make_infusion(make_subject(site=study.study_sites.get().site, study=study))
    count(infusion, NOW - minutes(300), "<0.1")
    evaluate_infusion(infusion.pk, NOW - minutes(30))
    services.start_infusion(system_actor("builder"), infusion, at=NOW, now=NOW, override_reason="a test")
    record_set(infusion, NOW + minutes(20), temperature_c="38.3")
    evaluate_infusion(infusion.pk, NOW + minutes(20))
    assert raised(infusion) == []
    record_set(infusion, NOW + minutes(81), temperature_c="38.1")
    evaluate_infusion(infusion.pk, NOW + minutes(81))
    assert raised(infusion) == [("febrile_neutropenia", NOW + minutes(81))]
    assert differences(infusion) == []


def test_an_examination_raises_its_grade_and_a_voided_one_retracts_it(infusion: Infusion) -> None:
    actor = system_actor("builder")
    values = {"measured_at": NOW + minutes(20), "ice": 5, "consciousness": "spontaneous", "seizure": "none"}
    row = services.record_neuro(actor, infusion, values, now=NOW + minutes(20)).row
    evaluate_infusion(infusion.pk, NOW + minutes(20))
    assert raised(infusion) == [("icans", NOW + minutes(20))]
    alert = Alert.objects.get(problem="icans")
    assert Decimal(str(alert.evidence[0]["worst"]["value"])) == 2
    services.void(actor, row, reason="sedated", now=NOW + minutes(25))
    evaluate_infusion(infusion.pk, NOW + minutes(25))
    assert raised(infusion) == []
    assert differences(infusion) == []


def test_a_result_that_the_watch_does_not_grade_changes_nothing(infusion: Infusion) -> None:
    count(infusion, NOW + minutes(30), "120", analyte="CRP", unit="mg/L")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    assert raised(infusion) == []
    assert differences(infusion) == []


ARRIVALS = st.lists(
    st.tuples(
        st.integers(-600, 300),  # when it arrives, in minutes from the start
        st.integers(0, 4000),  # how long before that the sample was taken
        st.sampled_from(["0.3", "0.8", "1.2", "2.5", "<0.1"]),
        st.sampled_from(["stands", "stands", "voided", "amended"]),
        st.booleans(),  # whether anybody looks then
    ),
    min_size=1,
    max_size=7,
    unique_by=(lambda one: one[0], lambda one: one[0] - one[1]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=ARRIVALS)
def test_counts_in_any_order_of_arrival_give_the_same_alerts(study: Study, arrivals: Any) -> None:
    piecemeal = make_infusion(make_subject(site=study.study_sites.get().site, study=study))
    at_end = make_infusion(make_subject(site=study.study_sites.get().site, study=study))
    coming: list[Any] = sorted([*arrivals, (0, 0, "", "start", True)], key=lambda one: (one[0], one[3]))
    end = NOW + minutes(400)
    for arrives, ago, value, fate, looked in coming:
        now = NOW + minutes(arrives)
        if fate == "start":
            begin(piecemeal)
            begin(at_end)
            evaluate_infusion(piecemeal.pk, now)
            continue
        rows = [count(one, now - minutes(ago), value, now=now) for one in (piecemeal, at_end)]
        if looked:
            evaluate_infusion(piecemeal.pk, now)
        for row in rows:
            correct(row, fate, now)
    evaluate_infusion(piecemeal.pk, end)
    evaluate_infusion(at_end.pk, end)
    assert raised(piecemeal) == raised(at_end)
    assert differences(piecemeal) == []


def begin(infusion: Infusion) -> None:
    services.start_infusion(system_actor("builder"), infusion, at=NOW, now=NOW, override_reason="a test")


def correct(row: LabResult, fate: str, now: datetime) -> None:
    """What becomes of a count once somebody may have seen it."""
    actor = system_actor("builder")
    if fate == "voided":
        services.void(actor, row, reason="wrong tube", now=now)
    if fate == "amended":
        services.amend(actor, row, {"value": None, "value_typed": "0.7"}, reason="typing", now=now)
