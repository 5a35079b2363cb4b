"""The figures of the rules in force that a page may hold against a value itself, while nobody else can.

A figure counts where it stands alone: one number against one sign. What needs a history, a grade or more
is judged by the watch only. So what a page says with these is early and coarse, never an alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from monitoring import rule_sets
from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition
from monitoring.core.leaves import Compare
from monitoring.models import RuleSet, RuleSetStatus, Watch

#: The signs that the form shows as numbers.
SIGNS = frozenset(
    {
        "temperature_c",
        "systolic_mmhg",
        "diastolic_mmhg",
        "heart_rate_bpm",
        "respiratory_rate_per_min",
        "spo2_percent",
    }
)


def limits_in_force(
    watch: Watch | None, study_id: int, now: datetime, facts: dict[str, Any]
) -> list[dict[str, Any]]:
    """Each figure with its sign, its operator and the priority that it raises; the highest first.

    `facts` are those of the patient that a rule may ask for before it speaks (`spo2_target_88_92`). Where the
    watch has not looked yet, the rules are those of the study.
    """
    book = rule_sets.book_of(watch.rule_book) if watch and watch.rule_book else _book_of_study(study_id)
    if book is None:
        return []
    rules = book.rules.in_force(now).rule_set.rules
    found = [
        {
            "signal": one.signal,
            "op": one.op,
            "value": str(one.value),
            "sites": list(one.sites),
            "by_site": {site: str(value) for site, value in one.by_site.items()},
            "priority": priority.word,
            "problem": rule.problem,
        }
        for rule in rules.values()
        for priority, condition in sorted(rule.priorities.items(), reverse=True)
        for one in _alone(condition, facts)
    ]
    order = {"high": 0, "medium": 1, "low": 2}
    return sorted(found, key=lambda limit: order[str(limit["priority"])])


def _book_of_study(study_id: int) -> rule_sets.Book | None:
    active = RuleSet.objects.filter(status=RuleSetStatus.ACTIVE)
    ids = active.filter(Q(study=study_id) | Q(study=None)).order_by("pk").values_list("pk", flat=True)
    return rule_sets.book(tuple(ids), ()) if ids else None


def _alone(condition: Condition, facts: dict[str, Any]) -> Iterator[Compare]:
    """The comparisons by which a condition comes true on its own."""
    match condition:
        case Compare(of_baseline=False) if condition.signal in SIGNS and isinstance(condition.value, Decimal):
            yield condition
        case AnyOf():
            for part in condition.parts:
                yield from _alone(part, facts)
        case Unless():
            yield from _alone(condition.condition, facts)
        case AllOf():
            rest = [part for part in condition.parts if _holds(part, facts) is None]
            known = [part for part in condition.parts if _holds(part, facts) is not None]
            if len(rest) == 1 and known and all(_holds(part, facts) for part in known):
                yield from _alone(rest[0], facts)


def _holds(condition: Condition, facts: dict[str, Any]) -> bool | None:
    """Whether a question about the patient is answered with yes; None where it is no such question."""
    if isinstance(condition, Not):
        inner = _holds(condition.part, facts)
        return None if inner is None else not inner
    if isinstance(condition, Compare) and condition.of_baseline and condition.signal in facts:
        return bool(facts[condition.signal] == condition.value)
    return None
