"""What became of each message about an alert: one receipt per person and channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from monitoring.models import Alert, AlertLog, Delivery, LogKind, ReceiptState

ANSWERS = (LogKind.ACKNOWLEDGED, LogKind.ASSESSED)
READ = (*ANSWERS, LogKind.UNDONE)


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
    rows = Delivery.objects.filter(alert=alert).select_related("recipient", "resent_by")
    return of(rows.order_by("created_at", "pk"), log)


def of(rows: Iterable[Delivery], log: Iterable[AlertLog] | None = None) -> list[Receipt]:
    """The receipts of these messages, in their order; the answers of all alerts are one question."""
    found = list(rows)
    if log is None:
        alerts = {row.alert_id for row in found}
        log = AlertLog.objects.filter(alert__in=alerts, kind__in=READ).order_by("pk")
    answers = dict[tuple[int, int | None], list[datetime]]()
    for line in log:
        given = answers.setdefault((line.alert_id, line.actor_id), [])
        if line.kind in ANSWERS:
            given.append(line.at)
        elif line.kind == LogKind.UNDONE and given:
            given.pop()  # the answer that was taken back is the last one of that person
    return [Receipt(row, _answered(row, answers)) for row in found]


def mark_seen(user: User, alert: Alert, at: datetime) -> int:
    """How many messages the person has now seen, by opening what they tell of. `at` is real time."""
    rows = Delivery.objects.filter(alert=alert, recipient=user, seen_at__isnull=True)
    return rows.filter(failed_at__isnull=True, withdrawn_at__isnull=True).update(seen_at=at)


def _answered(row: Delivery, answers: Mapping[tuple[int, int | None], list[datetime]]) -> datetime | None:
    if row.recipient_id is None:
        return None
    found = answers.get((row.alert_id, row.recipient_id), [])
    return next((at for at in found if at >= row.created_at), None)
