"""An alert as a value: two facts that never mix.

`condition` is what is true and only evaluation moves it; `response` is what people did and only people move
it, or it opens again. Which moves there are is in `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from monitoring.core.findings import PART, Evidence, Grading, Priority, is_worse


class Condition(StrEnum):
    """What is true.

    Unwatched: the watch ended or data stopped while it was active, which is never cleared.
    """

    ACTIVE = "active"
    CLEARED = "cleared"
    RETRACTED = "retracted"
    UNWATCHED = "unwatched"


class Response(StrEnum):
    """What people did."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ASSESSED = "assessed"
    CLOSED = "closed"


class Commitment(StrEnum):
    """What somebody promises when they acknowledge."""

    AT_BEDSIDE = "at_bedside"
    REPEAT_VITALS = "repeat_vitals"
    CALL_INVESTIGATOR = "call_investigator"
    KNOWN_EXPECTED = "known_expected"


class Outcome(StrEnum):
    """What an assessment comes to. An artefact is a reading that somebody voided.

    Another cause than the infusion (an infection, a bleed) takes the sign out of the syndrome's grade.
    """

    ACTIONED = "actioned"
    EXPECTED = "expected"
    NOT_ACTIONABLE = "not_actionable"
    OTHER_CAUSE = "other_cause"
    ARTEFACT = "artefact"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    `told` holds the worst value by signal, and `told_priority` the priority, that people know of.
    `rung` counts the rungs that were rung. The climb that is on began at `climbs_from` with the rung
    `rung_from`. Since `joined_at` the messages of the alert that explains it speak for this one too.
    """

    id: str
    problem: str
    raised_at: datetime
    detected_at: datetime
    priority: Priority
    rule_set: str
    condition: Condition
    response: Response
    evidence: tuple[Evidence, ...]
    told: Mapping[str, Decimal]
    told_priority: Priority
    reopens_after: Mapping[Priority, timedelta] = field(default_factory=dict)
    late: bool = False
    masked: bool = False
    grade: Grading | None = None
    cleared_at: datetime | None = None
    cleared_by: str = ""
    unwatched_because: str = ""
    retracted_because: str = ""
    seen_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    commitment: Commitment | None = None
    until: datetime | None = None
    snoozed_until: datetime | None = None
    assessed_at: datetime | None = None
    assessed_by: str = ""
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    handed_over_to: str = ""
    coordinator_told_at: datetime | None = None
    rung: int = 0
    rung_from: int = 0
    climbs_from: datetime | None = None
    joined_at: datetime | None = None

    @property
    def is_true(self) -> bool:
        """True while nobody can say that it is over: active, or no longer watched."""
        return self.condition in (Condition.ACTIVE, Condition.UNWATCHED)

    def keys(self) -> frozenset[str]:
        """The rows that its evidence names."""
        return frozenset[str]().union(*(entry.keys() for entry in self.evidence))


def worst_by_signal(evidence: tuple[Evidence, ...]) -> Mapping[str, tuple[str, Decimal]]:
    """The worst number of each signal, with the operator that says in which direction it is bad."""
    worst: dict[str, tuple[str, Decimal]] = {}
    for entry in evidence:
        value = entry.worst.value
        if isinstance(value, Decimal) and entry.op != PART:
            op, known = worst.get(entry.signal, (entry.op, value))
            worst[entry.signal] = (op, value if is_worse(op, value, known) else known)
    return worst
