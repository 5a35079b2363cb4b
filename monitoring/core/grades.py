"""Conditions on a grade, and the scales that they may name.

A scale is a pure function from a moment to the range of grades that the parts at hand allow. To add one,
write it in a module of `scales` and name it in `SCALES`. Where nothing is measured only a scale of the
syndrome may know anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from monitoring.core.condition import (
    LONGEST_LOOK_BACK,
    NAMING,
    Condition,
    Leaf,
    Parse,
    Thresholds,
    naming,
)
from monitoring.core.document import Node
from monitoring.core.findings import MISSING, PART, Because, Grading, Reading
from monitoring.core.grading.answer import Graded
from monitoring.core.moment import Judge, Moment, Parts, Scale
from monitoring.core.scales import counts, crs, early_warning, neuro
from monitoring.core.signals import is_of_a_set
from monitoring.core.truth import Truth

SCALES: Mapping[str, Scale] = {
    **early_warning.SCALES,
    **crs.SCALES,
    **neuro.SCALES,
    **counts.SCALES,
}
"""Each grading scale by its name."""

CRS_SCALES = crs.SCALES.keys()
"""Those of the syndrome: they need what the rules of its signs have said of the event."""

SELDOM: Mapping[str, frozenset[str]] = {**neuro.RESTS_ON, **counts.RESTS_ON}
"""Those that know nothing before one of these signals was measured, which for most patients is never."""

PROPOSED_BECAUSE = frozenset({crs.CAUSE_UNANSWERED})
"""The reasons for which a grade, however narrow, is only proposed."""

SCORES = frozenset({"news2"})
"""Scales whose every point is no grade of its own: a point more within one priority is not worse."""


@dataclass(frozen=True, slots=True)
class Grade(Leaf):
    """True when the lowest possible grade reaches a number, false when the highest does not, else unknown."""

    scale: str
    at_least: int
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = timedelta()

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Grade:
        """Reads `{"scale", "at_least"}`."""
        parts = node.fields(required=("scale", "at_least"), optional=NAMING)
        scale = parts["scale"].text()
        if scale not in SCALES:
            raise parts["scale"].fault(f"no scale is called {scale!r}")
        return cls(scale, parts["at_least"].whole(at_least=1, at_most=20), *naming(parts))

    def judge(self, place: str) -> Judge:
        """Notes the grade and the very readings that it rests on, each with its own row and moment."""
        name, scale, at_least = self.id or place, self.scale, self.at_least

        def judged(now: Moment) -> Truth:
            graded, parts = graded_by(scale, now)
            truth = True if graded.lowest >= at_least else None
            truth = False if graded.highest < at_least else truth
            now.judged.append((scale, truth))
            if truth:
                read = now.readings(parts)
                newest = _as_reading(graded, [part for _, part in read], now)
                now.because.append(Because(name, scale, ">=", Decimal(at_least), newest))
                now.because += [
                    Because(f"{name}/{signal}", signal, PART, None, part) for signal, part in read
                ]
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: a grade's limits belong to its scale."""
        return self


@dataclass(frozen=True, slots=True)
class Missing(Leaf):
    """A set that leaves open whether a grade reaches a number, as one did that was due before it.

    The parts are asked for when they are first missing, and are overdue when the next due set has come
    without them. It is no finding about the patient, and so the only one that a missing part may raise.
    """

    scale: str
    at_least: int
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = LONGEST_LOOK_BACK

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Missing:
        """Reads `{"scale", "at_least"}`."""
        grade = Grade.parsed(node, parse)
        return cls(grade.scale, grade.at_least, grade.id, grade.says)

    def judge(self, place: str) -> Judge:
        """Remembers since which set the answer has been open; only a set that settles it is the end of that.

        Where no set is due, none is overdue. A set belongs to the next due time when it was measured half an
        interval or more after the first.
        """
        name = self.id or place

        def judged(now: Moment) -> Truth:
            if now.observation is None or not is_of_a_set(now.observation):
                return None
            graded, _ = graded_by(self.scale, now)
            if not graded.lowest < self.at_least <= graded.highest:
                now.memory.pop(place, None)
                return False
            if now.sets_every is None:
                return None
            asked = now.memory.get(place) or ((now.at, True),)
            now.memory[place] = asked
            if now.at - asked[0][0] < now.sets_every / 2:
                return None
            reading = Reading(now.key, now.at, ", ".join(graded.missing))
            now.because.append(Because(name, self.scale, MISSING, None, reading))
            return True

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: a grade's limits belong to its scale."""
        return self


def rests_on_crs(condition: Condition) -> bool:
    """True for a grade of the syndrome."""
    return isinstance(condition, Grade | Missing) and condition.scale in CRS_SCALES


def gradings(scales: Iterable[str], now: Moment) -> Iterator[Grading]:
    """What these scales have said of this moment, as findings and signs keep it."""
    for scale in scales:
        if scale in now.graded:
            graded, _ = now.graded[scale]
            asks = any(reason.code in PROPOSED_BECAUSE for reason in graded.reasons)
            is_range = graded.lowest != graded.highest
            yield Grading(scale, graded.lowest, graded.highest, graded.missing, is_range or asks)


def graded_by(scale: str, now: Moment) -> tuple[Graded, Parts]:
    """What a scale says of this moment, and the readings that it rests on. Worked out once a moment."""
    known = now.graded.get(scale)
    if known is None:
        now.parts = []
        graded = SCALES[scale](now)
        known = now.graded[scale] = (graded, tuple(now.parts))
    return known


def _as_reading(graded: Graded, parts: Iterable[Reading], now: Moment) -> Reading:
    """The grade as a value of this set; where nothing was measured, of the newest reading it rests on."""
    newest = max(parts, key=lambda part: part.at, default=None)
    if now.observation is not None or newest is None:
        return Reading(now.key, now.at, Decimal(graded.lowest))
    return Reading(newest.key, newest.at, Decimal(graded.lowest))
