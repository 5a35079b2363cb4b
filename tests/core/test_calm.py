"""A rule that is not judged again says what it would have said: with and without, a watch is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given as for_all
from hypothesis import settings

from monitoring.core import calm, judging, watch
from monitoring.core.calm import Calm
from monitoring.core.events import Event
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import Watched

from .builders import START, a_course, a_full_set, a_rule, a_set, given, minute, rules_with, watched
from .test_watch import records


@contextmanager
def every_rule_judged() -> Iterator[None]:
    with patch.object(Calm, "sight", lambda self, event, now: None):
        yield


def book(*rules: dict[str, Any]) -> RuleBook:
    return RuleBook.of([(START, rules_with(*rules))])


def both(events: list[Event], **options: Any) -> tuple[Watched, Watched]:
    """The watch as it is, and with every rule judged at every event."""
    with every_rule_judged():
        judged = watched(events, **options)
    return watched(events, **options), judged


@settings(max_examples=60, deadline=None)
@for_all(records())
def test_a_watch_is_the_same_with_every_rule_judged_at_every_event(events: list[Event]) -> None:
    calmly, judged = both(events, until=5_000)
    assert calmly == judged


def test_a_long_watch_of_many_patients_is_the_same_too() -> None:
    chance = random.Random(11)
    for _patient in range(25):
        calmly, judged = both(a_stormy_course(chance), until=5_000)
        assert calmly == judged


def a_stormy_course(chance: random.Random) -> list[Event]:
    """Sets of random parts, many on a limit, with doses between them; with a baseline or without."""
    baseline = {"systolic_mmhg": str(chance.choice([95, 120, 150]))} if chance.random() < 0.7 else {}
    events = a_course(stop=30, **baseline) if baseline else a_course(stop=30, oxygen_device="room_air")
    at = 0.0
    for number in range(60):
        at += chance.choice([0, 5, 15, 60])
        parts: dict[str, Any] = {
            "temperature_c": chance.choice([None, "35.9", "37.4", "37.9", "38.0", "39.0", "40.1"]),
            "systolic_mmhg": chance.choice([None, "79", "84", "89", "90", "100", "101", "120", "160", "181"]),
            "diastolic_mmhg": chance.choice([None, "40", "60", "95"]),
            "heart_rate_bpm": chance.choice([None, "39", "50", "80", "110", "121", "140"]),
            "respiratory_rate_per_min": chance.choice([None, "8", "16", "24", "25", "30"]),
            "spo2_percent": chance.choice([None, "85", "90", "92", "94", "97"]),
            "oxygen_device": chance.choice([None, "room_air", "nasal_cannula"]),
            "consciousness": chance.choice([None, "A", "C"]),
            "concern": chance.choice([None, None, None, True]),
        }
        site = chance.choice(["", "oral", "axillary"])
        events.append(a_set(at, key=f"vital_signs:{number}", site=site, **parts))
        if chance.random() < 0.1:
            kind = chance.choice(["antipyretic", "oxygen", "steroid", "vasopressor"])
            events.append(given(at + 1, kind, key=f"intervention:{number}"))
    return events


FEVER = a_rule("fever", medium={"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}})


def judged_at(monkeypatch: pytest.MonkeyPatch, rules: RuleBook, *events: Event) -> list[float]:
    """The minutes of the events at which some rule was judged."""
    found = []
    plain = judging.judge

    def noted(compiled: Any, event: Event, *rest: Any) -> Any:
        found.append((event.at - START) / timedelta(minutes=1))
        return plain(compiled, event, *rest)

    monkeypatch.setattr(calm, "judge", noted)
    watched([*a_course(stop=None), *events], book=rules)
    return [at for at in found if at > 0]


def test_a_second_set_that_lies_between_the_same_limits_is_not_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets = [a_full_set(at, temperature_c=value) for at, value in ((5, "36.8"), (10, "37.0"), (15, "37.99"))]
    assert judged_at(monkeypatch, book(FEVER), *sets) == [5]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"temperature_c": "38.0"}, id="on the limit"),
        pytest.param({"temperature_c": "38.1"}, id="beyond it"),
        pytest.param({"temperature_c": None}, id="not measured"),
    ],
)
def test_a_set_that_looks_different_is_judged(
    monkeypatch: pytest.MonkeyPatch, second: dict[str, Any]
) -> None:
    sets = [a_full_set(5), a_full_set(10, **second)]
    assert judged_at(monkeypatch, book(FEVER), *sets) == [5, 10]


def test_what_is_found_is_judged_anew_each_time_because_it_names_its_readings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets = [a_full_set(at, temperature_c="38.5") for at in (5, 10)]
    assert judged_at(monkeypatch, book(FEVER), *sets) == [5, 10]


def test_a_rule_that_remembers_something_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    hot = FEVER["priorities"]["medium"]
    seen = a_rule("fever", medium={"seen": {"condition": hot, "within_minutes": 60}})
    sets = [a_full_set(5, temperature_c="38.5"), a_full_set(10), a_full_set(15)]
    assert judged_at(monkeypatch, book(seen), *sets) == [5, 10, 15]


def test_a_rule_is_judged_while_an_act_is_its_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    dosed = a_rule("dosed", low={"event": {"family": "intervention", "kinds": ["steroid"]}})
    doses: list[Event] = [given(7, "antipyretic"), given(12, "steroid")]
    sets = [a_full_set(at) for at in (5, 10, 15)]
    assert judged_at(monkeypatch, book(dosed), *sets, *doses) == [5, 12]


def test_what_waits_for_a_moment_is_judged_again_only_when_that_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = {"event": {"family": "infusion", "kinds": ["start"], "running": False, "within_minutes": 60}}
    taken = {"since": started, "signals": ["systolic_mmhg"], "minutes": 30}
    missing = a_rule("missing", low={"absence": taken})
    parts = {"systolic_mmhg": None}
    sets = [a_full_set(at, **parts) for at in (5, 10, 15, 35)]
    assert judged_at(monkeypatch, book(missing), *sets) == [5, 30, 35]


def test_what_answers_an_absence_has_it_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    started = {"event": {"family": "infusion", "kinds": ["start"], "running": False, "within_minutes": 60}}
    taken = {"since": started, "signals": ["systolic_mmhg"], "minutes": 30}
    sets = [a_full_set(5, systolic_mmhg=None), a_full_set(10), a_full_set(15, systolic_mmhg=None)]
    assert 10 in judged_at(monkeypatch, book(a_rule("missing", low={"absence": taken})), *sets)


def test_a_watch_taken_up_earlier_hears_nothing_of_what_was_said_later() -> None:
    started = {"event": {"family": "infusion", "kinds": ["start"], "running": False, "within_minutes": 60}}
    taken = {"since": started, "signals": ["systolic_mmhg"], "minutes": 30}
    rules = book(a_rule("missing", low={"not": {"absence": taken}}))
    begun = watched(a_course(stop=None), book=rules).state

    def at(number: float) -> Watched:
        return watch.watch(begun, [a_set(number, spo2_percent="97")], rules, minute(number))

    later, earlier = at(40), at(10)
    with every_rule_judged():
        assert (later, earlier) == (at(40), at(10))


def test_a_rule_of_a_kind_of_which_nobody_knows_what_it_reads_is_always_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calm, "looks_of", lambda conditions: None)
    calm.calm.cache_clear()
    assert judged_at(monkeypatch, book(FEVER), a_full_set(5), a_full_set(10)) == [5, 10]
    calm.calm.cache_clear()


def test_the_sights_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "SIGHTS_LIMIT", 2)
    rules = book(FEVER)
    sets = [
        a_full_set(1),
        a_full_set(2, temperature_c=None),
        a_full_set(3, temperature_c=None, spo2_percent=None),
    ]
    watched([*a_course(stop=None), *sets], book=rules)
    (seeing,) = rules.regimes[0].calm.seeing.values()
    assert len(seeing.said) <= 2
