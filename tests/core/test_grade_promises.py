"""What holds of grades whatever happens: any order and batching, missing parts, corrections."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core import state_data
from monitoring.core.events import Assessment, Event, Extent, InfusionKind, Observation
from monitoring.core.findings import Priority, Status
from monitoring.core.reconcile import Watching, reconcile
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import Watched

from .arrivals import Ward
from .builders import START, a_course, a_rule, a_set, given, minute, rules_with, turn, watched
from .test_crs import BY_SETS, MASKED

patiently = settings(deadline=None, max_examples=60)
HOURS = 30
AT_THE_END = HOURS * 60 + 5
CARRY = {
    "temperature_c": 60,
    "systolic_mmhg": 30,
    "spo2_percent": 30,
    "consciousness": 240,
    "oxygen_device": 240,
}


@cache
def book(*, carries: bool) -> RuleBook:
    """Rules for the signs of the syndrome, the syndrome, and NEWS2; carrying parts or not."""
    rules = rules_with(
        a_rule("crs", low=grade("astct_crs", 1), medium=grade("astct_crs", 2), high=grade("astct_crs", 3)),
        a_rule("news2", medium=grade("news2", 5), high=grade("news2", 7)),
        a_rule(
            "fever",
            clears={"sets": {**BY_SETS, "masked_by": MASKED}},
            medium=compare("temperature_c", ">=", "38.0"),
            high=compare("temperature_c", ">=", "39.0"),
        ),
        a_rule(
            "hypotension",
            medium=compare("systolic_mmhg", "<", "100"),
            high=compare("systolic_mmhg", "<", "90"),
        ),
        a_rule("hypoxia", high=compare("spo2_percent", "<", "92")),
        carry_minutes=CARRY if carries else {},
    )
    return RuleBook.of([(START, rules)])


def grade(scale: str, at_least: int) -> dict[str, Any]:
    return {"grade": {"scale": scale, "at_least": at_least}}


def compare(signal: str, op: str, value: str) -> dict[str, Any]:
    return {"compare": {"signal": signal, "op": op, "value": value}}


moments = st.integers(0, HOURS * 4).map(lambda step: step * 15)


def some_parts() -> st.SearchStrategy[dict[str, Any]]:
    def one(*of: Any) -> st.SearchStrategy[Any]:
        return st.sampled_from([None, *of])

    return st.fixed_dictionaries(
        {
            "temperature_c": one("36.9", "38.0", "39.4"),
            "systolic_mmhg": one(80, 95, 125),
            "heart_rate_bpm": one(80, 131),
            "respiratory_rate_per_min": one(16, 25),
            "spo2_percent": one(88, 97),
            "oxygen_device": one("room_air", "nasal_cannula", "high_flow"),
            "oxygen_flow_l_min": one(4, 10),
            "consciousness": one("A", "V"),
        }
    )


TREATMENTS = [
    ("antipyretic", "", Extent.POINT),
    ("steroid", "crs", Extent.POINT),
    ("fluids", "hypotension", Extent.POINT),
    ("vasopressor", "", Extent.START),
    ("vasopressor", "", Extent.STOP),
    ("oxygen", "", Extent.START),
    ("oxygen", "comfort", Extent.START),
    ("oxygen", "", Extent.STOP),
]


@st.composite
def records(draw: st.DrawFn) -> list[Event]:
    """A course with sets, treatments and answers of people in it, many of them at the same moment."""
    events: list[Event] = a_course(stop=60, home=None)
    if draw(st.booleans()):
        events.append(turn(draw(st.sampled_from([120, 600])), InfusionKind.DISCHARGE))
    sets = draw(st.lists(st.tuples(moments, some_parts()), max_size=14))
    events += [a_set(at, key=f"vital_signs:{number}", **parts) for number, (at, parts) in enumerate(sets)]
    for number, at in enumerate(draw(st.lists(moments, max_size=5))):
        kind, indication, extent = draw(st.sampled_from(TREATMENTS))
        agent = draw(st.sampled_from(["noradrenaline", "adrenaline", "vasopressin"]))
        detail = agent if kind == "vasopressor" else ""
        key = f"intervention:{number}"
        events.append(given(at, kind, extent, indication=indication, detail=detail, key=key))
    for number in range(draw(st.integers(0, 2)) if sets else 0):
        named = frozenset({f"vital_signs:{draw(st.integers(0, len(sets) - 1))}"})
        problem = draw(st.sampled_from(["fever", "hypotension", "hypoxia", "crs"]))
        cause = draw(st.sampled_from([None, Priority.MEDIUM, Priority.HIGH]))
        key, closes = f"assessment:{number}", draw(st.booleans())
        events.append(Assessment(minute(draw(moments)), key, problem, named, cause, closes))
    return events


def facts(found: Watched) -> set[tuple[object, ...]]:
    return {
        (e.problem, e.raised_at, e.priority, e.cleared_at, e.masked, e.evidence, e.grade, e.grades)
        for e in found.episodes
    }


@patiently
@for_all(records(), st.booleans(), st.data())
def test_any_order_and_batching_gives_the_same_grades(
    record: list[Event], carries: bool, data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(record))
    ward = Ward(book(carries=carries))
    while arrived:
        size = data.draw(st.integers(1, len(arrived)))
        ward.receive(arrived[:size])
        arrived = arrived[size:]
    at_the_end = watched(record, book=book(carries=carries))
    assert ward.state == at_the_end.state
    assert {
        (a.problem, a.raised_at, a.grade) for a in ward.alerts.values() if a.condition != "retracted"
    } == {(e.problem, e.raised_at, e.grade) for e in at_the_end.episodes}


@patiently
@for_all(records(), st.booleans())
def test_a_state_with_grades_survives_being_stored(record: list[Event], carries: bool) -> None:
    state = watched(record, book=book(carries=carries)).state
    assert state_data.from_data(json.loads(json.dumps(state_data.to_data(state)))) == state


@settings(deadline=None, max_examples=200)
@for_all(records(), some_parts(), st.data())
def test_leaving_a_part_out_of_the_newest_set_never_helps(
    record: list[Event], parts: dict[str, Any], data: st.DataObject
) -> None:
    """With nothing carried it turns no unknown sign normal, raises no priority and no grade, and neither
    lowers nor clears what stood before that set.
    """
    left_out = data.draw(st.sampled_from(sorted(parts)))
    rules = book(carries=False)
    before = {e.problem: e for e in watched(record, book=rules).episodes if e.is_open}
    whole = watched([*record, a_set(AT_THE_END, **parts)], book=rules)
    without = watched([*record, a_set(AT_THE_END, **{**parts, left_out: None})], book=rules)
    normal = {name for name, sign in without.signs.items() if sign.status is Status.NORMAL}
    assert normal <= {name for name, sign in whole.signs.items() if sign.status is Status.NORMAL}
    reached = {(e.problem, e.raised_at): e for e in whole.episodes}
    for episode in without.episodes:
        known = reached[episode.problem, episode.raised_at]
        assert episode.priority <= known.priority
        assert episode.grade is None or (known.grade and episode.grade.lowest <= known.grade.lowest)
    left = {e.problem: e for e in without.episodes if e.is_open}
    for problem, stood in before.items():
        assert problem in left or not any(e.problem == problem and e.is_open for e in whole.episodes)
        if problem in left and left[problem].raised_at == stood.raised_at:
            assert left[problem].priority >= stood.priority
            assert stood.grade is None or (left[problem].grade or stood.grade).lowest >= stood.grade.lowest


@patiently
@for_all(records(), st.booleans(), st.data())
def test_voiding_a_set_leaves_nothing_that_rests_on_it(
    record: list[Event], carries: bool, data: st.DataObject
) -> None:
    sets = [event for event in record if isinstance(event, Observation)]
    if not sets:
        return
    ward = Ward(book(carries=carries))
    ward.receive(record)
    voided = data.draw(st.sampled_from(sets))
    ward.receive([], instead_of=[voided], until=minute(AT_THE_END))
    standing = [alert for alert in ward.alerts.values() if alert.condition != "retracted"]
    assert all(alert.keys().isdisjoint({voided.key}) for alert in standing)


@patiently
@for_all(records(), some_parts(), st.booleans(), st.data())
def test_amending_and_amending_back_restores_what_stood(
    record: list[Event], parts: dict[str, Any], carries: bool, data: st.DataObject
) -> None:
    sets = [event for event in record if isinstance(event, Observation)]
    if not sets:
        return
    ward = Ward(book(carries=carries))
    found = ward.receive(record, until=minute(AT_THE_END))
    first = data.draw(st.sampled_from(sets))
    wrong = replace(a_set(0, **parts), at=first.at, key=first.key)
    ward.receive([wrong], instead_of=[first], until=minute(AT_THE_END))
    ward.receive([first], instead_of=[wrong], until=minute(AT_THE_END))
    assert ward.standing() == {(e.problem, e.raised_at) for e in found.episodes}
    assert ward.state == found.state


@patiently
@for_all(records(), st.booleans())
def test_reconciling_grades_twice_changes_nothing_the_second_time(record: list[Event], carries: bool) -> None:
    ward = Ward(book(carries=carries))
    found = ward.receive(record)
    rules = book(carries=carries).in_force(START).rule_set.rules
    again = reconcile(
        found.episodes,
        ward.alerts.values(),
        rules,
        since=None,
        at=minute(3000),
        watching=Watching(ended=found.ended),
    )
    assert again == ()
