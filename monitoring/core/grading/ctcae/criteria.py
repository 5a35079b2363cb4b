"""What a grade asks for, as small values that are true, false or unknown of what was handed in.

Knows no term. There are two sorts of input: a *question*, which is unknown when it is left out, and an
*aside*, which is said only when it is so (a transfusion is indicated): left out, it counts as not so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from monitoring.core.grading.answer import Reason
from monitoring.core.grading.ctcae.amount import Amount
from monitoring.core.truth import Truth, all_of, any_of

VALUE, UNIT, LLN = "value", "unit", "lln"


@dataclass(frozen=True, slots=True)
class Given:
    """What was handed in, read. An input that was left out is not in it.

    `unit` is the one in which `value` and `lln` stand now. `silence` is what an aside counts as that nobody
    said: not so, or unknown where the question is what it could change.
    """

    amounts: Mapping[str, Amount] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    statements: Mapping[str, bool] = field(default_factory=dict)
    unit: str = ""
    silence: Truth = False

    def has(self, name: str) -> bool:
        """True for an input that was not left out."""
        if name == UNIT:
            return bool(self.unit)
        return name in self.amounts or name in self.words or name in self.statements


class Criterion(Protocol):
    """Something that a grade asks for."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The inputs that it looks at."""

    def judge(self, given: Given) -> Truth:
        """Whether it is met."""

    def met(self, given: Given) -> tuple[Reason, ...]:
        """Why it is met: what holds of it."""

    def unknown(self, given: Given) -> tuple[str, ...]:
        """The inputs left out on which it hangs."""


class _Leaf:
    """What the criteria share that look at inputs themselves."""

    __slots__ = ()

    @property
    def reads(self) -> tuple[str, ...]:
        raise NotImplementedError

    def judge(self, given: Given) -> Truth:
        raise NotImplementedError

    def reason(self, given: Given) -> Reason:
        raise NotImplementedError

    def met(self, given: Given) -> tuple[Reason, ...]:
        """Its own reason, where it is met."""
        return (self.reason(given),) if self.judge(given) else ()

    def unknown(self, given: Given) -> tuple[str, ...]:
        """What it reads and was not told, where that leaves it open."""
        if self.judge(given) is not None:
            return ()
        return tuple(name for name in self.reads if not given.has(name))


@dataclass(frozen=True, slots=True)
class Number(_Leaf):
    """A number beyond a cut, in the unit that its name says. `aside`: it counts only where it was taken."""

    input: str
    op: str
    cut: Decimal
    aside: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The one number."""
        return (self.input,)

    def judge(self, given: Given) -> Truth:
        """Compares without rounding."""
        if (amount := given.amounts.get(self.input)) is None:
            return given.silence if self.aside else None
        return amount.stands(self.op, self.cut)

    def reason(self, given: Given) -> Reason:
        """Names the cut."""
        return Reason("beyond", {"input": self.input, "op": self.op, "cut": self.cut})


@dataclass(frozen=True, slots=True)
class Count(_Leaf):
    """A laboratory's value below the cut that is printed for its unit."""

    cuts: Mapping[str, Decimal]

    @property
    def reads(self) -> tuple[str, ...]:
        """The value, and the unit without which it says nothing."""
        return (VALUE, UNIT)

    def judge(self, given: Given) -> Truth:
        """Compares in the unit that was given."""
        amount = given.amounts.get(VALUE)
        return None if amount is None or not given.unit else amount.is_below(self.cuts[given.unit])

    def reason(self, given: Given) -> Reason:
        """Names the cut and its unit."""
        return Reason("beyond", {"input": VALUE, "op": "<", "cut": self.cuts[given.unit], "unit": given.unit})


@dataclass(frozen=True, slots=True)
class Under(_Leaf):
    """A number below a limit that was handed in with it, in the same unit."""

    input: str
    limit: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The number and its limit."""
        return (self.input, self.limit)

    def judge(self, given: Given) -> Truth:
        """Unknown without either."""
        amount, limit = given.amounts.get(self.input), given.amounts.get(self.limit)
        return None if amount is None or limit is None else amount.is_below(limit.value)

    def reason(self, given: Given) -> Reason:
        """Names the limit."""
        limit = given.amounts[self.limit].value
        return Reason("below_limit", {"input": self.input, "limit": self.limit, "cut": limit})


@dataclass(frozen=True, slots=True)
class Word(_Leaf):
    """A word that was chosen, being one of these."""

    input: str
    words: frozenset[str]

    @property
    def reads(self) -> tuple[str, ...]:
        """The one choice."""
        return (self.input,)

    def judge(self, given: Given) -> Truth:
        """Unknown when nothing was chosen."""
        word = given.words.get(self.input)
        return None if word is None else word in self.words

    def reason(self, given: Given) -> Reason:
        """Names the word."""
        return Reason("chosen", {"input": self.input, "word": given.words[self.input]})


@dataclass(frozen=True, slots=True)
class Asked(_Leaf):
    """A statement that is a question: left out, it is unknown."""

    input: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The one statement."""
        return (self.input,)

    def judge(self, given: Given) -> Truth:
        """As it was answered."""
        return given.statements.get(self.input)

    def reason(self, given: Given) -> Reason:
        """Names the statement."""
        return Reason("stated", {"input": self.input})


@dataclass(frozen=True, slots=True)
class Aside(_Leaf):
    """A statement made only when it is so. It becomes a question where `asked_when` may hold."""

    input: str
    asked_when: Criterion | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The statement, and what would make it a question."""
        return (self.input, *(self.asked_when.reads if self.asked_when else ()))

    def judge(self, given: Given) -> Truth:
        """As it was said; else not so, or unknown where it would have been asked."""
        if self.input in given.statements:
            return given.statements[self.input]
        asked = False if self.asked_when is None else self.asked_when.judge(given)
        return given.silence if asked is False else None

    def reason(self, given: Given) -> Reason:
        """Names the statement."""
        return Reason("stated", {"input": self.input})


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several is enough."""

    parts: tuple[Criterion, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """What its parts look at."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.reads))

    def judge(self, given: Given) -> Truth:
        """Kleene's or."""
        return any_of(part.judge(given) for part in self.parts)

    def met(self, given: Given) -> tuple[Reason, ...]:
        """Of each part that holds, whatever the others say."""
        return tuple(reason for part in self.parts for reason in part.met(given))

    def unknown(self, given: Given) -> tuple[str, ...]:
        """Of each part that is open, unless one holds."""
        if self.judge(given) is not None:
            return ()
        return tuple(dict.fromkeys(name for part in self.parts for name in part.unknown(given)))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one is needed."""

    parts: tuple[Criterion, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """What its parts look at."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.reads))

    def judge(self, given: Given) -> Truth:
        """Kleene's and."""
        return all_of(part.judge(given) for part in self.parts)

    def met(self, given: Given) -> tuple[Reason, ...]:
        """Of its parts together, where all hold."""
        if not self.judge(given):
            return ()
        return tuple(reason for part in self.parts for reason in part.met(given))

    def unknown(self, given: Given) -> tuple[str, ...]:
        """Of each part that is open, unless one fails."""
        if self.judge(given) is not None:
            return ()
        return tuple(dict.fromkeys(name for part in self.parts for name in part.unknown(given)))


def number(input: str, op: str, cut: str, *, aside: bool = False) -> Number:
    """A number beyond a cut that is written as text, so that it stays exact."""
    return Number(input, op, Decimal(cut), aside)


def any_one(*parts: Criterion) -> AnyOf:
    """One of these is enough."""
    return AnyOf(parts)


def every(*parts: Criterion) -> AllOf:
    """All of these are needed."""
    return AllOf(parts)
