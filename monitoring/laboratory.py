"""From a laboratory's result to the count that the watch reads: which analyte it is, and in which unit.

Knows names and units, no table and no rule. What is no count that is graded is not for the watch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from monitoring.core.events import Value
from monitoring.core.grading.ctcae.amount import CELLS, HEMOGLOBIN, Amount, Units


@dataclass(frozen=True, slots=True)
class Count:
    """One kind of count: the word its signals begin with, its units, and the signal of each unit."""

    noun: str
    units: Units
    signals: Mapping[str, str]

    def signal(self, unit: str) -> str:
        """The signal of a value in this unit."""
        return f"{self.noun}_{self.signals[unit]}"

    def limit(self, unit: str) -> str:
        """The signal of the laboratory's lower limit beside it."""
        return f"{self.noun}_lln_{self.signals[unit]}"

    @property
    def reported(self) -> str:
        """The signal of a result that is no exact number."""
        return f"{self.noun}_reported"


def _cells(noun: str) -> Count:
    return Count(noun, CELLS, {"10^9/L": "10e9_l"})


HEMOGLOBIN_COUNT = Count("hemoglobin", HEMOGLOBIN, {"g/dL": "g_dl", "g/L": "g_dl", "mmol/L": "mmol_l"})

COUNTS: Mapping[str, Count] = {
    name: count
    for names, count in (
        ("neutrophils neutrophil_count absolute_neutrophil_count anc 751-8", _cells("neutrophils")),
        ("platelets platelet_count thrombocytes plt 777-3", _cells("platelets")),
        ("leukocytes white_blood_cells white_blood_cell_count wbc 6690-2", _cells("leukocytes")),
        ("lymphocytes lymphocyte_count absolute_lymphocyte_count alc 731-0", _cells("lymphocytes")),
        ("hemoglobin haemoglobin hgb hb 718-7", HEMOGLOBIN_COUNT),
    )
    for name in names.split()
}
"""The counts by the names and LOINC codes that laboratories give them."""

GRAMS_PER_L = "g/L"
OTHER_QUANTITIES = frozenset({"%", "fraction", "1"})
"""Units of a share, which is no count: it says nothing, and displaces no count of the same sample."""


def _count_of(analyte: str) -> Count | None:
    return COUNTS.get("_".join(analyte.lower().replace("-", " ").split())) or COUNTS.get(analyte.strip())


def is_count(analyte: str) -> bool:
    """True for a count that the watch grades."""
    return _count_of(analyte) is not None


class Unread(StrEnum):
    """Why the watch cannot read a result."""

    NOT_GRADED = "not_graded"
    NO_COUNT = "no_count"
    UNKNOWN_UNIT = "unknown_unit"
    NO_NUMBER = "no_number"


def unread(analyte: str, value: Decimal | None, unit: str) -> Unread | None:
    """Why the watch makes nothing of a result; None for a count that it grades."""
    count = _count_of(analyte)
    if count is None:
        return Unread.NOT_GRADED
    if unit.strip() in OTHER_QUANTITIES:
        return Unread.NO_COUNT
    if count.units.read(unit) is None:
        return Unread.UNKNOWN_UNIT
    return Unread.NO_NUMBER if value is None else None


def values_of(
    analyte: str, value: Decimal | None, comparator: str, typed: str, unit: str, lln: Decimal | None
) -> Mapping[str, Value]:
    """The signals that a result holds; none where it is not graded.

    A result that cannot be read (clotted, a unit of its own) is there, as text: it makes the count unknown,
    where the one before it would still look known.
    """
    count = _count_of(analyte)
    if count is None or unit.strip() in OTHER_QUANTITIES:
        return {}
    if comparator and typed.strip().startswith(f"{comparator}="):
        comparator += "="
    meant = count.units.read(unit)
    if value is None or meant is None:
        return {count.reported: " ".join((typed or str(value), unit)).strip()}
    name, exponent = meant
    exponent -= 1 if name == GRAMS_PER_L else 0
    result = Amount(value, comparator).scaled(exponent)
    limit = {} if lln is None else {count.limit(name): Amount(lln).scaled(exponent).value}
    if not comparator:
        return {count.signal(name): result.value, **limit}
    if name == "mmol/L":
        return {count.reported: f"{comparator}{value} {unit}"}
    return {count.reported: f"{comparator}{result.value}", **limit}
