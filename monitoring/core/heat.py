"""How long a temperature has lasted: two spells, at or above 38.0 °C and above 40.0 °C.

Knows readings and nothing between them: a spell has lasted at least from its first hot reading to its last,
and at most since the last one under its limit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core.events import Observation
from monitoring.core.value import value

FEVER_C = Decimal("38.0")
"""A fever lasts at this and above. Source: CTCAE, febrile neutropenia."""

VERY_HIGH_C = Decimal("40.0")
"""Grade 3 of a fever lies above this. Source: CTCAE, fever."""

SILENCE = timedelta(hours=9)
"""Readings further apart than this say nothing about what lay between. Default, to be confirmed: the home log
of every 8 hours and its grace.
"""


@value(frozen=True, slots=True)
class Spell:
    """A run of readings beyond a limit: the first and the last of them, and the last reading before it."""

    since: datetime | None = None
    through: datetime | None = None
    under_at: datetime | None = None

    def after(self, at: datetime, *, is_hot: bool) -> Spell:
        """The spell after one more reading."""
        if not is_hot:
            return Spell(under_at=at)
        if self.since is not None and self.through is not None and at - self.through <= SILENCE:
            return Spell(self.since, at, self.under_at)
        was_under = self.under_at if self.under_at is not None and at - self.under_at <= SILENCE else None
        return Spell(at, at, was_under)

    def lasted(self) -> tuple[timedelta, timedelta | None] | None:
        """How long at least, and at most where that is known; None while it is not hot."""
        if self.since is None or self.through is None:
            return None
        most = None if self.under_at is None else self.through - self.under_at
        return self.through - self.since, most


@value(frozen=True, slots=True)
class Heat:
    """Both spells."""

    feverish: Spell = Spell()
    very_high: Spell = Spell()

    def after(self, observation: Observation) -> Heat:
        """The spells after one more observation; one without a temperature changes nothing."""
        temperature = observation.values.get("temperature_c")
        if not isinstance(temperature, Decimal):
            return self
        at = observation.at
        return Heat(
            self.feverish.after(at, is_hot=temperature >= FEVER_C),
            self.very_high.after(at, is_hot=temperature > VERY_HIGH_C),
        )
