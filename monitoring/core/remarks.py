"""What there is to remark on a rule set, and how much work may go into finding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from monitoring.core.rule_cells import Space

WORK_LIMIT = 2_000_000
"""How many conditions are tried on an assignment, all in all, before the rest is left unchecked."""
WORK_LIMIT_OF_ONE = 400_000


class Severity(StrEnum):
    """How a remark bears on approval: an error refuses it, a warning is shown, a note says what is open."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a rule set: where, how grave, which, and the values of its sentence."""

    pointer: str
    severity: Severity
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """What of the work is left to be done before the rest stays unchecked."""

    left: int = WORK_LIMIT

    def may(self, space: Space) -> bool:
        """True when every assignment of the space may be tried; then it counts as done."""
        cost = space.size * (space.conditions + len(space.ruled_out))
        if cost > min(self.left, WORK_LIMIT_OF_ONE):
            return False
        self.left -= cost
        return True
