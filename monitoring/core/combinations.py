"""Conditions made of conditions: all, any, not, unless, and what has held or was seen for some time.

Every part is judged at every event, even when the answer is settled, so that none misses what it must
remember and all the evidence is named. What a part noted is kept only where the whole is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitoring.core.condition import NAMING, Condition, Parse, Thresholds, duration, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because, Reading
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth, all_of, any_of, not_

CHILDREN_LIMIT = 20
READINGS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is."""

    parts: tuple[Condition, ...]
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> All:
        """Reads a list, or `{"of": […], "id", "says"}`."""
        return cls(*_several(node, parse))

    @property
    def look_back(self) -> timedelta:
        """The longest of its parts."""
        return _longest(self.parts)

    def judge(self, place: str) -> Judge:
        """After Kleene: one false part settles it."""
        judges, name = _judges(self.parts, place), self.id

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = all_of([judge(now) for judge in judges])
            _keep(now, mark, truth, name)
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of parts with these thresholds."""
        return replace(self, parts=_all_with(self.parts, values))


@dataclass(frozen=True, slots=True)
class Any_:
    """True when at least one part is."""

    parts: tuple[Condition, ...]
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Any_:
        """Reads a list, or `{"of": […], "id", "says"}`."""
        return cls(*_several(node, parse))

    @property
    def look_back(self) -> timedelta:
        """The longest of its parts."""
        return _longest(self.parts)

    def judge(self, place: str) -> Judge:
        """After Kleene: one true part settles it, and one unknown keeps it from being false."""
        judges, name = _judges(self.parts, place), self.id

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = any_of([judge(now) for judge in judges])
            _keep(now, mark, truth, name)
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of parts with these thresholds."""
        return replace(self, parts=_all_with(self.parts, values))


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part; the opposite of unknown is unknown."""

    part: Condition
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Not:
        """Reads the one condition."""
        return cls(parse(node))

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Its one part."""
        return (self.part,)

    @property
    def look_back(self) -> timedelta:
        """That of its part."""
        return self.part.look_back

    def judge(self, place: str) -> Judge:
        """What the part noted is no evidence of its opposite."""
        judge = self.part.judge(f"{place}/not")

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = not_(judge(now))
            del now.because[mark:]
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The opposite of the part with these thresholds."""
        return replace(self, part=self.part.with_thresholds(values))


@dataclass(frozen=True, slots=True)
class Unless:
    """A condition with an exception. An exception that cannot be judged softens nothing."""

    condition: Condition
    exception: Condition
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Unless:
        """Reads `{"condition", "exception"}`."""
        parts = node.fields(required=("condition", "exception"), optional=NAMING)
        return cls(parse(parts["condition"]), parse(parts["exception"]), *naming(parts))

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The condition and its exception."""
        return (self.condition, self.exception)

    @property
    def look_back(self) -> timedelta:
        """The longer of the two."""
        return _longest(self.parts)

    def judge(self, place: str) -> Judge:
        """False where the exception is known to hold, else what the condition says."""
        judge, excepted, name = self.condition.judge(place), self.exception.judge(f"{place}/unless"), self.id

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = judge(now)
            noted, spoken = len(now.because), len(now.judged)
            softened = excepted(now) is True
            del now.because[noted:]
            del now.judged[spoken:]
            truth = False if softened else truth
            _keep(now, mark, truth, name)
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same with these thresholds on both sides."""
        condition, exception = _all_with(self.parts, values)
        return replace(self, condition=condition, exception=exception)


@dataclass(frozen=True, slots=True)
class Sustained:
    """A condition that has held: over the last readings (all of them within a time), or for a duration.

    An unknown reading neither breaks the run nor lengthens it. Two readings further apart than the duration
    say nothing about what lay between them, and begin a new run.
    """

    condition: Condition
    span: timedelta
    readings: int = 0
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Sustained:
        """Reads `{"condition", "for_minutes"}` or `{"condition", "readings", "within_minutes"}`."""
        parts = node.fields(
            required=("condition",), optional=("for_minutes", "readings", "within_minutes", *NAMING)
        )
        condition = parse(parts["condition"])
        if ("for_minutes" in parts) == ("readings" in parts):
            raise node.fault("needs either for_minutes, or readings with within_minutes")
        if "for_minutes" in parts:
            return cls(condition, duration(parts["for_minutes"]), 0, *naming(parts))
        if "within_minutes" not in parts:
            raise node.fault("lacks 'within_minutes': how far apart the readings may lie at most")
        readings = parts["readings"].whole(at_least=2, at_most=READINGS_LIMIT)
        return cls(condition, duration(parts["within_minutes"]), readings, *naming(parts))

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Its one part."""
        return (self.condition,)

    @property
    def look_back(self) -> timedelta:
        """The span, and what its part needs before that."""
        return self.span + self.condition.look_back

    def judge(self, place: str) -> Judge:
        """True only where the part is true now and was so long enough."""
        judge, name = self.condition.judge(f"{place}/held"), self.id
        has_held = self._over_readings if self.readings else self._for_duration

        def judged(now: Moment) -> Truth:
            mark = len(now.because)
            truth = judge(now)
            if truth is False:
                now.memory[place] = ()
            if truth is True:
                truth = has_held(now, place)
            _keep(now, mark, truth, name)
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
        since = run[0][0] if run and now.at - run[-1][0] <= self.span else now.at
        now.memory[place] = ((since, True), (now.at, True))
        if since + self.span > now.at:
            now.wakes.append(since + self.span)
        return now.at - since >= self.span

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of the part with these thresholds."""
        return replace(self, condition=self.condition.with_thresholds(values))


@dataclass(frozen=True, slots=True)
class Seen:
    """A condition that was true at some time in the last …; exactly that long ago no longer counts."""

    condition: Condition
    within: timedelta
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Seen:
        """Reads `{"condition", "within_minutes"}`."""
        parts = node.fields(required=("condition", "within_minutes"), optional=NAMING)
        return cls(parse(parts["condition"]), duration(parts["within_minutes"]), *naming(parts))

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
            for seen_at, key in now.memory.get(place, ()):
                if now.at - seen_at < self.within:
                    now.wakes.append(seen_at + self.within)
                    reading = Reading(str(key), seen_at, True)
                    now.because.append(Because(name, "", "seen", None, reading))
                    return True
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of the part with these thresholds."""
        return replace(self, condition=self.condition.with_thresholds(values))


def _several(node: Node, parse: Parse) -> tuple[tuple[Condition, ...], str, Mapping[str, str]]:
    """The parts of a list of conditions, with a name where it has one."""
    if isinstance(node.value, Mapping):
        fields = node.fields(required=("of",), optional=NAMING)
        return _several(fields["of"], parse)[0], *naming(fields)
    return tuple(parse(item) for item in node.items(at_most=CHILDREN_LIMIT)), "", {}


def _longest(parts: tuple[Condition, ...]) -> timedelta:
    return max((part.look_back for part in parts), default=timedelta())


def _judges(parts: tuple[Condition, ...], place: str) -> list[Judge]:
    return [part.judge(f"{place}/{index}") for index, part in enumerate(parts)]


def _all_with(parts: tuple[Condition, ...], values: Thresholds) -> tuple[Condition, ...]:
    return tuple(part.with_thresholds(values) for part in parts)


def _keep(now: Moment, mark: int, truth: Truth, name: str) -> None:
    """Drops what the parts noted where the whole is not true; adds the whole's own name where it has one."""
    if truth is not True:
        del now.because[mark:]
    elif name and len(now.because) > mark:
        now.because.append(replace(now.because[mark], condition=name))
