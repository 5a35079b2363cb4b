"""What can happen to a watch, as frozen values with the moment at which it was true.

Knows nothing of rows: a `key` ("vital_signs:17") only says where a value came from. The order of events is
total and depends on their content alone, never on the order in which they arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitoring.core.findings import Priority

Value = Decimal | str | bool


class Extent(StrEnum):
    """How an act or a symptom lies in time: it starts, it stops, or it is over in its own moment (a dose)."""

    START = "start"
    STOP = "stop"
    POINT = "point"


class InfusionKind(StrEnum):
    """What happens to an infusion, in the order in which two such events of one moment are read."""

    START = "start"
    RATE = "rate"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DISCHARGE = "discharge"
    READMIT = "readmit"
    END = "end"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was measured of the patient at one moment, as it stands now (amended and voided rows are gone).

    A set of vital signs, a lone temperature, a result of the laboratory, or a neurological examination.
    `values` holds the parts that were measured, by the names in `signals.MEASURED` (units are in the names);
    a part that is not there is unknown. `site` is the temperature's. `crossed`: the systolic is not above
    the diastolic.
    """

    at: datetime
    key: str
    values: Mapping[str, Value]
    site: str = ""
    crossed: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)
    verified: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom that starts, stops, or was ticked for one moment. A stop ends all that run of its kind."""

    at: datetime
    key: str
    kind: str
    extent: Extent
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something given or done: a dose is a point, oxygen or a vasopressor starts and stops.

    `indication` is empty when nobody wrote one; `detail` is the agent or the device ("noradrenaline").
    A stop names the key of the start that it ends in `starts`; without one it ends all that run of its kind.
    """

    at: datetime
    key: str
    kind: str
    extent: Extent
    indication: str = ""
    detail: str = ""
    starts: str = ""


@dataclass(frozen=True, slots=True)
class InfusionEvent:
    """A turn in the infusion's own life."""

    at: datetime
    key: str
    kind: InfusionKind


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values that later readings are held against: frozen at the start, or a person's since a moment."""

    at: datetime
    key: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the subject from a moment on, such as a documented SpO2 target of 88 to 92 %
    (`spo2_target_88_92`). What it does not state is not so.
    """

    at: datetime
    key: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A person's judgement of a problem. It answers for the evidence keys that it names and for no other.

    `other_cause` is set where they found another cause than the infusion's: the priority that they answered
    for. `closes` is true where the problem was over and they closed it.
    """

    at: datetime
    key: str
    problem: str
    evidence: frozenset[str]
    other_cause: Priority | None = None
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time itself: a moment at which an answer may change although nobody wrote anything."""

    at: datetime
    key: str = "tick"


Event = Tick | InfusionEvent | Baseline | Facts | Intervention | Symptom | Observation | Assessment


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events in the one order in which they are read, whatever the order in which they came."""
    by_time = groupby(sorted(events, key=_moment), key=_moment)
    return [event for _, moment in by_time for event in _side_by_side(list(moment))]


def _moment(event: Event) -> datetime:
    return event.at


def _side_by_side(events: list[Event]) -> list[Event]:
    """The events of one moment in order; most stand alone, and need not be held against any other."""
    return events if len(events) == 1 else sorted(events, key=position)


def position(event: Event) -> tuple[datetime, int, str, str]:
    """Where an event stands: by its moment, then by its kind, then by its content.

    At one moment a tick comes first, then the infusion's own turn (a reading at the very start is watched),
    then the baseline and what is known of the subject, then what starts (a dose masks the reading beside
    it), then readings, then what stops, then people's judgements. The key decides only between rows of equal
    content, where nothing depends on it.
    """
    return event.at, _rank(event), _content(event), event.key


def _rank(event: Event) -> int:
    match event:
        case Tick():
            return 0
        case InfusionEvent():
            return 1
        case Baseline() | Facts():
            return 2
        case Intervention() | Symptom():
            return 5 if event.extent is Extent.STOP else 3
        case Observation():
            return 4
        case Assessment():
            return 6


def _content(event: Event) -> str:
    match event:
        case Tick():
            return ""
        case InfusionEvent():
            return f"{list(InfusionKind).index(event.kind):02}"
        case Baseline():
            return _written(event.values)
        case Facts():
            return f"facts {_written(event.values)}"
        case Observation():
            return f"{_written(event.values)} {event.site} {event.crossed}"
        case Symptom():
            return f"symptom {event.kind} {event.severity} {event.extent}"
        case Intervention():
            return f"given {event.kind} {event.indication} {event.detail} {event.extent}"
        case Assessment():
            return f"{event.problem} {sorted(event.evidence)} {event.other_cause} {event.closes}"


def _written(values: Mapping[str, Value]) -> str:
    """The values as one text, equal for equal values: 38.0 and 38.00 are the same temperature."""
    return " ".join(f"{name}={_plain(value)}" for name, value in sorted(values.items()))


def _plain(value: Value) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
