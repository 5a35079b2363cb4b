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
from monitoring.core.schedule import Course, Gap, Taken
from monitoring.core.template import ANSWERED_BY, BASELINE, VITAL_SIGNS, BeforeStart


def overdue_episodes(gaps: Iterable[Gap], rule_set: RuleSet) -> tuple[Episode, ...]:
    """An episode for each gap that a rule speaks of: raised at due + grace, never at the sweep's moment."""
    rules = [rule for rule in rule_set.rules.values() if rule.is_about_schedule]
    found = [_episode(rule, gap, rule_set.label) for gap in gaps for rule in rules]
    return tuple(episode for episode in found if episode is not None)


def baseline_gap(
    asked: BeforeStart | None, course: Course, taken: Iterable[Taken], as_of: datetime
) -> tuple[Gap, ...]:
    """What lacked of the baseline when the start became known, from the start on until it came.

    A set that was taken before the start and recorded later ends it, and so does a baseline entered by hand.
    """
    if asked is None or course.started_at is None or course.known_at is None:
        return ()
    known = [entry for entry in baseline_sets(asked, course, taken) if entry.recorded_at <= as_of]
    sets = [entry for entry in known if entry.what != BASELINE]
    missing = asked.readings - sum(entry.recorded_at <= course.known_at for entry in sets)
    if missing <= 0:
        return ()
    came = sets[asked.readings - 1 :] + [entry for entry in known if entry.what == BASELINE]
    answer = min(came, key=_by_record, default=None)
    lacked = ((course.started_at, missing),)
    if answer is None:
        return (Gap(BASELINE, course.started_at, lacked),)
    return (Gap(BASELINE, course.started_at, lacked, answer.recorded_at, answer.key),)


def baseline_sets(asked: BeforeStart | None, course: Course, taken: Iterable[Taken]) -> tuple[Taken, ...]:
    """The first sets known of those that make the baseline, as many as it needs; and what was entered by hand
    once the start was known.
    """
    if asked is None or course.started_at is None or course.known_at is None:
        return ()
    begin, known_at = course.started_at - asked.within, course.known_at
    rows = sorted(taken, key=_by_record)
    sets = [
        each
        for each in rows
        if each.what in ANSWERED_BY[VITAL_SIGNS] and begin <= each.measured_at <= course.started_at
    ]
    entered = [each for each in rows if each.what == BASELINE and each.recorded_at > known_at]
    return (*sets[: asked.readings], *entered[:1])


def _by_record(entry: Taken) -> tuple[datetime, str]:
    return entry.recorded_at, entry.key


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
