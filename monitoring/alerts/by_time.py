"""What time brings: rungs, lapsed promises, ended snoozes. Due times are in the rows, a sweep finds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from monitoring import ladders, notify
from monitoring.alert_rows import put, value_of
from monitoring.alerts.joining import family, rejoined
from monitoring.alerts.ringing import ring, tell_notice
from monitoring.alerts.writing import KIND_OF, due_of, save
from monitoring.core import lifecycle
from monitoring.core.actions import Climb, Lapse, Reopen, TellCoordinator, Wake
from monitoring.core.lifecycle import Refusal
from monitoring.models import Alert, AlertLog, LogKind
from monitoring.notify import COORDINATOR


def escalate_due(now: datetime, *, limit: int = 200) -> int:
    """How many alerts climbed, lapsed, woke, opened again or closed because their moment has come."""
    ids = list(
        Alert.objects.filter(escalates_at__lte=now)
        .order_by("escalates_at")
        .values_list("pk", flat=True)[:limit]
    )
    count = 0
    for alert_id in ids:
        try:
            with transaction.atomic():
                row, *signs = family(alert_id, nowait=True)
                if row.escalates_at is not None and row.escalates_at <= now:
                    count += let_time_act(row, now)
                    settle(row, signs, now)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise  # whoever holds it looks at the time too, and so does the next tick
    return count


def climb_at_once(alert_id: int, now: datetime) -> bool:
    """True when the next rung was rung now, because a channel of this one has failed. The last is rung again
    at its time alone: a channel that refuses everything would otherwise ring it without end.
    """
    with transaction.atomic():
        row, *signs = family(alert_id)
        value = value_of(row)
        climb = ladders.climbed(row).climb(value.priority, value.climbs_from)
        if climb is None or value.rung >= len(climb.rungs):
            return False
        after = lifecycle.apply(value, Climb(), now)
        if row.silent or isinstance(after, Refusal):
            return False
        rung = ring(row, after, [value.rung], now)
        detail = {**rung.detail, "reason": "channel_failed"}
        save(put(rung.value, row), LogKind.ESCALATED, now, detail=detail)
        rung.tell(row, LogKind.ESCALATED, now)
        settle(row, signs, now)
    return True


def settle(cause: Alert, signs: Iterable[Alert], at: datetime) -> None:
    """Lets the alerts that another explains join its messages, or ring by themselves at once, as it now
    stands.
    """
    for sign, kind in rejoined(cause, signs, at):
        save(sign, kind, at)
        let_time_act(sign, at)


def let_time_act(row: Alert, at: datetime, *, why: LogKind = LogKind.ESCALATED) -> int:
    """One when something was due. After a long silence several rungs are due at once: each role is told, and
    only once. `why` is what the messages tell of, where a climb begins anew.
    """
    value, rungs, acted = value_of(row), list[int](), 0
    while not row.silent:
        action = lifecycle.due_action(value, ladders.climbed(row), at)
        if action is None:
            break
        after = lifecycle.apply(value, action, at)
        if isinstance(after, Refusal) or after == value:
            break
        if isinstance(action, Climb):
            rungs.append(value.rung)
        else:
            acted, kind = 1, KIND_OF[type(action).__name__]
            save(put(after, row), kind, at)
            if isinstance(action, Lapse | Wake | Reopen):
                why = kind
            if isinstance(action, TellCoordinator):
                notify.tell(row, COORDINATOR, reason=LogKind.TOLD, at=at)
        value = after
    if rungs:
        acted = 1
        rung = ring(row, value, rungs, at)
        save(put(rung.value, row), LogKind.ESCALATED, at, detail=rung.detail)
        rung.tell(row, why, at, also=_waiting_for(row, why))
    elif acted and why in (LogKind.LAPSED, LogKind.WOKEN):
        tell_notice(row, why, at, also=_waiting_for(row, why))
    elif row.escalates_at != (due := due_of(value, row)):
        row.escalates_at = due
        row.save(update_fields=["escalates_at"])
    return acted


def _waiting_for(row: Alert, why: LogKind) -> list[int]:
    """Who has asked for this alert to be silent, or promised something about it: they are told too."""
    if why == LogKind.LAPSED:
        return [row.acknowledged_by_id] if row.acknowledged_by_id else []
    if why != LogKind.WOKEN:
        return []
    asked = AlertLog.objects.filter(alert=row, kind=LogKind.SNOOZED).order_by("-pk")
    return [number for number in asked.values_list("actor_id", flat=True)[:1] if number]
