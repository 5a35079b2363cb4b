"""Rule sets: loaded once, activated by a second person, and a broken rule never costs the reading."""

import ast
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import system_actor
from accounts.permissions import NotPermitted, Role
from monitoring import rule_sets, watchers
from monitoring.core import calm
from monitoring.core.findings import RuleFailure
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, RuleSet, RuleSetStatus
from monitoring.verify import verify_patient
from tests.builders import NOW, make_actor, make_infusion, make_site, make_study, minutes, record_set
from tracker.models import Study

pytestmark = pytest.mark.django_db


def draft(study: Study, by: Any, *, version: int = 7, fever: str = "38.0") -> RuleSet:
    """The shipped rules with another line for fever."""
    document = dict(RuleSet.objects.get(shipped=True).document, name="trial", version=version)
    text = repr(document["rules"]).replace("'value': '38.0'", f"'value': '{fever}'")
    document["rules"] = ast.literal_eval(text)
    return RuleSet.objects.create(
        study=study, name="trial", version=version, document=document, drafted_by=by
    )


def test_loading_twice_stores_nothing_the_second_time() -> None:
    assert RuleSet.objects.filter(shipped=True, status=RuleSetStatus.ACTIVE).count() == 1
    assert rule_sets.load_shipped() == []


def test_nobody_activates_their_own_draft() -> None:
    site = make_site()
    investigator = make_actor(Role.INVESTIGATOR, site)
    row = draft(make_study(site), investigator.user)
    with pytest.raises(rule_sets.RulesRefused, match="own draft"):
        rule_sets.approve(investigator, row, effective_from=NOW, now=NOW)
    with pytest.raises(NotPermitted):
        rule_sets.approve(make_actor(Role.NURSE, site), row, effective_from=NOW, now=NOW)


def test_a_new_rule_set_judges_only_what_was_measured_from_its_moment_on() -> None:
    site = make_site()
    study = make_study(site)
    infusion = make_infusion(started_at=NOW, site=site)
    type(infusion).objects.filter(pk=infusion.pk).update(study=study)
    record_set(infusion, NOW + minutes(10), temperature_c="37.6")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    row = draft(study, make_actor(Role.INVESTIGATOR, site).user, fever="37.5")
    second = make_actor(Role.INVESTIGATOR, site)
    rule_sets.approve(second, row, effective_from=NOW + minutes(30), now=NOW + minutes(11))
    evaluate_infusion(infusion.pk, NOW + minutes(31))
    assert not Alert.objects.filter(problem="fever").exists()
    record_set(infusion, NOW + minutes(32), temperature_c="37.6")
    evaluate_infusion(infusion.pk, NOW + minutes(32))
    alert = Alert.objects.get(problem="fever")
    assert (alert.raised_at, alert.rule_set) == (NOW + minutes(32), row)
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []


def test_an_active_rule_set_cannot_be_changed() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSet.objects.filter(shipped=True).update(document={})


def test_a_broken_rule_never_costs_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    real = calm.judge

    def judge(compiled: Any, event: Any, *more: Any) -> Any:
        if compiled.rule.problem == "fever":
            return RuleFailure(event.at, event.key, "fever", "ZeroDivisionError")
        return real(compiled, event, *more)

    monkeypatch.setattr(calm, "judge", judge)
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5", systolic_mmhg=80, diastolic_mmhg=50)
    outcome = evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert (outcome.state, outcome.rules_failed) == ("partial", ("fever",))
    assert {"hypotension", "rule_error.fever"} <= {alert.problem for alert in outcome.alerts}
    assert outcome.signs["temperature_c"] == "unknown"


def test_a_record_that_cannot_be_judged_is_pending_and_somebody_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from monitoring import evaluate

    def broken(*args: Any, **options: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluate, "judge", broken)
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    assert evaluate_infusion(infusion.pk, NOW + minutes(10)).state == "pending"
    assert Alert.objects.get().problem == "evaluation_failed"
    monkeypatch.undo()
    watchers.sweep(NOW + minutes(11), NOW)
    assert Alert.objects.get(problem="evaluation_failed").condition == Condition.CLEARED
    assert Alert.objects.get(problem="fever").condition == Condition.ACTIVE


def test_no_rules_at_all_is_said_and_is_never_normal() -> None:
    rule_sets.book.cache_clear()
    infusion = make_infusion(started_at=NOW)
    RuleSet.objects.update(status=RuleSetStatus.DRAFT)
    record_set(infusion, NOW + minutes(1), temperature_c="36.8", actor=system_actor("x"))
    outcome = evaluate_infusion(infusion.pk, NOW + minutes(1))
    assert (outcome.state, dict(outcome.signs)) == ("pending", {})


def test_what_another_problem_explains_names_it_and_keeps_its_own_life() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    record_set(infusion, NOW + minutes(1), temperature_c="39.5", systolic_mmhg=80, diastolic_mmhg=50)
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    crs, fever, drop = (Alert.objects.get(problem=problem) for problem in ("crs", "fever", "hypotension"))
    assert (fever.explained_by, drop.explained_by, crs.explained_by) == (crs, crs, None)
    assert (fever.response, drop.response, fever.rung, crs.rung) == ("open", "open", 0, 1)


def test_an_override_for_one_subject_holds_from_its_start_to_its_end_and_for_nobody_else() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    author, second = (make_actor(Role.INVESTIGATOR, infusion.site) for _ in range(2))
    record_set(infusion, NOW + minutes(10), temperature_c="37.6")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    given: dict[str, Any] = {
        "threshold": "temperature_38",
        "value": Decimal("37.5"),
        "starts_at": NOW + minutes(20),
        "ends_at": NOW + minutes(40),
        "reason": "neutropenic",
        "now": NOW + minutes(15),
    }
    with pytest.raises(rule_sets.RulesRefused, match="second person"):
        rule_sets.override_threshold(author, infusion.subject, second_person=author.user, **given)
    rule_sets.override_threshold(author, infusion.subject, second_person=second.user, **given)
    record_set(infusion, NOW + minutes(30), temperature_c="37.6")
    evaluate_infusion(infusion.pk, NOW + minutes(30))
    for minute in (45, 65):
        record_set(infusion, NOW + minutes(minute), temperature_c="37.6")
        evaluate_infusion(infusion.pk, NOW + minutes(minute))
    alert = Alert.objects.get(problem="fever")
    assert (alert.raised_at, alert.condition) == (NOW + minutes(30), Condition.CLEARED)
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []


def test_a_subject_may_have_any_number_of_overrides() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    author, second = (make_actor(Role.INVESTIGATOR, infusion.site) for _ in range(2))
    for lower in range(12):
        rule_sets.override_threshold(
            author,
            infusion.subject,
            threshold="temperature_38",
            value=Decimal("37.9") - lower * Decimal("0.05"),
            starts_at=NOW,
            ends_at=NOW + minutes(60),
            reason="neutropenic",
            second_person=second.user,
            now=NOW,
        )
    record_set(infusion, NOW + minutes(10), temperature_c="37.6")
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert Alert.objects.get(problem="fever").rules.count("+") == 12
