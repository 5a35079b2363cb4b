"""What a grader answers: the range of grades that the parts at hand allow, and why.

Only values, and no sentences: the words are made at the doors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import product

from monitoring.core.events import Value
from monitoring.core.value import value


@value(frozen=True, slots=True)
class Reason:
    """One thing that made a grade what it is, by its code ("fever", "hypotension_one_vasopressor")."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


@value(frozen=True, slots=True)
class Graded:
    """The lowest and the highest grade that the parts at hand allow, and the inputs that would narrow it."""

    lowest: int
    highest: int
    missing: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        """Refuses a range that is upside down: that is a mistake in a grader.

        Raises: ValueError naming both ends.
        """
        if self.lowest > self.highest:
            raise ValueError(f"the lowest grade, {self.lowest}, is above the highest, {self.highest}")

    @property
    def grade(self) -> int | None:
        """The grade where only one is possible, else None."""
        return self.lowest if self.lowest == self.highest else None


class Contradiction(ValueError):
    """Two inputs that cannot both be true; `part` is the one to look at, `against` what it contradicts."""

    def __init__(self, part: str, against: str) -> None:
        self.part, self.against = part, against
        super().__init__(f"{part} contradicts {against}")


Span = tuple[int, int]
"""The lowest and the highest that one part can be; the same twice where it is known."""


def range_of(rule: Callable[..., int], parts: Mapping[str, Span]) -> tuple[int, int, tuple[str, ...]]:
    """The lowest and the highest grade that the spans allow, and the parts on which the grade still depends.

    The rule is given one number for each part, in their order, and must not fall as any of them rises.
    """
    spans = list(parts.values())
    lowest, highest = rule(*(low for low, _ in spans)), rule(*(high for _, high in spans))
    if lowest == highest:
        return lowest, highest, ()
    return lowest, highest, tuple(name for place, name in enumerate(parts) if _matters(rule, spans, place))


def _matters(rule: Callable[..., int], spans: Sequence[Span], place: int) -> bool:
    """True when, with the other parts at some of their ends, the grade differs between this part's ends."""
    low, high = spans[place]
    before, after = product(*map(set, spans[:place])), list(product(*map(set, spans[place + 1 :])))
    return low != high and any(
        rule(*first, low, *rest) != rule(*first, high, *rest) for first in before for rest in after
    )
