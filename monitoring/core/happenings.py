"""Conditions on what happened beside the readings, and on readings that did not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from monitoring.core import signals
from monitoring.core.acts import Act
from monitoring.core.condition import NAMING, Condition, Leaf, Parse, Thresholds, duration, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because, Reading
from monitoring.core.moment import Judge, Moment
from monitoring.core.template import BASELINE, TEMPERATURE, VITAL_SIGNS
from monitoring.core.truth import Truth

UNSTATED = "unstated"
"""In a rule set: a severity, an indication or a detail that nobody wrote."""

SIGNALS_LIMIT = 10

FAMILIES = ("symptom", "intervention", "infusion", "subject")
"""What can happen beside the readings."""


@dataclass(frozen=True, slots=True)
class Happened(Leaf):
    """A symptom, an intervention, a turn of the infusion, or a fact of the subject that became known: it runs
    now, or began in the last …

    An act that began exactly that long ago no longer counts, so that the tick at that moment sees it end.
    """

    family: str
    kinds: tuple[str, ...]
    qualities: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    running: bool = True
    within: timedelta = timedelta()
    begins: bool = False
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Happened:
        """Reads `{"family", "kinds", "severities" or "indications", "details", "running", "within_minutes"}`.

        The word "unstated" stands for a severity, an indication or a detail that nobody wrote. With
        `"begins": true` it is true at the very event that begins the act, and at no other.
        """
        parts = node.fields(
            required=("family", "kinds"),
            optional=("severities", "indications", "details", "running", "within_minutes", "begins", *NAMING),
        )
        qualities = parts.get("severities") or parts.get("indications")
        begins = "begins" in parts and parts["begins"].truth()
        if begins and ("running" in parts or "within_minutes" in parts):
            raise parts["begins"].fault("is a moment: neither running nor within_minutes goes with it")
        return cls(
            parts["family"].text(among=FAMILIES),
            parts["kinds"].words(),
            qualities.words() if qualities else (),
            parts["details"].words() if "details" in parts else (),
            parts["running"].truth() if "running" in parts else True,
            duration(parts["within_minutes"]) if "within_minutes" in parts else timedelta(),
            begins,
            *naming(parts),
        )

    @property
    def look_back(self) -> timedelta:
        """None: acts are part of the state, whichever rule set is in force."""
        return timedelta()

    def judge(self, place: str) -> Judge:
        """Never unknown: what nobody recorded did not happen."""
        name = self.id or place
        about = frozenset((self.family, kind) for kind in self.kinds)

        def judged(now: Moment) -> Truth:
            if about.isdisjoint(now.acts.kinds):
                return False
            act = self._running(now) if self.running else None
            if act is None and self.within:
                act = self.newest(now)
            if act is None:
                return False
            now.because.append(because_of(act, name, "event"))
            return True

        return judged

    def _running(self, now: Moment) -> Act | None:
        """What runs, or happens in this very moment; the newest of several."""
        instant = (now.acts.instant,) if now.acts.instant else ()
        acts = [act for act in (*now.acts.running, *instant) if self.is_about(act)]
        if self.begins:
            acts = [act for act in acts if (act.key, act.at) == (now.key, now.at)]
        return max(acts, key=lambda act: act.at, default=None)

    def newest(self, now: Moment) -> Act | None:
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


def because_of(act: Act, name: str, op: str) -> Because:
    """What an act is evidence of, under a condition's name."""
    reading = Reading(act.key, act.at, act.quality or act.detail or act.kind)
    return Because(name, f"{act.family}:{act.kind}", op, None, reading)


def parse_since(node: Node, parse: Parse) -> Happened:
    """The act from which a condition counts time, and how long ago it may have begun."""
    since = parse(node)
    if not isinstance(since, Happened) or not since.within:
        raise node.fault("must be an event with within_minutes")
    return since


@dataclass(frozen=True, slots=True)
class Absence:
    """An act began so long ago, and since then not all of some signals were measured.

    Of the baseline: it lacks one of them.
    """

    since: Happened
    signals: tuple[str, ...]
    after: timedelta
    of_baseline: bool = False
    id: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    look_back: ClassVar[timedelta] = timedelta()

    @classmethod
    def parsed(cls, node: Node, parse: Parse) -> Absence:
        """Reads `{"signals", "since": an event, "minutes", "of": "baseline"}`."""
        parts = node.fields(required=("signals", "since", "minutes"), optional=("of", *NAMING))
        for item in parts["signals"].items(at_most=SIGNALS_LIMIT):
            if item.text() not in signals.MEASURED:
                raise item.fault(f"no measured signal is called {item.text()!r}")
        return cls(
            parse_since(parts["since"], parse),
            parts["signals"].words(),
            duration(parts["minutes"]),
            "of" in parts and parts["of"].text(among=("baseline",)) == "baseline",
            *naming(parts),
        )

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The event from which it counts."""
        return (self.since,)

    def judge(self, place: str) -> Judge:
        """Never unknown: it asks whether somebody measured, not what."""
        name = self.id or place

        def judged(now: Moment) -> Truth:
            act = self.since.newest(now)
            if act is None or self._is_answered(now, act):
                return False
            if now.at < act.at + self.after:
                now.wakes.append(act.at + self.after)
                return False
            now.because.append(because_of(act, name, "absence"))
            return True

        return judged

    def _is_answered(self, now: Moment, act: Act) -> bool:
        if self.of_baseline:
            return all(signal in now.baseline for signal in self.signals)
        return all(signal in now.latest and now.latest[signal].at >= act.at for signal in self.signals)

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: it has no threshold."""
        return self


@dataclass(frozen=True, slots=True)
class Overdue(Leaf):
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
        what = parts["what"].text(among=(BASELINE, VITAL_SIGNS, TEMPERATURE))
        in_a_row = parts["in_a_row"].whole(at_least=1, at_most=10) if "in_a_row" in parts else 1
        return cls(what, in_a_row, *naming(parts))

    def judge(self, place: str) -> Judge:
        """Unknown to the fold, always."""
        return lambda now: None

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: the grace belongs to the schedule."""
        return self
