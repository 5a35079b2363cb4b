"""What an action does to an alert, once it may happen. Each gives the alert as it is afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core.actions import (
    Acknowledge,
    Assess,
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
from monitoring.core.alert import Alert, Condition, Response, worst_by_signal
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
from monitoring.core.episodes import Episode
from monitoring.core.findings import Evidence, Priority, is_worse
from monitoring.core.guards import LONGEST_ACKNOWLEDGEMENT

ACTIVE, CLEARED = Condition.ACTIVE, Condition.CLEARED
RETRACTED, UNWATCHED = Condition.RETRACTED, Condition.UNWATCHED
OPEN, ACKNOWLEDGED = Response.OPEN, Response.ACKNOWLEDGED
ASSESSED, CLOSED = Response.ASSESSED, Response.CLOSED


def raised(
    decision: Raise, alert_id: str, at: datetime, reopens_after: Mapping[Priority, timedelta]
) -> Alert:
    """The new alert of an episode, as `reconcile` decided at `at`."""
    episode = decision.episode
    condition = CLEARED if episode.cleared_at else UNWATCHED if decision.unwatched_because else ACTIVE
    return Alert(
        id=alert_id,
        problem=episode.problem,
        raised_at=episode.raised_at,
        detected_at=at,
        priority=episode.priority,
        rule_set=episode.rule_set,
        condition=condition,
        response=OPEN,
        evidence=episode.evidence,
        told=_worst(episode.evidence),
        told_priority=episode.priority,
        reopens_after=reopens_after,
        late=decision.late,
        masked=episode.masked,
        cleared_at=episode.cleared_at,
        cleared_by=episode.cleared_by,
        grade=episode.grade,
        unwatched_because=decision.unwatched_because,
        climbs_from=at,
    )


def see(alert: Alert, action: See, at: datetime) -> Alert:
    return alert if alert.seen_at is not None else replace(alert, seen_at=at)


def acknowledge(alert: Alert, action: Acknowledge, at: datetime) -> Alert:
    return replace(
        alert,
        response=ACKNOWLEDGED,
        seen_at=alert.seen_at or at,
        acknowledged_at=at,
        acknowledged_by=action.by,
        commitment=action.commitment,
        until=action.until,
        snoozed_until=None,
        joined_at=None,
        told=_worst(alert.evidence),
        told_priority=alert.priority,
    )


def undo(alert: Alert, action: Undo, at: datetime) -> Alert:
    """As if nobody had answered: the climb is where it would be, and what rang is not rung again. That
    somebody saw it stays true, and so does what evaluation has made of it since.
    """
    before = action.before
    return replace(
        alert,
        response=OPEN if before.until is None else ACKNOWLEDGED,
        acknowledged_at=before.acknowledged_at,
        acknowledged_by=before.acknowledged_by,
        commitment=before.commitment,
        until=before.until,
        snoozed_until=before.snoozed_until,
        joined_at=before.joined_at if alert.condition is ACTIVE else None,
        told={**alert.told, **before.told},
        told_priority=min(alert.told_priority, before.told_priority),
    )


def snooze(alert: Alert, action: Snooze, at: datetime) -> Alert:
    return replace(alert, seen_at=alert.seen_at or at, snoozed_until=action.until, joined_at=None)


def opt_out(alert: Alert, action: OptOut, at: datetime) -> Alert:
    return replace(alert, seen_at=alert.seen_at or at, climbs_from=None, joined_at=None)


def assess(alert: Alert, action: Assess, at: datetime) -> Alert:
    return replace(
        alert,
        response=ASSESSED,
        seen_at=alert.seen_at or at,
        assessed_at=at,
        assessed_by=action.by,
        outcome=action.outcome,
        commitment=None,
        until=None,
        snoozed_until=None,
        joined_at=None,
        told=_worst(alert.evidence),
        told_priority=alert.priority,
    )


def hand_over(alert: Alert, action: HandOver, at: datetime) -> Alert:
    return replace(alert, handed_over_to=action.to, seen_at=alert.seen_at or at, joined_at=None)


def close(alert: Alert, action: Close, at: datetime) -> Alert:
    assessed = alert if alert.response is ASSESSED else assess(alert, Assess(action.by, action.outcome), at)
    return replace(assessed, response=CLOSED, outcome=action.outcome, closed_at=at)


def close_itself(alert: Alert, action: CloseItself, at: datetime) -> Alert:
    return replace(alert, response=CLOSED, closed_at=at, until=None, snoozed_until=None)


def climb(alert: Alert, action: Climb, at: datetime) -> Alert:
    return replace(alert, rung=alert.rung + 1)


def lapse(alert: Alert, action: Lapse, at: datetime) -> Alert:
    """Open again, on the rung after the last that was rung."""
    return replace(_reopened(alert, at), rung=alert.rung, rung_from=alert.rung)


def wake(alert: Alert, action: Wake, at: datetime) -> Alert:
    if alert.response is not OPEN:
        return replace(alert, snoozed_until=None)
    return replace(_reopened(alert, at), rung=alert.rung, rung_from=alert.rung)


def reopen(alert: Alert, action: Reopen, at: datetime) -> Alert:
    return _reopened(alert, at)


def join(alert: Alert, action: Join, at: datetime) -> Alert:
    return replace(alert, joined_at=at)


def ring_alone(alert: Alert, action: RingAlone, at: datetime) -> Alert:
    return _reopened(alert, at)


def tell_coordinator(alert: Alert, action: TellCoordinator, at: datetime) -> Alert:
    return replace(alert, coordinator_told_at=at)


def move(alert: Alert, action: Move, at: datetime) -> Alert:
    return replace(alert, raised_at=action.to, late=alert.late or action.late)


def extend(alert: Alert, action: Extend, at: datetime) -> Alert:
    """What people know stays what it was, except where a correction took the worst of it away."""
    episode = action.episode
    told = dict(alert.told)
    for signal, (op, worst) in worst_by_signal(episode.evidence).items():
        if signal not in told or is_worse(op, told[signal], worst):
            told[signal] = worst
    known = min(alert.told_priority, episode.priority)
    return replace(_showing(alert, episode), told=told, told_priority=known)


def worsen(alert: Alert, action: Worsen, at: datetime) -> Alert:
    """Rings again. One that rings already goes on climbing, from the first rung if its priority has risen."""
    episode = action.episode
    told = replace(
        _showing(alert, episode),
        told=_worst(episode.evidence),
        told_priority=episode.priority,
        late=alert.late or action.late,
    )
    rings_already = (
        alert.response is OPEN
        and alert.snoozed_until is None
        and alert.climbs_from is not None
        and not alert.handed_over_to
    )
    if rings_already and episode.priority <= alert.told_priority:
        return told
    return replace(_reopened(told, at), handed_over_to="")


def still_true(alert: Alert, action: StillTrue, at: datetime) -> Alert:
    return _reopened(alert, at)


def keep_promise(alert: Alert, action: KeepPromise, at: datetime) -> Alert:
    """Nothing lapses for as long as an acknowledgement may last; then it opens again if it is still true."""
    begun = alert.acknowledged_at or at
    return replace(alert, until=begun + LONGEST_ACKNOWLEDGEMENT[alert.priority])


def clear(alert: Alert, action: Clear, at: datetime) -> Alert:
    return replace(
        alert,
        condition=CLEARED,
        cleared_at=action.cleared_at,
        cleared_by=action.reason,
        unwatched_because="",
        masked=False,
        snoozed_until=None,
    )


def reactivate(alert: Alert, action: Reactivate, at: datetime) -> Alert:
    """True again: whatever people did before answered for something else."""
    again = replace(alert, condition=ACTIVE, cleared_at=None, cleared_by="", unwatched_because="")
    return _reopened(replace(again, handed_over_to="", coordinator_told_at=None), at)


def retract(alert: Alert, action: Retract, at: datetime) -> Alert:
    return replace(
        alert,
        condition=RETRACTED,
        retracted_because=action.reason,
        unwatched_because="",
        snoozed_until=None,
        until=None,
    )


def mark_unwatched(alert: Alert, action: MarkUnwatched, at: datetime) -> Alert:
    return replace(alert, condition=UNWATCHED, unwatched_because=action.reason)


def _reopened(alert: Alert, at: datetime) -> Alert:
    """Open, with nobody's promise standing, climbing from the first rung."""
    return replace(
        alert,
        response=OPEN,
        commitment=None,
        until=None,
        snoozed_until=None,
        closed_at=None,
        rung=0,
        rung_from=0,
        climbs_from=at,
        joined_at=None,
    )


def _showing(alert: Alert, episode: Episode) -> Alert:
    return replace(
        alert,
        evidence=episode.evidence,
        priority=episode.priority,
        masked=episode.masked,
        grade=episode.grade,
    )


def _worst(evidence: tuple[Evidence, ...]) -> Mapping[str, Decimal]:
    return {signal: value for signal, (_, value) in worst_by_signal(evidence).items()}
