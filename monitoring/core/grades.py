"""Conditions on a grade, and the scales that they may name.

A scale is a pure function from a moment to the range of grades that the parts at hand allow. To add one,
write it in a module of its own and name it in `SCALES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from monitoring.core.condition import NAMING, Condition, Leaf, Parse, Thresholds, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because, Reading
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest grade that the parts at hand allow."""

    lowest: int
    highest: int


SCALES: Mapping[str, Callable[[Moment], Range]] = {}
"""Each grading scale by its name: a pure function from a moment to the range of grades that it allows."""


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
        """Reads the scale when judged."""
        name = self.id or place

        def judged(now: Moment) -> Truth:
            grades = SCALES[self.scale](now)
            truth = True if grades.lowest >= self.at_least else None
            truth = False if grades.highest < self.at_least else truth
            now.judged.append((self.scale, truth))
            if truth:
                reading = Reading(now.key, now.at, Decimal(grades.lowest))
                now.because.append(Because(name, self.scale, ">=", Decimal(self.at_least), reading))
            return truth

        return judged

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: a grade's limits belong to its scale."""
        return self
