"""For how long more is asked for than the schedule does: from an alarm on, until enough sets were normal.

Part of the fold, so that it is the same for any order of arrival. When something is due is in `schedule`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monitoring.core.episodes import Episode
from monitoring.core.events import Event, Observation
from monitoring.core.findings import Finding, Priority
from monitoring.core.judging import Verdict
from monitoring.core.template import Tightening
from monitoring.core.value import value


@value(frozen=True, slots=True)
class Unrest:
    """An alarm that is not over: since when, and how many complete sets were normal since it last showed."""

    since: datetime
    normal_sets: int = 0
    normal_at: datetime | None = None


def unrest_after(
    unrest: Unrest | None,
    event: Event,
    verdicts: Mapping[str, Verdict],
    findings: Iterable[Finding],
    standing: Mapping[str, Episode],
    tightening: Tightening | None,
    place: str,
) -> Unrest | None:
    """The unrest after an event that the rules have judged; the verdicts are by problem.

    A set that lacks a part never counts as normal, and neither does one in which a sign that was alarming is
    not yet known to be normal: nobody is watched less because a set was incomplete.
    """
    if tightening is None:
        return None
    if any(_alarms(finding, tightening) for finding in findings):
        return Unrest(event.at if unrest is None else unrest.since)
    if unrest is None or not isinstance(event, Observation):
        return unrest
    alarming = [name for name, episode in standing.items() if _was_alarm(episode, tightening)]
    all_normal = all(name in verdicts and verdicts[name].normal for name in alarming)
    if not all_normal or not _is_complete(event, tightening.complete[place]):
        return unrest
    slot = tightening.asked[place].every / 2
    if unrest.normal_at is not None and event.at - unrest.normal_at < slot:
        return unrest
    counted = replace(unrest, normal_sets=unrest.normal_sets + 1, normal_at=event.at)
    return counted if counted.normal_sets < tightening.until_normal_sets else None


def _alarms(finding: Finding, tightening: Tightening) -> bool:
    return finding.priority is Priority.HIGH or finding.problem in tightening.problems


def _was_alarm(episode: Episode, tightening: Tightening) -> bool:
    """True for a problem of the patient that was as bad as that at any time since it was raised."""
    if episode.is_of_the_system:
        return False
    return episode.priority is Priority.HIGH or episode.problem in tightening.problems


def _is_complete(event: Observation, parts: Iterable[str]) -> bool:
    return all(event.values.get(part) is not None for part in parts)
