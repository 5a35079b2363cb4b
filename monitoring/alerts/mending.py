"""An alert whose next step was lost, put right: what the auditor asks for. Its life stays what it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from monitoring.alert_rows import value_of
from monitoring.alerts.by_time import let_time_act, settle
from monitoring.alerts.joining import family, is_spoken_for
from monitoring.alerts.writing import due_of
from monitoring.models import Alert, Condition


def lacks_step(row: Alert) -> bool:
    """True when time should do something to the alert and no due time in its row says when, or when it is
    told with a cause that does not speak for it.
    """
    if row.joined_at is not None and row.condition == Condition.ACTIVE:
        return not is_spoken_for(row)
    return row.escalates_at is None and due_of(value_of(row), row) is not None


def look_again(alert_id: int, now: datetime) -> int:
    """One when something was due: it is done, and the row says again when the next step is."""
    with transaction.atomic():
        rows = Alert.objects.for_display().select_for_update(of=("self",), skip_locked=True)
        row = rows.filter(pk=alert_id).first()
        if row is None:
            return 0
        if row.joined_at is None or row.explained_by_id is None:
            return let_time_act(row, now)
        cause, *signs = family(row.explained_by_id, nowait=True)
        settle(cause, signs, now)
        return 1
