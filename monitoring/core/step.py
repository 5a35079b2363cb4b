"""One event: what the rules in force at its moment make of it, and the state that it leaves.

In this order: what the event itself says, the rules, the syndrome between those of its signs and those that
grade it, then the episodes. The fold over many events is in `watch`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitoring.core.episodes import (
    BROKEN,
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
from monitoring.core.value import value

NOTHING: dict[str, Any] = {}
"""What a rule remembers that remembers nothing."""


@value(frozen=True, slots=True)
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
    change, standing = after_assessment(episode, assessment), dict(state.open)
    _put(standing, assessment.problem, change.open)
    return Step(replace(state, open=standing), closed=change.closed)


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
    verdicts, failures = calm.outcomes(asked.signs, event, now, remembered, sight)
    now.crs = state.crs.after(event, verdicts, state.acts, at_home=state.phase is Phase.HOME)
    if sight is not None:
        calm.see_crs(sight, now)
    last, failed = calm.outcomes(asked.syndrome, event, now, remembered, sight)
    verdicts |= last
    failures += failed
    loud = [verdict for verdict in verdicts.values() if not verdict.quiet]
    findings = tuple(verdict.finding for verdict in loud if verdict.finding is not None)
    learned = {verdict.rule.problem: verdict.memory for verdict in loud if verdict.memory is not None}
    still_open, closed = _episodes_after(state, event, regime, verdicts, failures)
    is_set = isinstance(event, Observation) and is_of_a_set(event)
    tightened, place = regime.rule_set.schedule.tightened, _place(state.phase)
    after = state.judged(
        memory={regime.identity: _kept({**remembered, **learned}) if learned else remembered},
        open=still_open,
        signs=signs_of(asked.rules, verdicts.values(), failures, now) if is_set else state.signs,
        crs=now.crs,
        unrest=unrest_after(state.unrest, event, verdicts, findings, still_open, tightened, place),
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
    standing, by, at_home = dict(state.open), regime.identity, state.phase is Phase.HOME
    closed: list[Episode] = []
    for problem, verdict in verdicts.items():
        episode = state.open.get(problem)
        if verdict.finding is not None or episode is not None:
            change = after_verdict(episode, verdict, event.at, rule_set=by, at_home=at_home)
            _put(standing, problem, change.open)
            closed += change.closed
    for name, failed in state.open.items() if isinstance(event, Observation) else ():
        if failed.is_of_the_system and name.removeprefix(BROKEN) in verdicts:
            change = after_recovery(failed, event.at)
            _put(standing, name, change.open)
            closed += change.closed
    for failure in failures:
        broken = BROKEN + failure.rule
        _put(standing, broken, after_failure(state.open.get(broken), failure, rule_set=by))
    return standing, closed


def _put(standing: dict[str, Episode], problem: str, episode: Episode | None) -> None:
    """Puts an episode in its place; one that has changed stands last."""
    if episode is standing.get(problem):
        return
    standing.pop(problem, None)
    if episode is not None:
        standing[problem] = episode
