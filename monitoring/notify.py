"""Who is told of an alert: roles become people, people become messages; and the doorbell of the stream.

Messages are rows of the outbox, written in the transaction of the change that they tell of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from monitoring import doorbell, rota
from monitoring.models import Alert, AlertLog, Channel, Delivery, Response, Withdrawn
from monitoring.rota import Roster
from tracker.services.changes import Change, bump, lock_patients

COORDINATOR = ("safety_coordinator",)
LATE_ROLES = ("charge_nurse", "safety_coordinator")


def tell(
    alert: Alert,
    roles: Iterable[str],
    *,
    reason: str,
    at: datetime,
    rung: int = 0,
    roster: Roster | None = None,
    begun: datetime | None = None,
    also: Iterable[int] = (),
) -> int:
    """How many messages were put in the outbox: one for the site's screens and one for each channel of each
    person who holds one of the roles now, by the rota, and of those people of the site who are told `also`.

    Nobody is told twice of the same rung of the same climb, which began at `begun`.
    """
    found = roster or rota.roster(alert.site_id, alert.study_id, at, alert.infusion_id)
    start = begun or alert.climbs_from or at
    once = f"{alert.uuid}:{reason}:{rung}:{start.timestamp():.6f}"
    message = {
        "alert": alert,
        "priority": alert.priority,
        "rung": rung,
        "reason": reason,
        "created_at": at,
    }
    messages = [Delivery(**message, channel=Channel.SCREEN, dedupe_key=f"{once}:screen")]
    for person in found.told(roles, also):
        for point, channel in person.points:
            to = {"channel": channel, "point_id": point, "recipient_id": person.id}
            messages.append(Delivery(**message, **to, dedupe_key=f"{once}:{point}"))
    Delivery.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def owe_again(alert: Alert) -> int:
    """How many messages of the climb that is on are owed again, because the answer that had made them
    needless was taken back.
    """
    if alert.response != Response.OPEN or alert.climbs_from is None:
        return 0
    answered = Delivery.objects.filter(
        alert=alert, created_at__gte=alert.climbs_from, withdrawn_because=Withdrawn.ANSWERED
    )
    return answered.update(withdrawn_at=None, withdrawn_because="")


def ring() -> None:
    """Rings for who sends messages when this transaction commits; equal rings are folded into one. The line
    of the log itself rings for the readers of the stream.
    """
    transaction.on_commit(lambda: doorbell.ring_for_messages(), robust=True)


def assessed(alert: Alert, logged: AlertLog, at: datetime) -> None:
    """Makes an assessment an event of the record, so that the fold sees which evidence it answers for."""
    if alert.infusion_id is None or alert.patient_id is None:
        return
    lock_patients([alert.patient_id])
    bump([Change(alert.infusion_id, at, AlertLog._meta.db_table, logged.pk)])
