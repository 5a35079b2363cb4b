"""Which alert explains which, and when the messages of a cause speak for what it explains."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitoring.core.actions import Acknowledge, Assess, Join, OptOut, RingAlone, Snooze
from monitoring.core.alert import Alert, Commitment, Condition, Outcome
from monitoring.core.causes import causes
from monitoring.core.decisions import Clear, Extend, MarkUnwatched, Raise, Retract, Worsen
from monitoring.core.escalation import DEFAULT_LADDER
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import Action, apply, due_action, next_due, raised, speaks_for

from .builders import a_course, a_full_set, default_rules, minute, the_episode, watched

EPISODE = the_episode("fever", watched([*a_course(), a_full_set(0, temperature_c="38.5")]))
LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
PROMISE = Acknowledge("nurse", Commitment.REPEAT_VITALS, minute(30))


def an_alert(problem: str, priority: Priority = HIGH, at: float = 0, **fields: Any) -> Alert:
    episode = replace(EPISODE, problem=problem, priority=priority, raised_at=minute(at))
    reopens = {HIGH: timedelta(minutes=60)}
    return replace(raised(Raise(episode), problem, minute(at), reopens), **fields)


def after(alert: Alert, *steps: tuple[Action, float]) -> Alert:
    for action, at in steps:
        changed = apply(alert, action, minute(at))
        assert isinstance(changed, Alert), changed
        alert = changed
    return alert


@pytest.mark.parametrize(
    ("alerts", "found"),
    [
        pytest.param(
            [an_alert("crs"), an_alert("fever", MEDIUM)], {"fever": "crs"}, id="a syndrome and its sign"
        ),
        pytest.param(
            [an_alert("crs"), an_alert("hypotension"), an_alert("dizziness", MEDIUM)],
            {"hypotension": "crs", "dizziness": "crs"},
            id="the head of the chain, not its middle",
        ),
        pytest.param(
            [an_alert("fever", MEDIUM), an_alert("heart_rate", HIGH)],
            {},
            id="never what is lower than itself",
        ),
        pytest.param(
            [an_alert("crs", condition=Condition.CLEARED), an_alert("fever")], {}, id="never what is over"
        ),
        pytest.param(
            [an_alert("fever", at=0), an_alert("hypotension", at=5), an_alert("shock_index", MEDIUM)],
            {"shock_index": "hypotension"},
            id="of two the newest",
        ),
    ],
)
def test_what_explains_what(alerts: list[Alert], found: dict[str, str]) -> None:
    assert causes(alerts, default_rules().rules) == found


def test_a_known_cause_stays_the_cause_while_it_can() -> None:
    alerts = [an_alert("fever", at=0), an_alert("hypotension", at=5), an_alert("shock_index", MEDIUM)]
    rules = default_rules().rules
    assert causes(alerts, rules, {"shock_index": "fever"}) == {"shock_index": "fever"}


CAUSE = an_alert("crs")
SIGN = an_alert("hypotension")
HIGHER = replace(EPISODE, priority=HIGH)


@pytest.mark.parametrize(
    ("cause", "sign", "speaks"),
    [
        pytest.param(CAUSE, SIGN, True, id="while it rings"),
        pytest.param(after(CAUSE, (PROMISE, 5)), SIGN, True, id="while it is answered"),
        pytest.param(
            after(CAUSE, (Assess("doctor", Outcome.EXPECTED), 5)), SIGN, True, id="assessed: it opens again"
        ),
        pytest.param(
            an_alert("crs", LOW), an_alert("fever", LOW), False, id="not where it has no step to come"
        ),
        pytest.param(an_alert("crs", MEDIUM), SIGN, False, id="not for what is higher"),
        pytest.param(
            after(CAUSE, (Snooze("charge", minute(30), "asleep"), 5)), SIGN, False, id="not while snoozed"
        ),
        pytest.param(after(CAUSE, (OptOut("charge", "comfort"), 5)), SIGN, False, id="not opted out"),
        pytest.param(
            after(CAUSE, (Clear("1", minute(9), "normal_sets"), 9)), SIGN, False, id="not once over"
        ),
        pytest.param(after(CAUSE, (Retract("1", "evidence_corrected"), 9)), SIGN, False, id="not retracted"),
        pytest.param(after(CAUSE, (MarkUnwatched("1", "watch_ended"), 9)), SIGN, False, id="not unwatched"),
        pytest.param(after(CAUSE, (Join(), 0)), SIGN, False, id="not one that another speaks for"),
        pytest.param(
            CAUSE,
            after(SIGN, (PROMISE, 5), (Worsen("1", HIGHER, "systolic_mmhg"), 9)),
            False,
            id="what was answered by itself rings by itself",
        ),
        pytest.param(
            CAUSE, after(SIGN, (OptOut("charge", "comfort"), 5)), False, id="nor what was opted out"
        ),
        pytest.param(
            after(CAUSE, (PROMISE, 5)),
            after(SIGN, (Join(), 0), (RingAlone(), 9)),
            False,
            id="worse than answered",
        ),
        pytest.param(
            after(CAUSE, (PROMISE, 9)),
            after(SIGN, (Join(), 0), (RingAlone(), 5)),
            True,
            id="answered once it rang",
        ),
        pytest.param(
            after(CAUSE, (PROMISE, 5)), an_alert("hypotension", at=9), True, id="new under an answered cause"
        ),
    ],
)
def test_when_a_cause_speaks_for_its_sign(cause: Alert, sign: Alert, speaks: bool) -> None:
    assert speaks_for(cause, sign, DEFAULT_LADDER) is speaks


def test_a_sign_that_its_cause_speaks_for_has_no_step_of_its_own_and_keeps_its_life() -> None:
    joined = after(SIGN, (Join(), 0))
    assert next_due(joined, DEFAULT_LADDER) is None
    grown = after(joined, (Extend("1", HIGHER), 1), (PROMISE, 2))
    assert (grown.joined_at, next_due(grown, DEFAULT_LADDER)) == (None, minute(30))


def test_a_sign_rings_at_once_when_nobody_speaks_for_it_any_more() -> None:
    alone = after(SIGN, (Join(), 0), (RingAlone(), 20))
    assert (alone.climbs_from, alone.rung) == (minute(20), 0)
    assert due_action(alone, DEFAULT_LADDER, minute(20)) is not None


def test_what_cleared_while_its_cause_spoke_for_it_is_not_told_again() -> None:
    over = after(SIGN, (Join(), 0), (Clear("1", minute(9), "normal_sets"), 9))
    assert next_due(over, DEFAULT_LADDER) == minute(9 + 240)
