"""One rule judged at one moment: which of its priorities are true, why, and what it must remember.

A rule that cannot be judged answers with a failure; the others never notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from monitoring.core.clearing import BySets, ByStop
from monitoring.core.events import Event, Extent, Observation, Symptom
from monitoring.core.findings import Finding, Priority, RuleFailure
from monitoring.core.grades import Grade, Missing, gradings, rests_on_crs
from monitoring.core.leaves import Change, Compare
from monitoring.core.moment import Judge, Memory, Moment
from monitoring.core.rule_set import Rule, RuleSet
from monitoring.core.truth import Truth
from monitoring.core.value import value


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its closures, highest priority first."""

    rule: Rule
    judges: tuple[tuple[Priority, Judge], ...]
    is_over: Judge | None
    masked_by: Judge | None
    signs: frozenset[str]
    scales: tuple[str, ...]
    rests_on_crs: bool


@value(frozen=True, slots=True)
class Verdict:
    """What a rule says about one moment.

    `normal` is true when every priority is known to be false, `stops` when a symptom stopped, `is_over` when
    a set says so, `masked` when a normal set shows nothing because of a treatment. `memory` is None where the
    rule remembers what it did before. It is `quiet` where it found nothing, ends nothing, and leaves nothing
    behind.
    """

    rule: Rule
    finding: Finding | None
    normal: bool
    stops: bool
    is_over: bool
    masked: bool
    judged: tuple[tuple[str, Truth], ...]
    wakes: tuple[datetime, ...]
    memory: Memory | None
    quiet: bool

    @property
    def is_restful(self) -> bool:
        """True where it is quiet but for the moments that it names to look again."""
        return self.finding is None and not self.stops and self.memory is None

    def needs(self, *, at_home: bool) -> tuple[int, timedelta] | None:
        """How many normal sets clear its problem, and how far apart; None where none do."""
        clears = self.rule.clears
        return clears.needs(at_home=at_home) if isinstance(clears, BySets) else None


@lru_cache(maxsize=256)
def compile_rules(rule_set: RuleSet) -> tuple[CompiledRule, ...]:
    """The rules of a set that the fold judges, compiled. Kept for as long as the rule set is in use.

    Those that grade the syndrome come last: they need what the others have said.
    """
    compiled = [_compiled(rule) for rule in rule_set.rules.values() if not rule.is_about_schedule]
    return tuple(sorted(compiled, key=lambda one: one.rests_on_crs))


def _compiled(rule: Rule) -> CompiledRule:
    over = rule.clears.or_when if isinstance(rule.clears, ByStop) else None
    masks = rule.clears.masked_by if isinstance(rule.clears, BySets) else None
    signs = {
        condition.scale if isinstance(condition, Grade) else condition.signal
        for condition in rule.conditions()
        if isinstance(condition, Compare | Change | Grade)
    }
    return CompiledRule(
        rule,
        tuple((priority, held.judge(priority.word)) for priority, held in rule.priorities.items()),
        over.judge("over") if over else None,
        masks.judge("masked") if masks else None,
        frozenset(signs),
        tuple(sorted({held.scale for held in rule.conditions() if isinstance(held, Grade | Missing)})),
        any(rests_on_crs(condition) for condition in rule.conditions()),
    )


def judge(compiled: CompiledRule, event: Event, now: Moment, memory: Memory) -> Verdict | RuleFailure:
    """What this rule says about this event, as the moment shows it; a failure where it raises."""
    try:
        return _judge(compiled, event, now, memory)
    except Exception as error:  # whatever a rule does wrong, the others must still be judged
        return RuleFailure(event.at, event.key, compiled.rule.problem, f"{type(error).__name__}: {error}")


def _judge(compiled: CompiledRule, event: Event, now: Moment, memory: Memory) -> Verdict:
    now.begin(memory)
    truths = [(judge_priority(now), priority) for priority, judge_priority in compiled.judges]
    found = [priority for truth, priority in truths if truth is True]
    finding = _found(compiled, event, now, max(found)) if found else None
    judged, wakes = tuple(now.judged), tuple(now.wakes)
    remembered = None if now.memory == memory else now.memory
    is_set = isinstance(event, Observation)
    stops = isinstance(event, Symptom) and _stops(compiled, event, now)
    return Verdict(
        rule=compiled.rule,
        finding=finding,
        normal=is_set and finding is None and _is_normal(compiled, now, memory, truths),
        stops=stops,
        is_over=is_set and _is_said(compiled.is_over, now),
        masked=is_set and _is_said(compiled.masked_by, now),
        judged=judged,
        wakes=wakes,
        memory=remembered,
        quiet=finding is None and remembered is None and not stops and not wakes,
    )


def _found(compiled: CompiledRule, event: Event, now: Moment, priority: Priority) -> Finding:
    """The finding of the highest priority that is true, with everything that was true."""
    grade = None
    if compiled.scales:
        grade = max(gradings(compiled.scales, now), key=lambda one: (one.lowest, one.highest), default=None)
    because = tuple(now.because if len(now.because) == 1 else dict.fromkeys(now.because))
    return Finding(event.at, event.key, compiled.rule.problem, priority, because, grade)


def _is_said(judge_aside: Judge | None, now: Moment) -> bool:
    """True when a condition beside the priorities is known to hold; it remembers nothing."""
    if judge_aside is None:
        return False
    now.begin({})
    return judge_aside(now) is True


def _stops(compiled: CompiledRule, event: Symptom, now: Moment) -> bool:
    """True when this event ends a symptom and nothing of its kind runs any more."""
    clears = compiled.rule.clears
    return (
        isinstance(clears, ByStop)
        and event.extent is Extent.STOP
        and event.kind in clears.kinds
        and not now.acts.runs("symptom", clears.kinds)
    )


def _is_normal(
    compiled: CompiledRule, now: Moment, memory: Memory, truths: Iterable[tuple[Truth, Priority]]
) -> bool:
    """True when every priority is false.

    Where there is no baseline, by the absolute limits if the rule says so.
    """
    if all(truth is not None for truth, _ in truths):
        return True
    clears = compiled.rule.clears
    if not (isinstance(clears, BySets) and clears.absolute_without_baseline):
        return False
    now.begin(memory, without_baseline=False)
    return all(judge_priority(now) is False for _, judge_priority in compiled.judges)
