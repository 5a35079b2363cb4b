"""The life of an alert: the table tried in full, and each limit by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core.actions import (
    Acknowledge,
    Assess,
    Before,
    Climb,
    Close,
    CloseItself,
    HandOver,
    Join,
    Lapse,
    OptOut,
    Reopen,
    RingAlone,
    See,
    Snooze,
    TellCoordinator,
    Undo,
    Wake,
)
from monitoring.core.alert import Alert, Commitment, Condition, Outcome, Response
from monitoring.core.decisions import (
    Clear,
    Extend,
    KeepPromise,
    MarkUnwatched,
    Move,
    Raise,
    Reactivate,
    Retract,
    StillTrue,
    Worsen,
)
from monitoring.core.escalation import DEFAULT_LADDER, Ladder
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import (
    TABLE,
    Action,
    Reason,
    Refusal,
    apply,
    due_action,
    next_due,
    raised,
)

from .builders import a_course, a_full_set, minute, the_episode, watched

EPISODE = the_episode("fever", watched([*a_course(), a_full_set(0, temperature_c="38.5")]))
REOPENS = {Priority.HIGH: timedelta(minutes=60), Priority.MEDIUM: timedelta(hours=4)}


def an_alert(**fields: Any) -> Alert:
    """A fever that was raised at minute 0, medium unless the test says otherwise."""
    return replace(raised(Raise(EPISODE), "1", minute(0), REOPENS), **fields)


def in_state(condition: Condition, response: Response, priority: Priority = Priority.MEDIUM) -> Alert:
    cleared_at = minute(5) if condition is Condition.CLEARED else None
    alert = an_alert(
        condition=condition,
        response=response,
        priority=priority,
        told_priority=priority,
        cleared_at=cleared_at,
    )
    if response is Response.ACKNOWLEDGED:
        return replace(alert, acknowledged_at=minute(5), until=minute(15))
    if response is Response.ASSESSED:
        return replace(alert, assessed_at=minute(5), outcome=Outcome.EXPECTED)
    return alert


BEFORE = Before({"temperature_c": Decimal("38.5")}, Priority.MEDIUM)
ACTIONS: list[Action] = [
    See("nurse"),
    Acknowledge("nurse", Commitment.REPEAT_VITALS, minute(1010)),
    Undo("nurse", BEFORE, timedelta(seconds=15)),
    Snooze("nurse", minute(1030), "asleep"),
    OptOut("charge nurse", "comfort care"),
    Assess("investigator", Outcome.ACTIONED),
    HandOver("nurse", "Dr Weber"),
    Close("investigator", Outcome.ACTIONED),
    Climb(),
    Lapse(),
    Wake(),
    Reopen(),
    TellCoordinator(),
    CloseItself(),
    Join(),
    RingAlone(),
    Move("1", minute(-5)),
    Extend("1", EPISODE),
    Worsen("1", EPISODE, "priority"),
    StillTrue("1"),
    KeepPromise("1"),
    Clear("1", minute(900), "normal_sets"),
    Reactivate("1", "true_again"),
    Retract("1", "evidence_corrected"),
    MarkUnwatched("1", "watch_ended"),
]
STATES = list(product(Condition, Response, Priority))
BY_EVALUATION = (Move, Extend, Worsen, StillTrue, KeepPromise, Clear, Reactivate, Retract, MarkUnwatched)
TO_OPEN = (Worsen, Lapse, StillTrue, Reactivate, Reopen)


def test_every_action_has_its_row() -> None:
    assert {type(action) for action in ACTIONS} == set(TABLE)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
@pytest.mark.parametrize(("condition", "response", "priority"), STATES)
def test_what_may_follow_what(
    condition: Condition, response: Response, priority: Priority, action: Action
) -> None:
    before = in_state(condition, response, priority)
    after = apply(before, action, minute(1000))
    row = TABLE[type(action)]
    if condition not in row.conditions or response not in row.responses:
        assert isinstance(after, Refusal)
        return
    if isinstance(after, Refusal):
        assert after.reason is not Reason.NOT_NOW
        return
    if after.condition is not before.condition:
        assert isinstance(action, BY_EVALUATION)
    if after.response is not before.response:
        by_people_or_time = not isinstance(action, BY_EVALUATION)
        assert by_people_or_time or (isinstance(action, TO_OPEN) and after.response is Response.OPEN)
    if after.response is Response.CLOSED and before.response is not Response.CLOSED:
        assert after.condition is not Condition.ACTIVE
        assert isinstance(action, Close | CloseItself)
    if isinstance(action, CloseItself):
        assert (priority, condition) == (Priority.LOW, Condition.CLEARED)


@settings(deadline=None, max_examples=200)
@for_all(st.lists(st.sampled_from(ACTIONS), max_size=12))
def test_no_path_closes_an_alert_that_is_active_and_a_closed_one_has_no_due_time(
    actions: list[Action],
) -> None:
    alert = an_alert()
    for number, action in enumerate(actions):
        after = apply(alert, action, minute(1000 + number))
        if isinstance(after, Alert):
            if after.response is Response.CLOSED and alert.response is not Response.CLOSED:
                assert alert.condition is not Condition.ACTIVE
            alert = after
        if alert.response is Response.CLOSED:
            assert next_due(alert, DEFAULT_LADDER) is None
        if alert.response is Response.OPEN and alert.condition is Condition.ACTIVE:
            has_next = next_due(alert, DEFAULT_LADDER) is not None or alert.joined_at is not None
            assert has_next or alert.priority is not Priority.HIGH


@pytest.mark.parametrize(
    ("priority", "commitment", "minutes", "reason"),
    [
        pytest.param(Priority.HIGH, Commitment.REPEAT_VITALS, 60, None, id="high: an hour"),
        pytest.param(
            Priority.HIGH, Commitment.REPEAT_VITALS, 61, Reason.UNTIL_TOO_LATE, id="high: no longer"
        ),
        pytest.param(Priority.HIGH, Commitment.AT_BEDSIDE, 10, None, id="at the bedside now: ten minutes"),
        pytest.param(
            Priority.MEDIUM, Commitment.AT_BEDSIDE, 11, Reason.UNTIL_TOO_LATE, id="bedside: no longer"
        ),
        pytest.param(
            Priority.HIGH, Commitment.KNOWN_EXPECTED, 61, Reason.UNTIL_TOO_LATE, id="known, expected"
        ),
        pytest.param(Priority.MEDIUM, Commitment.REPEAT_VITALS, 240, None, id="medium: four hours"),
        pytest.param(
            Priority.MEDIUM, Commitment.REPEAT_VITALS, 241, Reason.UNTIL_TOO_LATE, id="medium: no longer"
        ),
        pytest.param(Priority.MEDIUM, Commitment.REPEAT_VITALS, 0, Reason.UNTIL_PAST, id="now is no promise"),
    ],
)
def test_an_acknowledgement_says_until_when(
    priority: Priority, commitment: Commitment, minutes: int, reason: Reason | None
) -> None:
    action = Acknowledge("nurse", commitment, minute(minutes), "as in the last cycle")
    after = apply(an_alert(priority=priority), action, minute(0))
    assert (after.reason if isinstance(after, Refusal) else None) is reason


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        pytest.param("as in the last cycle", None, id="with words"),
        pytest.param(" ", Reason.NEEDS_REASON, id="blanks are none"),
    ],
)
def test_known_and_expected_says_why(note: str, reason: Reason | None) -> None:
    action = Acknowledge("charge nurse", Commitment.KNOWN_EXPECTED, minute(30), note)
    after = apply(an_alert(), action, minute(0))
    assert (after.reason if isinstance(after, Refusal) else None) is reason


@pytest.mark.parametrize(
    ("priority", "minutes", "why", "reason"),
    [
        pytest.param(Priority.HIGH, 60, "asleep", None, id="high: an hour"),
        pytest.param(Priority.HIGH, 61, "asleep", Reason.UNTIL_TOO_LATE, id="high: no longer"),
        pytest.param(Priority.LOW, 240, "asleep", None, id="low: four hours"),
        pytest.param(Priority.LOW, 241, "asleep", Reason.UNTIL_TOO_LATE, id="low: no longer"),
        pytest.param(Priority.LOW, 30, " ", Reason.NEEDS_REASON, id="never without a reason"),
    ],
)
def test_a_snooze_has_a_limit_and_a_reason(
    priority: Priority, minutes: int, why: str, reason: Reason | None
) -> None:
    after = apply(an_alert(priority=priority), Snooze("charge nurse", minute(minutes), why), minute(0))
    assert (after.reason if isinstance(after, Refusal) else None) is reason


@pytest.mark.parametrize(
    ("alert", "outcome", "reason"),
    [
        pytest.param(an_alert(), Outcome.ACTIONED, Reason.STILL_ACTIVE, id="an active one is never closed"),
        pytest.param(
            in_state(Condition.ACTIVE, Response.ASSESSED),
            Outcome.ACTIONED,
            Reason.STILL_ACTIVE,
            id="nor assessed",
        ),
        pytest.param(
            in_state(Condition.CLEARED, Response.OPEN), Outcome.ACTIONED, None, id="a cleared one may be"
        ),
        pytest.param(
            in_state(Condition.CLEARED, Response.OPEN),
            Outcome.ARTEFACT,
            Reason.READING_NOT_VOIDED,
            id="an artefact is a reading that was voided",
        ),
        pytest.param(
            in_state(Condition.RETRACTED, Response.OPEN), Outcome.ARTEFACT, None, id="voided, retracted"
        ),
        pytest.param(
            in_state(Condition.UNWATCHED, Response.OPEN),
            Outcome.ACTIONED,
            Reason.NOT_HANDED_OVER,
            id="unwatched",
        ),
        pytest.param(
            an_alert(condition=Condition.UNWATCHED, handed_over_to="Dr Weber"),
            Outcome.ACTIONED,
            None,
            id="handed over",
        ),
    ],
)
def test_closing(alert: Alert, outcome: Outcome, reason: Reason | None) -> None:
    after = apply(alert, Close("investigator", outcome), minute(20))
    assert (after.reason if isinstance(after, Refusal) else None) is reason


def test_a_hand_over_needs_a_named_person() -> None:
    unwatched = an_alert(condition=Condition.UNWATCHED)
    assert apply(unwatched, HandOver("nurse", " "), minute(1)) == Refusal(
        HandOver("nurse", " "), Reason.NEEDS_PERSON
    )
    after = apply(unwatched, HandOver("nurse", "Dr Weber"), minute(1))
    assert isinstance(after, Alert)
    assert next_due(after, DEFAULT_LADDER) is None


def live(alert: Alert, until: float, ladder: Ladder = DEFAULT_LADDER) -> list[tuple[float, str]]:
    """What time alone does to an alert, by the minute."""
    happened = []
    while (due := next_due(alert, ladder)) is not None and due <= minute(until):
        action = due_action(alert, ladder, due)
        assert action is not None
        after = apply(alert, action, due)
        assert isinstance(after, Alert), after
        happened.append(((due - minute(0)).total_seconds() / 60, type(action).__name__))
        alert = after
    return happened


def test_a_high_alert_climbs_its_ladder_and_goes_on_until_somebody_answers() -> None:
    assert [at for at, _ in live(an_alert(priority=Priority.HIGH), 25)] == [0, 3, 6, 12, 17, 22]


def test_a_medium_alert_climbs_three_rungs_and_a_low_one_none() -> None:
    assert [at for at, _ in live(an_alert(), 600)] == [0, 10, 20]
    assert live(an_alert(priority=Priority.LOW), 600) == []


def test_a_broken_promise_rings_the_next_rung_at_once() -> None:
    alert = replace(in_state(Condition.ACTIVE, Response.ACKNOWLEDGED, Priority.HIGH), rung=1)
    assert live(alert, 30) == [(15, "Lapse"), (15, "Climb"), (18, "Climb"), (24, "Climb"), (29, "Climb")]


def test_a_promise_broken_after_the_last_rung_rings_that_rung_again() -> None:
    alert = replace(in_state(Condition.ACTIVE, Response.ACKNOWLEDGED), rung=3)
    assert live(alert, 600) == [(15, "Lapse"), (15, "Climb")]


def test_a_kept_promise_holds_for_as_long_as_an_acknowledgement_may_and_then_opens_again() -> None:
    promised = apply(an_alert(), Acknowledge("nurse", Commitment.REPEAT_VITALS, minute(10)), minute(0))
    assert isinstance(promised, Alert)
    kept = apply(promised, KeepPromise("1"), minute(8))
    assert isinstance(kept, Alert)
    assert kept.response is Response.ACKNOWLEDGED
    assert live(kept, 250)[0] == (240, "Lapse")


def test_what_was_assessed_and_is_still_true_opens_again() -> None:
    assert live(in_state(Condition.ACTIVE, Response.ASSESSED, Priority.HIGH), 66)[0] == (65, "Reopen")
    assert live(in_state(Condition.ACTIVE, Response.ASSESSED), 246)[0] == (245, "Reopen")
    assert live(in_state(Condition.ACTIVE, Response.ASSESSED, Priority.LOW), 9999) == []


def test_a_snoozed_alert_is_silent_and_rings_when_the_snooze_is_over() -> None:
    snoozed = apply(an_alert(rung=1), Snooze("charge nurse", minute(60), "asleep"), minute(5))
    assert isinstance(snoozed, Alert)
    assert live(snoozed, 70) == [(60, "Wake"), (60, "Climb"), (70, "Climb")]


def test_what_cleared_stops_climbing_and_goes_to_the_coordinator_after_four_hours() -> None:
    cleared = replace(in_state(Condition.CLEARED, Response.OPEN), rung=2)
    assert live(cleared, 600) == [(245, "TellCoordinator")]
    assert live(replace(cleared, response=Response.ASSESSED), 600) == []


def test_what_cleared_before_anybody_was_told_is_told_once() -> None:
    assert live(in_state(Condition.CLEARED, Response.OPEN, Priority.HIGH), 600) == [
        (0, "Climb"),
        (245, "TellCoordinator"),
    ]


def test_a_low_alert_closes_itself_when_it_clears_and_only_then() -> None:
    assert live(in_state(Condition.CLEARED, Response.OPEN, Priority.LOW), 600) == [(5, "CloseItself")]
    assert live(in_state(Condition.RETRACTED, Response.OPEN, Priority.LOW), 600) == []


def test_a_higher_priority_begins_the_climb_anew_and_a_worse_value_goes_on_with_it() -> None:
    climbing = an_alert(rung=2)
    higher = replace(EPISODE, priority=Priority.HIGH)
    anew = apply(climbing, Worsen("1", higher, "priority"), minute(15))
    on = apply(climbing, Worsen("1", EPISODE, "temperature_c"), minute(15))
    assert isinstance(anew, Alert)
    assert isinstance(on, Alert)
    assert (anew.rung, anew.climbs_from) == (0, minute(15))
    assert (on.rung, on.climbs_from) == (2, minute(0))


def test_seeing_is_noted_once_and_answers_nothing() -> None:
    seen = apply(an_alert(), See("nurse"), minute(2))
    assert isinstance(seen, Alert)
    assert (seen.seen_at, seen.response) == (minute(2), Response.OPEN)
    assert apply(seen, See("charge nurse"), minute(3)) == seen


def test_an_acknowledgement_notes_the_worst_that_its_author_knew() -> None:
    alert = an_alert(told={"temperature_c": Decimal("38.0")})
    after = apply(alert, Acknowledge("nurse", Commitment.AT_BEDSIDE, minute(5)), minute(0))
    assert isinstance(after, Alert)
    assert after.told == {"temperature_c": Decimal("38.5")}


def test_opting_out_needs_a_reason_and_ends_when_it_gets_worse() -> None:
    alert = an_alert()
    assert apply(alert, OptOut("charge nurse", " "), minute(1)) == Refusal(
        OptOut("charge nurse", " "), Reason.NEEDS_REASON
    )
    out = apply(alert, OptOut("charge nurse", "comfort care"), minute(1))
    assert isinstance(out, Alert)
    assert next_due(out, DEFAULT_LADDER) is None
    higher = replace(EPISODE, priority=Priority.HIGH)
    for worse in (Worsen("1", higher, "priority"), Worsen("1", EPISODE, "temperature_c")):
        again = apply(out, worse, minute(2))
        assert isinstance(again, Alert)
        assert next_due(again, DEFAULT_LADDER) is not None


def acknowledged(by: str = "nurse") -> Alert:
    after = apply(an_alert(rung=1), Acknowledge(by, Commitment.REPEAT_VITALS, minute(20)), minute(5))
    assert isinstance(after, Alert)
    return after


@pytest.mark.parametrize(
    ("by", "seconds", "reason"),
    [
        pytest.param("nurse", 15, None, id="the last moment"),
        pytest.param("nurse", 15.001, Reason.TOO_LATE_TO_UNDO, id="a moment too late"),
        pytest.param("charge nurse", 1, Reason.NOT_YOURS, id="somebody else's promise"),
    ],
)
def test_an_acknowledgement_is_taken_back_by_whoever_gave_it_within_moments(
    by: str, seconds: float, reason: Reason | None
) -> None:
    undo = Undo(by, BEFORE, timedelta(seconds=15))
    after = apply(acknowledged(), undo, minute(5) + timedelta(seconds=seconds))
    assert (after.reason if isinstance(after, Refusal) else None) is reason


def test_what_is_taken_back_climbs_on_where_it_was_and_stays_seen() -> None:
    before, undo = an_alert(rung=1), Undo("nurse", BEFORE, timedelta(seconds=15))
    after = apply(acknowledged(), undo, minute(5))
    assert after == replace(before, seen_at=minute(5))


def test_taking_back_a_second_promise_leaves_the_first() -> None:
    first = acknowledged()
    second = apply(first, Acknowledge("charge nurse", Commitment.AT_BEDSIDE, minute(16)), minute(6))
    assert isinstance(second, Alert)
    before = Before(
        first.told, first.told_priority, first.acknowledged_at, "nurse", first.commitment, first.until
    )
    assert apply(second, Undo("charge nurse", before, timedelta(seconds=15)), minute(6)) == first
