"""The signals that conditions and grades read: what an observation holds, and what can be worked out from it.

Knows one observation at a time. A derived signal is one entry in `DERIVED`: its unit, its parts and its
formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from monitoring.core.events import Observation, Value

RAW: Mapping[str, str] = {
    "temperature_c": "°C",
    "systolic_mmhg": "mmHg",
    "diastolic_mmhg": "mmHg",
    "map_mmhg": "mmHg",
    "heart_rate_bpm": "/min",
    "respiratory_rate_per_min": "/min",
    "spo2_percent": "%",
    "oxygen_device": "",
    "oxygen_flow_l_min": "L/min",
    "fio2_percent": "%",
    "consciousness": "",
    "rigors": "",
    "bp_unrecordable": "",
    "concern": "",
}
"""Each part of a set of vital signs, and its unit."""

COUNTS: Mapping[str, str] = {
    "neutrophils_10e9_l": "10⁹/L",
    "neutrophils_lln_10e9_l": "10⁹/L",
    "platelets_10e9_l": "10⁹/L",
    "platelets_lln_10e9_l": "10⁹/L",
    "leukocytes_10e9_l": "10⁹/L",
    "leukocytes_lln_10e9_l": "10⁹/L",
    "lymphocytes_10e9_l": "10⁹/L",
    "lymphocytes_lln_10e9_l": "10⁹/L",
    "hemoglobin_g_dl": "g/dL",
    "hemoglobin_lln_g_dl": "g/dL",
    "hemoglobin_mmol_l": "mmol/L",
    "hemoglobin_lln_mmol_l": "mmol/L",
}
"""What a laboratory counts, each beside the lower limit of normal (`lln`) of the laboratory that did.

Hemoglobin in mmol/L is no other way to write g/dL: each has cuts of its own.
"""

REPORTED: Mapping[str, str] = {
    "neutrophils_reported": "neutrophils_10e9_l",
    "platelets_reported": "platelets_10e9_l",
    "leukocytes_reported": "leukocytes_10e9_l",
    "lymphocytes_reported": "lymphocytes_10e9_l",
    "hemoglobin_reported": "hemoglobin_g_dl",
}
"""A result that is no exact number, as text in the unit of the count that it is of ("<0.1"): a grade can
still read it, a comparison finds the count unknown.
"""

EXAMINED: Mapping[str, str] = {
    "ice": "",
    "ice_orientation": "",
    "ice_naming": "",
    "ice_commands": "",
    "ice_writing": "",
    "ice_attention": "",
    "arousal": "",
    "seizure": "",
    "deep_focal_motor_weakness": "",
    "cerebral_edema": "",
}
"""The parts of a neurological examination. Its arousal is not the consciousness (ACVPU) of a set."""

TAKEN: Mapping[str, str] = {"position": ""}
"""How a set was taken: no sign of the patient, but a pressure means little without it."""

MEASURED: Mapping[str, str] = {**RAW, **TAKEN, **COUNTS, **EXAMINED}
"""Every signal that an observation may hold."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "oxygen_device": (
        "room_air",
        "nasal_cannula",
        "simple_mask",
        "venturi",
        "non_rebreather",
        "blow_by",
        "high_flow",
        "cpap",
        "bipap",
        "ventilator",
    ),
    "consciousness": ("A", "C", "V", "P", "U"),
    "rigors": ("none", "mild", "shaking"),
    "position": ("supine", "semi_recumbent", "sitting", "standing"),
    "arousal": ("spontaneous", "voice", "tactile", "unarousable"),
    "seizure": ("none", "resolves_rapidly", "prolonged_or_repetitive"),
    "cerebral_edema": ("none", "focal", "diffuse_or_herniation_signs"),
}
"""The parts that are one of a few words."""

STATEMENTS = frozenset({"bp_unrecordable", "concern"})
"""What a nurse says only when it is so: left out, it was not said, which is known and false."""

UNSAID: Mapping[str, Value] = dict.fromkeys(STATEMENTS, False)

TRUTHS = frozenset({"deep_focal_motor_weakness"})
"""What was examined and found to be so or not so; left out, it was not examined and is unknown."""

SAID_OVER: Mapping[str, str] = {"rigors": "none"}
"""The word by which a set says that the symptom of that name is over, whatever was running."""

ALLOGENEIC = "allogeneic_transplant"
"""The one fact of a subject for which a rule can wait: that it becomes known is an act of its own."""

OF_THE_SUBJECT: Mapping[str, str] = {"spo2_target_88_92": "", ALLOGENEIC: ""}
"""What is known of the subject from a moment on. Left out, it is not so."""

FACTS: Mapping[str, str] = {**OF_THE_SUBJECT, "frozen_at_start": ""}
"""What is a statement, not a reading; it is read as a part of the baseline. Left out, it is not so.

A baseline is frozen at the start, even an empty one; of an imported infusion nobody was asked for one.
"""


@dataclass(frozen=True, slots=True)
class Derived:
    """A signal worked out from the parts of one set; None where a part that it needs is unknown."""

    unit: str
    parts: tuple[str, ...]
    formula: Callable[[Observation], Decimal | None]


def read(observation: Observation, signal: str) -> Value | None:
    """The value of a signal in this set; None when it is unknown."""
    if signal in DERIVED:
        return DERIVED[signal].formula(observation)
    if signal in STATEMENTS:
        return observation.values.get(signal, False)
    return observation.values.get(signal)


def known(observation: Observation) -> dict[str, Value]:
    """Every signal that this set knows, as `read` gives it: what was measured, said and worked out."""
    values = {**UNSAID, **observation.values}
    for name, derived in DERIVED.items():
        value = derived.formula(observation)
        if value is not None:
            values[name] = value
        else:
            values.pop(name, None)
    return values


def unit(signal: str) -> str:
    """The unit in which a signal is measured; empty for words."""
    return DERIVED[signal].unit if signal in DERIVED else {**MEASURED, **FACTS}[signal]


def is_known(signal: str) -> bool:
    """True for the name of a signal that some condition could read."""
    return signal in MEASURED or signal in DERIVED or signal in FACTS


def counted(signal: str) -> str:
    """What a signal of the laboratory counts ("neutrophils"), its limit among them; empty for any other."""
    return signal.partition("_")[0] if signal in COUNTS or signal in REPORTED else ""


def is_of_a_set(observation: Observation) -> bool:
    """True for a set of vital signs, an empty one too, and for a lone temperature."""
    return not observation.values or not RAW.keys().isdisjoint(observation.values)


def _number(observation: Observation, part: str) -> Decimal | None:
    value = observation.values.get(part)
    return value if isinstance(value, Decimal) else None


def _mean_arterial_pressure(observation: Observation) -> Decimal | None:
    """The measured mean, else diastolic + a third of the pulse pressure; unknown where they are crossed.

    A mean lies between the diastolic and the systolic of its own set: one that does not was not measured
    of this pressure, and is no sign.
    """
    if observation.crossed:
        return None
    systolic, diastolic = _number(observation, "systolic_mmhg"), _number(observation, "diastolic_mmhg")
    measured = _number(observation, "map_mmhg")
    if measured is not None and _lies_between(diastolic, measured, systolic):
        return measured
    return None if systolic is None or diastolic is None else (systolic + 2 * diastolic) / 3


def _lies_between(diastolic: Decimal | None, mean: Decimal, systolic: Decimal | None) -> bool:
    """True where no pressure that is known says that the mean is impossible."""
    return (systolic is None or mean <= systolic) and (diastolic is None or mean >= diastolic)


def _pulse_pressure(observation: Observation) -> Decimal | None:
    systolic, diastolic = _number(observation, "systolic_mmhg"), _number(observation, "diastolic_mmhg")
    if observation.crossed or systolic is None or diastolic is None:
        return None
    return systolic - diastolic


def _shock_index(observation: Observation) -> Decimal | None:
    """Heart rate over systolic pressure. Source: Allgower and Burri 1967."""
    rate, systolic = _number(observation, "heart_rate_bpm"), _number(observation, "systolic_mmhg")
    return rate / systolic if rate is not None and systolic else None


DERIVED: Mapping[str, Derived] = {
    "map_mmhg": Derived("mmHg", ("systolic_mmhg", "diastolic_mmhg"), _mean_arterial_pressure),
    "pulse_pressure_mmhg": Derived("mmHg", ("systolic_mmhg", "diastolic_mmhg"), _pulse_pressure),
    "shock_index": Derived("", ("heart_rate_bpm", "systolic_mmhg"), _shock_index),
}
"""Each derived signal. The mean pressure stands in both tables: it is measured, or worked out."""
