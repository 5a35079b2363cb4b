"""What a grader answers: the range of grades that the parts at hand allow, and why.

Only values, and no sentences: the words are made at the doors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitoring.core.events import Value


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that made a grade what it is, by its code ("fever", "one_vasopressor")."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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
