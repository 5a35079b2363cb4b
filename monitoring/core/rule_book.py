"""Which rules are in force when: activations of rule sets, and a subject's own thresholds for a time.

Every reading is judged by what is in force at its own moment, never by what is in force when it arrives.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from monitoring.core.calm import Calm, calm
from monitoring.core.judging import CompiledRule, compile_rules
from monitoring.core.rule_set import RuleSet, with_thresholds

BEFORE_EVERYTHING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Override:
    """One named threshold replaced for one subject, from a moment on until just before another."""

    key: str
    threshold: str
    value: Decimal
    starts_at: datetime
    ends_at: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        """True from its start until just before its end."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Regime:
    """What is in force until the next regime starts: a rule set with its overrides, compiled.

    From `warms_up_from` on it looks on without finding anything, so that it knows its longest look-back.
    """

    starts_at: datetime
    warms_up_from: datetime
    identity: str
    rule_set: RuleSet
    rules: tuple[CompiledRule, ...]
    calm: Calm


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The regimes in order of time. The first also judges whatever lies before it."""

    regimes: tuple[Regime, ...]
    starts: tuple[datetime, ...] = field(init=False, repr=False)
    """When each of them does."""

    def __post_init__(self) -> None:
        """Notes the starts."""
        object.__setattr__(self, "starts", tuple(regime.starts_at for regime in self.regimes))

    @classmethod
    def of(
        cls, activations: Iterable[tuple[datetime, RuleSet]], overrides: Iterable[Override] = ()
    ) -> RuleBook:
        """The book of these activations (moment from which, rule set) and these overrides.

        Raises: ValueError without any activation.
        """
        active = sorted(activations, key=lambda activation: (activation[0], activation[1].label))
        if not active:
            raise ValueError("A rule book needs at least one activated rule set")
        asked = sorted(overrides, key=lambda override: (override.starts_at, override.key))
        changes = {at for at, _ in active[1:]} | {override.starts_at for override in asked}
        changes |= {override.ends_at for override in asked if override.ends_at is not None}
        moments = [BEFORE_EVERYTHING, *sorted(changes)]
        return cls(tuple(_regime(at, active, asked) for at in moments))

    def in_force(self, at: datetime) -> Regime:
        """The regime that judges what is true at this moment."""
        return self.regimes[self._begun(at) - 1]

    def warming_up(self, at: datetime) -> tuple[Regime, ...]:
        """The coming regimes that already look on, each identity once, without the one in force."""
        begun = self._begun(at)
        if begun == len(self.regimes):
            return ()
        force = self.regimes[begun - 1]
        coming = {
            regime.identity: regime
            for regime in reversed(self.regimes[begun:])
            if regime.warms_up_from <= at and regime.identity != force.identity
        }
        return tuple(coming.values())

    def next_change(self, after: datetime) -> datetime | None:
        """The next moment at which another regime starts."""
        begun = self._begun(after)
        return self.regimes[begun].starts_at if begun < len(self.regimes) else None

    def _begun(self, at: datetime) -> int:
        """How many regimes have started by this moment."""
        return bisect_right(self.starts, at)

    def resume_before(self, changed_from: datetime) -> datetime:
        """The moment before which to resume when the book changes from `changed_from` on.

        The regimes that start then must have looked on for their longest look-back.
        """
        touched = [regime.warms_up_from for regime in self.regimes if regime.starts_at >= changed_from]
        return min([changed_from, *touched])


def _regime(at: datetime, active: list[tuple[datetime, RuleSet]], asked: list[Override]) -> Regime:
    rule_set = next((rules for since, rules in reversed(active) if since <= at), active[0][1])
    held = [override for override in asked if override.holds_at(at)]
    values = tuple((override.threshold, override.value) for override in held)
    judged_by = _overridden(rule_set, values)
    identity = "+".join([rule_set.label, *(override.key for override in held)])
    look_back = min(rule_set.look_back, at - BEFORE_EVERYTHING)
    return Regime(at, at - look_back, identity, judged_by, compile_rules(judged_by), calm(judged_by))


@lru_cache(maxsize=256)
def _overridden(rule_set: RuleSet, values: tuple[tuple[str, Decimal], ...]) -> RuleSet:
    """Kept, so that an evaluation does not compile what the one before it compiled."""
    replaced: Mapping[str, Decimal] = dict(values)
    return with_thresholds(rule_set, replaced)
