"""The newest value of each sign, with its age and how it stands: what boards and panels show of a patient."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.core import signals
from monitoring.core.events import Observation
from monitoring.models import Watch
from tracker.models import TemperatureLog, VitalSigns

#: How many of the newest sets are looked through for a sign that the newest lacks.
LOOK_BACK = 8

#: The parts of a set in which a mean pressure lies.
PRESSURES = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg")

#: What a sign is called on screen, and its unit.
TITLES: dict[str, tuple[Any, str]] = {
    "temperature_c": (gettext_lazy("Temperature"), "°C"),
    "pressure": (gettext_lazy("Blood pressure"), "mmHg"),
    "heart_rate_bpm": (gettext_lazy("Heart rate"), "/min"),
    "respiratory_rate_per_min": (gettext_lazy("Respiratory rate"), "/min"),
    "spo2_percent": (gettext_lazy("SpO₂"), "%"),
    "rigors": (gettext_lazy("Rigors"), ""),
    "consciousness": (gettext_lazy("Consciousness"), ""),
}
#: The same above narrow columns.
SHORT: dict[str, Any] = {
    "temperature_c": gettext_lazy("Temp °C"),
    "pressure": gettext_lazy("BP"),
    "heart_rate_bpm": gettext_lazy("HR"),
    "respiratory_rate_per_min": gettext_lazy("RR"),
    "spo2_percent": gettext_lazy("SpO₂"),
    "rigors": gettext_lazy("Rigors"),
}
#: Units as they are read aloud.
SPOKEN: dict[str, Any] = {
    "°C": gettext_lazy("degrees Celsius"),
    "mmHg": gettext_lazy("millimetres of mercury"),
    "/min": gettext_lazy("per minute"),
    "%": gettext_lazy("per cent"),
}
#: The part of a set by which a sign is said to have moved.
MOVED_BY: dict[str, str] = {
    "temperature_c": "temperature_c",
    "pressure": "systolic_mmhg",
    "heart_rate_bpm": "heart_rate_bpm",
    "respiratory_rate_per_min": "respiratory_rate_per_min",
    "spo2_percent": "spo2_percent",
}
#: Which signals of the watch speak about which sign on screen.
SIGNALS: dict[str, tuple[str, ...]] = {
    "temperature_c": ("temperature_c",),
    "pressure": ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "bp_unrecordable"),
    "heart_rate_bpm": ("heart_rate_bpm",),
    "respiratory_rate_per_min": ("respiratory_rate_per_min",),
    "spo2_percent": ("spo2_percent",),
    "rigors": ("rigors",),
    "consciousness": ("consciousness",),
}
#: Worst last.
STATES = ("normal", "unknown", "overdue", "abnormal", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Cell:
    """One sign on screen: what it was, when, and its state (normal, unknown, overdue, or a priority)."""

    key: str
    text: str
    at: datetime | None
    state: str
    extra: str = ""
    #: ↑ or ↓ where it moved by more than the rules call a change, and by how much since when, in words.
    arrow: str = ""
    change: str = ""

    def ageing(self, now: datetime, interval: timedelta | None) -> str:
        """`ageing` past one interval of the schedule, `stale` past two; the page itself goes on counting."""
        if self.at is None or not interval or now - self.at <= interval:
            return ""
        return "stale" if now - self.at > 2 * interval else "ageing"

    @property
    def title(self) -> str:
        """What the sign is called."""
        return str(TITLES[self.key][0])

    @property
    def unit(self) -> str:
        """Its unit as it is written."""
        return TITLES[self.key][1]

    @property
    def is_unrecordable(self) -> bool:
        """True for a pressure that could not be taken: a word where digits stand."""
        return self.key == "pressure" and self.at is not None and not re.search(r"\d", self.text)


_NEWEST = """
SELECT {columns} FROM unnest(%s::bigint[]) AS wanted(id)
CROSS JOIN LATERAL (
    SELECT * FROM {table} AS reading
    WHERE reading.patient_id = wanted.id AND NOT reading.void
      AND NOT EXISTS (SELECT 1 FROM {table} AS newer WHERE newer.amends_id = reading.id)
    ORDER BY reading.measured_at DESC, reading.id DESC LIMIT %s
) AS newest ORDER BY newest.patient_id, newest.measured_at DESC, newest.id DESC
"""


#: What of a set the cells need; a board of many patients reads no more.
NEEDED = (
    "id", "patient_id", "measured_at", "temperature_c", "temperature_site", "systolic_mmhg", "diastolic_mmhg",
    "map_mmhg", "bp_unrecordable", "crossed", "heart_rate_bpm", "respiratory_rate_per_min", "spo2_percent",
    "oxygen_device", "oxygen_flow_l_min", "fio2_percent", "rigors", "consciousness",
)  # fmt: skip


def newest_sets(
    patient_ids: Sequence[int], count: int = LOOK_BACK, columns: Sequence[str] = ()
) -> dict[int, list[VitalSigns]]:
    """The newest standing sets of each patient, newest first: one query, however long the records are."""
    return _newest(VitalSigns, patient_ids, count, columns)


def newest_temperatures(patient_ids: Sequence[int]) -> dict[int, list[TemperatureLog]]:
    """The newest temperature taken without a set, of each patient."""
    return _newest(TemperatureLog, patient_ids, 1)


def _newest(
    model: Any, patient_ids: Sequence[int], count: int, columns: Sequence[str] = ()
) -> dict[int, list[Any]]:
    wanted = columns or [field.column for field in model._meta.concrete_fields]
    sql = _NEWEST.format(
        columns=", ".join(f"newest.{column}" for column in wanted), table=model._meta.db_table
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in model.objects.raw(sql, [list(set(patient_ids)), count]):
        found[row.patient_id].append(row)
    return found


def cells(
    sets: Sequence[VitalSigns],
    watch: Watch | None,
    temperature: TemperatureLog | None = None,
    *,
    keys: Iterable[str] = TITLES,
    steps: Mapping[str, Decimal] | None = None,
) -> list[Cell]:
    """Every sign with its newest value; the state is the watch's, and unknown where it says nothing.

    With `steps` it says too where the value moved by more than that since the one before.
    """
    signs: Mapping[str, Any] = watch.signs if watch else {}
    return [_cell(key, sets, signs, temperature, steps or {}) for key in keys]


def _cell(
    key: str,
    sets: Sequence[VitalSigns],
    signs: Mapping[str, Any],
    temperature: TemperatureLog | None,
    steps: Mapping[str, Decimal],
) -> Cell:
    candidates: list[VitalSigns | TemperatureLog] = list(sets)
    if key == "temperature_c" and temperature is not None:
        candidates = sorted([*candidates, temperature], key=lambda row: row.measured_at, reverse=True)
    for place, row in enumerate(candidates):
        text = value_text(row, key)
        if text:
            arrow, change = _moved(key, row, candidates[place + 1 :], steps)
            state = state_of(key, signs)
            return Cell(key, text, row.measured_at, state, extra_text(row, key), arrow, change)
    return Cell(key, "–", None, worst(["unknown", state_of(key, signs)]))


def _moved(key: str, row: Any, before: Sequence[Any], steps: Mapping[str, Decimal]) -> tuple[str, str]:
    """An arrow and its words, where the sign moved by more than a step since the value before."""
    part = MOVED_BY.get(key, "")
    step, value = steps.get(part), getattr(row, part, None)
    if step is None or value is None:
        return "", ""
    old = next((old for one in before if (old := getattr(one, part, None)) is not None), None)
    if old is None or abs(value - old) <= step:
        return "", ""
    places = 1 if key == "temperature_c" else 0
    if value > old:
        return "↑", _("risen by %s") % digits(Decimal(value - old), places)
    return "↓", _("fallen by %s") % digits(Decimal(old - value), places)


def state_of(key: str, signs: Mapping[str, Any]) -> str:
    """How a sign on screen stands: the worst of its signals; unknown where none was judged."""
    states = [_state(signs[signal]) for signal in SIGNALS.get(key, (key,)) if signs.get(signal)]
    if (
        key == "pressure" and len(states) > 1
    ):  # one part of a pressure that nobody gave says nothing of the rest
        states = [state for state in states if state != "unknown"] or states
    return worst(states) if states else "unknown"


def _state(sign: Any) -> str:
    if isinstance(sign, Mapping):
        if sign.get("status") == "abnormal" and sign.get("priority"):
            priority = sign["priority"]
            return {1: "low", 2: "medium", 3: "high"}.get(priority, str(priority))
        return str(sign.get("status", "unknown"))
    return str(sign)


def worst(states: Iterable[str]) -> str:
    """The state that must be shown when several hold."""
    return max(states, key=lambda state: STATES.index(state) if state in STATES else len(STATES))


def value_text(row: VitalSigns | TemperatureLog, key: str) -> str:
    """A sign of a row as people read it; empty where the row says nothing of it. Zero is a value."""
    if key == "temperature_c":
        return digits(row.temperature_c, 1)
    if isinstance(row, TemperatureLog):
        return ""
    if key == "pressure":
        return pressure_text(row)
    value = getattr(row, key)
    if key in ("rigors", "consciousness"):
        return str(getattr(row, f"get_{key}_display")()) if value else ""
    return digits(value)


def pressure_text(row: VitalSigns) -> str:
    """120/80, 84/? where a part is missing, or that no pressure could be taken."""
    if row.bp_unrecordable:
        return _("unrecordable")
    if row.systolic_mmhg is None and row.diastolic_mmhg is None:
        return _("MAP %s") % digits(row.map_mmhg) if row.map_mmhg is not None else ""
    return f"{digits(row.systolic_mmhg) or '?'}/{digits(row.diastolic_mmhg) or '?'}"


def mean_pressure(row: VitalSigns) -> Decimal | None:
    """The mean pressure as the watch reads it: measured, else worked out; unknown where impossible."""
    held = {name: Decimal(value) for name in PRESSURES if (value := getattr(row, name)) is not None}
    mean = signals.read(Observation(row.measured_at, "", held, crossed=row.crossed), "map_mmhg")
    return mean if isinstance(mean, Decimal) else None


def extra_text(row: VitalSigns | TemperatureLog, key: str) -> str:
    """What belongs beside a value: where it was taken, the mean pressure, the oxygen given."""
    if key == "temperature_c":
        return str(row.get_temperature_site_display()) if row.temperature_site else ""
    if isinstance(row, TemperatureLog):
        return ""
    if key == "pressure":
        mean = mean_pressure(row)
        words = [_("MAP %s") % f"{mean:.0f}"] if mean is not None and not row.bp_unrecordable else []
        return " · ".join([*words, *([_("crossed")] if row.crossed else [])])
    if key == "spo2_percent":
        return oxygen_text(row)
    return ""


def oxygen_text(row: VitalSigns) -> str:
    """What oxygen the patient had: by what, how much."""
    if not row.oxygen_device:
        return ""
    words = [str(row.get_oxygen_device_display())]
    if row.oxygen_flow_l_min is not None:
        words.append(f"{digits(row.oxygen_flow_l_min)} L/min")
    if row.fio2_percent is not None:
        words.append(f"FiO₂ {digits(row.fio2_percent)} %")
    return " ".join(words)


def digits(value: Decimal | None, least: int = 0) -> str:
    """A number as stored, as the reader's language writes it, with at least so many places, none idle."""
    if value is None:
        return ""
    text = f"{Decimal(value):f}"
    whole, _dot, places = text.partition(".")
    places = places.rstrip("0").ljust(least, "0")
    return f"{whole}{get_format('DECIMAL_SEPARATOR')}{places}" if places else whole
