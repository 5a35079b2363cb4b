"""The fold: events in, episodes out.

`step` takes one event, `watch` all those since a stored state. Time is an event too: a tick is put at each
moment that the state or the rule book names, before any later event. Ticks after the last event are
recomputed each time, so that a stored state is always the state after an event of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitoring.core import signals
from monitoring.core.episodes import (
    BROKEN,
    Episode,
    after_assessment,
    after_failure,
    after_recovery,
    after_verdict,
)
from monitoring.core.events import Assessment, Baseline, Event, Observation, Tick, in_order
from monitoring.core.findings import Finding, RuleFailure, Sign, Status
from monitoring.core.judging import CompiledRule, Verdict, judge
from monitoring.core.moment import Memory
from monitoring.core.rule_book import Regime, RuleBook
from monitoring.core.rule_set import Phase
from monitoring.core.state import CORE_VERSION, State, empty

__all__ = ["CORE_VERSION", "Checkpoint", "State", "Step", "Watched", "empty", "step", "watch"]

HOUR = timedelta(hours=1)
JUST_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did: the state after it, what it showed, and the episodes that it closed."""

    state: State
    findings: tuple[Finding, ...] = ()
    failures: tuple[RuleFailure, ...] = ()
    closed: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state as it was before the first event of an hour of infusion time."""

    hour: int
    state: State


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch says at a moment.

    `state` is the one to store: after the last event. `episodes` are those that were open when it resumed, or
    were raised since. `next_due_at` is when time alone may change the answer.
    """

    state: State
    checkpoints: tuple[Checkpoint, ...]
    episodes: tuple[Episode, ...]
    findings: tuple[Finding, ...]
    failures: tuple[RuleFailure, ...]
    signs: Mapping[str, Sign]
    phase: Phase
    regime: str
    rules_failed: tuple[str, ...]
    ends_at: datetime | None
    ended: bool
    next_due_at: datetime | None


def watch(resume: State, events: Iterable[Event], book: RuleBook, until: datetime) -> Watched:
    """What the record says at `until`, going on from a stored state.

    `events` are all those later than `resume.through`, in any order. An event at or before it cannot be
    added: resume from an older checkpoint, or from `empty`.

    Raises: ValueError for such an event.
    """
    state = resume
    steps: list[Step] = []
    checkpoints: list[Checkpoint] = []
    for event in in_order(events):
        if state is resume and resume.through is not None and event.at <= resume.through:
            raise ValueError(f"{event.key} at {event.at} is not later than {resume.through}: resume earlier")
        if (hour := _hour_begun(state, event.at)) is not None:
            checkpoints.append(Checkpoint(hour, state))
        ticked = _ticked(state, book, event.at)
        reached = step(ticked[-1].state if ticked else state, event, book)
        steps += [*ticked, reached]
        state = reached.state
    coming = _ticked(state, book, until)
    steps += coming
    return _watched(state, coming[-1].state if coming else state, steps, checkpoints, book, until)


def step(state: State, event: Event, book: RuleBook) -> Step:
    """What this event does, judged by the rules in force at its own moment."""
    regime = book.in_force(event.at)
    lived = replace(state.after(event), regime=regime.identity)
    if isinstance(event, Assessment):
        return _assessed(lived, event)
    if isinstance(event, Baseline) or not lived.watches(event.at):
        return Step(lived)
    memory = {coming.identity: _look_on(coming, lived, event) for coming in book.warming_up(event.at)}
    return _judged(lived, event, regime, memory)


def _assessed(state: State, assessment: Assessment) -> Step:
    episode = state.open.get(assessment.problem)
    if episode is None:
        return Step(state)
    change = after_assessment(episode, assessment)
    return Step(replace(state, open=_with(state.open, assessment.problem, change.open)), closed=change.closed)


def _look_on(regime: Regime, state: State, event: Event) -> Mapping[str, Memory]:
    """What the rules of a coming regime remember after this event; they find nothing yet."""
    remembered = state.memory.get(regime.identity, {})
    after = {}
    for compiled in regime.rules:
        problem = compiled.rule.problem
        before = remembered.get(problem, {})
        verdict = judge(compiled, event, state.setting, before)
        after[problem] = before if isinstance(verdict, RuleFailure) else verdict.memory
    return after


def _judged(state: State, event: Event, regime: Regime, memory: dict[str, Mapping[str, Memory]]) -> Step:
    """Every rule in force judged at this event; one that fails costs no other."""
    remembered = dict(state.memory.get(regime.identity, {}))
    at_home = state.phase is Phase.HOME
    still_open, closed = dict(state.open), list[Episode]()
    verdicts, failures, spoken = list[Verdict](), list[RuleFailure](), list[CompiledRule]()
    for compiled in regime.rules:
        if state.phase not in compiled.rule.phases:
            continue
        problem = compiled.rule.problem
        verdict = judge(compiled, event, state.setting, remembered.get(problem, {}))
        spoken.append(compiled)
        broken = still_open.get(BROKEN + problem)
        if isinstance(verdict, RuleFailure):
            failures.append(verdict)
            still_open[BROKEN + problem] = after_failure(broken, verdict, rule_set=regime.identity)
            continue
        verdicts.append(verdict)
        remembered[problem] = verdict.memory
        changes = [
            after_verdict(
                still_open.get(problem), verdict, event.at, rule_set=regime.identity, at_home=at_home
            )
        ]
        still_open = _with(still_open, problem, changes[0].open)
        if broken is not None and isinstance(event, Observation):
            changes.append(after_recovery(broken, event.at))
            still_open = _with(still_open, BROKEN + problem, None)
        closed += [episode for change in changes for episode in change.closed]
    after = replace(
        state,
        memory={**memory, regime.identity: remembered},
        open=still_open,
        wakes_at=min((at for verdict in verdicts for at in verdict.wakes), default=None),
        signs=_signs(event, spoken, verdicts, failures) if isinstance(event, Observation) else state.signs,
    )
    findings = tuple(verdict.finding for verdict in verdicts if verdict.finding is not None)
    return Step(after, findings, tuple(failures), tuple(closed))


def _signs(
    event: Observation,
    spoken: list[CompiledRule],
    verdicts: list[Verdict],
    failures: list[RuleFailure],
) -> Mapping[str, Sign]:
    """How each signal of a set stands. What no rule has judged is unknown, never normal."""
    failed = {failure.rule for failure in failures}
    silent = {sign for compiled in spoken if compiled.rule.problem in failed for sign in compiled.signs}
    read = {**signals.RAW, **signals.DERIVED, **{sign: "" for compiled in spoken for sign in compiled.signs}}
    found: dict[str, Sign] = {}
    for name in read:
        if name in signals.FACTS:
            continue
        value = signals.read(event, name)
        if name in signals.STATEMENTS and not value:
            continue
        shows = [
            verdict.finding
            for verdict in verdicts
            if verdict.finding and any(reason.signal == name for reason in verdict.finding.because)
        ]
        truths = [truth for verdict in verdicts for sign, truth in verdict.judged if sign == name]
        if shows:
            problems = tuple(sorted({finding.problem for finding in shows}))
            priority = max(finding.priority for finding in shows)
            found[name] = Sign(Status.ABNORMAL, priority, value, problems)
        elif value is None or name in silent or not truths or None in truths:
            found[name] = Sign(Status.UNKNOWN, None, value)
        else:
            found[name] = Sign(Status.NORMAL, None, value)
    return found


def _ticked(state: State, book: RuleBook, until: datetime) -> list[Step]:
    """The steps of the ticks that fall due after this state, up to and including a moment."""
    steps: list[Step] = []
    while (due := _next_tick(state, book)) is not None and due <= until:
        steps.append(step(state, Tick(due), book))
        state = steps[-1].state
    return steps


def _next_tick(state: State, book: RuleBook) -> datetime | None:
    """The next moment at which time alone may change an answer; None while nothing is watched."""
    if state.through is None or not state.watches(state.through):
        return None
    due = [at for at in (state.wakes_at, book.next_change(state.through)) if at is not None]
    return min((at for at in due if at > state.through and state.watches(at)), default=None)


def _hour_begun(state: State, at: datetime) -> int | None:
    """The hour of infusion time in which an event at `at` is the first; None within an hour already begun."""
    if state.started_at is None or state.through is None:
        return None
    hour = (at - state.started_at) // HOUR
    return hour if hour > (state.through - state.started_at) // HOUR else None


def _watched(
    stored: State,
    reached: State,
    steps: list[Step],
    checkpoints: list[Checkpoint],
    book: RuleBook,
    until: datetime,
) -> Watched:
    closed = [episode for done in steps for episode in done.closed]
    ended = reached.ends_at is not None and until > reached.ends_at
    due = [_next_tick(reached, book)]
    if reached.ends_at is not None and not ended:
        due.append(reached.ends_at + JUST_AFTER)
    return Watched(
        state=stored,
        checkpoints=tuple(checkpoints),
        episodes=tuple(sorted([*closed, *reached.open.values()], key=_by_time)),
        findings=tuple(finding for done in steps for finding in done.findings),
        failures=tuple(failure for done in steps for failure in done.failures),
        signs=reached.signs,
        phase=reached.phase,
        regime=reached.regime,
        rules_failed=tuple(
            sorted(name.removeprefix(BROKEN) for name in reached.open if name.startswith(BROKEN))
        ),
        ends_at=reached.ends_at,
        ended=ended,
        next_due_at=min((at for at in due if at is not None), default=None),
    )


def _by_time(episode: Episode) -> tuple[datetime, str]:
    return episode.raised_at, episode.problem


def _with(episodes: Mapping[str, Episode], problem: str, episode: Episode | None) -> dict[str, Episode]:
    others = {name: other for name, other in episodes.items() if name != problem}
    return others if episode is None else {**others, problem: episode}
