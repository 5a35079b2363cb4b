"""Conditions on a reading: its value, and how far it has moved.

They answer true, false or unknown, note what they read when that was true, and note of which sign they spoke.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from monitoring.core import signals
from monitoring.core.condition import NAMING, Condition, Leaf, Parse, Thresholds, duration, naming
from monitoring.core.document import Node
from monitoring.core.events import Observation, Value
from monitoring.core.findings import Because, Reading
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth

ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    **ORDERINGS,
    "=": operator.eq,
    "in": lambda value, words: value in words,
}
SITES = ("oral", "axillary", "tympanic", "temporal", "rectal", "core", "unknown")
"""Where a temperature is taken."""


@dataclass(frozen=True, slots=True)
class Compare(Leaf):
    """The reading of this moment (or the baseline) against a value; a variant per temperature site."""

    signal: str
    op: str
    value: Value | tuple[str, ...]
    by_site: Mapping[str, Decimal] = field(default_factory=dict)
    of_baseline: bool = False
    sites: tuple[str, ...] = ()
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = timedelta()

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Compare:
        """Reads `{"signal", "op", "value", "by_site", "sites", "of": "baseline", "id", "says"}`.

        With `sites` only a temperature taken at one of them counts; taken anywhere else it is false.
        """
        parts = node.fields(required=("signal", "op", "value"), optional=("by_site", "sites", "of", *NAMING))
        signal = _signal(parts["signal"])
        op = parts["op"].text(among=_tests_of(signal))
        by_site = _by_site(signal, parts["by_site"]) if "by_site" in parts else {}
        of_baseline = "of" in parts and parts["of"].text(among=("baseline",)) == "baseline"
        if signal in signals.FACTS and not of_baseline:
            raise parts["signal"].fault(f'{signal} is a fact of the baseline: say "of": "baseline"')
        if "sites" in parts and signal != "temperature_c":
            raise parts["sites"].fault("only a temperature is taken at a site")
        sites = parts["sites"].words(among=SITES) if "sites" in parts else ()
        value = _held_against(signal, op, parts["value"])
        return cls(signal, op, value, by_site, of_baseline, sites, *naming(parts))

    def judge(self, place: str) -> Judge:
        """Unknown where the part was not measured."""
        test, name, signal, op = TESTS[self.op], self.id or place, self.signal, self.op
        everywhere = None if self.by_site or self.sites else self.value

        def judged(now: Moment) -> Truth:
            value = now.values.get(signal)
            if value is None:
                now.judged.append((signal, None))
                return None
            threshold = self._threshold(now.observation) if everywhere is None else everywhere
            truth = test(value, threshold) and (everywhere is not None or self._counts(now.observation))
            now.judged.append((signal, truth))
            if truth:
                held_against = ", ".join(threshold) if isinstance(threshold, tuple) else threshold
                now.because.append(Because(name, signal, op, held_against, Reading(now.key, now.at, value)))
            return truth

        def judged_at_baseline(now: Moment) -> Truth:
            held = now.before(signal)
            return None if held is None else test(held, self.value)

        return judged_at_baseline if self.of_baseline else judged

    def _counts(self, observation: Observation | None) -> bool:
        return not self.sites or (observation is not None and observation.site in self.sites)

    def _threshold(self, observation: Observation | None) -> Value | tuple[str, ...]:
        if not self.by_site or observation is None:
            return self.value
        return self.by_site.get(observation.site, self.value)

    def with_thresholds(self, values: Thresholds) -> Condition:
        """`id` names the value, `id@site` a site's variant."""
        if not self.id:
            return self
        by_site = {site: values.get(f"{self.id}@{site}", value) for site, value in self.by_site.items()}
        return replace(self, value=values.get(self.id, self.value), by_site=by_site)


@dataclass(frozen=True, slots=True)
class Change(Leaf):
    """How far a signal has risen or fallen from the baseline, or from the extreme of the last readings."""

    signal: str
    direction: str
    op: str
    by: Decimal
    percent: bool
    window: timedelta | None = None
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Change:
        """Reads `{"signal", "direction", "op", "by", "unit", "from": "baseline" or {"window_minutes"}}`."""
        parts = node.fields(required=("signal", "direction", "op", "by", "unit", "from"), optional=NAMING)
        since = parts["from"]
        window = None
        if since.value != "baseline":
            minutes = since.fields(required=("window_minutes",))["window_minutes"]
            window = duration(minutes)
        signal = _signal(parts["signal"])
        if not is_number(signal):
            raise parts["signal"].fault(f"{signal} is no number: it neither rises nor falls")
        return cls(
            signal,
            parts["direction"].text(among=("rise", "fall")),
            parts["op"].text(among=ORDERINGS),
            parts["by"].number(),
            parts["unit"].text(among=("abs", "percent")) == "percent",
            window,
            *naming(parts),
        )

    @property
    def look_back(self) -> timedelta:
        """The window; the baseline is no event of the past but part of the state."""
        return self.window or timedelta()

    def judge(self, place: str) -> Judge:
        """Unknown without a reading now, or without one to hold it against."""
        test, name = ORDERINGS[self.op], self.id or place

        def judged(now: Moment) -> Truth:
            value = now.values.get(self.signal)
            if not isinstance(value, Decimal):
                now.judged.append((self.signal, None))
                return None
            origin = self._extreme(now, place, value) if self.window else now.before(self.signal)
            truth = self._truth(now, test, value, origin)
            if origin is not None or not self.window:  # a first reading is no trend, but may be normal
                now.judged.append((self.signal, truth))
            if truth:
                reading = Reading(now.key, now.at, value)
                now.because.append(Because(name, self.signal, self.direction, self.by, reading))
            return truth

        return judged

    def _truth(
        self, now: Moment, test: Callable[[Any, Any], bool], value: Decimal, origin: Value | None
    ) -> Truth:
        if not isinstance(origin, Decimal):
            return now.without_baseline
        moved = value - origin if self.direction == "rise" else origin - value
        # Multiplied out, because a quotient would be rounded.
        return test(moved * 100, self.by * origin) if self.percent else test(moved, self.by)

    def _extreme(self, now: Moment, place: str, value: Decimal) -> Decimal | None:
        """The lowest (for a rise) or highest (for a fall) of the readings before this one in the window.

        Of the readings only those are kept that can still become the extreme. They are strictly ordered by
        value, so there are never more of them than a vital sign has values.
        """
        assert self.window is not None
        if self.signal == "temperature_c" and now.observation is not None:
            place = f"{place}@{now.observation.site}"  # sites differ, and no reading is ever corrected
        kept = [pair for pair in now.memory.get(place, ()) if pair[0] >= now.at - self.window]
        extreme = kept[0][1] if kept else None
        supersedes = operator.le if self.direction == "rise" else operator.ge
        while kept and supersedes(value, kept[-1][1]):
            kept.pop()
        now.memory[place] = (*kept, (now.at, value))
        return extreme if isinstance(extreme, Decimal) else None

    def with_thresholds(self, values: Thresholds) -> Condition:
        """`id` names the amount of change."""
        return replace(self, by=values[self.id]) if self.id in values else self


def _signal(node: Node) -> str:
    name = node.text()
    if not signals.is_known(name):
        raise node.fault(f"no signal is called {name!r}")
    return name


def is_number(signal: str) -> bool:
    """True for a signal that is measured in numbers."""
    no_numbers = (signals.WORDS, signals.STATEMENTS, signals.TRUTHS, signals.FACTS)
    return not any(signal in names for names in no_numbers)


def _tests_of(signal: str) -> tuple[str, ...]:
    """The tests that a signal's values can be put to."""
    if is_number(signal):
        return (*ORDERINGS, "=")
    return ("=", "in") if signal in signals.WORDS else ("=",)


def _by_site(signal: str, node: Node) -> Mapping[str, Decimal]:
    """The variants of a temperature's limit by the site where it is taken."""
    if signal != "temperature_c":
        raise node.fault("only a temperature is taken at a site")
    variants = {}
    for site, value in node.members():
        if site not in SITES:
            raise value.fault(f"must be one of {', '.join(SITES)}")
        variants[site] = value.number()
    return variants


def _held_against(signal: str, op: str, node: Node) -> Value | tuple[str, ...]:
    """The value to compare with, of the type that the signal has."""
    if signal in signals.STATEMENTS or signal in signals.TRUTHS or signal in signals.FACTS:
        return node.truth()
    if signal in signals.WORDS:
        return (
            node.words(among=signals.WORDS[signal]) if op == "in" else node.text(among=signals.WORDS[signal])
        )
    return node.number()
