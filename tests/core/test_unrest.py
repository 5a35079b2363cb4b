"""An alarm asks for more until enough complete sets were normal, and nothing less than that ends it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core import state_data
from monitoring.core.events import Event, Extent, InfusionKind, Symptom
from monitoring.core.rule_book import RuleBook
from monitoring.core.unrest import Unrest
from monitoring.core.watch import Watched

from .builders import START, a_full_set, a_rule, a_set, minute, rules_with, turn, watched

CALM: dict[str, Any] = {}
RED = {"temperature_c": "40.2"}


def reaches(signal: str, op: str, value: str) -> dict[str, Any]:
    return {"compare": {"signal": signal, "op": op, "value": value}}


RIGORS = {"event": {"family": "symptom", "kinds": ["rigors"]}}
BOOK = RuleBook.of(
    [
        (
            START,
            rules_with(
                a_rule(
                    "fever",
                    high=reaches("temperature_c", ">=", "39.5"),
                    medium=reaches("temperature_c", ">=", "38.0"),
                ),
                a_rule("hypotension", high=reaches("systolic_mmhg", "<", "90")),
                a_rule("rigors", clears={"stop": {"kinds": ["rigors"]}}, medium=RIGORS),
            ),
        )
    ]
)


def fold(*events: Event) -> Watched:
    begin = [turn(0, InfusionKind.START), turn(10, InfusionKind.STOP)]
    return watched([*begin, *events], book=BOOK, until=600)


def unrest(*events: Event) -> Unrest | None:
    return fold(*events).unrest


def since(found: Unrest | None) -> datetime | None:
    return None if found is None else found.since


@pytest.mark.parametrize(
    ("sets", "is_over"),
    [
        pytest.param([RED], False, id="one red set"),
        pytest.param([RED, CALM], False, id="one normal set is not enough"),
        pytest.param([RED, CALM, CALM], True, id="two normal sets"),
        pytest.param([RED, CALM, RED, CALM], False, id="red between: counted anew"),
        pytest.param([RED, CALM, {"spo2_percent": None}], False, id="the second lacks a part"),
        pytest.param([RED, CALM, {"spo2_percent": None}, CALM], True, id="what lacks a part resets nothing"),
        pytest.param([RED, *[{"temperature_c": None}] * 6], False, id="the red sign is not taken again"),
        pytest.param([RED, *[{"temperature_c": "38.2"}] * 6], False, id="less red is not normal"),
    ],
)
def test_only_enough_complete_normal_sets_end_an_alarm(sets: list[Any], is_over: bool) -> None:
    found = unrest(*(a_full_set(20 + 15 * n, **parts) for n, parts in enumerate(sets)))
    assert since(found) == (None if is_over else minute(20))


def test_sets_minutes_apart_are_one_observation() -> None:
    red = a_full_set(20, **RED)
    assert unrest(red, *(a_full_set(at) for at in (21, 22, 23, 24))) is not None
    assert unrest(red, *(a_full_set(at) for at in (21, 24, 29))) is None


def test_a_rigor_alarms_and_its_stop_alone_ends_nothing() -> None:
    rigor = Symptom(minute(20), "s:1", "rigors", Extent.START)
    stop = Symptom(minute(30), "s:2", "rigors", Extent.STOP)
    assert since(unrest(rigor, a_full_set(25), stop)) == minute(20)
    assert unrest(rigor, stop, a_full_set(35), a_full_set(50)) is None


def test_at_home_temperatures_alone_count() -> None:
    home = turn(60, InfusionKind.DISCHARGE)
    temperatures = [a_set(at, temperature_c="36.8") for at in (130, 190)]
    assert unrest(home, a_set(70, **RED), *temperatures) is None
    assert unrest(a_set(70, **RED), *temperatures) is not None


def test_a_medium_finding_asks_for_no_more() -> None:
    assert unrest(a_full_set(20, temperature_c="38.2")) is None


parts = st.sampled_from(
    [RED, CALM, {"temperature_c": None}, {"systolic_mmhg": "82"}, {"heart_rate_bpm": None}]
)


@settings(deadline=None, max_examples=60)
@for_all(st.lists(st.tuples(st.integers(1, 40), parts), min_size=1, max_size=12), st.integers(0, 11))
def test_leaving_a_part_out_never_ends_an_alarm_sooner(sets: list[tuple[int, Any]], place: int) -> None:
    at, told = 20, []
    for step, values in sets:
        at += step
        told.append((at, values))
    less = [
        (when, {**values, "spo2_percent": None} if n >= place and values is not RED else values)
        for n, (when, values) in enumerate(told)
    ]
    whole = unrest(*(a_full_set(when, **values) for when, values in told))
    lacking = unrest(*(a_full_set(when, **values) for when, values in less))
    assert lacking is not None or whole is None


def test_it_is_stored_with_the_state() -> None:
    found = fold(a_full_set(20, **RED), a_full_set(35))
    assert found.state.unrest == Unrest(minute(20), 1, minute(35))
    assert state_data.from_data(state_data.to_data(found.state)) == found.state
