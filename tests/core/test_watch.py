"""The fold: any order and batching gives the same episodes; a stored state is as good as the whole past."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core import state_data, watch
from monitoring.core.events import (
    Assessment,
    Event,
    Extent,
    InfusionKind,
    Intervention,
    Observation,
    Symptom,
    position,
)
from monitoring.core.findings import Priority, Status
from monitoring.core.rule_book import Override, RuleBook
from monitoring.core.watch import Watched, empty

from .arrivals import Ward
from .builders import (
    START,
    WATCH_FOR,
    a_course,
    a_full_set,
    a_rule,
    a_set,
    default_book,
    default_documents,
    default_rules,
    document,
    given,
    minute,
    rules_with,
    single_signs,
    symptom,
    the_episode,
    turn,
    uncarried_book,
    watched,
)

patiently = settings(deadline=None, max_examples=60)
HOURS = 8
moments = st.integers(0, HOURS * 12).map(lambda step: step * 5)


def some_parts() -> st.SearchStrategy[dict[str, Any]]:
    def one(of: list[Any]) -> st.SearchStrategy[Any]:
        return st.sampled_from([None, *of])

    return st.fixed_dictionaries(
        {
            "temperature_c": one(["36.9", "37.9", "38.0", "39.4"]),
            "systolic_mmhg": one([80, 89, 95, 104, 125]),
            "diastolic_mmhg": one([40, 60, 75]),
            "spo2_percent": one([90, 93, 97]),
            "oxygen_device": one(["room_air", "nasal_cannula", "high_flow"]),
            "rigors": one(["none", "mild", "shaking"]),
            "concern": one([True]),
            "bp_unrecordable": one([True]),
        }
    )


@st.composite
def records(draw: st.DrawFn) -> list[Event]:
    """A course with sets, symptoms, doses, oxygen and assessments in it, many of them at the same moment."""
    events: list[Event] = a_course(stop=draw(st.sampled_from([30, 60, None])), home=None)
    if draw(st.booleans()):
        events.append(turn(draw(st.sampled_from([120, 180])), InfusionKind.DISCHARGE))
    for number, (at, parts) in enumerate(draw(st.lists(st.tuples(moments, some_parts()), max_size=14))):
        events.append(a_set(at, key=f"vital_signs:{number}", **parts))
    for number, at in enumerate(draw(st.lists(moments, max_size=3))):
        severity = draw(st.sampled_from(["", "mild", "shaking"]))
        extent = draw(st.sampled_from(list(Extent)))
        events.append(symptom(at, "rigors", extent, severity, key=f"symptom:{number}"))
    for number, at in enumerate(draw(st.lists(moments, max_size=3))):
        kind = draw(st.sampled_from(["antipyretic", "oxygen"]))
        extent = Extent.POINT if kind == "antipyretic" else draw(st.sampled_from([Extent.START, Extent.STOP]))
        events.append(given(at, kind, extent, key=f"intervention:{number}"))
    concerns = [e.key for e in events if isinstance(e, Observation) and e.values.get("concern")]
    if concerns and draw(st.booleans()):
        named = frozenset(draw(st.lists(st.sampled_from(concerns), min_size=1)))
        events.append(Assessment(minute(draw(moments)), "assessment:1", "concern", named))
    return events


def facts(found: Watched) -> set[tuple[object, ...]]:
    return {
        (e.problem, e.raised_at, e.priority, e.cleared_at, e.masked, e.evidence, e.priorities)
        for e in found.episodes
    }


@patiently
@for_all(records(), st.data())
def test_any_order_and_batching_of_arrival_gives_the_same_standing_episodes(
    record: list[Event], data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(record))
    ward = Ward()
    while arrived:
        size = data.draw(st.integers(1, len(arrived)))
        ward.receive(arrived[:size])
        arrived = arrived[size:]
    at_the_end = watched(record)
    assert ward.standing() == {(episode.problem, episode.raised_at) for episode in at_the_end.episodes}
    assert ward.standing_facts() == facts_as_alerts(at_the_end)


def facts_as_alerts(found: Watched) -> set[tuple[object, ...]]:
    return {
        (e.problem, e.raised_at, e.priority, "active" if e.is_open else "cleared", e.cleared_at, e.evidence)
        for e in found.episodes
    }


@patiently
@for_all(records(), st.permutations(range(60)))
def test_the_order_of_events_does_not_depend_on_how_they_came(
    record: list[Event], shuffle: list[int]
) -> None:
    shuffled = [record[index] for index in shuffle if index < len(record)]
    shuffled += [event for event in record if event not in shuffled]
    assert facts(watched(shuffled)) == facts(watched(record))


@patiently
@for_all(records())
def test_the_keys_of_rows_decide_nothing(record: list[Event]) -> None:
    """Another database would have given other ids."""
    turned = [
        replace(event, key=f"vital_signs:{1000 - number}") if isinstance(event, Observation) else event
        for number, event in enumerate(record)
        if not isinstance(event, Assessment)
    ]
    kept = [event for event in record if not isinstance(event, Assessment)]
    keyed = {(e.problem, e.raised_at, e.priority, e.cleared_at) for e in watched(kept).episodes}
    assert keyed == {(e.problem, e.raised_at, e.priority, e.cleared_at) for e in watched(turned).episodes}


@patiently
@for_all(records())
def test_going_on_from_any_checkpoint_is_the_same_as_folding_from_empty(record: list[Event]) -> None:
    whole = watched(record)
    for checkpoint in whole.checkpoints:
        stored = state_data.from_data(json.loads(json.dumps(state_data.to_data(checkpoint.state))))
        assert stored.through is not None
        later = [event for event in record if event.at > stored.through]
        resumed = watch.watch(stored, later, default_book(), max(event.at for event in record))
        assert resumed.state == whole.state
        assert facts(resumed) <= facts(whole)
        touched = {e for e in facts(whole) if e[3] is None or e[3] > stored.through}
        assert touched == facts(resumed)


@patiently
@for_all(records())
def test_a_state_survives_being_stored(record: list[Event]) -> None:
    state = watched(record).state
    assert state_data.from_data(json.loads(json.dumps(state_data.to_data(state)))) == state


@patiently
@for_all(records(), some_parts(), st.data())
def test_leaving_a_part_out_of_the_newest_set_never_helps(
    record: list[Event], parts: dict[str, Any], data: st.DataObject
) -> None:
    """With nothing carried it turns no unknown sign normal, raises no priority, and clears nothing that would
    otherwise stand.
    """
    left_out = data.draw(st.sampled_from(sorted(parts)))
    at = HOURS * 60 + 5
    book = uncarried_book()
    whole = watched([*record, a_set(at, **parts)], book=book)
    without = watched([*record, a_set(at, **{**parts, left_out: None})], book=book)
    for name, sign in without.signs.items():
        if sign.status is Status.NORMAL:
            assert name in whole.signs
            assert whole.signs[name].status is Status.NORMAL
    reached = {(e.problem, e.raised_at): e.priority for e in whole.episodes}
    assert all(e.priority <= reached[e.problem, e.raised_at] for e in without.episodes)
    before = {e.problem for e in watched(record, book=book).episodes if e.is_open}
    still = {e.problem for e in whole.episodes if e.is_open} & before
    assert still <= {e.problem for e in without.episodes if e.is_open}


@patiently
@for_all(records())
def test_no_two_episodes_of_a_problem_begin_at_one_moment(record: list[Event]) -> None:
    keys = [(episode.problem, episode.raised_at) for episode in watched(record).episodes]
    assert len(keys) == len(set(keys))


def test_a_reading_before_the_stored_state_is_refused_rather_than_lost() -> None:
    state = watched([*a_course(), a_full_set(60)]).state
    with pytest.raises(ValueError, match="resume earlier"):
        watch.watch(state, [a_full_set(30)], default_book(), minute(90))


def test_an_evaluation_in_order_reads_only_what_is_new() -> None:
    ward = Ward()
    ward.receive(a_course())
    for at in range(15, 48 * 60, 15):
        ward.receive([a_full_set(at)])
    assert ward.events_read <= 200 + 5


def test_a_late_reading_reads_only_what_was_measured_since_its_hour() -> None:
    ward = Ward()
    ward.receive([*a_course(), *(a_full_set(at) for at in range(15, 2880, 15))])
    ward.events_read = 0
    ward.receive([a_full_set(2701, temperature_c="38.5")])
    assert ward.events_read <= (2880 - 2640) / 15 + 2


def size(found: Watched) -> int:
    return len(json.dumps(state_data.to_data(found.state)))


def test_a_set_a_minute_through_a_whole_watch_keeps_the_state_small() -> None:
    rise = {
        "signal": "temperature_c",
        "direction": "rise",
        "op": ">=",
        "by": "1.0",
        "unit": "abs",
        "from": {"window_minutes": 240},
    }
    rules = rules_with(*document()["rules"], a_rule("watch_rise", low={"change": rise}))
    book = RuleBook.of([(START, rules)])

    def course(count: int) -> list[Event]:
        events = a_course(stop=None)
        for number in range(count):
            temperature = Decimal(36) + Decimal(number % 50) / 10
            events.append(a_full_set(number, temperature_c=temperature, systolic_mmhg=80, concern=True))
            if number % 10 == 0:
                events.append(symptom(number, f"symptom_{number % 30}"))
        return events

    few, many = watched(course(500), book=book), watched(course(3_000), book=book)
    assert size(many) < 60_000
    assert size(many) < 1.1 * size(few)


def test_a_checkpoint_is_kept_for_each_hour_that_began() -> None:
    found = watched([*a_course(), *(a_full_set(at) for at in (10, 50, 70, 300))])
    assert [checkpoint.hour for checkpoint in found.checkpoints] == [1, 5]
    assert [checkpoint.state.through for checkpoint in found.checkpoints] == [minute(50), minute(70)]


RUNNING = {
    "sustained": {"condition": {"event": {"family": "symptom", "kinds": ["rigors"]}}, "for_minutes": 30}
}


def test_a_tick_comes_before_any_later_event_and_is_computed_anew_each_time() -> None:
    book = RuleBook.of(
        [(START, rules_with(a_rule("long_rigors", clears={"stop": {"kinds": ["rigors"]}}, high=RUNNING)))]
    )
    events = [*a_course(), symptom(100, "rigors")]
    before = watched(events, book=book, until=129)
    assert (before.episodes, before.next_due_at) == ((), minute(130))
    after = watched(events, book=book, until=140)
    assert the_episode("long_rigors", after).raised_at == minute(130)
    assert after.state == before.state
    resumed = watch.watch(before.state, [a_full_set(200)], book, minute(200))
    assert the_episode("long_rigors", resumed).raised_at == minute(130)


def test_what_falls_due_next_is_the_end_of_the_watch_when_nothing_else_is() -> None:
    found = watched([*a_course(stop=60), a_full_set(70)])
    assert found.ends_at == minute(60) + WATCH_FOR
    assert found.next_due_at == minute(60) + WATCH_FOR + timedelta(seconds=1)
    assert not watched([*a_course(stop=60)], until=60 + 48 * 60).ended
    assert watched([*a_course(stop=60)], until=60 + 48 * 60 + 1).ended


def test_a_resumed_infusion_opens_the_watch_again() -> None:
    course = [*a_course(stop=60), turn(90, InfusionKind.RESUME), turn(200, InfusionKind.STOP)]
    assert watched(course).ends_at == minute(200) + WATCH_FOR


def test_a_cancelled_infusion_is_not_watched() -> None:
    found = watched(
        [*a_course(stop=None), turn(5, InfusionKind.CANCEL), a_full_set(10, temperature_c="39.5")]
    )
    assert found.episodes == ()


# What is in force when.


def book_with(*overrides: Override) -> RuleBook:
    return RuleBook.of([(START, single_signs())], overrides)


def fever_at_38_5(starts: float, ends: float | None) -> Override:
    until = None if ends is None else minute(ends)
    return Override("override:1", "temperature_38", Decimal("38.5"), minute(starts), until)


@pytest.mark.parametrize(
    ("at", "finds"),
    [
        pytest.param(29, True, id="before it starts"),
        pytest.param(30, False, id="from its start"),
        pytest.param(59, False, id="until its end"),
        pytest.param(60, True, id="no longer at its end"),
    ],
)
def test_a_reading_is_judged_by_the_overrides_of_its_own_moment(at: float, finds: bool) -> None:
    events = [*a_course(stop=None), a_full_set(at, temperature_c="38.2")]
    found = watched(events, book=book_with(fever_at_38_5(30, 60)))
    assert bool(found.findings) is finds
    assert found.regime == ("bat_default@1" if finds else "bat_default@1+override:1")


def test_a_reading_that_arrives_late_is_judged_by_the_rules_of_its_own_moment() -> None:
    later = rules_with(
        a_rule("fever", high={"compare": {"signal": "temperature_c", "op": ">=", "value": "37.0"}}), version=2
    )
    book = RuleBook.of([(START, default_rules()), (minute(100), later)])
    events = [*a_course(), a_full_set(50, temperature_c="37.5")]
    assert watched(events, book=book, until=150).episodes == ()
    after = watched([*events, a_full_set(101, temperature_c="37.5")], book=book)
    assert the_episode("fever", after).rule_set == "bat_default@2"


def test_a_new_rule_set_first_looks_on_for_its_longest_look_back() -> None:
    warm = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}
    twice = {"sustained": {"condition": warm, "readings": 2, "within_minutes": 60}}
    book = RuleBook.of(
        [(START, rules_with()), (minute(100), rules_with(a_rule("lasting", high=twice), version=2))]
    )
    readings = [a_full_set(at, temperature_c="38.2") for at in (30, 90, 105)]
    found = watched([*a_course(), *readings], book=book)
    assert the_episode("lasting", found).raised_at == minute(105)
    assert book.resume_before(minute(100)) == minute(40)


def test_without_any_activation_there_is_no_rule_book() -> None:
    with pytest.raises(ValueError, match="at least one"):
        RuleBook.of([])


# A rule that fails.


def broken_rule() -> dict[str, Any]:
    """It asks for a device that `failing_book` makes a comparison fail on."""
    return a_rule("broken", high={"compare": {"signal": "oxygen_device", "op": "=", "value": "ventilator"}})


def failing_book(monkeypatch: pytest.MonkeyPatch) -> RuleBook:
    from monitoring.core import leaves

    def equal(value: object, than: object) -> bool:
        if than == "ventilator":
            raise ArithmeticError("no such comparison")
        return value == than

    monkeypatch.setattr(leaves, "TESTS", {**leaves.TESTS, "=": equal})
    rules = rules_with(*default_documents(without=["hypotension"]), broken_rule())
    return RuleBook.of([(START, rules)])


def test_a_broken_rule_never_costs_another(monkeypatch: pytest.MonkeyPatch) -> None:
    book = failing_book(monkeypatch)
    found = watched([*a_course(), a_full_set(10, temperature_c="39.5")], book=book)
    assert the_episode("fever", found).priority is Priority.HIGH
    system = the_episode("rule_error.broken", found)
    assert (system.raised_at, system.priority, system.is_of_the_system) == (minute(10), Priority.HIGH, True)
    assert found.rules_failed == ("broken",)
    assert found.failures[0].error == "ArithmeticError: no such comparison"


def test_a_sign_that_a_broken_rule_reads_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watched([*a_course(), a_full_set(10)], book=failing_book(monkeypatch))
    assert found.signs["oxygen_device"].status is Status.UNKNOWN
    assert found.signs["temperature_c"].status is Status.NORMAL


def test_a_rule_that_can_be_judged_again_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    book = failing_book(monkeypatch)
    found = watched([*a_course(), a_full_set(10), a_full_set(20, oxygen_device=None)], book=book)
    assert the_episode("rule_error.broken", found).cleared_at == minute(20)
    assert found.rules_failed == ()


def test_events_of_one_moment_are_read_in_the_order_of_their_kinds() -> None:
    at_one_moment: list[Event] = [
        symptom(0, "rigors", Extent.STOP),
        a_full_set(0),
        Intervention(START, "i", "antipyretic", Extent.POINT),
        Symptom(START, "s", "rigors", Extent.START),
        *a_course(stop=None),
    ]
    kinds = [type(event).__name__ for event in sorted(at_one_moment, key=position)]
    assert kinds == ["InfusionEvent", "Baseline", "Intervention", "Symptom", "Observation", "Symptom"]


def test_a_state_of_another_core_version_is_refused() -> None:
    data = state_data.to_data(empty(watch_for=WATCH_FOR))
    with pytest.raises(state_data.OtherCoreVersion, match="fold anew"):
        state_data.from_data({**data, "core_version": watch.CORE_VERSION + 1})


def test_moments_are_aware() -> None:
    assert isinstance(START, datetime)
    assert START.tzinfo is not None
