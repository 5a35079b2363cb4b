"""What is overdue, as episodes: the rules of a rule set about the schedule, applied to the gaps in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from monitoring.core.condition import Condition
from monitoring.core.episodes import Episode, after_finding
from monitoring.core.findings import Because, Finding, Priority, Reading
from monitoring.core.happenings import Overdue
from monitoring.core.rule_set import Rule, RuleSet
from monitoring.core.schedule import Gap


def overdue_episodes(gaps: Iterable[Gap], rule_set: RuleSet) -> tuple[Episode, ...]:
    """An episode for each gap that a rule speaks of: raised at due + grace, never at the sweep's moment."""
    rules = [rule for rule in rule_set.rules.values() if rule.is_about_schedule]
    found = [_episode(rule, gap, rule_set.label) for gap in gaps for rule in rules]
    return tuple(episode for episode in found if episode is not None)


def _episode(rule: Rule, gap: Gap, label: str) -> Episode | None:
    episode: Episode | None = None
    for at, in_a_row in gap.missed:
        finding = _finding(rule, gap.what, at, in_a_row)
        if finding is not None:
            episode = after_finding(episode, finding, rule_set=label, waits=False)
    if episode is None or gap.answered_at is None:
        return episode
    return replace(episode, cleared_at=gap.answered_at, cleared_by="came")


def _finding(rule: Rule, what: str, at: datetime, in_a_row: int) -> Finding | None:
    true = [
        (priority, condition)
        for priority, condition in rule.priorities.items()
        if isinstance(condition, Overdue) and condition.what == what and in_a_row >= condition.in_a_row
    ]
    if not true:
        return None
    key = f"due:{what}:{at.isoformat()}"
    because = tuple(_because(priority, condition, key, at, in_a_row) for priority, condition in true)
    return Finding(at, key, rule.problem, max(priority for priority, _ in true), because)


def _because(priority: Priority, condition: Condition, key: str, at: datetime, in_a_row: int) -> Because:
    name = condition.id or priority.word
    return Because(name, "overdue", ">=", None, Reading(key, at, Decimal(in_a_row)))
