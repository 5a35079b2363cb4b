"""Rules tried on a record: the alerts of the fold, and where two rule sets part."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings

from monitoring.core import backtest
from monitoring.core.alert import Condition
from monitoring.core.backtest import History, Parting, Way, parting
from monitoring.core.events import Event
from monitoring.core.findings import Priority
from monitoring.core.rule_book import Override
from monitoring.core.rule_set import RuleSet
from monitoring.core.watch import Watched

from .builders import (
    START,
    WATCH_FOR,
    a_course,
    a_full_set,
    a_rule,
    a_set,
    default_rules,
    minute,
    rules_with,
    single_signs,
    watched,
)
from .test_watch import records


def fever_from(value: str, *, high: str = "40.0", sets: int = 2) -> RuleSet:
    def at_least(number: str) -> dict[str, Any]:
        return {"compare": {"signal": "temperature_c", "op": ">=", "value": number}}

    clears = {
        "sets": {"normal": sets, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}
    }
    return rules_with(a_rule("fever", clears=clears, medium=at_least(value), high=at_least(high)))


def under(rules: RuleSet, *events: Event, until: float = 600) -> Watched:
    return backtest.tried(rules, History((*a_course(), *events), WATCH_FOR, minute(until)))


def parted(first: RuleSet, second: RuleSet) -> Parting:
    found = parting(under(first, *FEVERISH).episodes, under(second, *FEVERISH).episodes)
    assert found is not None
    return found


#: 37.5 at minute 10, 38.5 at 40, 40.0 at 70, then normal.
FEVERISH = (
    a_set(10, temperature_c="37.5"),
    a_set(40, temperature_c="38.5"),
    a_set(70, temperature_c="40.0"),
    a_set(100, temperature_c="36.8"),
    a_set(130, temperature_c="36.8"),
    a_set(160, temperature_c="36.8"),
)


@settings(max_examples=30, deadline=None)
@for_all(records())
def test_each_standing_episode_is_one_alert(events: list[Event]) -> None:
    found = watched(events, until=5_000)
    raised = backtest.alerts(default_rules(), found.episodes, ended=found.ended, at=minute(5_000))
    assert [(one.problem, one.raised_at, one.priority) for one in raised] == [
        (one.problem, one.raised_at, one.priority)
        for one in sorted(found.episodes, key=lambda one: (one.raised_at, one.problem))
    ]


@settings(max_examples=30, deadline=None)
@for_all(records())
def test_a_rule_set_never_parts_from_itself(events: list[Event]) -> None:
    history = History(tuple(events), WATCH_FOR, minute(5_000))
    found = [backtest.tried(default_rules(), history).episodes for _ in range(2)]
    assert parting(*found) is None


@pytest.mark.parametrize(
    ("second", "way", "at"),
    [
        pytest.param(fever_from("37.0"), Way.EARLIER, 10, id="the same fever, seen at its first 37.5"),
        pytest.param(fever_from("39.0"), Way.LATER, 40, id="the same fever, seen at 40.0 only"),
        pytest.param(fever_from("41.0", high="42.0"), Way.DROPPED, 40, id="no fever at all"),
        pytest.param(fever_from("38.0", high="38.1"), Way.HIGHER, 40, id="high from 38.1 on"),
        pytest.param(fever_from("38.0", high="41.0"), Way.LOWER, 70, id="never high"),
        pytest.param(fever_from("38.0", sets=1), Way.CLEARED, 100, id="cleared by one normal set"),
    ],
)
def test_two_rule_sets_part_at_the_first_thing_that_they_tell_differently(
    second: RuleSet, way: Way, at: float
) -> None:
    found = parted(fever_from("38.0"), second)
    assert (found.way, found.at, found.problem) == (way, minute(at), "fever")


def test_what_only_the_second_rule_set_raises_is_added() -> None:
    found = parted(fever_from("41.0", high="42.0"), fever_from("38.0"))
    assert (found.way, found.first) == (Way.ADDED, None)
    assert found.second is not None
    assert found.second.priority is Priority.HIGH


def test_what_is_still_true_when_the_watch_ended_is_unwatched() -> None:
    over = 60 + 48 * 60 + 1
    found = under(fever_from("38.0"), a_set(40, temperature_c="38.5"), until=over)
    (alert,) = backtest.alerts(fever_from("38.0"), found.episodes, ended=found.ended, at=minute(over))
    assert alert.condition is Condition.UNWATCHED


def test_a_subjects_own_threshold_holds_in_a_trial_too() -> None:
    own = Override("own", "temperature_38", Decimal("39.5"), START - timedelta(days=1))
    events = (*a_course(), a_full_set(10, temperature_c="38.6"))
    plain = backtest.tried(single_signs(), History(events, WATCH_FOR, minute(20)))
    spared = backtest.tried(single_signs(), History(events, WATCH_FOR, minute(20), (own,)))
    assert [one.problem for one in plain.episodes] == ["fever"]
    assert spared.episodes == ()
