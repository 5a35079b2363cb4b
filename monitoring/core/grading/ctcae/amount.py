"""An amount as a laboratory gives it: exact, or only bounded ("<0.1"); and the units of blood counts.

Knows numbers and units, no term and no grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from monitoring.core.truth import Truth, not_

COMPARATORS = ("<=", ">=", "<", ">", "")
"""How a result may stand to the number that was written; the empty one is exact."""


@dataclass(frozen=True, slots=True)
class Amount:
    """All that an amount may be: the numbers that stand so to `value`.

    Raises: ValueError for an unknown comparator or for what is no finite number.
    """

    value: Decimal
    comparator: str = ""

    def __post_init__(self) -> None:
        """Refuses what could be compared with nothing."""
        if self.comparator not in COMPARATORS:
            raise ValueError(f"no comparator is written {self.comparator!r}")
        if not self.value.is_finite():
            raise ValueError(f"{self.value} is no number")

    @classmethod
    def read(cls, written: str) -> Amount:
        """The amount that was written, with its comparator where it has one.

        Raises: ValueError naming the text.
        """
        text = written.strip().replace("≤", "<=").replace("≥", ">=")
        comparator = next(sign for sign in COMPARATORS if text.startswith(sign))
        try:
            return cls(Decimal(text.removeprefix(comparator).strip()), comparator)
        except InvalidOperation:
            raise ValueError(f"{written!r} is no number") from None

    def is_below(self, cut: Decimal) -> Truth:
        """Whether every number that it may be lies below the cut, none does, or some do."""
        if self.comparator in ("<", "<="):
            below = self.value < cut or (self.comparator == "<" and self.value == cut)
            return True if below else None
        if self.comparator in (">", ">="):
            return False if self.value >= cut else None
        return self.value < cut

    def is_at_most(self, cut: Decimal) -> Truth:
        """Whether every number that it may be is the cut or lies below it."""
        if self.comparator in ("<", "<="):
            return True if self.value <= cut else None
        if self.comparator in (">", ">="):
            above = self.value > cut or (self.comparator == ">" and self.value == cut)
            return False if above else None
        return self.value <= cut

    def stands(self, op: str, cut: Decimal) -> Truth:
        """Whether it is `<`, `<=`, `>` or `>=` the cut."""
        if op in ("<", ">="):
            below = self.is_below(cut)
            return below if op == "<" else not_(below)
        at_most = self.is_at_most(cut)
        return at_most if op == "<=" else not_(at_most)

    def scaled(self, exponent: int) -> Amount:
        """The same amount in a unit that is so many powers of ten larger, exactly."""
        sign, digits, place = self.value.as_tuple()
        assert isinstance(place, int)
        return Amount(Decimal((sign, digits, place + exponent)), self.comparator)


@dataclass(frozen=True, slots=True)
class Units:
    """The ways to write the units of one quantity, each with the unit that it means and its power of ten."""

    spellings: Mapping[str, tuple[str, int]]

    def read(self, written: str) -> tuple[str, int] | None:
        """The unit that was meant and the power of ten to reach it; None for one that is not known here."""
        return self.spellings.get(_folded(written))

    @property
    def names(self) -> tuple[str, ...]:
        """The units that tables are printed in."""
        return tuple(dict.fromkeys(unit for unit, _ in self.spellings.values()))


def _folded(written: str) -> str:
    """The spelling without spaces, case and the several ways to write a micro, a power and a times sign."""
    text = "".join(written.split()).lower()
    for old, new in (
        ("µ", "u"),
        ("μ", "u"),
        ("×", "x"),
        ("⁹", "^9"),
        ("³", "^3"),
        ("*", "^"),
        ("mm^3", "mm3"),
    ):
        text = text.replace(old, new)
    return text.removeprefix("x")


CELLS = Units(
    {
        "10^9/l": ("10^9/L", 0),
        "10e9/l": ("10^9/L", 0),
        "giga/l": ("10^9/L", 0),
        "10^3/ul": ("10^9/L", 0),
        "10e3/ul": ("10^9/L", 0),
        "10^3/mm3": ("10^9/L", 0),
        "k/ul": ("10^9/L", 0),
        "/nl": ("10^9/L", 0),
        "/ul": ("10^9/L", -3),
        "1/ul": ("10^9/L", -3),
        "/mm3": ("10^9/L", -3),
        "cells/ul": ("10^9/L", -3),
        "{cells}/ul": ("10^9/L", -3),
        "cells/mm3": ("10^9/L", -3),
    }
)
"""Cells per volume. 10^3/uL and 10^9/L are the same number; one /uL is a thousandth of it."""

HEMOGLOBIN = Units({"g/dl": ("g/dL", 0), "g/l": ("g/L", 0), "mmol/l": ("mmol/L", 0)})
"""Hemoglobin. Each unit keeps the cuts that are printed for it: they are not exact conversions."""
