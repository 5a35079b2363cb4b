"""Ringing the rungs of a ladder: roles become people, a rung that reaches nobody is skipped, and the log says
whom it told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from monitoring import ladders, notify, rota
from monitoring.core import alert as core
from monitoring.core import escalation
from monitoring.core.findings import Priority
from monitoring.models import Alert, LogKind, Response
from monitoring.rota import Roster

#: The system's alert that no rung of a ladder reaches anybody. It goes to everybody, on duty or not.
NOBODY_REACHABLE = "nobody_reachable"


@dataclass(frozen=True, slots=True)
class Rung:
    """An alert once its due rungs have been rung, whom that tells, and what the log says of it."""

    value: core.Alert
    roles: tuple[str, ...]
    roster: Roster
    detail: dict[str, Any] = field(default_factory=dict)

    def tell(self, row: Alert, reason: LogKind, at: datetime, *, also: Iterable[int] = ()) -> None:
        """Puts the messages of this ringing in the outbox."""
        rung = self.value.rung
        notify.tell(row, self.roles, reason=reason, at=at, rung=rung, roster=self.roster, also=also)


def roster_of(row: Alert, at: datetime) -> Roster:
    """The people who may be told of this alert."""
    found = rota.roster(row.site_id, row.study_id, at, row.infusion_id)
    return found.without_rota() if row.problem == NOBODY_REACHABLE else found


def ring(
    row: Alert, value: core.Alert, due: Sequence[int], at: datetime, roster: Roster | None = None
) -> Rung:
    """What ringing the due rungs of the alert's climb comes to. The row keeps since when nobody is reached.

    Where no rung reaches anybody, the roles of the due ones are told all the same: screens show it.
    """
    found = roster or roster_of(row, at)
    climb = ladders.climbed(row).climb(value.priority, value.climbs_from)
    if climb is None or not climb.rungs:
        return Rung(value, (), found)
    rang = escalation.ring(climb, due, found.reaches)
    roles = rang.roles or tuple(dict.fromkeys(role for rung in due for role in climb.roles(rung)))
    told = found.reached(rang.roles)
    if told:
        row.unreached_since = None
    else:
        row.unreached_since = row.unreached_since or at
    detail: dict[str, Any] = {
        "rung": rang.rung,
        "roles": sorted(roles if told else ()),
        "told": [person.username for person in told],
    }
    if rang.skipped:
        detail["skipped"] = [{"rung": rung + 1, "roles": sorted(climb.roles(rung))} for rung in rang.skipped]
    return Rung(replace(value, rung=rang.rung), roles, found, detail)


def tell_again(row: Alert, reason: LogKind, at: datetime) -> None:
    """Tells those who know of an alert that rings of something new about it, once; it goes on climbing."""
    if row.silent or row.joined_at is not None or row.response != Response.OPEN or not row.rung:
        return
    climb = ladders.climbed(row).climb(Priority(row.priority), row.climbs_from)
    if climb is not None:
        roles = dict.fromkeys(role for rung in range(row.rung) for role in climb.roles(rung))
        notify.tell(row, roles, reason=reason, at=at, rung=row.rung, begun=at)


def tell_notice(row: Alert, reason: LogKind, at: datetime, *, also: Iterable[int]) -> None:
    """Tells of a change after which nothing climbs: those of the last rung that rang, and whoever waits."""
    climb = ladders.climbed(row).climb(Priority(row.priority), row.climbs_from)
    roles = climb.roles(max(row.rung - 1, 0)) if climb is not None and row.joined_at is None else ()
    notify.tell(row, roles, reason=reason, at=at, rung=row.rung, begun=at, also=also)
