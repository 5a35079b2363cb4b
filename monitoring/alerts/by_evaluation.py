"""What evaluation decided, applied to the rows of the alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from monitoring import ladders, notify
from monitoring.alert_rows import put, value_of
from monitoring.alerts.by_time import let_time_act
from monitoring.alerts.ringing import ring, roster_of
from monitoring.alerts.writing import KIND_OF, due_of, log, save
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.core.actions import (
    Climb,
)
from monitoring.core.decisions import Decision, Extend, Raise, Worsen
from monitoring.core.episodes import Episode
from monitoring.core.lifecycle import Refused
from monitoring.core.rule_set import Rule
from monitoring.models import Alert, LogKind
from monitoring.notify import LATE_ROLES
from monitoring.rule_sets import Book
from tracker.models import Infusion, Patient

#: A late high alert climbs the full ladder when it is no older than this; an older one is told once.
CLIMBS_WHEN_LATE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the alerts of an evaluation hang. `silent`: nobody was watching, so nobody is told."""

    patient: Patient
    infusion: Infusion
    silent: bool
    also_infusions: tuple[UUID, ...] = ()


def apply_decisions(
    decisions: Iterable[Decision],
    rows: Mapping[str, Alert],
    *,
    place_of: Callable[[Episode], Place],
    book: Book,
    at: datetime,
) -> list[Alert]:
    """The alerts that these decisions raised or changed, in their order. The watch's own lock keeps others
    out of evaluation; people are kept out by the lock of each row.
    """
    changed: dict[int, Alert] = {}
    for decision in decisions:
        if isinstance(decision, Raise):
            row = _raise(decision, place_of(decision.episode), book, at)
        else:
            row = rows[decision.alert]
            value = lifecycle.apply(value_of(row), decision, at)
            if isinstance(value, Refused):
                continue
            if isinstance(decision, Extend | Worsen):
                row.answers_for = sorted(decision.episode.keys())
            save(put(value, row), KIND_OF[type(decision).__name__], at, detail={"reason": decision.reason})
            let_time_act(row, at)
        changed[row.pk] = row
    return list(changed.values())


def hang(row: Alert, place: Place, at: datetime) -> bool:
    """True when the alert now names other infusions than before, because overlapping watches found or lost
    it.
    """
    also = list(place.also_infusions)
    if (row.infusion_id, row.also_infusions) == (place.infusion.pk, also):
        return False
    row.infusion, row.also_infusions = place.infusion, also
    save(row, LogKind.CHANGED, at, detail={"reason": "watches_overlap"})
    return True


def explain(rows: Iterable[Alert], rules: Mapping[str, Rule], at: datetime) -> list[Alert]:
    """The alerts whose cause is another than before: what a rule explains folds under it on screens, and
    keeps its own life, row and count.
    """
    true = [row for row in rows if row.condition == core.Condition.ACTIVE]
    changed = []
    for row in true:
        causes = [
            other for other in true if other.problem in rules and row.problem in rules[other.problem].explains
        ]
        cause = max(causes, key=lambda other: (other.priority, other.raised_at), default=None)
        if row.explained_by_id != (cause.pk if cause else None):
            row.explained_by = cause
            save(row, LogKind.CHANGED, at, detail={"reason": "explained" if cause else "explained_no_more"})
            changed.append(row)
    return changed


def _raise(decision: Raise, place: Place, book: Book, at: datetime) -> Alert:
    episode = decision.episode
    value = lifecycle.raised(decision, "", at, book.reopens_after(episode))
    is_old = value.late and at - value.raised_at > CLIMBS_WHEN_LATE
    if is_old:
        value = replace(value, climbs_from=None)
    row = Alert(
        patient=place.patient,
        infusion=place.infusion,
        site_id=place.infusion.site_id,
        study_id=place.infusion.study_id,
        rule_set=book.row_of(value.rule_set),
        also_infusions=list(place.also_infusions),
        answers_for=sorted(episode.keys()),
        silent=place.silent,
    )
    detail = {"reason": decision.reason}
    if row.silent:
        put(value, row).save(force_insert=True)
        log(row, LogKind.RAISED, at, detail=detail)
        return row
    roster = roster_of(row, at)
    row.ladder_id = roster.ladder_id
    rung = None
    if isinstance(lifecycle.due_action(value, ladders.climbed(row), at), Climb):
        rung = ring(row, value, [value.rung], at, roster)
        value, detail = rung.value, detail | rung.detail
    put(value, row).escalates_at = due_of(value, row)
    row.save(force_insert=True)
    log(row, LogKind.RAISED, at, detail=detail)
    if rung is not None:
        rung.tell(row, LogKind.RAISED, at)
    elif is_old and value.is_true:
        notify.tell(row, LATE_ROLES, reason=LogKind.RAISED, at=at, roster=roster)
    return row
