"""One event: what the rules in force at its moment make of it, and the state that it leaves.

In this order: what the event itself says, the rules, the syndrome between those of its signs and those that
grade it, then the episodes. The fold over many events is in `watch`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitoring.core.episodes import (
    BROKEN,
    Change,
    Episode,
    after_assessment,
    after_failure,
    after_recovery,
    after_verdict,
)
from monitoring.core.events import Assessment, Baseline, Event, Observation
from monitoring.core.findings import Finding, RuleFailure
from monitoring.core.judging import Verdict, judge
from monitoring.core.moment import Memory, Moment
from monitoring.core.rule_book import Regime, RuleBook
from monitoring.core.rule_set import Phase
from monitoring.core.signals import is_of_a_set
from monitoring.core.signs import signs_of
from monitoring.core.state import State
from monitoring.core.template import HOME, WARD
from monitoring.core.unrest import unrest_after

NOTHING: dict[str, Any] = {}
"""What a rule remembers that remembers nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did: the state after it, what it showed, and the episodes that it closed."""

    state: State
    findings: tuple[Finding, ...] = ()
    failures: tuple[RuleFailure, ...] = ()
    closed: tuple[Episode, ...] = ()


def step(state: State, event: Event, book: RuleBook) -> Step:
    """What this event does, judged by the rules in force at its own moment."""
    regime = book.in_force(event.at)
    lived = state.after(event)
    if lived.regime != regime.identity:
        lived = replace(lived, regime=regime.identity)
    if isinstance(event, Assessment):
        return _assessed(lived, event, regime)
    if isinstance(event, Baseline) or not lived.watches(event.at):
        return Step(lived)
    judged = _judged(lived, event, regime)
    coming = book.warming_up(event.at)
    if not coming:
        return judged
    memory = {
        other.identity: _look_on(other, judged.state, event, lived.memory.get(other.identity, {}))
        for other in coming
    }
    return replace(judged, state=replace(judged.state, memory={**judged.state.memory, **memory}))


def _moment(state: State, event: Event, regime: Regime) -> Moment:
    """What the rules see of this event."""
    return Moment(
        event.at,
        event.key,
        event if isinstance(event, Observation) else None,
        state.baseline,
        state.acts,
        state.latest,
        regime.rule_set.carry,
        state.crs,
        state.heat,
        _sets_every(state, event.at, regime),
    )


def _sets_every(state: State, at: datetime, regime: Regime) -> timedelta | None:
    since_the_end = None if state.stopped_at is None else at - state.stopped_at
    return regime.rule_set.schedule.sets_every(_place(state.phase), since_the_end)


def _place(phase: Phase) -> str:
    return HOME if phase is Phase.HOME else WARD


def _assessed(state: State, assessment: Assessment, regime: Regime) -> Step:
    """What a person's judgement does: to the problem, and to the syndrome that it may be a sign of."""
    episode = state.open.get(assessment.problem)
    if assessment.closes:
        graded = any(rule.rests_on_crs and rule.rule.problem == assessment.problem for rule in regime.rules)
        return Step(replace(state, crs=state.crs.closed()) if graded else state)
    if episode is None:
        return Step(state)
    if not assessment.evidence.isdisjoint(episode.keys()):
        state = replace(state, crs=state.crs.answered(assessment))
    change = after_assessment(episode, assessment)
    return Step(replace(state, open=_with(state.open, assessment.problem, change.open)), closed=change.closed)


def _look_on(
    regime: Regime, state: State, event: Event, memory: Mapping[str, Memory]
) -> Mapping[str, Memory]:
    """What the rules of a coming regime remember after this event; they find nothing yet."""
    now = _moment(state, event, regime)
    remembered = dict(memory)
    for compiled in regime.rules:
        problem = compiled.rule.problem
        verdict = judge(compiled, event, now, remembered.get(problem, NOTHING))
        if isinstance(verdict, Verdict) and verdict.memory is not None:
            remembered[problem] = verdict.memory
    return _kept(remembered)


def _judged(state: State, event: Event, regime: Regime) -> Step:
    """Every rule in force judged at this event, one that fails costs no other; and the syndrome between those
    of its signs and those that grade it.
    """
    now = _moment(state, event, regime)
    calm, asked = regime.calm, regime.calm.asked[state.phase]
    remembered = state.memory.get(regime.identity, NOTHING)
    sight = calm.sight(event, now)
    outcomes = calm.outcomes(asked.signs, event, now, remembered, sight)
    verdicts = {verdict.rule.problem: verdict for verdict in outcomes if isinstance(verdict, Verdict)}
    now.crs = state.crs.after(event, verdicts, state.acts, at_home=state.phase is Phase.HOME)
    if sight is not None:
        calm.see_crs(sight, now)
    last = calm.outcomes(asked.syndrome, event, now, remembered, sight)
    verdicts |= {verdict.rule.problem: verdict for verdict in last if isinstance(verdict, Verdict)}
    failures = [outcome for outcome in (*outcomes, *last) if isinstance(outcome, RuleFailure)]
    loud = [verdict for verdict in verdicts.values() if not verdict.quiet]
    findings = tuple(verdict.finding for verdict in loud if verdict.finding is not None)
    learned = {verdict.rule.problem: verdict.memory for verdict in loud if verdict.memory is not None}
    still_open, closed = _episodes_after(state, event, regime, verdicts, failures)
    is_set = isinstance(event, Observation) and is_of_a_set(event)
    after = replace(
        state,
        memory={regime.identity: _kept({**remembered, **learned}) if learned else remembered},
        open=still_open,
        signs=signs_of(asked.rules, tuple(verdicts.values()), failures, now) if is_set else state.signs,
        crs=now.crs,
        unrest=unrest_after(
            state.unrest,
            event,
            verdicts,
            findings,
            still_open,
            regime.rule_set.schedule.tightened,
            _place(state.phase),
        ),
        wakes_at=min((at for verdict in loud for at in verdict.wakes), default=None),
    )
    return Step(after, findings, tuple(failures), tuple(closed))


def _kept(memory: Mapping[str, Memory]) -> Mapping[str, Memory]:
    """What the rules remember, without those that remember nothing any more."""
    return {problem: remembered for problem, remembered in memory.items() if remembered}


def _episodes_after(
    state: State,
    event: Event,
    regime: Regime,
    verdicts: Mapping[str, Verdict],
    failures: Sequence[RuleFailure],
) -> tuple[Mapping[str, Episode], list[Episode]]:
    """The episodes that are open once every rule has spoken, and those that closed.

    Most rules, at most events, find nothing where nothing stands: they change nothing.
    """
    still_open = state.open
    closed: list[Episode] = []
    is_failing = any(problem.startswith(BROKEN) for problem in state.open)
    speaking: list[Verdict | RuleFailure] = [
        verdict
        for problem, verdict in verdicts.items()
        if verdict.finding is not None or problem in state.open or is_failing
    ]
    for outcome in (*speaking, *failures):
        for problem, change in _changes(state, event, regime, outcome).items():
            still_open = _with(still_open, problem, change.open)
            closed += change.closed
    return still_open, closed


def _changes(
    state: State, event: Event, regime: Regime, outcome: Verdict | RuleFailure
) -> Mapping[str, Change]:
    """What one rule's outcome does, by problem: its own, and the system problem that the rule is broken."""
    if isinstance(outcome, RuleFailure):
        broken = BROKEN + outcome.rule
        return {broken: Change(after_failure(state.open.get(broken), outcome, rule_set=regime.identity))}
    problem = outcome.rule.problem
    episode = state.open.get(problem)
    at_home = state.phase is Phase.HOME
    changes = {problem: after_verdict(episode, outcome, event.at, rule_set=regime.identity, at_home=at_home)}
    failed = state.open.get(BROKEN + problem)
    if failed is not None and isinstance(event, Observation):
        changes[BROKEN + problem] = after_recovery(failed, event.at)
    return changes


def _with(episodes: Mapping[str, Episode], problem: str, episode: Episode | None) -> Mapping[str, Episode]:
    if episode is episodes.get(problem):
        return episodes
    others = {name: other for name, other in episodes.items() if name != problem}
    return others if episode is None else {**others, problem: episode}
