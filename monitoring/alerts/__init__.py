"""The only writer of alerts: what evaluation decided, what people do, what time brings.

Every change is made by `core.lifecycle` under a row lock; the log row and the messages are written in the
same transaction. What is to happen later is a due time in the row, found by a sweep.
"""

from monitoring.alerts.by_evaluation import Place, apply_decisions, hang
from monitoring.alerts.by_people import (
    AlertRefused,
    acknowledge,
    assess,
    close,
    hand_over,
    mark_seen,
    opt_out,
    snooze,
    undo,
)
from monitoring.alerts.by_system import clear_system_alert, raise_system_alert
from monitoring.alerts.by_time import climb_at_once, escalate_due
from monitoring.alerts.unreached import tell_unreached

__all__ = [
    "AlertRefused",
    "Place",
    "acknowledge",
    "apply_decisions",
    "assess",
    "clear_system_alert",
    "climb_at_once",
    "close",
    "escalate_due",
    "hand_over",
    "hang",
    "mark_seen",
    "opt_out",
    "raise_system_alert",
    "snooze",
    "tell_unreached",
    "undo",
]
