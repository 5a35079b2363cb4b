"""When observations are due, and which of them have not come.

Outside the fold: overdue depends on what was known when, so on `recorded_at`. Due times are appended, never
moved: a new plan stands only for what lies later than the moment at which it was recorded. They are counted
in elapsed time from the infusion's own start, stop and first alarm: a pause shifts none, and neither does a
change of the clocks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.core.template import (
    ANSWERED_BY,
    HOME,
    TEMPERATURE,
    VITAL_SIGNS,
    WARD,
    Asked,
    Template,
    parse_template,
)

__all__ = [
    "NOTHING",
    "TEMPERATURE",
    "TIGHTENED",
    "VITAL_SIGNS",
    "Course",
    "Due",
    "Gap",
    "Overdue",
    "Taken",
    "Template",
    "answers",
    "kept",
    "overdue",
    "parse_template",
    "plan",
    "standing",
]

NOTHING = "nothing"
"""What a plan asks for that asks for no more: a row that only says so."""

TIGHTENED = "tightened"
"""Why an observation is due that the schedule alone would not ask for then."""

MISSED_LIMIT = 20
"""So many missed observations are counted in one gap; no rule asks for more in a row."""


@dataclass(frozen=True, slots=True)
class Course:
    """How one infusion went, as far as its schedule is concerned.

    `tightened_at` is since when more is asked for than the schedule alone does, `known_at` when the start
    became known.
    """

    started_at: datetime | None = None
    stopped_at: datetime | None = None
    home_at: datetime | None = None
    ends_at: datetime | None = None
    tightened_at: datetime | None = None
    known_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while nobody knows for how long it will be as it is: planned for some hours ahead only."""
        return self.started_at is not None and (self.stopped_at is None or self.tightened_at is not None)


@dataclass(frozen=True, slots=True)
class Due:
    """One observation that somebody must make. A set measured from `opens_at` on answers it."""

    due_at: datetime
    grace: timedelta
    what: str
    opens_at: datetime
    recorded_at: datetime
    reason: str = ""

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
    """The due times of this course later than `recorded_at`, up to `through` or the end of its watch.

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
    start, stop = _utc(course.started_at), None if course.stopped_at is None else _utc(course.stopped_at)
    last = _utc(through if course.ends_at is None else min(through, course.ends_at))
    running = template.while_running.asked
    yield from _stretch(template, course, WARD, running, start, start, min(last, stop or last), recorded_at)
    if stop is None:
        return
    home = last if course.home_at is None else max(stop, _utc(course.home_at))
    for place, since, to in ((WARD, stop, min(home, last)), (HOME, home, last)):
        begin = stop
        for stretch in template.after_the_end(place):
            end = last if stretch.until is None else min(last, stop + stretch.until)
            between = (max(begin, since), min(end, to))
            dues = list(_stretch(template, course, place, stretch.asked, stop, *between, recorded_at))
            yield from dues
            if stretch.until is None and since < to == last == course.ends_at:
                yield from _last_one(dues, stretch.asked, last, recorded_at)
            begin = max(begin, end)


def _stretch(
    template: Template,
    course: Course,
    place: str,
    asked: Asked,
    origin: datetime,
    begin: datetime,
    end: datetime,
    recorded_at: datetime,
) -> Iterator[Due]:
    """Due times after `begin` and up to `end`, counted from `origin`, or from the alarm where that is more.

    A slot opens half an interval before.
    """
    reason = ""
    tightened = template.tightened.asked[place] if template.tightened else None
    if course.tightened_at is not None and tightened is not None and tightened.every < asked.every:
        asked, origin, reason = tightened, _utc(course.tightened_at), TIGHTENED
    due_at = origin + ((begin - origin) // asked.every + 1) * asked.every
    while due_at <= end:
        if due_at > origin:
            yield Due(due_at, asked.grace, asked.what, due_at - asked.every / 2, recorded_at, reason)
        due_at += asked.every


def _last_one(dues: Sequence[Due], asked: Asked, last: datetime, recorded_at: datetime) -> Iterator[Due]:
    """A watch ends with an observation: one more where the interval does not divide it."""
    if not dues or dues[-1].due_at < last:
        yield Due(last, asked.grace, asked.what, last - asked.every / 2, recorded_at)


def _utc(at: datetime) -> datetime:
    """The moment in UTC: on a zone's own clock an hour more is not always an hour later."""
    return at.astimezone(UTC)


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


def overdue(
    dues: Iterable[Due], taken: Iterable[Taken], as_of: datetime, ends_at: datetime | None = None
) -> Overdue:
    """What was overdue when, as far as it was known at `as_of`.

    A due observation is overdue from its time and grace until something that answers it is recorded. What is
    recorded late ends the gap then; it never makes it unsaid. After `ends_at`, the end of the watch, nothing
    becomes overdue any more: what did not come by then is missed.
    """
    held = answers(standing(dues), [entry for entry in taken if entry.recorded_at <= as_of])
    until = as_of if ends_at is None else min(as_of, ends_at)
    gaps = [
        _gap(group)
        for what in sorted({due.what for due, _ in held})
        for group in _groups([pair for pair in held if pair[0].what == what], until)
    ]
    open_gaps = [gap for gap in gaps if gap.answered_at is None]
    stopped = [at for gap in open_gaps for at, count in gap.missed if count >= 2]
    awaited = [due for due, answer in held if answer is None and due.overdue_at > as_of]
    turns = [due.overdue_at for due in awaited if ends_at is None or due.overdue_at <= ends_at]
    return Overdue(
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.overdue_at, gap.what))),
        next_due=next(iter(awaited), None),
        next_change_at=min(turns, default=None),
        stopped_at=min(stopped, default=None),
    )


Answered = tuple[Due, Taken | None]


def _groups(dues: Sequence[Answered], until: datetime) -> list[list[Answered]]:
    """The missed due observations of one kind, by gap: overdue stretches that overlap are one."""
    groups: list[list[Answered]] = []
    for due, answer in dues:
        if due.overdue_at > until or (answer is not None and answer.recorded_at <= due.overdue_at):
            continue
        before = groups[-1][-1][1] if groups else None
        if not groups or (before is not None and before.recorded_at <= due.overdue_at):
            groups.append([])
        groups[-1].append((due, answer))
    return groups


def _gap(group: Sequence[Answered]) -> Gap:
    """The gap that these leave; who answers a later one of them has answered those before it."""
    counted = group[:MISSED_LIMIT]
    missed = tuple(
        (due.overdue_at, sum(_is_overdue(*other, due.overdue_at) for other in counted)) for due, _ in counted
    )
    first, answer = group[0][0], group[-1][1]
    if answer is None:
        return Gap(first.what, first.overdue_at, missed)
    return Gap(first.what, first.overdue_at, missed, answer.recorded_at, answer.key)


def kept(
    dues: Iterable[Due], taken: Iterable[Taken], as_of: datetime, since: datetime
) -> tuple[tuple[Due, ...], tuple[Taken, ...]]:
    """The due times and the sets that can still matter to one who goes on from `since` or later.

    Those are: what is still to come; the gaps that nothing had ended by then, of long ones what holds them
    together; the answers to these; and the newest set and temperature, which may answer a plan still to come.
    """
    rows, sets = tuple(dues), tuple(taken)
    held = answers(standing(rows), sets)
    whats = sorted({due.what for due, _ in held})
    groups = [group for what in whats for group in _groups([p for p in held if p[0].what == what], as_of)]
    pairs = [pair for pair in held if pair[0].overdue_at > as_of]
    for group in groups:
        ended_by = group[-1][1]
        if ended_by is None or ended_by.recorded_at > since:
            pairs += [*group[:MISSED_LIMIT], *_first_of_each_answer(group), group[-1]]
    newest_plan = max(rows, key=lambda due: (due.recorded_at, due.due_at), default=None)
    newest_due = max(rows, key=lambda due: (due.due_at, due.recorded_at), default=None)
    found = {due for due, _ in pairs} | {due for due in (newest_plan, newest_due) if due is not None}
    answered = [answer for _, answer in pairs if answer is not None]
    newest = {entry.what: entry for entry in sorted(sets, key=_by_measurement)}
    return (
        tuple(sorted(found, key=lambda due: (due.due_at, due.recorded_at, due.what))),
        tuple(sorted({*answered, *newest.values()}, key=_by_measurement)),
    )


def _first_of_each_answer(group: Sequence[Answered]) -> list[Answered]:
    return [
        pair
        for before, pair in zip([None, *group], group, strict=False)
        if not before or before[1] != pair[1]
    ]


def _by_measurement(entry: Taken) -> tuple[datetime, str]:
    return entry.measured_at, entry.key


def answers(dues: Iterable[Due], taken: Iterable[Taken]) -> list[Answered]:
    """Each due observation with what was recorded first of all that answers it.

    From the opening of its slot on, anything of its kind does.
    """
    known = sorted(taken, key=lambda entry: entry.measured_at)
    first = {
        what: _first_from([entry for entry in known if entry.what in kinds])
        for what, kinds in ANSWERED_BY.items()
    }
    pairs: list[Answered] = []
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
