"""What the conditions of a rule look at: which signals, which grades, which acts, and how far back.

Worked out once for a rule set; `calm` reads it to tell whether a moment shows a rule anything new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from monitoring.core.clearing import BySets, ByStop
from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition, walk
from monitoring.core.grades import Grade, Missing
from monitoring.core.happenings import Absence, Happened
from monitoring.core.lasting import Seen, Still, Sustained
from monitoring.core.leaves import Change, Compare
from monitoring.core.moment import Judge, Moment
from monitoring.core.rule_set import Rule

NEVER = timedelta()
SITE, IS_SET, IS_DUE = "site", "is of a set", "sets are due"


@dataclass(slots=True)
class Looks:
    """What one rule looks at, by the name of each thing.

    `signals` are seen coarsely. `held` is what is held against the baseline alone, `moved` what has moved
    from it, with its signal. `reach` names the acts by family and kind, and for how long after one began it
    asks about it. `trends` are the signals whose earlier readings count, `answers` those that some act asks
    for.
    """

    signals: dict[str, None] = field(default_factory=dict)
    held: dict[str, Judge] = field(default_factory=dict)
    moved: dict[str, tuple[str, Judge]] = field(default_factory=dict)
    scales: dict[str, None] = field(default_factory=dict)
    reach: dict[tuple[str, str], timedelta] = field(default_factory=dict)
    trends: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)
    remembers: bool = False


def conditions_of(rule: Rule) -> Iterable[Condition]:
    """Everything that the rule asks, how it clears included."""
    yield from rule.conditions()
    if isinstance(rule.clears, ByStop) and rule.clears.or_when is not None:
        yield from walk(rule.clears.or_when)
    if isinstance(rule.clears, BySets) and rule.clears.masked_by is not None:
        yield from walk(rule.clears.masked_by)


def limits_of(conditions: Iterable[Condition]) -> Mapping[str, tuple[Decimal, ...]]:
    """The limits of each number that these conditions hold a reading against, in order."""
    limits: dict[str, set[Decimal]] = {}
    for condition in conditions:
        if isinstance(condition, Compare) and not condition.of_baseline:
            values = (condition.value, *condition.by_site.values())
            numbers = [value for value in values if isinstance(value, Decimal)]
            limits.setdefault(condition.signal, set()).update(numbers)
    return {signal: tuple(sorted(numbers)) for signal, numbers in limits.items()}


def looks_of(conditions: Iterable[Condition]) -> Looks | None:
    """What conditions look at; None where one is of a kind of which that is not known."""
    looks = Looks()
    for condition in conditions:
        match condition:
            case Compare(of_baseline=True):
                looks.held[f"baseline {condition.signal} {condition.op} {condition.value}"] = condition.judge(
                    ""
                )
            case Compare():
                looks.signals[condition.signal] = None
                if condition.by_site or condition.sites:
                    looks.signals[SITE] = None
            case Change(window=None):
                looks.signals[condition.signal] = None
                looks.moved[_change(condition)] = (condition.signal, condition.judge(""))
            case Change():
                looks.trends.add(condition.signal)
            case Happened():
                for kind in condition.kinds:
                    act = (condition.family, kind)
                    looks.reach[act] = max(condition.within, looks.reach.get(act, NEVER))
            case Absence(of_baseline=True):
                looks.held[f"baseline has {condition.signals}"] = _is_at_baseline(condition)
            case Absence():
                looks.answers.update(condition.signals)
            case Grade():
                looks.scales[condition.scale] = None
            case Missing():
                looks.scales[condition.scale] = None
                looks.signals |= dict.fromkeys([IS_SET, IS_DUE])
                looks.remembers = True
            case Sustained() | Seen() | Still():
                looks.remembers = True
            case AllOf() | AnyOf() | Not() | Unless():
                pass  # what they look at is in their parts
            case _:
                return None
    return looks


def _change(condition: Change) -> str:
    unit = "%" if condition.percent else ""
    return f"{condition.signal} {condition.direction} {condition.op} {condition.by}{unit}"


def _is_at_baseline(condition: Absence) -> Judge:
    """Whether the baseline has all that the absence asks it for."""

    def judged(now: Moment) -> bool:
        return all(signal in now.baseline for signal in condition.signals)

    return judged
