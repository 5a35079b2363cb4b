"""The course of a cytokine release syndrome: which of its signs stand, and whether it still needs a fever.

It follows the problems `fever`, `hypotension` and `hypoxia` of the rules in force and what is given for them.
The grade itself is worked out in `scales.crs`.

Source: ASTCT 2019 (Lee et al., doi 10.1016/j.bbmt.2018.12.758) gives the grades and that a treated syndrome
needs no fever any more. When a sign ends, and when the waiver does, are defaults, to be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from monitoring.core.acts import Act, Acts
from monitoring.core.events import Assessment, Event, Extent, Intervention, Observation
from monitoring.core.findings import Finding, Priority, Reading
from monitoring.core.grading.astct import FEVER_C
from monitoring.core.value import value

FEVER, HYPOTENSION, HYPOXIA = "fever", "hypotension", "hypoxia"
SIGNS = (FEVER, HYPOTENSION, HYPOXIA)

SUPPORTED_FOR = timedelta(hours=6)
"""So long a bolus for hypotension counts as its support."""

QUIET_FOR = timedelta(hours=24)
"""After so long without any of the signs the syndrome is over, and with it the waiver of fever."""

WAIVING = frozenset({"antipyretic", "anticytokine", "tocilizumab", "steroid"})
"""What takes the fever away: once it was given for a syndrome, fever is no longer asked for."""

SUPPORTED_BY: Mapping[str, frozenset[tuple[str, str]]] = {
    HYPOTENSION: frozenset({("intervention", "vasopressor"), ("intervention", "fluids")}),
    HYPOXIA: frozenset({("intervention", "oxygen")}),
}
"""The acts that may be a support of a sign."""

OXYGEN_INDICATED = frozenset({"hypoxia", ""})
"""What oxygen is given for when it speaks of hypoxia; nobody having said counts, comfort does not."""


NEEDS = (2, timedelta(minutes=15))
"""By how many normal sets a sign ends, and how far apart, where its rule does not say."""


class Spoken(Protocol):
    """What the rule of a sign says of one event: found, known to be normal, or hidden by a treatment."""

    @property
    def finding(self) -> Finding | None:
        """What it found."""

    @property
    def normal(self) -> bool:
        """True where the sign is known not to be there."""

    @property
    def masked(self) -> bool:
        """True where a normal set shows nothing because of a treatment."""

    def needs(self, *, at_home: bool) -> tuple[int, timedelta] | None:
        """How many normal sets end it, and how far apart; None where the rule does not say."""


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Where no rule of that name is in force."""

    finding: Finding | None = None
    normal: bool = False
    masked: bool = False

    def needs(self, *, at_home: bool) -> None:
        """Nobody says."""


UNSPOKEN = Unspoken()


@value(frozen=True, slots=True)
class Standing:
    """One sign that is there. `shown` is the newest reading or act that showed it, with its signal.

    `normal_at` holds the normal sets since, `answered` the priority that a person has put down to another
    cause: up to it the sign does not count.
    """

    since: datetime
    signal: str
    shown: Reading
    last_at: datetime
    normal_at: tuple[datetime, ...] = ()
    answered: Priority | None = None

    @property
    def counts(self) -> bool:
        """True unless a person found another cause for it."""
        return self.answered is None


@value(frozen=True, slots=True)
class Crs:
    """The syndrome after an event. `began` is its first fever, `waived_by` the first dose given after that.

    `absent_at` says of each sign when a set was last known not to show it, `quiet_since` when the last of
    them ended.
    """

    signs: Mapping[str, Standing] = field(default_factory=dict)
    absent_at: Mapping[str, datetime] = field(default_factory=dict)
    began: Reading | None = None
    waived_by: Reading | None = None
    quiet_since: datetime | None = None

    def after(self, event: Event, spoken: Mapping[str, Spoken], acts: Acts, *, at_home: bool = False) -> Crs:
        """The syndrome once the rules of its signs have spoken about this event."""
        crs = self._ended() if self._is_over(event.at) else self
        if isinstance(event, Intervention):
            crs = crs._dosed(event)
        signs, absent_at = dict(crs.signs), dict(crs.absent_at)
        for sign in SIGNS:
            said, standing = spoken.get(sign, UNSPOKEN), crs.signs.get(sign)
            if (shown := _shown(sign, event, said, acts)) is not None:
                signs[sign] = _shown_again(standing, *shown, event.at, said)
            elif isinstance(event, Observation) and _is_normal(sign, event, said):
                absent_at[sign] = event.at
                if standing is None:
                    continue
                left = _after_normal(standing, event.at, said.needs(at_home=at_home) or NEEDS)
                if left is None:
                    del signs[sign]
                else:
                    signs[sign] = left
        return crs._with(signs, absent_at, event.at)

    def answered(self, assessment: Assessment) -> Crs:
        """The syndrome without a sign for which a person found another cause; without its fever it never was.

        The answer covers the sign for as long as it stands, up to the priority that was answered for. The
        newest answer is the one that counts.
        """
        standing = self.signs.get(assessment.problem)
        if standing is None or standing.answered == assessment.other_cause:
            return self
        signs = {**self.signs, assessment.problem: replace(standing, answered=assessment.other_cause)}
        never_was = assessment.problem == FEVER and assessment.other_cause is not None
        crs = self._ended() if never_was else self
        return crs._with(signs, self.absent_at, assessment.at)

    def closed(self) -> Crs:
        """The syndrome closed by a person: what comes next is another, and needs a fever of its own."""
        return self._ended()

    def _is_over(self, at: datetime) -> bool:
        return self.quiet_since is not None and at - self.quiet_since >= QUIET_FOR

    def _ended(self) -> Crs:
        return replace(self, began=None, waived_by=None, quiet_since=None)

    def _dosed(self, dose: Intervention) -> Crs:
        """Only what is given after the first fever waives it: premedication never does."""
        is_given = dose.kind in WAIVING and dose.extent is not Extent.STOP
        if self.began is None or self.waived_by is not None or not is_given or dose.at <= self.began.at:
            return self
        return replace(self, waived_by=Reading(dose.key, dose.at, dose.detail or dose.kind))

    def _with(self, signs: Mapping[str, Standing], absent_at: Mapping[str, datetime], at: datetime) -> Crs:
        fever = signs.get(FEVER)
        began = self.began
        if began is None and fever is not None and fever.counts:
            began = fever.shown
        quiet_since = None
        if began is not None and not any(standing.counts for standing in signs.values()):
            quiet_since = self.quiet_since or at
        return Crs(signs, absent_at, began, self.waived_by, quiet_since)


def support(sign: str, acts: Acts, at: datetime) -> Iterator[Act]:
    """What is being done about a sign: it is there for as long as that goes on."""
    if sign == HYPOTENSION:
        yield from (act for act in acts.running if act.kind == "vasopressor")
        for act in acts.newest:
            if (act.kind, act.quality) == ("fluids", HYPOTENSION) and at - act.at < SUPPORTED_FOR:
                yield act
    elif sign == HYPOXIA:
        for act in acts.running:
            if act.kind == "oxygen" and act.quality in OXYGEN_INDICATED:
                yield act


def _shown(sign: str, event: Event, said: Spoken, acts: Acts) -> tuple[str, Reading] | None:
    """The reading or the act by which this moment shows a sign, with its signal."""
    if sign == FEVER:
        temperature = event.values.get("temperature_c") if isinstance(event, Observation) else None
        if isinstance(temperature, Decimal) and temperature >= FEVER_C:
            return "temperature_c", Reading(event.key, event.at, temperature)
        return None
    if said.finding is not None:
        because = said.finding.because[0]
        return because.signal, because.reading
    if SUPPORTED_BY[sign].isdisjoint(acts.kinds):
        return None
    act = max(support(sign, acts, event.at), key=lambda act: (act.at, act.kind, act.detail), default=None)
    if act is None:
        return None
    return f"{act.family}:{act.kind}", Reading(act.key, act.at, act.detail or act.kind)


def _shown_again(
    standing: Standing | None, signal: str, shown: Reading, at: datetime, said: Spoken
) -> Standing:
    """The sign shown at this moment. What is worse than was answered for counts again."""
    if standing is None:
        return Standing(at, signal, shown, at)
    answered = standing.answered
    if answered is not None and said.finding is not None and said.finding.priority > answered:
        answered = None
    return Standing(standing.since, signal, shown, at, (), answered)


def _is_normal(sign: str, event: Observation, said: Spoken) -> bool:
    """True for a set that is known not to show the sign, where no treatment may hide it."""
    if said.masked:
        return False
    return "temperature_c" in event.values if sign == FEVER else said.normal


def _after_normal(standing: Standing, at: datetime, needs: tuple[int, timedelta]) -> Standing | None:
    """The sign after a normal set without support; None once there were enough, far enough apart.

    Of two sets of one moment, the one that shows the sign counts.
    """
    if at == standing.last_at:
        return standing
    sets, apart = needs
    counted = standing.normal_at
    if not counted or at - counted[-1] >= apart:
        counted = (*counted, at)
    return None if len(counted) >= sets else replace(standing, normal_at=counted)
