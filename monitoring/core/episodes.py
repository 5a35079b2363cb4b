"""An episode: one clinical problem from the moment at which it showed until it cleared, with its evidence.

Keyed by (problem, raised_at). How an episode opens, grows, clears and splits; nothing here knows of alerts or
people, except that an assessment answers for the evidence it names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitoring.core.clearing import ByAssessment, BySets, ByStop
from monitoring.core.events import Assessment
from monitoring.core.findings import Because, Evidence, Finding, Grading, Priority, Reading, RuleFailure
from monitoring.core.judging import Verdict
from monitoring.core.value import value

PENDING_LIMIT = 50
"""So many findings wait for one assessment; of more, the newest do.

Whoever answers for those has seen the rest.
"""

BROKEN = "rule_error."
"""Before a rule's name: the system problem that the rule itself cannot be judged."""


@value(frozen=True, slots=True)
class Episode:
    """One problem over a stretch of time.

    `priority` is the highest it reached and `priorities` says when it rose to each. `rule_set` is the
    identity that raised it. `normal_at` holds the normal sets counted so far, `pending` what still waits for
    a person's assessment. `grade` is the highest that it certainly reached, `grades` when it rose to each:
    the moment, the lowest and the highest possible.
    """

    problem: str
    raised_at: datetime
    priority: Priority
    rule_set: str
    evidence: tuple[Evidence, ...]
    priorities: tuple[tuple[datetime, Priority], ...]
    last_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""
    masked: bool = False
    normal_at: tuple[datetime, ...] = ()
    pending: tuple[Finding, ...] = ()
    grade: Grading | None = None
    grades: tuple[tuple[datetime, int, int], ...] = ()

    @property
    def is_open(self) -> bool:
        """True until it cleared."""
        return self.cleared_at is None

    @property
    def is_of_the_system(self) -> bool:
        """True for a rule that failed: nothing that the patient has."""
        return self.problem.startswith(BROKEN)

    def keys(self) -> frozenset[str]:
        """The rows that its evidence names, those that await an assessment included."""
        pending = {finding.key for finding in self.pending}
        return frozenset(pending.union(*(entry.keys() for entry in self.evidence)))


@value(frozen=True, slots=True)
class Change:
    """What an event did to a problem: the episode that is open now, and those that it closed."""

    open: Episode | None
    closed: tuple[Episode, ...] = ()


def after_verdict(
    episode: Episode | None, verdict: Verdict, at: datetime, *, rule_set: str, at_home: bool
) -> Change:
    """The episode once a rule has judged a moment. What is unknown neither clears nor raises."""
    clears = verdict.rule.clears
    if verdict.finding is not None:
        waits = isinstance(clears, ByAssessment)
        return Change(after_finding(episode, verdict.finding, rule_set=rule_set, waits=waits))
    if episode is None:
        return Change(None)
    if isinstance(clears, ByStop) and verdict.stops:
        return Change(None, (_cleared(episode, at, "stop"),))
    if at == episode.last_at:
        return Change(episode)  # of two sets of one moment, the one that shows the problem counts
    if isinstance(clears, ByStop) and verdict.is_over:
        return Change(None, (_cleared(episode, at, "stop"),))
    if isinstance(clears, BySets) and verdict.normal:
        return _after_normal_set(episode, clears, verdict, at, at_home=at_home)
    return Change(episode)


def after_finding(episode: Episode | None, finding: Finding, *, rule_set: str, waits: bool) -> Episode:
    """The episode with one finding more, or a new one that this finding raises.

    `waits` is true where each finding needs a person's assessment.
    """
    if episode is None:
        episode = Episode(
            problem=finding.problem,
            raised_at=finding.at,
            priority=finding.priority,
            rule_set=rule_set,
            evidence=(),
            priorities=((finding.at, finding.priority),),
            last_at=finding.at,
        )
    priorities = episode.priorities
    if finding.priority > episode.priority:
        priorities = (*priorities, (finding.at, finding.priority))
    grade, grades = _graded(episode, finding)
    pending = episode.pending
    if waits and all(earlier.key != finding.key for earlier in pending):
        pending = (*pending, finding)[-PENDING_LIMIT:]
    return Episode(
        problem=episode.problem,
        raised_at=episode.raised_at,
        priority=max(episode.priority, finding.priority),
        rule_set=episode.rule_set,
        evidence=_with_evidence(episode.evidence, finding.because),
        priorities=priorities,
        last_at=finding.at,
        pending=pending,
        grade=grade,
        grades=grades,
    )


def _graded(
    episode: Episode, finding: Finding
) -> tuple[Grading | None, tuple[tuple[datetime, int, int], ...]]:
    """The grade of the episode and its history: one that is certainly higher, or the same known better."""
    known, new = episode.grade, finding.grade
    if new is None:
        return known, episode.grades
    if known is None or new.lowest > known.lowest:
        return new, (*episode.grades, (finding.at, new.lowest, new.highest))
    is_narrower = new.lowest == known.lowest and new.highest < known.highest
    return (new if is_narrower else known), episode.grades


def after_assessment(episode: Episode, assessment: Assessment) -> Change:
    """What a person's assessment leaves: what it names clears, what it does not name stands on.

    Evidence that arrives after the assessment was therefore never judged by it. It stands as an episode of
    its own, raised when its first reading was true, and what the person did stays with theirs. Only where
    both are of one moment do they stand on together, because an episode is known by its moment.
    """
    rest = [finding for finding in episode.pending if finding.key not in assessment.evidence]
    if len(rest) == len(episode.pending):
        return Change(episode)
    if not rest:
        return Change(None, (_cleared(replace(episode, pending=()), assessment.at, "assessment"),))
    standing = {finding.at for finding in rest}
    named = [finding for finding in episode.pending if finding.at not in standing]
    if not named:
        return Change(replace(episode, pending=tuple(rest)))
    answered = replace(_episode_of(named, episode.rule_set), pending=())
    return Change(_episode_of(rest, episode.rule_set), (_cleared(answered, assessment.at, "assessment"),))


def after_failure(episode: Episode | None, failure: RuleFailure, *, rule_set: str) -> Episode:
    """The system problem that a rule failed, opened or continued."""
    reading = Reading(failure.key, failure.at, failure.error)
    because = (Because(failure.rule, "rule", "error", None, reading),)
    problem = f"{BROKEN}{failure.rule}"
    finding = Finding(failure.at, failure.key, problem, Priority.HIGH, because)
    return after_finding(episode, finding, rule_set=rule_set, waits=False)


def after_recovery(episode: Episode, at: datetime) -> Change:
    """The system problem closed, because the rule could be judged again."""
    return Change(None, (_cleared(episode, at, "judged_again"),))


def _after_normal_set(
    episode: Episode, clears: BySets, verdict: Verdict, at: datetime, *, at_home: bool
) -> Change:
    if verdict.masked:
        return Change(replace(episode, masked=True))
    count, apart = clears.needs(at_home=at_home)
    counted = episode.normal_at
    if not counted or at - counted[-1] >= apart:
        counted = (*counted, at)
    if len(counted) < count:
        return Change(replace(episode, masked=False, normal_at=counted))
    return Change(None, (_cleared(replace(episode, masked=False, normal_at=()), at, "normal_sets"),))


def _cleared(episode: Episode, at: datetime, by: str) -> Episode:
    return replace(episode, cleared_at=at, cleared_by=by)


def _episode_of(findings: list[Finding], rule_set: str) -> Episode:
    """The episode that these findings alone would have made."""
    episode: Episode | None = None
    for finding in findings:
        episode = after_finding(episode, finding, rule_set=rule_set, waits=True)
    assert episode is not None
    return episode


def _with_evidence(evidence: tuple[Evidence, ...], because: tuple[Because, ...]) -> tuple[Evidence, ...]:
    """The evidence with what was true now: one entry for each condition, so that it stays bounded."""
    by_condition = {entry.condition: entry for entry in evidence}
    for reason in because:
        known = by_condition.get(reason.condition)
        by_condition[reason.condition] = known.and_then(reason) if known else Evidence.of(reason)
    return tuple(by_condition.values())
