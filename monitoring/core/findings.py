"""What a rule found at one moment, and the evidence that an episode keeps of it.

Only values. A finding names the very condition that was true, the reading and the threshold, so that anybody
can check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from monitoring.core.events import Value
from monitoring.core.value import value

PART = "part"
"""The operator of a reading that a grade rests on: it is held against nothing, and none is worse."""

MISSING = "missing"
"""The operator of a grade that a set leaves open: what is read are the parts that it lacks."""


class Priority(IntEnum):
    """How soon somebody must look."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """The name as rule sets and the API write it: low, medium, high."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Priority:
        """The priority with that name.

        Raises: KeyError naming the word.
        """
        return cls[word.upper()]


class Status(StrEnum):
    """The four states of a sign. Missing is never normal."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"
    UNKNOWN = "unknown"
    OVERDUE = "overdue"


@value(frozen=True, slots=True)
class Reading:
    """A value, when it was true, and the row it came from."""

    key: str
    at: datetime
    value: Value


@value(frozen=True, slots=True)
class Because:
    """One condition that was true, with what it read and what it held that against.

    `condition` is the id given in the rule set ("systolic_below_90"), else its place in the rule
    ("high/any/0").
    """

    condition: str
    signal: str
    op: str
    threshold: Value | None
    reading: Reading


@value(frozen=True, slots=True)
class Grading:
    """A grade on a scale as far as it is known: the range, and the parts that would narrow it.

    It is proposed where it is a range, or where a person still has to say something.
    """

    scale: str
    lowest: int
    highest: int
    missing: tuple[str, ...] = ()
    is_proposed: bool = False

    @property
    def grade(self) -> int | None:
        """The grade where only one is possible, else None."""
        return self.lowest if self.lowest == self.highest else None


@value(frozen=True, slots=True)
class Finding:
    """A problem that one moment shows."""

    at: datetime
    key: str
    problem: str
    priority: Priority
    because: tuple[Because, ...]
    grade: Grading | None = None


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule that could not be judged at a moment. It is a finding too, and never costs another rule."""

    at: datetime
    key: str
    rule: str
    error: str


@value(frozen=True, slots=True)
class Evidence:
    """What one condition showed during an episode: first, worst and last of however many readings."""

    condition: str
    signal: str
    op: str
    threshold: Value | None
    first: Reading
    worst: Reading
    last: Reading
    count: int = 1

    @classmethod
    def of(cls, because: Because) -> Evidence:
        """The evidence of a condition's first true reading."""
        read = because.reading
        return cls(because.condition, because.signal, because.op, because.threshold, read, read, read)

    def and_then(self, because: Because) -> Evidence:
        """This evidence with one reading more. The threshold stays that of the first."""
        read = because.reading
        if (read.key, read.at) == (self.last.key, self.last.at):
            return self  # it runs on: the same act, seen again at a later event
        worst = read if is_worse(self.op, read.value, self.worst.value) else self.worst
        return Evidence(
            self.condition, self.signal, self.op, self.threshold, self.first, worst, read, self.count + 1
        )

    def keys(self) -> frozenset[str]:
        """The rows that it names."""
        return frozenset({self.first.key, self.worst.key, self.last.key})


@dataclass(frozen=True, slots=True)
class Sign:
    """How one signal of the newest set stands, with the value it was judged by and the problems it shows.

    A grade says its range and what is missing for it.
    """

    status: Status
    priority: Priority | None = None
    value: Value | None = None
    problems: tuple[str, ...] = ()
    grade: Grading | None = None


def is_worse(op: str, value: Value, than: Value) -> bool:
    """True when a number lies further in the direction that a condition with this operator calls bad."""
    if op == PART or not (isinstance(value, Decimal) and isinstance(than, Decimal)):
        return False
    return value < than if op in ("<", "<=", "fall") else value > than
