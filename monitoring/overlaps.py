"""Consecutive infusions whose watch windows overlap: each watch finds for itself, a person meets one alert
per patient and problem.

Episodes of one problem that overlap in time are one. The alert hangs on the newest infusion whose window
holds its beginning, has the highest priority among the watches, and names the other infusions. Pure but for
the shapes of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from monitoring.core import state_data
from monitoring.core.episodes import Episode
from monitoring.core.findings import Evidence, is_worse
from monitoring.locking import Window


@dataclass(frozen=True, slots=True)
class Shared:
    """One problem over a stretch of time, as one or several watches found it."""

    episode: Episode
    on: Window
    others: tuple[Window, ...]
    #: True when every watch in which it is still open has ended.
    is_unwatched: bool


def overlapping(own: Window, siblings: Iterable[Window]) -> tuple[Window, ...]:
    """Those of the siblings that watched something while this one did."""
    return tuple(
        sibling
        for sibling in siblings
        if own.opened_at is not None
        and sibling.opened_at is not None
        and (sibling.closes_at is None or own.opened_at <= sibling.closes_at)
        and (own.closes_at is None or sibling.opened_at <= own.closes_at)
    )


def episodes_of(*texts: str) -> list[Episode]:
    """The episodes that a watch stored."""
    return [state_data.episode_from_data(data) for text in texts for data in msgspec.json.decode(text)]


def shared(found: Sequence[tuple[Window, Iterable[Episode]]], at: datetime) -> tuple[Shared, ...]:
    """Every problem of the patient once, whichever watches found it."""
    pairs = sorted(
        ((episode, window) for window, episodes in found for episode in episodes),
        key=lambda pair: (pair[0].problem, pair[0].raised_at, pair[1].infusion_id),
    )
    groups: list[list[tuple[Episode, Window]]] = []
    for episode, window in pairs:
        if groups and _touches(groups[-1], episode):
            groups[-1].append((episode, window))
        else:
            groups.append([(episode, window)])
    windows = [window for window, _ in found]
    return tuple(_shared(group, windows, at) for group in groups)


def _touches(group: list[tuple[Episode, Window]], episode: Episode) -> bool:
    """True when the episode begins while the group lasts. Two of one watch never do: they were told apart
    there.
    """
    if group[0][0].problem != episode.problem:
        return False
    return any(other.cleared_at is None or episode.raised_at < other.cleared_at for other, _ in group)


def _shared(group: list[tuple[Episode, Window]], windows: list[Window], at: datetime) -> Shared:
    first = group[0][0]
    holding = [window for window in windows if window.holds(first.raised_at)]
    on = max(holding or [group[0][1]], key=lambda window: (window.opened_at or at, window.infusion_id))
    others = {window.infusion_id: window for _, window in group if window.infusion_id != on.infusion_id}
    still = [window for episode, window in group if episode.is_open]
    unwatched = bool(still) and all(
        window.closes_at is not None and window.closes_at < at for window in still
    )
    merged = _merged([episode for episode, _ in group])
    return Shared(merged, on, tuple(others[number] for number in sorted(others)), unwatched)


def _merged(episodes: list[Episode]) -> Episode:
    if len(episodes) == 1:
        return episodes[0]
    still = [episode for episode in episodes if episode.is_open]
    last = None if still else max(episodes, key=lambda episode: episode.cleared_at or episode.last_at)
    evidence: dict[str, Evidence] = {}
    for entry in (entry for episode in episodes for entry in episode.evidence):
        known = evidence.get(entry.condition)
        evidence[entry.condition] = entry if known is None else _both(known, entry)
    graded = [episode.grade for episode in episodes if episode.grade is not None]
    pending = {finding.key: finding for episode in episodes for finding in episode.pending}
    return replace(
        episodes[0],
        priority=max(episode.priority for episode in episodes),
        evidence=tuple(evidence.values()),
        last_at=max(episode.last_at for episode in episodes),
        cleared_at=last.cleared_at if last else None,
        cleared_by=last.cleared_by if last else "",
        masked=all(episode.masked for episode in still) if still else False,
        pending=tuple(pending[key] for key in sorted(pending)),
        grade=max(graded, key=lambda grade: (grade.lowest, -grade.highest), default=None),
    )


def _both(one: Evidence, other: Evidence) -> Evidence:
    """The evidence of both; a reading that both watches judged counts once where it can be told."""
    first = min(one.first, other.first, key=lambda reading: (reading.at, reading.key))
    last = max(one.last, other.last, key=lambda reading: (reading.at, reading.key))
    worst = other.worst if is_worse(one.op, other.worst.value, one.worst.value) else one.worst
    return replace(one, first=first, last=last, worst=worst, count=max(one.count, other.count))
