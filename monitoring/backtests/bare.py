"""The same readings under bare thresholds: every temperature of 38.0 °C or more, every systolic below 90 mmHg
rings. What monitors without a memory do, to be held beside the watch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from monitoring.backtests.trial import Recorded, Tried
from monitoring.core.alert import Alert
from monitoring.core.events import Observation, Value

FEVER_C, LOW_MMHG = Decimal("38.0"), Decimal(90)
#: Problem -> the signal that a bare threshold reads.
SIGNALS = {"fever": "temperature_c", "hypotension": "systolic_mmhg"}
_MOST_NAMED = 10


@dataclass(slots=True)
class Bare:
    """Rings of bare thresholds beside the alerts of the same problems."""

    rings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))
    alerts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))
    #: At how many moments the rule of the problem found something: without a memory it would ring so often.
    shown: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))
    #: Of the alerts, those in which a reading met the bare threshold.
    met: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))
    #: Patients whom a bare threshold rings for, and those whose first alert of the problem came after that.
    patients: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))
    later: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SIGNALS})
    earlier: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNALS, 0))

    def add(self, patient: Recorded, tried: Tried) -> None:
        """Takes in one patient."""
        for problem in SIGNALS:
            rung = sorted(_rung(patient, problem))
            alerts = [alert for alert in tried.alerts if alert.problem == problem]
            self.rings[problem] += len(rung)
            self.alerts[problem] += len(alerts)
            self.shown[problem] += tried.shown.get(problem, 0)
            self.met[problem] += sum(_is_met(alert, problem) for alert in alerts)
            if not rung:
                continue
            self.patients[problem] += 1
            first = alerts[0].raised_at if alerts else None
            if first is None or first > rung[0]:
                self.later[problem].append(patient.name)
            elif first < rung[0]:
                self.earlier[problem] += 1

    def lines(self) -> Iterator[str]:
        """The comparison as two tables: with the bare thresholds, and with the rule's own without memory."""
        yield "| | rings | alerts | of these, beyond it | fewer | patients | first sign later | earlier |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
        for problem in SIGNALS:
            rings, met = self.rings[problem], self.met[problem]
            fewer = f"{1 - met / rings:.0%}" if rings else "–"
            later = ", ".join([str(len(self.later[problem])), *self.later[problem][:_MOST_NAMED]])
            raised, patients = self.alerts[problem], self.patients[problem]
            yield (
                f"| {problem} | {rings:,} | {raised:,} | {met:,} | {fewer} | {patients}"
                f" | {later} | {self.earlier[problem]} |"
            )
        yield ""
        yield "| | moments at which the rule finds it | alerts | fewer |"
        yield "| --- | --- | --- | --- |"
        for problem in SIGNALS:
            shown, raised = self.shown[problem], self.alerts[problem]
            fewer = f"{1 - raised / shown:.0%}" if shown else "–"
            yield f"| {problem} | {shown:,} | {raised:,} | {fewer} |"


def _rung(patient: Recorded, problem: str) -> Iterator[datetime]:
    for stay in patient.stays:
        for event in stay.history.events:
            if not isinstance(event, Observation) or not stay.window.holds(event.at):
                continue
            if _rings(event.values.get(SIGNALS[problem]), problem):
                yield event.at


def _is_met(alert: Alert, problem: str) -> bool:
    return any(
        entry.signal == SIGNALS[problem] and _rings(entry.worst.value, problem) for entry in alert.evidence
    )


def _rings(value: Value | None, problem: str) -> bool:
    return isinstance(value, Decimal) and (value >= FEVER_C if problem == "fever" else value < LOW_MMHG)
