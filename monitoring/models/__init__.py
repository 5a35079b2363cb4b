"""What the watch keeps: where each fold stands, what was due, which rules held, which alerts stand and who
answered.
"""

from monitoring.models.alerts import Alert, AlertLog, Condition, LogKind, Priority, Response
from monitoring.models.backtests import Backtest, BacktestState
from monitoring.models.deliveries import Channel, Delivery
from monitoring.models.heartbeats import Heartbeat
from monitoring.models.rules import RuleOverride, RuleSet, RuleSetStatus
from monitoring.models.watches import Checkpoint, DueObservation, Evaluation, Watch

__all__ = [
    "Alert",
    "AlertLog",
    "Backtest",
    "BacktestState",
    "Channel",
    "Checkpoint",
    "Condition",
    "Delivery",
    "DueObservation",
    "Evaluation",
    "Heartbeat",
    "LogKind",
    "Priority",
    "Response",
    "RuleOverride",
    "RuleSet",
    "RuleSetStatus",
    "Watch",
]
