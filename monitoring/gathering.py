"""What an evaluation must know: the events to step, the state to step them from, the schedule as it is known.

An event in order costs the new rows and the stored state; a late one resumes from the checkpoint before it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

import msgspec

from accounts.statements import fetch
from monitoring import timeline
from monitoring.core import state_data
from monitoring.core.events import InfusionEvent
from monitoring.core.schedule import Course, Due, Taken, standing
from monitoring.core.state import CORE_VERSION, State, empty
from monitoring.judgement import KEPT, Schedule, Turn
from monitoring.locking import Held
from monitoring.models import Checkpoint
from monitoring.rule_sets import Book
from monitoring.timeline import Changes, Gathered, Scope
from tracker.services.observations import AHEAD_MAX

DUES = """
SELECT due_at, grace, what, opens_at, recorded_at, reason FROM monitoring_dueobservation
 WHERE infusion_id = %s ORDER BY id
"""


class Record(Protocol):
    """Where the record is read: the tables, or a replay of them as they stood at some version."""

    def changes(self, scope: Scope, after: int, upto: int) -> Changes:
        """What the versions after one and up to another brought."""

    def since(self, scope: Scope, moment: datetime | None, upto: int) -> Gathered:
        """All that stands after the moment, up to a version."""

    def turns(self, scope: Scope, upto: int) -> tuple[list[InfusionEvent], datetime | None]:
        """The infusion's own events that stand, and when the newest row about them was recorded."""

    def sets_taken(self, scope: Scope, moment: datetime | None, upto: int) -> list[Taken]:
        """The sets and temperatures that stand in the watch window, up to a version: all, or those measured
        before the start and from a moment on.
        """

    def state_before(self, infusion_id: int, moment: datetime) -> str | None:
        """The newest stored state before the moment, as JSON."""

    def dues(self, infusion_id: int) -> list[Due]:
        """Every due time that was ever written for the infusion."""

    def over(self, infusion_ids: Collection[int]) -> dict[int, list[str]]:
        """The episodes kept with each infusion's checkpoints, as JSON."""


class Tables:
    """The record as it is stored."""

    changes = staticmethod(timeline.changes)
    since = staticmethod(timeline.since)
    turns = staticmethod(timeline.turns)
    sets_taken = staticmethod(timeline.sets_taken)

    def state_before(self, infusion_id: int, moment: datetime) -> str | None:
        """The newest checkpoint before the moment."""
        rows = Checkpoint.objects.filter(
            infusion_id=infusion_id, through__lt=moment, core_version=CORE_VERSION
        )
        return rows.order_by("-through").values_list("state", flat=True).first()

    def dues(self, infusion_id: int) -> list[Due]:
        """The due rows, in the order in which they were written."""
        return [Due(*row) for row in fetch(DUES, [infusion_id])]

    def over(self, infusion_ids: Collection[int]) -> dict[int, list[str]]:
        """The episodes kept with each infusion's checkpoints, as JSON."""
        found: dict[int, list[str]] = {number: [] for number in infusion_ids}
        rows = Checkpoint.objects.filter(infusion_id__in=infusion_ids).exclude(over="[]").order_by("through")
        for number, text in rows.values_list("infusion_id", "over"):
            found[number].append(text)
        return found


def gather(record: Record, held: Held, book: Book) -> tuple[Gathered, State, Turn | None]:
    """What must be stepped, the state to step it from, and the infusion's course when that has changed."""
    stored = _stored_state(held)
    changed_from = _rules_changed_from(held, book)
    if stored is None or stored.through is None:
        return record.since(held.scope, None, held.version), _empty(held), _turn(record, held)
    changes = record.changes(held.scope, held.seen_version, held.version)
    moments = [event.at for event in changes.news.events]
    moments += [at for at in (changes.again_from, changed_from) if at is not None]
    earliest = min(moments, default=None)
    turn = _turn(record, held) if changes.turned else None
    if earliest is None or (
        earliest > stored.through and changes.again_from is None and changed_from is None
    ):
        return changes.news, stored, turn
    begins = changes.turned and stored.started_at is None  # now what came before the start is read as well
    resume = stored if earliest > stored.through else _checkpoint_before(record, held, earliest)
    resume = _empty(held) if begins else resume
    gathered = record.since(held.scope, resume.through, held.version)
    recorded = [at for at in (gathered.recorded_at, changes.news.recorded_at) if at is not None]
    gathered.recorded_at = max(recorded, default=None)
    gathered.corrected = changes.again_from is not None
    return gathered, resume, turn


def _empty(held: Held) -> State:
    return empty(watch_for=held.watch_for)


def _stored_state(held: Held) -> State | None:
    """The stored fold; None when there is none, or another core or other watch hours made it."""
    if not held.state or held.core_version != CORE_VERSION:
        return None
    state = state_data.from_data(msgspec.json.decode(held.state))
    return state if state.watch_for == held.watch_for else None


def _turn(record: Record, held: Held) -> Turn:
    events, recorded_at = record.turns(held.scope, held.version)
    return Turn(tuple(events), recorded_at)


def _rules_changed_from(held: Held, book: Book) -> datetime | None:
    """How early a book other than the one last judged by reaches back; None when it is the same."""
    if held.rule_book == book.identity or not held.rule_book:
        return None
    return book.changed_since(held.rule_book)


def _checkpoint_before(record: Record, held: Held, moment: datetime) -> State:
    """The newest stored state before the moment, else empty."""
    text = record.state_before(held.infusion_id, moment)
    state = state_data.from_data(msgspec.json.decode(text)) if text else _empty(held)
    return state if state.watch_for == held.watch_for else _empty(held)


def schedule_of(record: Record, held: Held, book: Book, gathered: Gathered, resume: State) -> Schedule | None:
    """The schedule as it is known; None for what was imported after the fact, which nobody was to observe."""
    if held.historical:
        return None
    begun = held.started_at
    rules = book.rules.in_force(begun).rule_set if begun else book.rules.regimes[-1].rule_set
    course = msgspec.json.decode(held.course, type=Course) if held.course else Course()
    if resume.through is None:
        dues, taken = record.dues(held.infusion_id), gathered.taken
    elif gathered.corrected or not _is_kept(held, resume.through):
        dues = record.dues(held.infusion_id)
        first = None
        if _is_kept(held, resume.through - AHEAD_MAX):
            awaited = msgspec.json.decode(held.awaited, type=list[Due])
            still = [due for due in standing(dues) if due.overdue_at > resume.through - AHEAD_MAX]
            dues = list(dict.fromkeys([*awaited, *still]))
            first = min((due.opens_at for due in dues), default=None)
        taken = record.sets_taken(held.scope, first, held.version) if begun else []
    else:  # what comes late is known later than all that has come: it answers only what nothing has answered
        dues = msgspec.json.decode(held.awaited, type=list[Due])
        taken = msgspec.json.decode(held.taken, type=list[Taken]) + gathered.taken
    return Schedule(rules.schedule, course, tuple(dues), tuple(taken), gathered.recorded_at)


def _is_kept(held: Held, resumed_at: datetime) -> bool:
    """True when what the watch keeps of the schedule is enough for one who goes on from that moment."""
    return bool(held.awaited) and held.through is not None and resumed_at >= held.through - KEPT
