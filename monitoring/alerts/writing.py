"""The row of an alert and the log row of its change, written together. Nothing else writes either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.permissions import Actor
from accounts.statements import fetch
from monitoring import ladders, notify
from monitoring.alert_rows import value_of
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.models import Alert, AlertLog, LogKind
from monitoring.models.exact import written
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
    "Undo": LogKind.UNDONE,
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


#: A line of the log, and the ring for readers of the stream. Each reading of a standing alert pays for it.
LINE = """
INSERT INTO monitoring_alertlog
       (epoch, xid, alert_id, site_id, kind, at, actor_id, client_id, note, detail, snapshot)
VALUES (febris_epoch(), pg_current_xact_id(), %(alert_id)s, %(site_id)s, %(kind)s, %(at)s, %(actor_id)s,
        %(client_id)s, %(note)s, %(detail)s, %(snapshot)s)
RETURNING id, pg_notify('febris_log', '')::text
"""


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
    _update(row)
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
    line = {
        "alert_id": row.pk,
        "site_id": row.site_id,
        "kind": kind,
        "at": at,
        "actor_id": by.pk if by is not None else None,
        "client_id": actor.client.pk if actor is not None else None,
        "note": note,
        "detail": dict(detail or {}),
        "snapshot": shown(row),
    }
    texts = {"detail": written(line["detail"]), "snapshot": written(line["snapshot"])}
    ((number, _rang),) = fetch(LINE, line | texts)
    notify.ring()
    return AlertLog(pk=number, **line)


def _update(row: Alert) -> None:
    """Writes every column of the row, by a statement that is composed once. The trail sees it too."""
    fields = [field for field in Alert._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_update_statement(tuple(field.column for field in fields)), [*values, row.pk])
        if cursor.rowcount != 1:
            raise Alert.DoesNotExist(f"alert {row.uuid} is not there to be changed")


@cache
def _update_statement(columns: tuple[str, ...]) -> str:
    given = ", ".join(f'"{column}" = %s' for column in columns)
    return f"UPDATE monitoring_alert SET {given} WHERE id = %s"  # noqa: S608 - our own column names
