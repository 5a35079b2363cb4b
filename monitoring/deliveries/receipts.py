"""What became of each message about an alert: one receipt per person and channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from monitoring.models import Alert, AlertLog, Delivery, LogKind, ReceiptState

ANSWERS = (LogKind.ACKNOWLEDGED, LogKind.ASSESSED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message with its state; acknowledged is who has answered the alert since it was queued."""

    delivery: Delivery
    acknowledged_at: datetime | None

    @property
    def state(self) -> ReceiptState:
        """How far it has come."""
        return self.delivery.state(self.acknowledged_at)


def receipts(alert: Alert, log: Iterable[AlertLog] | None = None) -> list[Receipt]:
    """Every receipt of the alert, oldest first. Its log may be handed in where it was read already."""
    lines = log if log is not None else AlertLog.objects.filter(alert=alert, kind__in=ANSWERS).order_by("pk")
    answers = [(line.actor_id, line.at) for line in lines if line.kind in ANSWERS]
    rows = Delivery.objects.filter(alert=alert).select_related("recipient", "point", "resent_by")
    return [Receipt(row, _answered(row, answers)) for row in rows.order_by("created_at", "pk")]


def mark_seen(user: User, alert: Alert, at: datetime) -> int:
    """How many messages the person has now seen, by opening what they tell of. `at` is real time."""
    return Delivery.objects.filter(alert=alert, recipient=user, seen_at__isnull=True).update(seen_at=at)


def _answered(row: Delivery, answers: list[tuple[int | None, datetime]]) -> datetime | None:
    if row.recipient_id is None:
        return None
    return next((at for who, at in answers if who == row.recipient_id and at >= row.created_at), None)
