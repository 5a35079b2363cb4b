"""Conditions made of conditions: all, any, not, unless.

Every part is judged at every event, even when the answer is settled, so that none misses what it must
remember and all the evidence is named. What a part noted is kept only where the whole is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitoring.core.condition import NAMING, Condition, Parse, Thresholds, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth, not_

CHILDREN_LIMIT = 20


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is."""

    parts: tuple[Condition, ...]
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> AllOf:
        """Reads a list, or `{"of": […], "id", "says"}`."""
        return cls(*_several(node, parse))

    @property
    def look_back(self) -> timedelta:
        """The longest of its parts."""
        return longest(self.parts)

    def judge(self, place: str) -> Judge:
        """After Kleene: one false part settles it."""
        return _kleene(_judges(self.parts, place), self.id, settles=False)

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same of parts with these thresholds."""
        return replace(self, parts=_all_with(self.parts, values))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one part is."""

    parts: tuple[Condition, ...]
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> AnyOf:
        """Reads a list, or `{"of": […], "id", "says"}`."""
        return cls(*_several(node, parse))

    @property
    def look_back(self) -> timedelta:
        """The longest of its parts."""
        return longest(self.parts)

    def judge(self, place: str) -> Judge:
        """After Kleene: one true part settles it, and one unknown keeps it from being false."""
        return _kleene(_judges(self.parts, place), self.id, settles=True)

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
            if len(now.because) > mark:
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
        return longest(self.parts)

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
            if len(now.because) > mark:
                keep(now, mark, truth, name)
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same with these thresholds on both sides."""
        condition, exception = _all_with(self.parts, values)
        return replace(self, condition=condition, exception=exception)


def _several(node: Node, parse: Parse) -> tuple[tuple[Condition, ...], str, Mapping[str, str]]:
    """The parts of a list of conditions, with a name where it has one."""
    if isinstance(node.value, Mapping):
        fields = node.fields(required=("of",), optional=NAMING)
        return _several(fields["of"], parse)[0], *naming(fields)
    return tuple(parse(item) for item in node.items(at_most=CHILDREN_LIMIT)), "", {}


def longest(parts: tuple[Condition, ...]) -> timedelta:
    return max((part.look_back for part in parts), default=timedelta())


def _judges(parts: tuple[Condition, ...], place: str) -> list[Judge]:
    return [part.judge(f"{place}/{index}") for index, part in enumerate(parts)]


def _kleene(judges: list[Judge], name: str, *, settles: bool) -> Judge:
    """The judge of a whole that one part with this answer settles; else one unknown part keeps it unknown."""
    other = not settles

    def judged(now: Moment) -> Truth:
        mark = len(now.because)
        truth: Truth = other
        for judge in judges:
            part = judge(now)
            if part is not other and truth is not settles:
                truth = part
        if len(now.because) > mark:
            keep(now, mark, truth, name)
        return truth

    return judged


def _all_with(parts: tuple[Condition, ...], values: Thresholds) -> tuple[Condition, ...]:
    return tuple(part.with_thresholds(values) for part in parts)


def keep(now: Moment, mark: int, truth: Truth, name: str) -> None:
    """Drops what the parts noted where the whole is not true; adds the whole's own name where it has one.

    To be called where they noted anything since the mark.
    """
    if truth is not True:
        del now.because[mark:]
    elif name:
        first = now.because[mark]
        now.because.append(Because(name, first.signal, first.op, first.threshold, first.reading))
