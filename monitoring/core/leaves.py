"""Conditions that look at one thing: a reading, a change, an event, a grade, a missed observation.

A leaf compiles to a closure that answers true, false or unknown, notes what it read when that was true, and
notes of which sign it spoke. What combines leaves is in `combinations`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from monitoring.core import signals
from monitoring.core.acts import Act
from monitoring.core.condition import NAMING, Condition, Parse, Thresholds, duration, naming
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

UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A condition that looks at one thing."""

    parts: ClassVar[tuple[Condition, ...]] = ()


@dataclass(frozen=True, slots=True)
class Compare(_Leaf):
    """The reading of this moment (or the baseline) against a value; a variant per temperature site."""

    signal: str
    op: str
    value: Value | tuple[str, ...]
    by_site: Mapping[str, Decimal] = field(default_factory=dict)
    of_baseline: bool = False
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = timedelta()

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Compare:
        """Reads `{"signal", "op", "value", "by_site", "of": "baseline", "id", "says"}`."""
        parts = node.fields(required=("signal", "op", "value"), optional=("by_site", "of", *NAMING))
        signal = _signal(parts["signal"])
        op = parts["op"].text(among=TESTS)
        by_site = (
            {site: value.number() for site, value in node.at("by_site").members()}
            if "by_site" in parts
            else {}
        )
        of_baseline = "of" in parts and parts["of"].text(among=("baseline",)) == "baseline"
        if signal in signals.FACTS and not of_baseline:
            raise parts["signal"].fault(f'{signal} is a fact of the baseline: say "of": "baseline"')
        return cls(
            signal, op, _held_against(signal, op, parts["value"]), by_site, of_baseline, *naming(parts)
        )

    def judge(self, place: str) -> Judge:
        """Unknown where the part was not measured."""
        test, name = TESTS[self.op], self.id or place

        def judged(now: Moment) -> Truth:
            if self.of_baseline:
                held = _baseline_value(now, self.signal)
                return None if held is None else test(held, self.value)
            value = None if now.observation is None else signals.read(now.observation, self.signal)
            threshold = self._threshold(now.observation)
            truth = None if value is None else test(value, threshold)
            now.judged.append((self.signal, truth))
            if truth and value is not None:
                held_against = ", ".join(threshold) if isinstance(threshold, tuple) else threshold
                reading = Reading(now.key, now.at, value)
                now.because.append(Because(name, self.signal, self.op, held_against, reading))
            return truth

        return judged

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
class Change(_Leaf):
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
        return cls(
            _signal(parts["signal"]),
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
            value = None if now.observation is None else signals.read(now.observation, self.signal)
            if not isinstance(value, Decimal):
                now.judged.append((self.signal, None))
                return None
            origin = self._extreme(now, place, value) if self.window else _baseline_value(now, self.signal)
            truth = self._truth(now, test, value, origin)
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
            return None if self.window else now.without_baseline
        moved = value - origin if self.direction == "rise" else origin - value
        # Multiplied out, because a quotient would be rounded.
        return test(moved * 100, self.by * origin) if self.percent else test(moved, self.by)

    def _extreme(self, now: Moment, place: str, value: Decimal) -> Decimal | None:
        """The lowest (for a rise) or highest (for a fall) of the readings before this one in the window.

        Of the readings only those are kept that can still become the extreme. They are strictly ordered by
        value, so there are never more of them than a vital sign has values.
        """
        assert self.window is not None
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


@dataclass(frozen=True, slots=True)
class Happened(_Leaf):
    """A symptom, an intervention or a turn of the infusion that runs now, or began in the last …

    An act that began exactly that long ago no longer counts, so that the tick at that moment sees it end.
    """

    family: str
    kinds: tuple[str, ...]
    qualities: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    running: bool = True
    within: timedelta = timedelta()
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Happened:
        """Reads `{"family", "kinds", "severities" or "indications", "details", "running", "within_minutes"}`.

        The word "unstated" stands for a severity, an indication or a detail that nobody wrote.
        """
        parts = node.fields(
            required=("family", "kinds"),
            optional=("severities", "indications", "details", "running", "within_minutes", *NAMING),
        )
        qualities = parts.get("severities") or parts.get("indications")
        return cls(
            parts["family"].text(among=("symptom", "intervention", "infusion")),
            parts["kinds"].words(),
            qualities.words() if qualities else (),
            parts["details"].words() if "details" in parts else (),
            parts["running"].truth() if "running" in parts else True,
            duration(parts["within_minutes"]) if "within_minutes" in parts else timedelta(),
            *naming(parts),
        )

    @property
    def look_back(self) -> timedelta:
        """None: acts are part of the state, whichever rule set is in force."""
        return timedelta()

    def judge(self, place: str) -> Judge:
        """Never unknown: what nobody recorded did not happen."""
        name = self.id or place

        def judged(now: Moment) -> Truth:
            act = self._running(now) if self.running else None
            if act is None and self.within:
                act = self._newest(now)
            if act is None:
                return False
            value = act.quality or act.detail or act.kind
            reading = Reading(act.key, act.at, value)
            now.because.append(Because(name, f"{act.family}:{act.kind}", "event", None, reading))
            return True

        return judged

    def _running(self, now: Moment) -> Act | None:
        """What runs, or happens in this very moment; the newest of several."""
        instant = (now.acts.instant,) if now.acts.instant else ()
        acts = [act for act in (*now.acts.running, *instant) if self.is_about(act)]
        return max(acts, key=lambda act: act.at, default=None)

    def _newest(self, now: Moment) -> Act | None:
        """The newest act of the sort that began within the time asked for.

        Its end is a moment to look again.
        """
        began = [act for act in now.acts.newest if now.at - act.at < self.within and self.is_about(act)]
        if not began:
            return None
        newest = max(began, key=lambda act: act.at)
        now.wakes.append(newest.at + self.within)
        return newest

    def is_about(self, act: Act) -> bool:
        """True for an act of the sort that is asked for."""
        return (
            act.family == self.family
            and act.kind in self.kinds
            and (not self.qualities or (act.quality or UNSTATED) in self.qualities)
            and (not self.details or (act.detail or UNSTATED) in self.details)
        )

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: it has no threshold."""
        return self


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest grade that the parts at hand allow."""

    lowest: int
    highest: int


SCALES: Mapping[str, Callable[[Moment], Range]] = {}
"""Each grading scale by its name: a pure function from a moment to the range of grades that it allows."""


@dataclass(frozen=True, slots=True)
class Grade(_Leaf):
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


@dataclass(frozen=True, slots=True)
class Overdue(_Leaf):
    """A scheduled observation that has not come.

    Declared here; `schedule.overdue` finds it, outside the fold.
    """

    what: str
    in_a_row: int = 1
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = timedelta()

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Overdue:
        """Reads `{"what", "in_a_row"}`."""
        parts = node.fields(required=("what",), optional=("in_a_row", *NAMING))
        what = parts["what"].text(among=("vital_signs", "temperature"))
        in_a_row = parts["in_a_row"].whole(at_least=1, at_most=10) if "in_a_row" in parts else 1
        return cls(what, in_a_row, *naming(parts))

    def judge(self, place: str) -> Judge:
        """Unknown to the fold, always."""
        return lambda now: None

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: the grace belongs to the schedule."""
        return self


def _signal(node: Node) -> str:
    name = node.text()
    if not signals.is_known(name):
        raise node.fault(f"no signal is called {name!r}")
    return name


def _held_against(signal: str, op: str, node: Node) -> Value | tuple[str, ...]:
    """The value to compare with, of the type that the signal has."""
    if signal in signals.STATEMENTS or signal in signals.FACTS:
        return node.truth()
    if signal in signals.WORDS:
        return (
            node.words(among=signals.WORDS[signal]) if op == "in" else node.text(among=signals.WORDS[signal])
        )
    return node.number()


def _baseline_value(now: Moment, signal: str) -> Value | None:
    if signal in signals.FACTS:
        return now.baseline.get(signal, False)
    return signals.read(Observation(now.at, "baseline", now.baseline), signal)
