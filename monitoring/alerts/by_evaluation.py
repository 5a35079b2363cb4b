"""What evaluation decided, applied to the rows of the alerts: first what is true, then which explains which,
and only then who is told.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.statements import fetch
from monitoring import ladders, notify
from monitoring.alert_rows import put, value_of
from monitoring.alerts.by_time import let_time_act, settle
from monitoring.alerts.joining import fold
from monitoring.alerts.ringing import ring, roster_of, tell_again
from monitoring.alerts.writing import KIND_OF, due_of, log, save
from monitoring.core import lifecycle
from monitoring.core.actions import Climb
from monitoring.core.decisions import Decision, Extend, Raise, Worsen
from monitoring.core.episodes import Episode
from monitoring.core.lifecycle import Refusal
from monitoring.core.rule_set import Rule
from monitoring.models import Alert, LogKind, Response
from monitoring.notify import LATE_ROLES
from monitoring.rota import Roster
from monitoring.rule_sets import Book
from tracker.models import Infusion, Patient

#: A late high alert climbs the full ladder when it is no older than this; an older one is told once.
CLIMBS_WHEN_LATE = timedelta(hours=6)

#: Numbers for rows that name each other before they are written.
NUMBERS = """
SELECT nextval(pg_get_serial_sequence('monitoring_alert', 'id')) FROM generate_series(1, %s::int)
"""


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
    rules: Mapping[str, Rule],
    book: Book,
    at: datetime,
) -> list[Alert]:
    """The alerts that these decisions raised or changed, in their order. The watch's own lock keeps others
    out of evaluation; people are kept out by the lock of each row.
    """
    made = list(decisions)
    numbers = _numbers(sum(isinstance(decision, Raise) for decision in made))
    rosters: dict[int, Roster] = {}
    changed: dict[int, Alert] = {}
    raised: list[tuple[Alert, Raise]] = []
    worse: dict[int, datetime | None] = {}
    again: dict[int, LogKind] = {}
    for decision in made:
        if isinstance(decision, Raise):
            row = _raised(decision, next(numbers), place_of(decision.episode), book, rosters, at)
            raised.append((row, decision))
        else:
            row = rows[decision.alert]
            value = lifecycle.apply(value_of(row), decision, at)
            if isinstance(value, Refusal):
                continue
            kind = KIND_OF[type(decision).__name__]
            if isinstance(decision, Extend | Worsen):
                row.answers_for = sorted(decision.episode.keys())
            if isinstance(decision, Worsen):
                worse[row.pk] = row.climbs_from
            if row.climbs_from != value.climbs_from:
                again[row.pk] = kind
            save(put(value, row), kind, at, detail={"reason": decision.reason})
        changed[row.pk] = row
    if not changed:
        return []
    new = {row.pk for row, _decision in raised}
    folded = fold([*rows.values(), *(row for row, _decision in raised)], rules, at, worse=worse)
    for row, decision in raised:
        _write(row, decision, rosters, at)
    for row, kind in folded:
        changed[row.pk] = row
        if row.pk not in new:
            save(row, kind, at)
    for row in [row for row in changed.values() if row.pk not in new]:
        otherwise = LogKind.WORSENED if row.pk in worse else LogKind.ESCALATED
        let_time_act(row, at, why=again.get(row.pk, otherwise))
        if row.pk in worse and row.climbs_from == worse[row.pk]:
            tell_again(row, LogKind.WORSENED, at)
        settle(row, [sign for sign in rows.values() if sign.explained_by_id == row.pk], at)
    told = new | set(worse) | set(again)
    _tell_for_signs([changed[number] for number in worse], {row.pk: row for row in rows.values()}, told, at)
    return list(changed.values())


def _tell_for_signs(
    worse: Iterable[Alert], rows: Mapping[int, Alert], told: Container[int], at: datetime
) -> None:
    """Tells, in the name of what speaks for them, that signs have become worse: once for each cause, and not
    where the cause was `told` of this evaluation itself.
    """
    joined = [row for row in worse if row.joined_at is not None and row.explained_by is not None]
    for cause in {row.explained_by_id: row.explained_by for row in joined}.values():
        if cause is not None and cause.pk not in told:
            tell_again(rows.get(cause.pk, cause), LogKind.WORSENED, at)


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


def _numbers(count: int) -> Iterator[int]:
    return iter([number for (number,) in fetch(NUMBERS, (count,))]) if count else iter(())


def _raised(
    decision: Raise, number: int, place: Place, book: Book, rosters: dict[int, Roster], at: datetime
) -> Alert:
    """The row of a new alert, not written yet."""
    episode = decision.episode
    value = lifecycle.raised(decision, str(number), at, book.reopens_after(episode))
    if value.late and at - value.raised_at > CLIMBS_WHEN_LATE:
        value = replace(value, climbs_from=None)
    row = Alert(
        pk=number,
        patient=place.patient,
        infusion=place.infusion,
        site_id=place.infusion.site_id,
        study_id=place.infusion.study_id,
        rule_set=book.row_of(value.rule_set),
        also_infusions=list(place.also_infusions),
        answers_for=sorted(episode.keys()),
        silent=place.silent,
    )
    if not row.silent:
        if place.infusion.pk not in rosters:
            rosters[place.infusion.pk] = roster_of(row, at)
        row.ladder_id = rosters[place.infusion.pk].ladder_id
    return put(value, row)


def _write(row: Alert, decision: Raise, rosters: Mapping[int, Roster], at: datetime) -> None:
    """Writes a new alert, and rings its first rung unless its cause speaks for it."""
    value, rung = value_of(row), None
    detail: dict[str, Any] = {"reason": decision.reason}
    roster = None if row.silent else rosters[_infusion_of(row)]
    if row.joined_at is not None:
        detail["joined"] = True
    elif not row.silent and isinstance(lifecycle.due_action(value, ladders.climbed(row), at), Climb):
        rung = ring(row, value, [value.rung], at, roster)
        value, detail = rung.value, detail | rung.detail
    put(value, row).escalates_at = due_of(value, row)
    row.save(force_insert=True)
    log(row, LogKind.RAISED, at, detail=detail)
    if rung is not None:
        rung.tell(row, LogKind.RAISED, at)
    elif roster is not None and row.climbs_from is None and value.is_true and row.response == Response.OPEN:
        notify.tell(row, LATE_ROLES, reason=LogKind.RAISED, at=at, roster=roster)


def _infusion_of(row: Alert) -> int:
    assert row.infusion_id is not None
    return row.infusion_id
