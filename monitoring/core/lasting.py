"""Conditions over time: what has held for some time, what was seen in the last …, what is still so after …

What they remember lies in the moment's memory, under their place in the rule, and is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitoring.core.combinations import keep
from monitoring.core.condition import NAMING, Condition, Parse, Thresholds, duration, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because, Reading
from monitoring.core.happenings import Happened, because_of, parse_since
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth

READINGS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Sustained:
    """A condition that has held: over the last readings (all of them within a time), or for a duration.

    An unknown reading neither breaks the run nor lengthens it. Two readings further apart than the duration
    (or than a gap that the rule allows) say nothing about what lay between them, and begin a new run.
    """

    condition: Condition
    span: timedelta
    readings: int = 0
    gap: timedelta = timedelta()
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Sustained:
        """Reads `{"condition"}` with `"for_minutes", "gap_minutes"`, or with `"readings", "within_minutes"`.

        A gap is the longest time between two readings of one run; without it, the duration.
        """
        parts = node.fields(
            required=("condition",),
            optional=("for_minutes", "gap_minutes", "readings", "within_minutes", *NAMING),
        )
        condition = parse(parts["condition"])
        if ("for_minutes" in parts) == ("readings" in parts):
            raise node.fault("needs either for_minutes, or readings with within_minutes")
        if "for_minutes" in parts:
            span = duration(parts["for_minutes"])
            gap = duration(parts["gap_minutes"]) if "gap_minutes" in parts else span
            return cls(condition, span, 0, gap, *naming(parts))
        if "within_minutes" not in parts:
            raise node.fault("lacks 'within_minutes': how far apart the readings may lie at most")
        readings = parts["readings"].whole(at_least=2, at_most=READINGS_LIMIT)
        span = duration(parts["within_minutes"])
        return cls(condition, span, readings, span, *naming(parts))

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Its one part."""
        return (self.condition,)

    @property
    def look_back(self) -> timedelta:
        """The span or the gap, and what its part needs before that."""
        return max(self.span, self.gap) + self.condition.look_back

    def judge(self, place: str) -> Judge:
        """True only where the part is true now and was so long enough."""
        judge, name = self.condition.judge(f"{place}/held"), self.id
        has_held = self._over_readings if self.readings else self._for_duration

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = judge(now)
            if truth is False:
                now.memory.pop(place, None)
            if truth is True:
                truth = has_held(now, place)
            if len(now.because) > mark:
                keep(now, mark, truth, name)
            return truth

        return judged

    def _over_readings(self, now: Moment, place: str) -> bool:
        run = now.memory.get(place, ())
        if now.observation is not None and (not run or run[-1][0] != now.at):
            run = (*run, (now.at, True))[-self.readings :]
            now.memory[place] = run
        return len(run) == self.readings and now.at - run[0][0] <= self.span

    def _for_duration(self, now: Moment, place: str) -> bool:
        run = now.memory.get(place, ())
        since = run[0][0] if run and now.at - run[-1][0] <= self.gap else now.at
        now.memory[place] = ((since, True), (now.at, True))
        if since + self.span > now.at:
            now.wakes.append(since + self.span)
        return now.at - since >= self.span

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of the part with these thresholds."""
        return replace(self, condition=self.condition.with_thresholds(values))


@dataclass(frozen=True, slots=True)
class Seen:
    """A condition that was true at some time in the last …; exactly that long ago no longer counts.

    With `newest` only the newest reading that could tell counts: one that says otherwise ends it.
    """

    condition: Condition
    within: timedelta
    newest: bool = False
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Seen:
        """Reads `{"condition", "within_minutes", "newest"}`."""
        parts = node.fields(required=("condition", "within_minutes"), optional=("newest", *NAMING))
        return cls(
            parse(parts["condition"]),
            duration(parts["within_minutes"]),
            "newest" in parts and parts["newest"].truth(),
            *naming(parts),
        )

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Its one part."""
        return (self.condition,)

    @property
    def look_back(self) -> timedelta:
        """The time asked for, and what its part needs before that."""
        return self.within + self.condition.look_back

    def judge(self, place: str) -> Judge:
        """True after a sighting; without one it is what the part says now, so that unknown stays unknown."""
        judge, name = self.condition.judge(f"{place}/seen"), self.id or place

        def judged(now: Moment) -> Truth:
            truth = judge(now)
            if truth is True:
                now.memory[place] = ((now.at, now.key),)
            elif truth is False and self.newest:
                now.memory.pop(place, None)
            for seen_at, key in now.memory.get(place, ()):
                if now.at - seen_at < self.within:
                    now.wakes.append(seen_at + self.within)
                    reading = Reading(str(key), seen_at, True)
                    now.because.append(Because(name, "", "seen", None, reading))
                    return True
            now.memory.pop(place, None)
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of the part with these thresholds."""
        return replace(self, condition=self.condition.with_thresholds(values))


@dataclass(frozen=True, slots=True)
class Still:
    """A condition that is true so long after an act, and was not once seen to be false since then."""

    condition: Condition
    after: Happened
    span: timedelta
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Still:
        """Reads `{"condition", "after": an event, "minutes"}`."""
        parts = node.fields(required=("condition", "after", "minutes"), optional=NAMING)
        return cls(
            parse(parts["condition"]),
            parse_since(parts["after"], parse),
            duration(parts["minutes"]),
            *naming(parts),
        )

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Its condition, and the event from which it counts."""
        return (self.condition, self.after)

    @property
    def look_back(self) -> timedelta:
        """As far as the act may lie back, and what its part needs before that."""
        return self.after.within + self.condition.look_back

    def judge(self, place: str) -> Judge:
        """Counted from the newest act; before its time has passed it is false."""
        judge, name = self.condition.judge(f"{place}/still"), self.id or place

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = judge(now)
            act = self.after.newest(now)
            if act is None:
                now.memory.pop(place, None)
            elif truth is False:
                now.memory[place] = ((now.at, now.key),)
            ended = now.memory.get(place)
            if act is None or (ended and ended[0][0] > act.at):
                truth = False
            elif now.at < act.at + self.span:
                now.wakes.append(act.at + self.span)
                truth = False
            elif truth is True:
                now.because.append(because_of(act, name, "still"))
            if truth is not True:
                del now.because[mark:]
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of the part with these thresholds."""
        return replace(self, condition=self.condition.with_thresholds(values))
