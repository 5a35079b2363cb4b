"""What one evaluation thinks: the fold over what was gathered, and beside it the schedule. No rows, no clock.

`evaluate` feeds it from the database and applies what it says; `verify` feeds it from a replay and compares.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
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
from monitoring.core.silence import baseline_gap, baseline_sets, overdue_episodes
from monitoring.core.watch import State, Watched, watch

#: How far ahead due times are written while an infusion runs and nobody knows its end.
PLANNED_AHEAD = timedelta(hours=4)
#: The plan of a running infusion is lengthened when no more than this is left of it.
LENGTHENED_AT = timedelta(hours=1)
#: The schedule of so long before the newest event is kept with the watch; what comes later asks for all.
KEPT = timedelta(hours=6)
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
    news_at: datetime | None = None
    """When the newest of what the evaluation reads was recorded."""


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
        overdue = schedule.overdue(known.dues, known.taken, as_of, watched.ends_at)
        since = resume.through
        gaps = [
            *baseline_gap(known.template.baseline, known.course, known.taken, as_of),
            *overdue.gaps,
        ]
        shown = [gap for gap in gaps if since is None or gap.answered_at is None or gap.answered_at > since]
        begun = watched.state.started_at or as_of
        episodes += overdue_episodes(shown, book.in_force(begun).rule_set)
        known = compacted(known, watched, as_of)
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


@dataclass(frozen=True, slots=True)
class Kept:
    """The episodes of a watch, where they are kept: those that were over at a checkpoint with the first such
    checkpoint, where no evaluation in order reads them; all others with the watch.
    """

    with_watch: tuple[Episode, ...]
    with_checkpoint: Mapping[datetime, tuple[Episode, ...]]


def kept_episodes(stored: str, judgement: Judgement) -> Kept:
    """What is kept of the judgement's own episodes, and of those stored with the watch that were over when it
    resumed.
    """
    points = sorted(
        point.state.through for point in judgement.watched.checkpoints if point.state.through is not None
    )
    with_watch: list[Episode] = []
    with_checkpoint: dict[datetime, tuple[Episode, ...]] = {}
    for episode in (*over_by(judgement.since, stored), *judgement.episodes):
        place = len(points) if episode.cleared_at is None else bisect_left(points, episode.cleared_at)
        if place == len(points):
            with_watch.append(episode)
        else:
            with_checkpoint[points[place]] = (*with_checkpoint.get(points[place], ()), episode)
    return Kept(tuple(with_watch), with_checkpoint)


def episodes_text(episodes: Iterable[Episode]) -> str:
    """The episodes as they are stored."""
    return msgspec.json.encode([state_data.episode_to_data(episode) for episode in episodes]).decode()


def over_by(moment: datetime | None, *texts: str) -> list[Episode]:
    """Those of the stored episodes that were over by the moment."""
    if moment is None:
        return []
    stored = [state_data.episode_from_data(data) for text in texts for data in msgspec.json.decode(text)]
    return [episode for episode in stored if episode.cleared_at is not None and episode.cleared_at <= moment]


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
    """The schedule with the due times that a turn of the infusion, an alarm, or mere time, adds to it."""
    course = known.course if turn is None else _turned(known, course_of(watched, turn.events), turn, as_of)
    turned = course != known.course
    course = replace(course, tightened_at=_tightened_at(known.template, course, watched, as_of))
    last = max((due.recorded_at for due in known.dues), default=None)
    newest = max((due.due_at for due in known.dues), default=course.started_at)
    if course != known.course:
        recorded_at = (turn.recorded_at if turn is not None and turned else known.news_at) or as_of
        if last is not None and recorded_at <= last:
            recorded_at = as_of
    elif course.is_open and newest is not None and _is_running_out(newest, course, as_of):
        recorded_at = min(newest, as_of)
    else:
        return known, ()
    if last is not None and recorded_at <= last:
        recorded_at = last + INSTANT
    # From the moment of looking on, so that after a long silence no due time is still to be written: what was
    # taken and answered nothing so far is not kept.
    ahead = max(recorded_at, as_of) + PLANNED_AHEAD
    through = ahead if course.is_open or course.ends_at is None else course.ends_at
    new = schedule.plan(known.template, course, recorded_at=recorded_at, through=through)
    return replace(known, course=course, dues=(*known.dues, *new)), new


def _turned(known: Schedule, course: Course, turn: Turn, as_of: datetime) -> Course:
    """The course after a turn; it knows since when its start is known, and so does the next one."""
    if course.started_at is None or course.started_at == known.course.started_at:
        known_at = known.course.known_at if course.started_at is not None else None
    else:
        known_at = max(course.started_at, turn.recorded_at or as_of)
    return replace(course, known_at=known_at, tightened_at=known.course.tightened_at)


def _tightened_at(template: Template, course: Course, watched: Watched, as_of: datetime) -> datetime | None:
    """Since when there has been an alarm, where that asks for more in the next hours than is asked anyway."""
    if watched.unrest is None or course.started_at is None or watched.ended:
        return None
    ahead = as_of + PLANNED_AHEAD
    usual, tight = (
        schedule.plan(template, replace(course, tightened_at=at), recorded_at=as_of, through=ahead)
        for at in (None, watched.unrest.since)
    )
    return None if tight == usual else watched.unrest.since


def _is_running_out(newest: datetime, course: Course, as_of: datetime) -> bool:
    return newest <= as_of + LENGTHENED_AT and (course.ends_at is None or newest < course.ends_at)


def compacted(known: Schedule, watched: Watched, as_of: datetime) -> Schedule:
    """The schedule with only those due times and sets that can still matter."""
    since = (watched.state.through or as_of) - KEPT
    seen_until = as_of if watched.ends_at is None else min(as_of, watched.ends_at)
    dues, taken = schedule.kept(known.dues, known.taken, seen_until, since)
    before = baseline_sets(known.template.baseline, known.course, known.taken)
    return replace(known, dues=dues, taken=tuple(dict.fromkeys([*before, *taken])))
