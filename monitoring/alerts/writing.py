"""The row of an alert and the log row of its change, written together. Nothing else writes either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.permissions import Actor
from monitoring import ladders, notify
from monitoring.alert_rows import value_of
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.models import Alert, AlertLog, LogKind
from monitoring.sentences import shown

#: Responses of an alert that somebody still has before them.
LIVE = (core.Response.OPEN, core.Response.ACKNOWLEDGED, core.Response.ASSESSED)

KIND_OF: dict[str, LogKind] = {
    "Move": LogKind.MOVED,
    "Extend": LogKind.CHANGED,
    "Worsen": LogKind.WORSENED,
    "StillTrue": LogKind.STILL_TRUE,
    "KeepPromise": LogKind.KEPT,
    "Clear": LogKind.CLEARED,
    "Reactivate": LogKind.REACTIVATED,
    "Retract": LogKind.RETRACTED,
    "MarkUnwatched": LogKind.UNWATCHED,
    "See": LogKind.SEEN,
    "Acknowledge": LogKind.ACKNOWLEDGED,
    "Snooze": LogKind.SNOOZED,
    "OptOut": LogKind.OPTED_OUT,
    "Assess": LogKind.ASSESSED,
    "Close": LogKind.CLOSED,
    "HandOver": LogKind.HANDED_OVER,
    "Climb": LogKind.ESCALATED,
    "Lapse": LogKind.LAPSED,
    "Wake": LogKind.WOKEN,
    "Reopen": LogKind.REOPENED,
    "TellCoordinator": LogKind.TOLD,
    "CloseItself": LogKind.CLOSED,
}


def due_of(value: core.Alert, row: Alert) -> datetime | None:
    return None if row.silent else lifecycle.next_due(value, ladders.climbed(row))


def save(
    row: Alert,
    kind: LogKind,
    at: datetime,
    *,
    actor: Actor | None = None,
    by: User | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AlertLog:
    """The log row of a change that is stored with it. A climb that begins anew climbs the newest ladder."""
    if row.climbs_from == at > row.detected_at and not row.silent:
        row.ladder_id = ladders.newest_id(row.site_id)
    row.escalates_at = due_of(value_of(row), row)
    row.save(force_update=True)
    return log(row, kind, at, actor=actor, by=by, note=note, detail=detail)


def log(
    row: Alert,
    kind: LogKind,
    at: datetime,
    *,
    actor: Actor | None = None,
    by: User | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AlertLog:
    logged = AlertLog.objects.create(
        alert=row,
        site_id=row.site_id,
        kind=kind,
        at=at,
        actor=by,
        client=actor.client if actor is not None else None,
        note=note,
        detail=dict(detail or {}),
        snapshot=shown(row),
    )
    notify.ring()
    return logged
