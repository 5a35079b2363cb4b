"""What one evaluation thinks: the fold over what was gathered, and beside it the schedule. No rows, no clock.

`evaluate` feeds it from the database and applies what it says; `verify` feeds it from a replay and compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from monitoring.core import schedule, state_data
from monitoring.core.episodes import Episode
from monitoring.core.events import Event, InfusionEvent, InfusionKind, in_order
from monitoring.core.reconcile import Watching
from monitoring.core.rule_book import RuleBook
from monitoring.core.rule_set import Phase
from monitoring.core.schedule import Course, Due, Overdue, Taken, Template
from monitoring.core.silence import overdue_episodes
from monitoring.core.watch import State, Watched, watch

#: How far ahead due times are written while an infusion runs and nobody knows its end.
PLANNED_AHEAD = timedelta(hours=4)
#: The plan of a running infusion is lengthened when no more than this is left of it.
LENGTHENED_AT = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The infusion's own events as they stand after one changed, and when that was recorded."""

    events: tuple[InfusionEvent, ...]
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The observation schedule of one infusion, as it is known: what is due, and what was taken."""

    template: Template
    course: Course
    dues: tuple[Due, ...]
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the record says: the fold, the schedule, and the episodes of both since the moment that it resumed
    from.
    """

    since: datetime | None
    watched: Watched
    episodes: tuple[Episode, ...]
    watching: Watching
    schedule: Schedule | None
    overdue: Overdue | None
    new_dues: tuple[Due, ...]
    next_due_at: datetime | None

    @property
    def is_over(self) -> bool:
        """True when nothing more is watched."""
        return self.watched.ended or self.watched.phase is Phase.CANCELLED


def judge(
    resume: State,
    events: Iterable[Event],
    book: RuleBook,
    known: Schedule | None,
    turn: Turn | None,
    as_of: datetime,
) -> Judgement:
    """The judgement at `as_of`. `known` is None where nobody was watching, `turn` where the infusion's course
    is as it was.
    """
    watched = watch(resume, events, book, as_of)
    episodes, overdue, new_dues = watched.episodes, None, tuple[Due, ...]()
    is_over = watched.ended or watched.phase is Phase.CANCELLED
    due = [] if is_over else [watched.next_due_at]
    if known is not None:
        known, new_dues = planned(known, watched, turn, as_of)
        overdue = schedule.overdue(known.dues, known.taken, as_of)
        since = resume.through
        gaps = [
            gap for gap in overdue.gaps if since is None or gap.answered_at is None or gap.answered_at > since
        ]
        begun = watched.state.started_at or as_of
        episodes += overdue_episodes(gaps, book.in_force(begun).rule_set)
        known = compacted(known)
        due += [] if is_over else [overdue.next_change_at]
    return Judgement(
        since=resume.through,
        watched=watched,
        episodes=episodes,
        watching=Watching(watched.ended, data_stopped=overdue is not None and overdue.stopped_at is not None),
        schedule=known,
        overdue=overdue,
        new_dues=new_dues,
        next_due_at=min((at for at in due if at is not None), default=None),
    )


def all_episodes(stored: str, judgement: Judgement) -> list[Episode]:
    """Every episode of the watch: those stored that were over before the judgement resumed, and its own."""
    since = judgement.since
    if since is None:
        return list(judgement.episodes)
    before = [state_data.episode_from_data(data) for data in msgspec.json.decode(stored)]
    over = [episode for episode in before if episode.cleared_at is not None and episode.cleared_at <= since]
    return [*over, *judgement.episodes]


def course_of(watched: Watched, turns: Iterable[InfusionEvent]) -> Course:
    """How the infusion went, as far as its schedule is concerned. A cancelled one asks for nothing."""
    if watched.phase is Phase.CANCELLED:
        return Course()
    home_at = None
    for event in in_order(turns):
        if isinstance(event, InfusionEvent) and event.kind is InfusionKind.DISCHARGE:
            home_at = event.at
        elif isinstance(event, InfusionEvent) and event.kind is InfusionKind.READMIT:
            home_at = None
    return Course(watched.state.started_at, watched.state.stopped_at, home_at, watched.ends_at)


def planned(
    known: Schedule, watched: Watched, turn: Turn | None, as_of: datetime
) -> tuple[Schedule, tuple[Due, ...]]:
    """The schedule with the due times that a turn of the infusion, or mere time, adds to it."""
    last = max((due.recorded_at for due in known.dues), default=None)
    course = known.course if turn is None else course_of(watched, turn.events)
    if course != known.course and turn is not None:
        recorded_at = turn.recorded_at or as_of
        if last is not None and recorded_at <= last:
            recorded_at = last + INSTANT
    elif course.started_at is not None and course.stopped_at is None:
        newest = max((due.due_at for due in known.dues), default=course.started_at)
        if newest > as_of + LENGTHENED_AT:
            return known, ()
        recorded_at = newest
    else:
        return known, ()
    # From the moment of looking on, so that after a long silence no due time is still to be written: what was
    # taken and answered nothing so far is not kept.
    through = course.ends_at or max(recorded_at, as_of) + PLANNED_AHEAD
    new = schedule.plan(known.template, course, recorded_at=recorded_at, through=through)
    return replace(known, course=course, dues=(*known.dues, *new)), new


def compacted(known: Schedule) -> Schedule:
    """The schedule with only those of the taken sets that are the first to answer some due time."""
    answers = schedule.answers(schedule.standing(known.dues), known.taken)
    keep = {first.key: first for _, first in answers if first is not None}
    return replace(
        known, taken=tuple(sorted(keep.values(), key=lambda entry: (entry.measured_at, entry.key)))
    )
