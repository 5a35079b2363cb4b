"""Rules that would only say again what they have said.

A rule sees a moment coarsely: of a number, between which of its limits it lies; of a grade, its range; of
an act, whether there is any. The moment is looked at once, into a sight with a place for each of these, and
every rule reads its own places. Where it sees what it saw once before, and found nothing then, it finds
nothing now and is not judged again. What is found is always judged anew, because it names its readings.
Nothing is decided here: without it every answer is the same, only later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from monitoring.core.acts import Acts
from monitoring.core.events import Event, Extent, Observation, Symptom, Tick, Value
from monitoring.core.findings import RuleFailure
from monitoring.core.grades import CRS_SCALES, SELDOM, graded_by
from monitoring.core.judging import CompiledRule, Verdict, compile_rules, judge
from monitoring.core.looks import IS_DUE, IS_SET, NEVER, SITE, Looks, conditions_of, limits_of, looks_of
from monitoring.core.moment import Judge, Memory, Moment
from monitoring.core.rule_set import Phase, RuleSet
from monitoring.core.signals import is_of_a_set

SIGHTS_LIMIT = 4096
"""So many different sights of one rule are kept."""

NOTHING: dict[str, Any] = {}
"""What a rule remembers that remembers nothing."""

FIRST = (IS_SET, SITE, IS_DUE)
"""What has the first places of every sight. Whether it is a set is seen by every rule."""

Sight = list[Hashable]
"""What there is to see of a moment, each thing at its place."""


@dataclass(slots=True)
class Seeing:
    """One rule, where in a sight it looks, and what it said of each sight in which it found nothing.

    It is judged without a look where one of `trends` was measured, where it `remembers` something, and where
    nobody knows what it looks at. While an act is within its `reach`, what it said holds for those very acts,
    from when it said so until the first moment that it named, and until one of `answers` is measured.
    """

    problem: str
    compiled: CompiledRule
    look: Callable[[Sight], Hashable] | None
    reach: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)
    """The acts that it asks about, by family and kind, and for how long after one began."""

    trends: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    remembers: bool = False
    said: dict[Hashable, Verdict] = field(default_factory=dict)
    said_beside: tuple[Acts | None, dict[Hashable, tuple[datetime, Verdict]]] = (None, {})

    def again(self, event: Event, now: Moment, memory: Memory, sight: Sight | None) -> Verdict | RuleFailure:
        """What the rule says: what it said of the same sight before, else judged."""
        if (
            sight is None
            or self.look is None
            or (memory and self.remembers)
            or not self.trends.isdisjoint(now.values)
        ):
            return judge(self.compiled, event, now, memory)
        if self._reaches(now.acts, now.at):
            return self._beside(event, now, memory, self.look(sight))
        seen = self.look(sight)
        verdict = self.said.get(seen)
        if verdict is not None:
            return verdict
        outcome = judge(self.compiled, event, now, memory)
        if isinstance(outcome, Verdict) and outcome.quiet:
            if len(self.said) >= SIGHTS_LIMIT:
                self.said.clear()
            self.said[seen] = outcome
        return outcome

    def _beside(self, event: Event, now: Moment, memory: Memory, seen: Hashable) -> Verdict | RuleFailure:
        """The same beside acts that are its concern. An act, and all in its own moment, is always judged."""
        is_act = not isinstance(event, Observation | Tick) or any(act.at == now.at for act in now.acts.newest)
        if is_act or not self.answers.isdisjoint(now.values):
            return judge(self.compiled, event, now, memory)
        acts, said = self.said_beside
        if acts is not now.acts:
            said = {}
            self.said_beside = (now.acts, said)
        if seen in said:
            since, verdict = said[seen]
            if since <= now.at and all(now.at < wakes_at for wakes_at in verdict.wakes):
                return verdict
        outcome = judge(self.compiled, event, now, memory)
        if isinstance(outcome, Verdict) and outcome.is_restful:
            if len(said) >= SIGHTS_LIMIT:
                said.clear()
            said[seen] = (now.at, outcome)
        return outcome

    def _reaches(self, acts: Acts, at: datetime) -> bool:
        """True while an act that it asks about runs, happens now, or began within its reach."""
        if acts.kinds.isdisjoint(self.reach):
            return False
        lasting = acts.running if acts.instant is None else (*acts.running, acts.instant)
        return any((act.family, act.kind) in self.reach for act in lasting) or any(
            at - act.at < self.reach.get((act.family, act.kind), NEVER) for act in acts.newest
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """The rules of one phase: all of them, those judged first, and those that grade the syndrome."""

    rules: tuple[CompiledRule, ...]
    signs: tuple[Seeing, ...]
    syndrome: tuple[Seeing, ...]

    @classmethod
    def of(cls, phase: Phase, rules: Iterable[Seeing]) -> Asked:
        """Those of these rules that are asked in a phase, in the order in which they are judged."""
        asked = [seeing for seeing in rules if phase in seeing.compiled.rule.phases]
        return cls(
            tuple(seeing.compiled for seeing in asked),
            tuple(seeing for seeing in asked if not seeing.compiled.rests_on_crs),
            tuple(seeing for seeing in asked if seeing.compiled.rests_on_crs),
        )


@dataclass(slots=True)
class Calm:
    """How the rules of one rule set see a moment: the place of each thing, and how it is looked at.

    `limits` are those of each number. `held` is what is held against the baseline alone, the same for as long
    as that is; `moved` is what has moved from it, by the signal that may have. `seldom_scales` know nothing
    until one of the signals `seldom` was measured.
    """

    places: Mapping[str, int]
    limits: Mapping[str, tuple[Decimal, ...]]
    held: tuple[Judge, ...]
    moved: tuple[tuple[int, str, Judge], ...]
    scales: tuple[tuple[int, str], ...]
    seldom_scales: tuple[tuple[int, str], ...]
    crs_scales: tuple[tuple[int, str], ...]
    seldom: frozenset[str]
    seeing: Mapping[str, Seeing]
    asked: Mapping[Phase, Asked]

    concerned: dict[frozenset[tuple[str, str]], frozenset[str]] = field(default_factory=dict)
    """The rules that a look alone does not settle while there are acts of these kinds."""

    at_baseline: tuple[Mapping[str, Value], Mapping[str, Value], Sight] | None = None
    """The newest baseline, all that it knows, and how it is seen."""

    def sight(self, event: Event, now: Moment) -> Sight | None:
        """What there is to see but for the syndrome; None where a symptom stops: that is always judged."""
        if isinstance(event, Symptom) and event.extent is Extent.STOP:
            return None
        sight = self._at_baseline(now).copy()
        if now.observation is not None:
            now.begin(NOTHING)
            sight[: len(FIRST)] = (
                is_of_a_set(now.observation),
                now.observation.site,
                now.sets_every is not None,
            )
            places, limits = self.places, self.limits
            for signal, value in now.values.items():
                place, between = places.get(signal), limits.get(signal)
                if place is None:
                    continue
                if between is not None and isinstance(value, Decimal):
                    under = bisect_left(between, value)
                    is_on_one = under < len(between) and between[under] == value
                    sight[place] = 2 * under + is_on_one
                else:
                    sight[place] = value
            for place, signal, judged in self.moved:
                if signal in now.values:
                    sight[place] = _seen(judged, now)
            for place, scale in self.scales:
                sight[place] = _range(scale, now)
            if not self.seldom.isdisjoint(now.latest):
                for place, scale in self.seldom_scales:
                    sight[place] = _range(scale, now)
        return sight

    def see_crs(self, sight: Sight, now: Moment) -> None:
        """Adds what there is to see of the syndrome, once the rules of its signs have spoken."""
        for place, scale in self.crs_scales:
            sight[place] = _range(scale, now)

    def outcomes(
        self,
        asked: Iterable[Seeing],
        event: Event,
        now: Moment,
        remembered: Mapping[str, Memory],
        sight: Sight | None,
    ) -> tuple[dict[str, Verdict], list[RuleFailure]]:
        """What these rules say of the moment, by their problem and in their order; and those that failed."""
        unsettled = self._concerned(now.acts).union(remembered)
        verdicts: dict[str, Verdict] = {}
        failures: list[RuleFailure] = []
        for seeing in asked:
            problem, said = seeing.problem, None
            if sight is not None and seeing.look is not None and problem not in unsettled:
                said = seeing.said.get(seeing.look(sight))
            if said is None:
                outcome = seeing.again(event, now, remembered.get(problem, NOTHING), sight)
                if isinstance(outcome, RuleFailure):
                    failures.append(outcome)
                    continue
                said = outcome
            verdicts[problem] = said
        return verdicts, failures

    def _concerned(self, acts: Acts) -> frozenset[str]:
        concerned = self.concerned.get(acts.kinds)
        if concerned is None:
            if len(self.concerned) >= SIGHTS_LIMIT:
                self.concerned.clear()
            concerned = frozenset(
                name
                for name, seeing in self.seeing.items()
                if seeing.look is None or seeing.trends or not acts.kinds.isdisjoint(seeing.reach)
            )
            self.concerned[acts.kinds] = concerned
        return concerned

    def _at_baseline(self, now: Moment) -> Sight:
        """The sight where nothing is measured: what is held against the baseline alone, no grade known."""
        newest = self.at_baseline
        if newest is None or newest[0] is not now.baseline:
            bare = Moment(now.at, now.key, None, now.baseline, Acts(), carry=now.carry)
            seen: Sight = [None] * len(self.places)
            bare.begin(NOTHING)
            held = [_seen(judged, bare) for judged in self.held]
            seen[len(FIRST) : len(FIRST) + len(held)] = held
            for place, scale in (*self.scales, *self.seldom_scales):
                seen[place] = _range(scale, bare)
            newest = self.at_baseline = (now.baseline, bare.all_before(), seen)
        now.known_before = newest[1]
        return newest[2]


def _seen(judged: Judge, now: Moment) -> Hashable:
    """What a condition says; where it fails a thing that nobody has seen: the rule is judged, and named."""
    try:
        return judged(now)
    except Exception:  # whatever goes wrong here goes wrong again where it is judged
        return object()


def _range(scale: str, now: Moment) -> Hashable:
    """The range of a grade; where the scale fails a thing that nobody has seen."""
    try:
        graded, _ = graded_by(scale, now)
    except Exception:  # whatever goes wrong here goes wrong again where it is judged
        return object()
    return graded.lowest, graded.highest


@lru_cache(maxsize=256)
def calm(rule_set: RuleSet) -> Calm:
    """How the rules of a set see what is measured. Kept for as long as the rule set is in use."""
    rules = [(compiled, list(conditions_of(compiled.rule))) for compiled in compile_rules(rule_set)]
    looks = {compiled.rule.problem: looks_of(conditions) for compiled, conditions in rules}
    every = [look for look in looks.values() if look is not None]
    held = {name: judged for look in every for name, judged in look.held.items()}
    moved = {name: pair for look in every for name, pair in look.moved.items()}
    scales = {scale for look in every for scale in look.scales}
    signals = {signal for look in every for signal in look.signals}
    names = dict.fromkeys([*FIRST, *held, *sorted(signals), *moved, *sorted(scales)])
    places = {name: place for place, name in enumerate(names)}
    seeing = {
        compiled.rule.problem: _seeing(compiled, looks[compiled.rule.problem], places)
        for compiled, _ in rules
    }
    return Calm(
        places,
        limits_of(condition for _, conditions in rules for condition in conditions),
        tuple(held.values()),
        tuple((places[name], signal, judged) for name, (signal, judged) in moved.items()),
        tuple((places[scale], scale) for scale in sorted(scales - SELDOM.keys() - CRS_SCALES)),
        tuple((places[scale], scale) for scale in sorted(scales & SELDOM.keys())),
        tuple((places[scale], scale) for scale in sorted(scales & CRS_SCALES)),
        frozenset().union(*(SELDOM[scale] for scale in scales & SELDOM.keys())),
        seeing,
        {phase: Asked.of(phase, seeing.values()) for phase in Phase},
    )


def _seeing(compiled: CompiledRule, looks: Looks | None, places: Mapping[str, int]) -> Seeing:
    """Where a rule looks; nowhere, so that it is always judged, where that is not known."""
    if looks is None:
        return Seeing(compiled.rule.problem, compiled, None)
    names = [IS_SET, *looks.signals, *looks.held, *looks.moved, *looks.scales]
    return Seeing(
        compiled.rule.problem,
        compiled,
        itemgetter(*dict.fromkeys(places[name] for name in names)),
        looks.reach,
        frozenset(looks.trends),
        frozenset(looks.answers),
        looks.remembers,
    )
