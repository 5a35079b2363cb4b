"""An independent answer key for threshold findings, and the comparison with what was found. Pure.

The key has one line per patient: `source, patient, first_temp_ge_38_min, first_sbp_lt_90_min` (further
columns are ignored; blank = never). It counts temperatures from 30 to 43 °C and systolic pressures from 40 to
260 mmHg, so a finding beyond those limits is a difference that its value explains.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TextIO

from monitoring.imports.tidy import number


class KeyedFinding(StrEnum):
    """The two conditions that a key answers for: each a condition of the rule set, by its id."""

    TEMPERATURE = "temperature_38"
    SYSTOLIC = "systolic_below_90"

    @property
    def column(self) -> str:
        """Where the key says when this was first true."""
        return _COLUMNS[self]

    @property
    def signal(self) -> str:
        """The field of a vitals set that it judges."""
        return _SIGNALS[self]

    @property
    def counted(self) -> tuple[Decimal, Decimal]:
        """The least and the greatest value that the key counts."""
        return _COUNTED[self]


_COLUMNS = {
    KeyedFinding.TEMPERATURE: "first_temp_ge_38_min",
    KeyedFinding.SYSTOLIC: "first_sbp_lt_90_min",
}
_SIGNALS = {KeyedFinding.TEMPERATURE: "temperature_c", KeyedFinding.SYSTOLIC: "systolic_mmhg"}
_COUNTED = {
    KeyedFinding.TEMPERATURE: (Decimal(30), Decimal(43)),
    KeyedFinding.SYSTOLIC: (Decimal(40), Decimal(260)),
}

Patient = tuple[str, str]  # source, patient


class UnreadableKey(Exception):
    """The answer key cannot be read; the message names the line and column."""


@dataclass(frozen=True, slots=True)
class First:
    """The first finding of one condition: minute of the infusion, and the value that made it."""

    minute: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """A patient and condition where key and findings disagree; `reason` is blank when nothing explains it."""

    patient: Patient
    finding: KeyedFinding
    expected: Decimal | None
    found: First | None
    reason: str


def read_key(file: TextIO) -> dict[Patient, dict[KeyedFinding, Decimal | None]]:
    """Per patient, the minute at which each condition was first true, or None for never.

    Raises: UnreadableKey, naming line and column.
    """
    reader = csv.DictReader(file)
    needed = ["source", "patient", *(finding.column for finding in KeyedFinding)]
    if missing := [name for name in needed if name not in (reader.fieldnames or ())]:
        raise UnreadableKey(f"line 1: column missing: {', '.join(missing)}")
    key: dict[Patient, dict[KeyedFinding, Decimal | None]] = {}
    for row in reader:
        minutes: dict[KeyedFinding, Decimal | None] = {}
        for finding in KeyedFinding:
            text = (row[finding.column] or "").strip()
            minutes[finding] = number(text)
            if text and minutes[finding] is None:
                raise UnreadableKey(f"line {reader.line_num}, {finding.column}: {text!r} is not a number")
        key[row["source"], row["patient"]] = minutes
    return key


def differences(
    key: Mapping[Patient, Mapping[KeyedFinding, Decimal | None]],
    found: Mapping[Patient, Mapping[KeyedFinding, First]],
    dropped: Mapping[tuple[Patient, KeyedFinding], Iterable[Decimal]],
) -> Iterator[Difference]:
    """Each patient and condition where the first finding does not stand at the minute of the key.

    `dropped`: the minutes at which that part was stored blank as implausible.
    """
    for patient, minutes in key.items():
        for finding, expected in minutes.items():
            first = found.get(patient, {}).get(finding)
            if (first.minute if first else None) != expected:
                minutes_dropped = frozenset(dropped.get((patient, finding), ()))
                reason = _reason(finding, expected, first, minutes_dropped)
                yield Difference(patient, finding, expected, first, reason)


def _reason(
    finding: KeyedFinding, expected: Decimal | None, first: First | None, dropped: frozenset[Decimal]
) -> str:
    least, most = finding.counted
    if first and not least <= first.value <= most and (expected is None or first.minute < expected):
        return f"{first.value} is outside the {least} to {most} that the key counts, and was judged"
    if expected is not None and expected in dropped:
        return "the value at the key's minute was implausible and is stored blank"
    return ""
