"""CTCAE's grades of blood counts, of febrile neutropenia and of a fever's duration, on the fold.

A count's grade answers what is new: where the count was as bad before the infusion, it is 0. The study's
version of CTCAE comes with the baseline; without it, a grade is what both versions allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache, partial

from monitoring.core.events import Value
from monitoring.core.findings import Reading
from monitoring.core.grading import ctcae
from monitoring.core.grading.answer import Graded, Reason
from monitoring.core.heat import FEVER_C, Spell
from monitoring.core.moment import Moment, Scale

VERSION = "ctcae_version"
"""The fact of the baseline that names the study's version."""

NORMAL_C = Decimal("37.0")
"""Stands in for any temperature below a fever."""

HOUR, MINUTE, TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that holds a count, the one that holds the laboratory's limit beside it, and their unit."""

    name: str
    lln: str
    unit: str


@dataclass(frozen=True, slots=True)
class Result:
    """A count as it came, as text that the grader reads ("0.45", "<0.1"), with its limit and unit."""

    value: str
    lln: str | None
    unit: str


def _cells(noun: str) -> tuple[Signal, ...]:
    lln = f"{noun}_lln_10e9_l"
    return Signal(f"{noun}_10e9_l", lln, "10^9/L"), Signal(f"{noun}_reported", lln, "10^9/L")


NEUTROPHILS = _cells("neutrophils")
HEMOGLOBIN = (
    Signal("hemoglobin_g_dl", "hemoglobin_lln_g_dl", "g/dL"),
    Signal("hemoglobin_mmol_l", "hemoglobin_lln_mmol_l", "mmol/L"),
    Signal("hemoglobin_reported", "hemoglobin_lln_g_dl", "g/dL"),
)

COUNTED: Mapping[str, tuple[Signal, ...]] = {
    "neutrophil_count_decreased": NEUTROPHILS,
    "platelet_count_decreased": _cells("platelets"),
    "white_blood_cell_decreased": _cells("leukocytes"),
    "lymphocyte_count_decreased": _cells("lymphocytes"),
    "anemia": HEMOGLOBIN,
}
"""The signals of each term; the first names its interval in `carry`. v6.0 grades a term that it has deleted
as the one in its place.
"""


RESTS_ON: Mapping[str, frozenset[str]] = {
    f"ctcae:{term}": frozenset(signal.name for signal in signals) for term, signals in COUNTED.items()
}
"""The signals without any of which a scale knows nothing."""


def _asked_as(term: str) -> Mapping[str, str]:
    """The signals that a person would be asked for, by the inputs of a term; a count comes with its unit."""
    first = COUNTED[term][0]
    return {"value": first.name, "lln": first.lln, "unit": first.name}


ASKED: Mapping[str, Mapping[str, str]] = {
    **{term: _asked_as(term) for term in COUNTED},
    "febrile_neutropenia": {
        "anc_10e9_l": NEUTROPHILS[0].name,
        "peak_temperature_c": "temperature_c",
        "minutes_at_or_above_38c": "temperature_c",
    },
    "fever": {"temperature_c": "temperature_c", "hours_above_40c": "temperature_c"},
}
"""The signal that stands behind each input of a term."""


def count_grade(term: str, now: Moment) -> Graded:
    """The grade of a count where it is worse than before the infusion, else 0."""
    version = _version(now)
    if not _may_be_known(term, now) or (result := _result(COUNTED[term], now)) is None:
        return _unknown(term, version)
    graded = _count(term, version, result)
    before = _before(COUNTED[term], now)
    if before is None:
        return graded
    was = _count(term, version, before).lowest  # what is not known to have been as bad is new
    if graded.lowest > was or graded.highest == 0:
        return graded
    return replace(
        graded,
        lowest=0,
        highest=graded.highest if graded.highest > was else 0,
        reasons=(*graded.reasons, Reason("as_before_the_infusion", {"grade": Decimal(was)})),
    )


def febrile_neutropenia(now: Moment) -> Graded:
    """The grade by the newest neutrophils and the temperature, whenever the count was taken."""
    term = "febrile_neutropenia"
    if now.observation is None:
        return _unknown(term, _version(now))
    temperature = now.part("temperature_c")
    result = _result(NEUTROPHILS, now)
    if result is None and (temperature is None or _is_cool(temperature)):
        return _unknown(term, _version(now)) if temperature is None else _without_fever(_version(now))
    return _graded(
        term,
        _version(now),
        anc_10e9_l=None if result is None else result.value,
        peak_temperature_c=_text(temperature),
        minutes_at_or_above_38c=_lasted(now.heat.feverish, temperature, MINUTE, HOUR),
    )


def fever(now: Moment) -> Graded:
    """The grade of a fever by its height and, above 40.0 °C, by how long it has lasted."""
    temperature = None if now.observation is None else now.part("temperature_c")
    if temperature is None:
        return _unknown("fever", _version(now))
    return _graded(
        "fever",
        _version(now),
        temperature_c=_text(temperature),
        hours_above_40c=_lasted(now.heat.very_high, temperature, HOUR, 24 * HOUR),
    )


def _may_be_known(term: str, now: Moment) -> bool:
    """True when such a count came at this moment or before: most sets have none to carry."""
    if now.observation is None:
        return False
    names = RESTS_ON[f"ctcae:{term}"]
    return not (names.isdisjoint(now.latest) and names.isdisjoint(now.observation.values))


def _result(signals: tuple[Signal, ...], now: Moment) -> Result | None:
    """This moment's result, else the newest one carried within its interval. It is noted as evidence."""
    assert now.observation is not None
    values = now.observation.values
    for signal in signals:
        if signal.name in values:
            reading = Reading(now.key, now.at, values[signal.name])
            return _noted(now, signal, reading, values.get(signal.lln))
    interval = now.carry.get(signals[0].name)
    held = [(now.latest[signal.name].at, signal) for signal in signals if signal.name in now.latest]
    if interval is None or not held:
        return None
    at, signal = max(held, key=lambda one: one[0])
    if now.at - at > interval:
        return None
    reading, limit = now.latest[signal.name], now.latest.get(signal.lln)
    of_the_same_row = limit is not None and limit.key == reading.key
    return _noted(now, signal, reading, limit.value if limit is not None and of_the_same_row else None)


def _noted(now: Moment, signal: Signal, reading: Reading, lln: Value | None) -> Result:
    now.parts.append((signal.name, reading))
    return _as_result(signal, reading.value, lln)


def _before(signals: tuple[Signal, ...], now: Moment) -> Result | None:
    """The newest count from before the infusion; None where there was none, and then every count is new."""
    for signal in signals:
        if (value := now.baseline.get(signal.name)) is not None:
            return _as_result(signal, value, now.baseline.get(signal.lln))
    return None


def _as_result(signal: Signal, value: Value, lln: Value | None) -> Result:
    return Result(str(value), None if lln is None else str(lln), signal.unit)


def _version(now: Moment) -> str:
    version = now.baseline.get(VERSION)
    return version if isinstance(version, str) else ""


def _text(reading: Reading | None) -> str | None:
    return None if reading is None else str(reading.value)


def _lasted(spell: Spell, temperature: Reading | None, unit: timedelta, cut: timedelta) -> str | None:
    """How long a spell has lasted, bounded on the side that decides; None where it is not the reading's."""
    lasted = spell.lasted()
    if lasted is None or temperature is None or spell.through != temperature.at:
        return None
    least, most = lasted
    if most is not None and most <= cut:
        return f"<={Decimal(most // TICK) / (unit // TICK)}"
    return f">={Decimal(least // TICK) / (unit // TICK)}"


def _count(term: str, version: str, result: Result) -> Graded:
    return _graded(term, version, value=result.value, lln=result.lln, unit=result.unit)


def _is_cool(temperature: Reading) -> bool:
    return isinstance(temperature.value, Decimal) and temperature.value < FEVER_C


@lru_cache(maxsize=64)
def _without_fever(version: str) -> Graded:
    """Febrile neutropenia where there is no fever, whatever the count that nobody knows."""
    return _graded("febrile_neutropenia", version, peak_temperature_c=str(NORMAL_C))


@lru_cache(maxsize=64)
def _unknown(term: str, version: str) -> Graded:
    return _graded(term, version)


@lru_cache(maxsize=4096)
def _graded(term: str, version: str, **inputs: str | None) -> Graded:
    """The grade in a version, as a plain answer; in both where the version is not known."""
    if version:
        return _in_version(term, version, inputs)
    every = [_in_version(term, known, inputs) for known in ctcae.Version]
    one = every[0]
    return Graded(
        min(graded.lowest for graded in every),
        max(graded.highest for graded in every),
        tuple(dict.fromkeys(name for graded in every for name in (*graded.missing, VERSION))),
        one.reasons,
        one.source,
    )


def _in_version(term: str, version: str, inputs: Mapping[str, str | None]) -> Graded:
    """What the version grades it as. A result that cannot be read, or a limit, is none."""
    name = ctcae.id_in(version, term) or term
    try:
        found = ctcae.grade(version, name, **inputs)
    except ctcae.BadInput as error:
        return _in_version(term, version, {**inputs, error.name: None})
    missing = dict.fromkeys(ASKED[term].get(name, name) for name in found.missing)
    return Graded(found.lowest, found.highest, tuple(missing), found.reasons, found.source)


def _of_count(term: str) -> Callable[[Moment], Graded]:
    return partial(count_grade, term)


SCALES: Mapping[str, Scale] = {
    **{f"ctcae:{term}": _of_count(term) for term in COUNTED},
    "ctcae:febrile_neutropenia": febrile_neutropenia,
    "ctcae:fever": fever,
}
"""Each scale by its name in a rule set."""
