"""What the watch keeps: where each fold stands, what was due, which rules held, which alerts stand and who
answered.
"""

from monitoring.models.alerts import Alert, AlertLog, Condition, LogKind, Priority, Response
from monitoring.models.backtests import Backtest, BacktestState
from monitoring.models.deliveries import Channel, Delivery, ReceiptState, Withdrawn
from monitoring.models.feeds import Hears, QuietAgreement
from monitoring.models.heartbeats import Heartbeat
from monitoring.models.ladders import Ladder
from monitoring.models.rota import Assignment, Duty, HandOver, Shift
from monitoring.models.rules import RuleOverride, RuleSet, RuleSetStatus
from monitoring.models.trials import TrialMessage
from monitoring.models.watches import Checkpoint, DueObservation, Evaluation, Watch
from monitoring.models.webhooks import WebhookEndpoint

__all__ = [
    "Alert",
    "AlertLog",
    "Assignment",
    "Backtest",
    "BacktestState",
    "Channel",
    "Checkpoint",
    "Condition",
    "Delivery",
    "DueObservation",
    "Duty",
    "Evaluation",
    "HandOver",
    "Hears",
    "Heartbeat",
    "Ladder",
    "LogKind",
    "Priority",
    "QuietAgreement",
    "ReceiptState",
    "Response",
    "RuleOverride",
    "RuleSet",
    "RuleSetStatus",
    "Shift",
    "TrialMessage",
    "Watch",
    "WebhookEndpoint",
    "Withdrawn",
]
