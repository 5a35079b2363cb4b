"""Grades in the fold: from one set, with carried parts, as a range, and what an episode keeps of them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from monitoring.core import state_data
from monitoring.core.document import RuleSetError
from monitoring.core.events import Event, Extent, Observation
from monitoring.core.findings import Grading, Sign, Status
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import Watched

from .builders import (
    START,
    a_course,
    a_full_set,
    a_rule,
    a_set,
    given,
    minute,
    rules_with,
    the_episode,
    watched,
)

CARRY = {"consciousness": 60, "temperature_c": 60, "oxygen_device": 240}


def news2(at_least: int) -> dict[str, Any]:
    says = {"en": "NEWS2 {value}, {threshold} or more"}
    return {"grade": {"scale": "news2", "at_least": at_least, "id": f"news2_{at_least}", "says": says}}


def book(**fields: Any) -> RuleBook:
    rule = a_rule("news2", low=news2(1), medium=news2(5), high=news2(7))
    return RuleBook.of([(START, rules_with(rule, **fields))])


def seen(*events: Event, carry: dict[str, int] | None = None, **at_baseline: Any) -> Watched:
    course = a_course(stop=None, **at_baseline)
    return watched([*course, *events], book=book(carry_minutes=carry) if carry else book())


def sign_of(found: Watched) -> Sign:
    return found.signs["news2"]


def an_alert_set(at: float, **parts: Any) -> Observation:
    return a_full_set(at, **{"consciousness": "A", **parts})


def a_lacking_set(at: float, **parts: Any) -> Observation:
    """A set in which nobody wrote how conscious the patient was."""
    return a_full_set(at, **{"consciousness": None, **parts})


@pytest.mark.parametrize(
    ("parts", "total"),
    [
        pytest.param({}, 0, id="all normal"),
        pytest.param({"temperature_c": "38.0"}, 0, id="38.0 scores nothing"),
        pytest.param({"temperature_c": "38.05"}, 1, id="38.05 is 38.1 on the chart"),
        pytest.param({"oxygen_device": "nasal_cannula"}, 2, id="any device that gives oxygen"),
        pytest.param({"systolic_mmhg": 90, "heart_rate_bpm": 131}, 6, id="two parts of 3"),
    ],
)
def test_a_complete_set_scores(parts: dict[str, Any], total: int) -> None:
    sign = sign_of(seen(an_alert_set(10, **parts)))
    assert sign.grade == Grading("news2", total, total)
    assert sign.value == Decimal(total)
    assert sign.status is (Status.NORMAL if total == 0 else Status.ABNORMAL)


def test_running_oxygen_scores_whatever_the_set_says() -> None:
    running = given(5, "oxygen", Extent.START, indication="comfort")
    assert sign_of(seen(running, an_alert_set(10))).value == Decimal(2)


@pytest.mark.parametrize(
    ("baseline", "total"),
    [
        pytest.param({"systolic_mmhg": 120}, 2, id="scale 1"),
        pytest.param({"systolic_mmhg": 120, "spo2_target_88_92": True}, 0, id="scale 2 on air"),
    ],
)
def test_a_documented_target_of_88_to_92_is_scored_by_scale_2(baseline: dict[str, Any], total: int) -> None:
    assert sign_of(seen(an_alert_set(10, spo2_percent=93), **baseline)).value == Decimal(total)


def test_a_missing_part_leaves_a_range_that_is_unknown_and_names_it() -> None:
    found = seen(a_lacking_set(10))
    assert sign_of(found) == Sign(
        Status.UNKNOWN, None, None, (), Grading("news2", 0, 3, ("consciousness",), is_proposed=True)
    )
    assert not found.findings


def test_a_range_is_true_where_its_lowest_reaches_and_false_where_its_highest_does_not() -> None:
    found = seen(a_lacking_set(10, systolic_mmhg=90, heart_rate_bpm=131))
    (finding,) = found.findings
    assert [because.condition for because in finding.because if because.op == ">="] == ["news2_5", "news2_1"]
    assert finding.grade == Grading("news2", 6, 9, ("consciousness",), is_proposed=True)


@pytest.mark.parametrize(
    ("at", "range_"),
    [
        pytest.param(70, (0, 0), id="carried for its whole interval"),
        pytest.param(70.5, (0, 3), id="and no longer"),
    ],
)
def test_a_part_is_carried_for_its_own_interval(at: float, range_: tuple[int, int]) -> None:
    grade = sign_of(seen(an_alert_set(10), a_lacking_set(at), carry=CARRY)).grade
    assert grade is not None
    assert (grade.lowest, grade.highest) == range_


def test_nothing_is_carried_that_the_rule_set_does_not_name() -> None:
    grade = sign_of(seen(an_alert_set(10), an_alert_set(20, spo2_percent=None), carry=CARRY)).grade
    assert grade is not None
    assert grade.missing == ("spo2_percent",)


def test_a_carried_part_keeps_its_own_row_and_moment_in_the_evidence() -> None:
    episode = the_episode(
        "news2", seen(an_alert_set(10, consciousness="V"), a_lacking_set(40, heart_rate_bpm=131), carry=CARRY)
    )
    parts = {entry.signal: entry.last for entry in episode.evidence if entry.op == "part"}
    assert (parts["consciousness"].key, parts["consciousness"].at) == ("vital_signs:10", minute(10))
    assert (parts["heart_rate_bpm"].key, parts["heart_rate_bpm"].at) == ("vital_signs:40", minute(40))


def test_a_part_that_was_voided_is_carried_by_nothing() -> None:
    confused, later = an_alert_set(10, consciousness="V"), a_lacking_set(40)
    assert seen(confused, later, carry=CARRY).findings
    assert not seen(later, carry=CARRY).findings


def test_an_episode_keeps_the_highest_grade_and_when_it_rose() -> None:
    totals = [(10, 111), (30, 131), (50, 111), (70, 131)]
    sets = [an_alert_set(at, heart_rate_bpm=rate, systolic_mmhg=100) for at, rate in totals]
    episode = the_episode("news2", seen(*sets))
    assert episode.grade == Grading("news2", 5, 5)
    assert episode.grades == ((minute(10), 4, 4), (minute(30), 5, 5))


def test_a_range_that_becomes_known_better_is_no_rise() -> None:
    low = {"heart_rate_bpm": 131, "systolic_mmhg": 100}
    episode = the_episode(
        "news2", seen(a_lacking_set(10, **low), an_alert_set(30, **low), a_lacking_set(50, **low))
    )
    assert episode.grade == Grading("news2", 5, 5)
    assert episode.grades == ((minute(10), 5, 8),)


def test_a_grade_survives_being_stored() -> None:
    state = seen(an_alert_set(10, heart_rate_bpm=131), a_lacking_set(30), carry=CARRY).state
    assert state_data.from_data(json.loads(json.dumps(state_data.to_data(state)))) == state


def test_a_count_is_known_from_before_the_infusion_and_leaves_the_signs_of_the_set_alone() -> None:
    morning = a_set(-120, key="lab:1", neutrophils_10e9_l="0.9")
    noon = a_set(60, key="lab:2", neutrophils_10e9_l="0.4")
    found = seen(morning, an_alert_set(10), noon)
    assert found.signs["temperature_c"].value == Decimal("36.8")
    assert found.state.latest["neutrophils_10e9_l"].key == "lab:2"
    assert seen(morning, an_alert_set(10)).state.latest["neutrophils_10e9_l"].at == minute(-120)


@pytest.mark.parametrize(
    ("carry", "pointer"),
    [
        pytest.param({"news2": 60}, "/carry_minutes/news2", id="a grade is never carried"),
        pytest.param({"temperature_c": 0}, "/carry_minutes/temperature_c", id="no interval"),
        pytest.param({"temperature_c": 4321}, "/carry_minutes/temperature_c", id="longer than three days"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_its_place(carry: dict[str, int], pointer: str) -> None:
    with pytest.raises(RuleSetError) as refused:
        book(carry_minutes=carry)
    assert refused.value.pointer == pointer


def missing_book() -> RuleBook:
    """A rule that asks for what NEWS2 lacks. Sets are due every 15 minutes while the infusion runs."""
    lacking = {"missing": {"scale": "news2", "at_least": 5, "id": "parts_missing"}}
    once = {"normal": 1, "apart_minutes": 1, "normal_at_home": 1, "apart_minutes_at_home": 1}
    rules = rules_with(
        a_rule("parts_missing", clears={"sets": once}, low=lacking),
        a_rule("news2", medium=news2(5)),
        carry_minutes=CARRY,
        schedule={
            "while_running": {"what": "vital_signs", "every_minutes": 15, "grace_minutes": 5},
            "afterwards": [
                {"what": "vital_signs", "every_minutes": 60, "grace_minutes": 10, "where": "ward"},
                {"what": "temperature", "every_minutes": 480, "grace_minutes": 60, "where": "home"},
            ],
        },
    )
    return RuleBook.of([(START, rules)])


def a_poor_set(at: float) -> Observation:
    """A set of a pressure and a pulse alone: NEWS2 may be anything from 0 to 14."""
    return a_set(at, systolic_mmhg=120, heart_rate_bpm=80)


@pytest.mark.parametrize(
    ("sets", "raised"),
    [
        pytest.param([a_poor_set(15)], None, id="asked for, not yet overdue"),
        pytest.param([a_poor_set(15), a_poor_set(22)], None, id="again before the next slot opens"),
        pytest.param([a_poor_set(15), a_poor_set(22.5)], 22.5, id="the next due set has come without them"),
        pytest.param([a_poor_set(15), an_alert_set(20), a_poor_set(90)], None, id="they came in between"),
        pytest.param([a_lacking_set(15), a_lacking_set(30)], None, id="what is missing settles nothing here"),
    ],
)
def test_missing_parts_are_overdue_when_the_next_due_set_has_come_without_them(
    sets: list[Observation], raised: float | None
) -> None:
    found = watched([*a_course(stop=None), *sets], book=missing_book())
    moments = [episode.raised_at for episode in found.episodes if episode.problem == "parts_missing"]
    assert moments == ([] if raised is None else [minute(raised)])


def test_missing_parts_are_named_shown_as_a_range_and_cleared_when_they_come() -> None:
    poor = [a_poor_set(15), a_poor_set(30)]
    episode = the_episode("parts_missing", watched([*a_course(stop=None), *poor], book=missing_book()))
    (entry,) = episode.evidence
    assert "spo2_percent" in str(entry.last.value)
    assert episode.grade is not None
    assert (episode.grade.lowest, episode.grade.highest) == (0, 14)
    came = watched([*a_course(stop=None), *poor, an_alert_set(40)], book=missing_book())
    assert the_episode("parts_missing", came).cleared_at == minute(40)


def test_at_home_where_no_set_is_due_no_part_is_overdue() -> None:
    home = a_course(stop=60, home=100)
    poor = [a_poor_set(at) for at in (110, 300, 500)]
    assert not watched([*home, *poor], book=missing_book()).episodes


@pytest.mark.parametrize(
    ("course", "at"),
    [
        pytest.param(a_course(stop=31, home=60), 500, id="at home, where no set is due"),
        pytest.param(a_course(stop=32), 45, id="where sets are due less often"),
    ],
)
def test_missing_parts_do_not_clear_by_a_set_that_lacks_them_still(course: list[Event], at: float) -> None:
    poor = [a_poor_set(15), a_poor_set(30), a_poor_set(at)]
    assert the_episode("parts_missing", watched([*course, *poor], book=missing_book())).is_open
    came = watched([*course, *poor, an_alert_set(at + 1)], book=missing_book())
    assert the_episode("parts_missing", came).cleared_at == minute(at + 1)
