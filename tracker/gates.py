"""What must hold before cells are given: pure rules over plain values. Which gate is hard is the study's data.

Modes: `hard` stops (some can be overridden by two people), `warn` asks for a reason, `off` is silent.
"""

from dataclasses import dataclass
from enum import StrEnum


class Gate(StrEnum):
    """One question each."""

    IDENTITY = "identity"
    CELL_UNITS = "cell_units"
    ROUTE = "route"
    CONSENT = "consent"
    CD20 = "cd20"
    LEUKAPHERESIS = "leukapheresis"
    DOSE = "dose"
    ARMING = "arming"
    ACTIVATION = "activation"
    NUMBER = "number"
    GAP = "gap"
    BASELINE = "baseline"


class Mode(StrEnum):
    """What a gate does when it does not open."""

    HARD = "hard"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True)
class Finding:
    """A gate that did not open."""

    gate: Gate
    mode: Mode
    code: str
    detail: str
    #: Nobody may go on past this one.
    absolute: bool = False
    #: Going on needs a second person as well as a reason.
    needs_second_person: bool = False
