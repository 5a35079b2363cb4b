"""Conditions on what happened beside the readings, and on a reading that did not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from monitoring.core.acts import Act
from monitoring.core.condition import NAMING, Condition, Leaf, Parse, Thresholds, duration, naming
from monitoring.core.document import Node
from monitoring.core.findings import Because, Reading
from monitoring.core.moment import Judge, Moment
from monitoring.core.truth import Truth

UNSTATED = "unstated"
"""In a rule set: a severity, an indication or a detail that nobody wrote."""


@dataclass(frozen=True, slots=True)
class Happened(Leaf):
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
        what = parts["what"].text(among=("vital_signs", "temperature"))
        in_a_row = parts["in_a_row"].whole(at_least=1, at_most=10) if "in_a_row" in parts else 1
        return cls(what, in_a_row, *naming(parts))

    def judge(self, place: str) -> Judge:
        """Unknown to the fold, always."""
        return lambda now: None

    def with_thresholds(self, values: Thresholds) -> Condition:
        """The same: the grace belongs to the schedule."""
        return self
