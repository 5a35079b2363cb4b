"""When observations are due, and which of them have not come.

Outside the fold: overdue depends on what was known when, so on `recorded_at`. Due times are appended, never
moved: a new plan stands only for what lies later than the moment at which it was recorded.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitoring.core.document import Node

VITAL_SIGNS = "vital_signs"
TEMPERATURE = "temperature"
NOTHING = "nothing"
"""What a plan asks for that asks for no more: a row that only says so."""

STRETCHES_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of a schedule: what is due how often, and how long a due observation may take to come.

    `until` counts from the end of the infusion, and None is "while it runs". `where` is "" for anywhere.
    """

    what: str
    every: timedelta
    grace: timedelta
    until: timedelta | None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """An observation schedule, the same for every infusion of a study."""

    while_running: Stretch
    afterwards: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How one infusion went, as far as its schedule is concerned."""

    started_at: datetime | None = None
    stopped_at: datetime | None = None
    home_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One observation that somebody must make. A set measured from `opens_at` on answers it."""

    due_at: datetime
    grace: timedelta
    what: str
    opens_at: datetime
    recorded_at: datetime

    @property
    def overdue_at(self) -> datetime:
        """The moment from which it is overdue."""
        return self.due_at + self.grace


@dataclass(frozen=True, slots=True)
class Taken:
    """An observation that was made: when it was true, when it became known, and what it answers."""

    measured_at: datetime
    recorded_at: datetime
    what: str
    key: str = ""


def plan(template: Template, course: Course, *, recorded_at: datetime, through: datetime) -> tuple[Due, ...]:
    """The due times of this course later than `recorded_at`, up to `through`.

    A plan that asks for nothing more is one row that says so: it too ends the plans before it.
    """
    dues = [due for due in _all_due(template, course, recorded_at, through) if due.due_at > recorded_at]
    return tuple(dues) or (Due(recorded_at, timedelta(), NOTHING, recorded_at, recorded_at),)


def standing(dues: Iterable[Due]) -> tuple[Due, ...]:
    """Of all due times ever recorded those that hold: no later plan was recorded before they fell due."""
    rows = sorted(dues, key=lambda due: (due.due_at, due.recorded_at, due.what))
    plans = sorted({due.recorded_at for due in rows})

    def is_replaced(due: Due) -> bool:
        later = bisect_right(plans, due.recorded_at)
        return later < len(plans) and plans[later] < due.due_at

    return tuple(due for due in rows if due.what != NOTHING and not is_replaced(due))


def _all_due(template: Template, course: Course, recorded_at: datetime, through: datetime) -> Iterator[Due]:
    if course.started_at is None:
        return
    last = min(at for at in (through, course.ends_at) if at is not None)
    running = template.while_running
    begin, end = course.started_at, min(last, course.stopped_at or last)
    yield from _stretch(running, begin, begin, end, recorded_at)
    if course.stopped_at is None:
        return
    for where in ("ward", "home"):
        begin = course.stopped_at
        for stretch in template.afterwards:
            if stretch.where not in ("", where) or stretch.until is None:
                continue
            end = min(last, course.stopped_at + stretch.until)
            for due in _stretch(stretch, course.stopped_at, begin, end, recorded_at):
                is_home = course.home_at is not None and due.due_at > course.home_at
                if is_home == (where == "home"):
                    yield due
            begin = max(begin, course.stopped_at + stretch.until)


def _stretch(
    stretch: Stretch, origin: datetime, begin: datetime, end: datetime, recorded_at: datetime
) -> Iterator[Due]:
    """Due times after `begin` and up to `end`, counted from `origin`.

    A slot opens half an interval before.
    """
    due_at = origin + stretch.every
    while due_at <= end:
        if due_at > begin:
            yield Due(due_at, stretch.grace, stretch.what, due_at - stretch.every / 2, recorded_at)
        due_at += stretch.every


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which something was overdue.

    `missed` says when how many due observations were overdue together; `answered_at` is the `recorded_at` of
    what came at last.
    """

    what: str
    overdue_at: datetime
    missed: tuple[tuple[datetime, int], ...]
    answered_at: datetime | None = None
    answered_by: str = ""

    @property
    def in_a_row(self) -> int:
        """The most due observations that were overdue together."""
        return max(count for _, count in self.missed)


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is overdue at a moment, what was, and when that may change next.

    `stopped_at` is when data stopped: since then two due observations in a row are overdue.
    """

    gaps: tuple[Gap, ...]
    next_due: Due | None
    next_change_at: datetime | None
    stopped_at: datetime | None


def overdue(dues: Iterable[Due], taken: Iterable[Taken], as_of: datetime) -> Overdue:
    """What was overdue when, as far as it was known at `as_of`.

    A due observation is overdue from its time and grace until something that answers it is recorded. What is
    recorded late ends the gap then; it never makes it unsaid.
    """
    held = answers(standing(dues), [entry for entry in taken if entry.recorded_at <= as_of])
    gaps = [
        gap
        for what in sorted({due.what for due, _ in held})
        for gap in _gaps([pair for pair in held if pair[0].what == what], as_of)
    ]
    open_gaps = [gap for gap in gaps if gap.answered_at is None]
    stopped = [at for gap in open_gaps for at, count in gap.missed if count >= 2]
    awaited = [due for due, answer in held if answer is None]
    return Overdue(
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.overdue_at, gap.what))),
        next_due=next((due for due in awaited if due.overdue_at > as_of), None),
        next_change_at=min((due.overdue_at for due in awaited if due.overdue_at > as_of), default=None),
        stopped_at=min(stopped, default=None),
    )


def _gaps(dues: Sequence[tuple[Due, Taken | None]], as_of: datetime) -> list[Gap]:
    """The gaps in one kind of observation: overdue stretches that overlap are one."""
    missed = [
        (due, answer)
        for due, answer in dues
        if due.overdue_at <= as_of and (answer is None or answer.recorded_at > due.overdue_at)
    ]
    gaps: list[Gap] = []
    for due, answer in missed:
        together = sum(_is_overdue(*other, due.overdue_at) for other in missed)
        row = (due.overdue_at, together)
        answered_at, answered_by = (answer.recorded_at, answer.key) if answer else (None, "")
        last = gaps[-1] if gaps else None
        if last is None or (last.answered_at is not None and last.answered_at <= due.overdue_at):
            gaps.append(Gap(due.what, due.overdue_at, (row,), answered_at, answered_by))
        else:
            together_with = (*last.missed, row)
            gaps[-1] = replace(last, missed=together_with, answered_at=answered_at, answered_by=answered_by)
    return gaps


def answers(dues: Iterable[Due], taken: Iterable[Taken]) -> list[tuple[Due, Taken | None]]:
    """Each due observation with what was recorded first of all that answers it.

    From the opening of its slot on, anything does. A set is also a temperature; a temperature is no set.
    """
    known = sorted(taken, key=lambda entry: entry.measured_at)
    first = {
        what: _first_from([entry for entry in known if entry.what in (what, VITAL_SIGNS)])
        for what in (VITAL_SIGNS, TEMPERATURE)
    }
    pairs: list[tuple[Due, Taken | None]] = []
    for due in dues:
        moments, earliest = first[due.what]
        place = bisect_left(moments, due.opens_at)
        pairs.append((due, earliest[place] if place < len(earliest) else None))
    return pairs


def _first_from(taken: Sequence[Taken]) -> tuple[list[datetime], list[Taken]]:
    """By moment of measurement: what was recorded first of all that was measured then or later."""
    earliest: list[Taken] = []
    for entry in reversed(taken):
        known = earliest[-1] if earliest else entry
        earliest.append(min(entry, known, key=lambda one: (one.recorded_at, one.key)))
    return [entry.measured_at for entry in taken], earliest[::-1]


def _is_overdue(due: Due, answer: Taken | None, at: datetime) -> bool:
    return due.overdue_at <= at and (answer is None or answer.recorded_at > at)


def parse_template(node: Node) -> Template:
    """The schedule that a document describes.

    Raises: RuleSetError naming the place.
    """
    parts = node.fields(required=("while_running", "afterwards"))
    running = _parse_stretch(parts["while_running"], afterwards=False)
    stretches = [
        _parse_stretch(item, afterwards=True)
        for item in parts["afterwards"].items(at_least=0, at_most=STRETCHES_LIMIT)
    ]
    return Template(running, tuple(stretches))


def _parse_stretch(node: Node, *, afterwards: bool) -> Stretch:
    required = ("what", "every_minutes", "grace_minutes", *(("until_minutes",) if afterwards else ()))
    parts = node.fields(required=required, optional=("where",) if afterwards else ())
    return Stretch(
        parts["what"].text(among=(VITAL_SIGNS, TEMPERATURE)),
        parts["every_minutes"].minutes(at_most=24 * 60),
        parts["grace_minutes"].minutes(at_most=24 * 60),
        parts["until_minutes"].minutes(at_most=7 * 24 * 60) if afterwards else None,
        parts["where"].text(among=("ward", "home")) if "where" in parts else "",
    )
