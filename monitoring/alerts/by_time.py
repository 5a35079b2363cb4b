"""What time brings: rungs, lapsed promises, ended snoozes. Due times are in the rows, a sweep finds them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from monitoring import ladders, notify
from monitoring.alert_rows import put, value_of
from monitoring.alerts.ringing import ring
from monitoring.alerts.writing import KIND_OF, due_of, save
from monitoring.core import lifecycle
from monitoring.core.actions import (
    Climb,
    TellCoordinator,
)
from monitoring.core.lifecycle import Refused
from monitoring.models import Alert, LogKind
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
        with transaction.atomic():
            row = (
                Alert.objects.for_display()
                .select_for_update(skip_locked=True, of=("self",))
                .filter(pk=alert_id, escalates_at__lte=now)
                .first()
            )
            if row is not None:
                count += let_time_act(row, now)
    return count


def climb_at_once(alert_id: int, now: datetime) -> bool:
    """True when the next rung was rung now, because a channel of this one has failed."""
    with transaction.atomic():
        row = Alert.objects.for_display().select_for_update(of=("self",)).get(pk=alert_id)
        value = value_of(row)
        after = lifecycle.apply(value, Climb(), now)
        if row.silent or isinstance(after, Refused):
            return False
        rung = ring(row, after, [value.rung], now)
        detail = {**rung.detail, "reason": "channel_failed"}
        save(put(rung.value, row), LogKind.ESCALATED, now, detail=detail)
        rung.tell(row, LogKind.ESCALATED, now)
    return True


def let_time_act(row: Alert, at: datetime) -> int:
    """One when something was due. After a long silence several rungs are due at once: each role is told, and
    only once.
    """
    value, rungs, acted = value_of(row), list[int](), 0
    while not row.silent:
        action = lifecycle.due_action(value, ladders.climbed(row), at)
        if action is None:
            break
        after = lifecycle.apply(value, action, at)
        if isinstance(after, Refused) or after == value:
            break
        if isinstance(action, Climb):
            rungs.append(value.rung)
        else:
            acted = 1
            save(put(after, row), KIND_OF[type(action).__name__], at)
            if isinstance(action, TellCoordinator):
                notify.tell(row, COORDINATOR, reason=LogKind.TOLD, at=at)
        value = after
    if rungs:
        acted = 1
        rung = ring(row, value, rungs, at)
        save(put(rung.value, row), LogKind.ESCALATED, at, detail=rung.detail)
        rung.tell(row, LogKind.ESCALATED, at)
    elif row.escalates_at != (due := due_of(value, row)):
        row.escalates_at = due
        row.save(update_fields=["escalates_at"])
    return acted
