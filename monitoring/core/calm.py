"""Rules that would only say again what they have said.

A rule sees a set coarsely: of a number, between which of its limits it lies; of an act, whether there is any.
Where it sees what it saw once before, and found nothing then, it finds nothing now and is not judged again.
What is found is always judged anew, because it names its readings. Nothing is decided here: without it every
answer is the same, only later.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from monitoring.core.acts import Acts
from monitoring.core.clearing import BySets, ByStop
from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition, walk
from monitoring.core.events import Event, Tick
from monitoring.core.findings import RuleFailure
from monitoring.core.grades import Grade, Missing, graded_by
from monitoring.core.happenings import Absence, Happened
from monitoring.core.judging import CompiledRule, Verdict, compile_rules, judge
from monitoring.core.lasting import Seen, Still, Sustained
from monitoring.core.leaves import Change, Compare
from monitoring.core.moment import Judge, Memory, Moment
from monitoring.core.rule_set import Rule, RuleSet
from monitoring.core.signals import is_of_a_set

SIGHTS_LIMIT = 4096
"""So many different sights of one rule are kept."""

NEVER = timedelta()
SITE, IS_SET, IS_DUE = "site", "is of a set", "sets are due"

Sight = dict[str, Hashable]
"""What there is to see of a set, by name: of a number between which limits it lies."""


@dataclass(slots=True)
class Seeing:
    """What one rule looks at, and what it said of each sight in which it found nothing.

    `signals` are seen coarsely, `fixed` are what it holds against the baseline, `scales` its grades. While an
    act is within its `reach`, one of `trends` was measured, or it `remembers` something, it is always judged.
    """

    signals: tuple[str, ...]
    fixed: Mapping[str, Judge]
    scales: tuple[str, ...]
    reach: Mapping[tuple[str, str], timedelta]
    """The acts that it asks about, by family and kind, and for how long after one began."""

    trends: frozenset[str]
    remembers: bool
    said: dict[tuple[Hashable, ...], Verdict] = field(default_factory=dict)

    def sight(self, now: Moment, memory: Memory, sight: Sight) -> tuple[Hashable, ...] | None:
        """What the rule sees of this moment; None where it must be judged whatever it sees."""
        if memory and self.remembers:
            return None
        if not self.trends.isdisjoint(now.values):
            return None
        if not now.acts.kinds.isdisjoint(self.reach) and self._reaches(now.acts, now.at):
            return None
        seen: list[Hashable] = [now.observation is None, *map(sight.get, self.signals)]
        for name, judged in self.fixed.items():
            if name not in sight:
                now.begin({})
                sight[name] = judged(now)
            seen.append(sight[name])
        for scale in self.scales:
            graded, _ = graded_by(scale, now)
            seen += (graded.lowest, graded.highest)
        return tuple(seen)

    def _reaches(self, acts: Acts, at: datetime) -> bool:
        """True while an act that it asks about runs, happens now, or began within its reach."""
        lasting = acts.running if acts.instant is None else (*acts.running, acts.instant)
        return any((act.family, act.kind) in self.reach for act in lasting) or any(
            at - act.at < self.reach.get((act.family, act.kind), NEVER) for act in acts.newest
        )


@dataclass(frozen=True, slots=True)
class Calm:
    """How the rules of one rule set see a set: the limits of each number, and what each rule looks at."""

    limits: Mapping[str, tuple[Decimal, ...]]
    seeing: Mapping[str, Seeing]

    def sight(self, event: Event, now: Moment) -> Sight | None:
        """What there is to see of a set, and of mere time; None of what else may happen: that is judged."""
        if now.observation is None:
            return {} if isinstance(event, Tick) else None
        sight: Sight = {
            SITE: now.observation.site,
            IS_SET: is_of_a_set(now.observation),
            IS_DUE: now.sets_every is not None,
        }
        for signal, value in now.values.items():
            if isinstance(value, Decimal):
                limits = self.limits.get(signal, ())
                sight[signal] = bisect_left(limits, value) + bisect_right(limits, value)
            else:
                sight[signal] = value
        return sight

    def judged(
        self, compiled: CompiledRule, event: Event, now: Moment, memory: Memory, sight: Sight | None
    ) -> Verdict | RuleFailure:
        """What the rule says: what it said of the same sight before, else judged."""
        seeing = None if sight is None else self.seeing.get(compiled.rule.problem)
        if seeing is None or sight is None:
            return judge(compiled, event, now, memory)
        try:
            seen = seeing.sight(now, memory, sight)
        except Exception:  # whatever goes wrong here goes wrong again where it is judged, and is named there
            seen = None
        if seen is None:
            return judge(compiled, event, now, memory)
        verdict = seeing.said.get(seen)
        if verdict is not None:
            return verdict
        outcome = judge(compiled, event, now, memory)
        if isinstance(outcome, Verdict) and outcome.is_quiet:
            if len(seeing.said) >= SIGHTS_LIMIT:
                seeing.said.clear()
            seeing.said[seen] = outcome
        return outcome


@lru_cache(maxsize=256)
def calm(rule_set: RuleSet) -> Calm:
    """How the rules of a set see what is measured. Kept for as long as the rule set is in use."""
    limits: dict[str, set[Decimal]] = {}
    seeing = {}
    for compiled in compile_rules(rule_set):
        conditions = list(_conditions(compiled.rule))
        for condition in conditions:
            if isinstance(condition, Compare) and not condition.of_baseline:
                values = (condition.value, *condition.by_site.values())
                numbers = [value for value in values if isinstance(value, Decimal)]
                limits.setdefault(condition.signal, set()).update(numbers)
        found = _seeing(conditions)
        if found is not None:
            seeing[compiled.rule.problem] = found
    return Calm({signal: tuple(sorted(numbers)) for signal, numbers in limits.items()}, seeing)


def _conditions(rule: Rule) -> Iterable[Condition]:
    """Everything that the rule asks, how it clears included."""
    yield from rule.conditions()
    if isinstance(rule.clears, ByStop) and rule.clears.or_when is not None:
        yield from walk(rule.clears.or_when)
    if isinstance(rule.clears, BySets) and rule.clears.masked_by is not None:
        yield from walk(rule.clears.masked_by)


def _seeing(conditions: Iterable[Condition]) -> Seeing | None:
    """What conditions look at; None where one is of a kind of which that is not known."""
    signals: dict[str, None] = {}
    fixed: dict[str, Judge] = {}
    scales: dict[str, None] = {}
    reach: dict[tuple[str, str], timedelta] = {}
    trends: set[str] = set()
    remembers = False
    for condition in conditions:
        match condition:
            case Compare(of_baseline=True):
                fixed[f"{condition.signal} {condition.op} {condition.value}"] = condition.judge("")
            case Compare():
                signals[condition.signal] = None
                if condition.by_site or condition.sites:
                    signals[SITE] = None
            case Change(window=None):
                signals[condition.signal] = None
                fixed[_change(condition)] = condition.judge("")
            case Change():
                trends.add(condition.signal)
            case Happened():
                for kind in condition.kinds:
                    act = (condition.family, kind)
                    reach[act] = max(condition.within, reach.get(act, NEVER))
            case Grade():
                scales[condition.scale] = None
            case Missing():
                scales[condition.scale] = None
                signals |= dict.fromkeys([IS_SET, IS_DUE])
                remembers = True
            case Sustained() | Seen() | Still():
                remembers = True
            case AllOf() | AnyOf() | Not() | Unless() | Absence():
                pass  # what they look at is in their parts
            case _:
                return None
    return Seeing(tuple(signals), fixed, tuple(scales), reach, frozenset(trends), remembers)


def _change(condition: Change) -> str:
    unit = "%" if condition.percent else ""
    return f"{condition.signal} {condition.direction} {condition.op} {condition.by}{unit}"
