"""Backtests as people ask for them: started by one person, run in slices by a worker, read by who may."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.permissions import NotPermitted, Role
from config.clock import real_now
from monitoring import backtests, tasks
from monitoring.backtests import running
from monitoring.models import Alert, Backtest, RuleSet
from monitoring.rule_sets import RulesRefused
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
from tests.core.builders import a_rule
from tests.core.builders import document as rules_document
from tracker.models import Infusion, Site, Study

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def study(site: Site) -> Study:
    return make_study(site)


@pytest.fixture
def feverish(site: Site, study: Study) -> list[Infusion]:
    """Three infusions, each with a temperature of 37.6 and one of 38.5."""
    found = []
    for number in range(3):
        subject = make_subject(site=site, study=study, subject_number=f"{number:03d}")
        infusion = make_infusion(subject, started_at=NOW, stopped_at=NOW + minutes(60))
        record_set(infusion, NOW + minutes(70), temperature_c="37.6")
        record_set(infusion, NOW + minutes(90), temperature_c="38.5")
        found.append(infusion)
    return found


def fever_from(name: str, value: str) -> RuleSet:
    """A stored draft with one rule."""
    says = {"en": "temperature {value} °C, {threshold} or more"}
    hot = {"id": "hot", "signal": "temperature_c", "op": ">=", "value": value, "says": says}
    document = {**rules_document(), "name": name, "rules": [a_rule("fever", medium={"compare": hot})]}
    return RuleSet.objects.create(name=name, version=1, document=document)


@pytest.fixture
def draft() -> RuleSet:
    return fever_from("stricter", "37.5")


@pytest.fixture
def active(draft: RuleSet) -> RuleSet:
    """What is in force: fever from 38.0 on."""
    RuleSet.objects.filter(shipped=True).update(status="retired")
    row = fever_from("usual", "38.0")
    RuleSet.objects.filter(pk=row.pk).update(status="active", shipped=True)
    row.refresh_from_db()
    return row


def finished(backtest: Backtest) -> Backtest:
    """The backtest once the workers have nothing left to do."""
    while backtest.state in running.UNFINISHED:
        assert tasks.run_backtests() > 0
        backtest.refresh_from_db()
    return backtest


def problem(result: dict[str, Any], number: int, name: str) -> dict[str, Any]:
    (found,) = [each for each in result["rule_sets"][number]["problems"] if each["problem"] == name]
    assert isinstance(found, dict)
    return found


def test_a_draft_is_tried_beside_the_rules_that_are_active_in_its_place(
    site: Site, feverish: list[Infusion], draft: RuleSet, active: RuleSet
) -> None:
    asker = make_actor(Role.SAFETY_COORDINATOR, site)
    asked = backtests.start(asker, draft, now=LATER)
    assert (asked.state, asked.asked_by, asked.against) == ("waiting", asker.user, active)
    shown = backtests.shown(finished(asked))
    result = shown["result"]
    assert (result["patients"], result["infusions"], result["sets"], result["changed"]) == (3, 3, 6, 3)
    shipped, stricter = problem(result, 0, "fever"), problem(result, 1, "fever")
    assert (stricter["alerts"], stricter["patients"], stricter["share"]) == (3, 3, 1.0)
    assert stricter["median_hours_to_first"] == pytest.approx(70 / 60, abs=0.01)
    assert shipped["median_hours_to_first"] == 1.5
    change = result["changes"][0]
    assert (change["patient"], change["problem"], change["way"]) == ("000", "fever", "earlier")
    assert change["first"]["hours"] == 1.5
    assert change["second"]["sentence"] == "temperature 38.5 °C, 37.5 or more"


def test_it_raises_no_alert_and_touches_no_watch(
    site: Site, feverish: list[Infusion], draft: RuleSet
) -> None:
    before = list(feverish[0].changes.values_list("version", flat=True))
    finished(backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER))
    assert not Alert.objects.exists()
    assert list(feverish[0].changes.values_list("version", flat=True)) == before


def test_a_long_one_runs_in_slices_and_comes_to_the_same(
    site: Site, feverish: list[Infusion], draft: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = make_actor(Role.INVESTIGATOR, site)
    whole = finished(backtests.start(actor, draft, now=LATER))
    monkeypatch.setattr(running, "SLICE_S", 0.0)
    sliced = backtests.start(actor, draft, now=LATER)
    seen = []
    while (count := running.run_next(real_now())) > 0:
        sliced.refresh_from_db()
        seen.append((count, backtests.progress(sliced).percent, sliced.state))
    assert seen == [(1, 33, "running"), (1, 66, "running"), (1, 100, "done")]
    assert sliced.result == whole.result


def test_a_worker_that_died_leaves_its_patients_to_the_next_once_its_lease_is_over(
    site: Site, feverish: list[Infusion], draft: RuleSet
) -> None:
    asked = backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER)
    held = real_now() + running.LEASE
    Backtest.objects.filter(pk=asked.pk).update(state="running", lease_until=held)
    assert running.run_next(real_now()) == 0
    assert running.run_next(held + timedelta(seconds=1)) == 3


def test_a_draft_that_is_edited_meanwhile_fails_with_the_reason(
    site: Site, feverish: list[Infusion], draft: RuleSet
) -> None:
    asked = backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER)
    draft.document = {**draft.document, "note": "changed"}
    draft.save()
    running.run_next(real_now())
    asked.refresh_from_db()
    assert (asked.state, asked.result) == ("failed", None)
    assert "edited" in asked.error


def test_a_result_of_an_earlier_draft_says_so(site: Site, feverish: list[Infusion], draft: RuleSet) -> None:
    asked = finished(backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER))
    assert not backtests.shown(asked)["outdated"]
    draft.document = {**draft.document, "note": "changed"}
    draft.save()
    asked = Backtest.objects.get(pk=asked.pk)
    assert backtests.shown(asked)["outdated"]


def test_rules_that_cannot_be_read_are_refused_at_once(site: Site, feverish: list[Infusion]) -> None:
    broken = RuleSet.objects.create(name="broken", version=1, document={"format": 1})
    with pytest.raises(ValueError, match="lacks 'name'"):
        backtests.start(make_actor(Role.INVESTIGATOR, site), broken, now=LATER)


def test_only_the_infusions_of_the_askers_sites_are_tried(feverish: list[Infusion], draft: RuleSet) -> None:
    elsewhere = make_site()
    make_infusion(site=elsewhere, started_at=NOW)
    asked = backtests.start(make_actor(Role.INVESTIGATOR, elsewhere), draft, now=LATER)
    assert asked.patients == 1


def test_where_there_is_no_infusion_there_is_nothing_to_try(draft: RuleSet) -> None:
    with pytest.raises(RulesRefused):
        backtests.start(make_actor(Role.INVESTIGATOR, make_site()), draft, now=LATER)


@pytest.mark.parametrize("role", [Role.NURSE, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_draft_rules_may_not_try_them(
    role: Role, site: Site, feverish: list[Infusion], draft: RuleSet
) -> None:
    with pytest.raises(NotPermitted):
        backtests.start(make_actor(role, site), draft, now=LATER)


def test_a_result_is_read_only_by_who_may_read_all_that_it_rests_on(
    site: Site, feverish: list[Infusion], draft: RuleSet
) -> None:
    asked = backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER)
    assert backtests.newest(make_actor(Role.SAFETY_COORDINATOR, site), draft) == asked
    assert backtests.newest(make_actor(Role.INVESTIGATOR, make_site()), draft) is None
    assert backtests.newest(make_actor(Role.NURSE, site), draft) is None


def test_one_study_alone_can_be_tried(
    site: Site, study: Study, feverish: list[Infusion], draft: RuleSet
) -> None:
    make_infusion(site=site, started_at=NOW)
    actor = make_actor(Role.INVESTIGATOR, site)
    assert backtests.start(actor, draft, study=study, now=LATER).patients == 3
    assert backtests.start(actor, draft, now=LATER).patients == 4


def test_overlapping_watches_of_one_patient_are_one_alert(site: Site, study: Study, draft: RuleSet) -> None:
    subject = make_subject(site=site, study=study)
    make_infusion(subject, started_at=NOW, stopped_at=NOW + minutes(60))
    second = make_infusion(subject, started_at=NOW + minutes(120), stopped_at=NOW + minutes(180))
    record_set(second, NOW + minutes(200), temperature_c="38.5")
    asked = finished(backtests.start(make_actor(Role.INVESTIGATOR, site), draft, now=LATER))
    result = backtests.shown(asked)["result"]
    assert (result["patients"], result["infusions"]) == (1, 2)
    assert problem(result, 0, "fever")["alerts"] == 1
