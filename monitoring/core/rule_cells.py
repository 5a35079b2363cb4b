"""What conditions ask, cut into cells: a few variables, each with one sample between any two of its limits.

Whatever holds for every sample holds for every value. What cannot be cut (a symptom, something that has
lasted) is a variable of its own, true or false at will. So what is proven here is true; what is not proven
may be true all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from itertools import product
from typing import Any

from monitoring.core import signals
from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition, walk
from monitoring.core.grades import Grade
from monitoring.core.happenings import Happened, Overdue
from monitoring.core.lasting import Seen, Sustained
from monitoring.core.leaves import SITES, TESTS, Change, Compare, is_number

Name = tuple[Any, ...]
"""Of a variable: the signal and what of it is meant."""
Sample = Any
Assignment = Mapping[Name, Sample]
Formula = Callable[[Assignment], bool]
Ranges = Mapping[str, tuple[Decimal, Decimal]]
"""The lowest and highest value of a signal that the record takes."""

SITE: Name = ("site",)

_UNDERSTOOD: Mapping[type, frozenset[str]] = {
    Compare: frozenset({"signal", "op", "value", "by_site", "of_baseline", "sites"}),
    Change: frozenset({"signal", "direction", "op", "by", "percent", "window"}),
    Grade: frozenset({"scale", "at_least"}),
    Overdue: frozenset({"what", "in_a_row"}),
    AllOf: frozenset({"parts"}),
    AnyOf: frozenset({"parts"}),
    Not: frozenset({"part"}),
    Unless: frozenset({"condition", "exception"}),
}
"""The kinds that can be cut, with what is known of them: a kind that has learnt more is a variable again."""


def meaning(value: Any) -> Any:
    """What a condition asks, whatever its id and words: equal for conditions that ask the same."""
    if hasattr(value, "__dataclass_fields__"):
        parts = [(each.name, meaning(getattr(value, each.name))) for each in fields(value)]
        return (type(value).__name__, *(part for part in parts if part[0] not in ("id", "says")))
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), meaning(part)) for key, part in value.items()))
    if isinstance(value, tuple):
        return tuple(meaning(part) for part in value)
    return value


@dataclass(slots=True)
class Space:
    """The variables of some conditions with their samples, and what rules out a combination of them."""

    ranges: Ranges = field(default_factory=dict)
    limits: dict[Name, set[Decimal]] = field(default_factory=dict)
    words: dict[Name, tuple[Sample, ...]] = field(default_factory=dict)
    asked: dict[Name, set[frozenset[str]]] = field(default_factory=dict)
    happened: dict[Name, Happened] = field(default_factory=dict)
    ruled_out: list[Formula] = field(default_factory=list)
    conditions: int = 0

    def formula(self, condition: Condition) -> Formula:
        """The condition as a function of an assignment; its variables join the space."""
        self.conditions += 1
        if _is_understood(condition):
            match condition:
                case Compare():
                    return self._compare(condition)
                case Change():
                    return self._change(condition)
                case Grade():
                    return self._at_least(("grade", condition.scale), Decimal(condition.at_least))
                case Overdue():
                    return self._at_least(("overdue", condition.what), Decimal(condition.in_a_row))
                case AllOf() | AnyOf():
                    inner = [self.formula(part) for part in condition.parts]
                    quantified = all if isinstance(condition, AllOf) else any
                    return lambda given: quantified(part(given) for part in inner)
                case Not():
                    negated = self.formula(condition.part)
                    return lambda given: not negated(given)
                case Unless():
                    holds, excepted = self.formula(condition.condition), self.formula(condition.exception)
                    return lambda given: holds(given) and not excepted(given)
        return self._free(condition)

    def cut(self, name: Name, limits: Iterable[Decimal]) -> None:
        """Further limits of a variable that takes numbers."""
        self.limits.setdefault(name, set()).update(limits)

    @property
    def size(self) -> int:
        """How many assignments there are, those that are ruled out included."""
        size = 1
        for samples in self._samples().values():
            size *= len(samples)
        return size

    def assignments(self) -> Iterator[Assignment]:
        """Every combination of samples that is not ruled out."""
        samples = self._samples()
        names = list(samples)
        for values in product(*samples.values()):
            given = dict(zip(names, values, strict=True))
            if not any(rules_out(given) for rules_out in self.ruled_out):
                yield given

    def names(self) -> frozenset[Name]:
        """The variables."""
        return frozenset(self.limits) | frozenset(self.words)

    def _samples(self) -> Mapping[Name, Sequence[Sample]]:
        cut = {name: samples(limits, self._range(name)) for name, limits in self.limits.items()}
        alike = {name: _one_of_each(self.words[name], asked) for name, asked in self.asked.items()}
        return {**self.words, **alike, **cut}

    def _range(self, name: Name) -> tuple[Decimal, Decimal] | None:
        return self.ranges.get(name[0]) if name[1:] in ((), ("baseline",)) else None

    def _compare(self, held: Compare) -> Formula:
        name: Name = (held.signal, "baseline") if held.of_baseline else (held.signal,)
        test = TESTS[held.op]
        if not is_number(held.signal):
            self.words[name] = signals.WORDS.get(held.signal, (False, True))
            if held.signal in signals.WORDS:
                words = held.value if isinstance(held.value, tuple) else (str(held.value),)
                self.asked.setdefault(name, set()).add(frozenset(words))
            return lambda given: bool(test(given[name], held.value))
        limits = (held.value, *held.by_site.values())
        self.cut(name, [value for value in limits if isinstance(value, Decimal)])
        if held.of_baseline or not (held.by_site or held.sites):
            return lambda given: bool(test(given[name], held.value))
        self.words[SITE] = SITES
        sites = held.sites or SITES
        return lambda given: (
            given[SITE] in sites and bool(test(given[name], held.by_site.get(given[SITE], held.value)))
        )

    def _change(self, held: Change) -> Formula:
        """On one axis of rises: a fall is a rise below nothing."""
        name = (held.signal, "percent" if held.percent else "change", held.window)
        test, sign = TESTS[held.op], 1 if held.direction == "rise" else -1
        self.cut(name, [sign * held.by])
        return lambda given: bool(test(sign * given[name], held.by))

    def _at_least(self, name: Name, least: Decimal) -> Formula:
        self.cut(name, [least])
        return lambda given: bool(given[name] >= least)

    def _free(self, held: Condition) -> Formula:
        name: Name = ("free", meaning(held))
        if name in self.words:
            return lambda given: bool(given[name])
        self.words[name] = (False, True)
        if isinstance(held, Happened):
            for other, known in self.happened.items():
                self._rule_out(held, name, known, other)
                self._rule_out(known, other, held, name)
            self.happened[name] = held
        elif isinstance(held, Sustained | Seen):
            inner = self.formula(held.condition)
            if isinstance(held, Sustained):
                self.ruled_out.append(lambda given: given[name] and not inner(given))
            else:
                self.ruled_out.append(lambda given: inner(given) and not given[name])
        return lambda given: bool(given[name])

    def _rule_out(self, narrow: Happened, narrow_name: Name, wide: Happened, wide_name: Name) -> None:
        if is_within(narrow, wide):
            self.ruled_out.append(lambda given: given[narrow_name] and not given[wide_name])


def samples(limits: Iterable[Decimal], within: tuple[Decimal, Decimal] | None = None) -> tuple[Decimal, ...]:
    """Each limit and a value on either side of it, in order; only those that the record takes."""
    ordered = sorted(limits)
    if within is None:
        within = (ordered[0] - 1, ordered[-1] + 1) if ordered else (Decimal(0), Decimal(0))
    low, high = within
    ordered = [limit for limit in ordered if low <= limit <= high]
    if not ordered:
        return (low,)
    found = [low] if low < ordered[0] else []
    for index, limit in enumerate(ordered):
        found += [(ordered[index - 1] + limit) / 2, limit] if index else [limit]
    return (*found, high) if ordered[-1] < high else tuple(found)


def _one_of_each(words: Sequence[str], asked: Iterable[frozenset[str]]) -> tuple[str, ...]:
    """One word for all those that no condition tells apart."""
    sets = list(asked)
    return tuple({tuple(word in each for each in sets): word for word in reversed(words)}.values())


def is_within(narrow: Happened, wide: Happened) -> bool:
    """True when whatever the one asks for, the other does too."""
    return (
        narrow.family == wide.family
        and set(narrow.kinds) <= set(wide.kinds)
        and (not wide.qualities or (bool(narrow.qualities) and set(narrow.qualities) <= set(wide.qualities)))
        and (not wide.details or (bool(narrow.details) and set(narrow.details) <= set(wide.details)))
        and (narrow.begins or not wide.begins)
        and (wide.begins or wide.running or wide.within > narrow.within or not narrow.begins)
        and narrow.running <= wide.running
        and narrow.within <= wide.within
    )


def disjuncts(condition: Condition) -> list[Condition]:
    """The conditions of which one alone is enough."""
    if isinstance(condition, AnyOf):
        return [each for part in condition.parts for each in disjuncts(part)]
    return [condition]


def numbers_read(condition: Condition) -> frozenset[str]:
    """The signals whose number at this moment some part of it holds against a limit."""
    return frozenset(
        part.signal
        for part in walk(condition)
        if isinstance(part, Compare) and is_number(part.signal) and not part.of_baseline
    )


def _is_understood(condition: Condition) -> bool:
    known = _UNDERSTOOD.get(type(condition))
    if known is None:
        return False
    more = [each for each in fields(condition) if each.name not in known | {"id", "says"}]  # type: ignore[arg-type]
    return all(getattr(condition, each.name) == _blank(each) for each in more)


def _blank(of: Any) -> Any:
    return of.default_factory() if callable(of.default_factory) else of.default
