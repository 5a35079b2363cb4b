"""Who is told of an alert: roles become people, people become messages; and the doorbell of the stream.

Messages are rows of the outbox, written in the transaction of the change that they tell of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts.models import Membership
from accounts.permissions import Role
from monitoring.models import Alert, AlertLog, Channel, Delivery
from tracker.services.changes import Change, bump, lock_patients

#: Which memberships answer for a role that a ladder names. A rota narrows this to those on duty.
ANSWERS_AS: dict[str, tuple[Role, ...]] = {
    "assigned_nurse": (Role.NURSE,),
    "charge_nurse": (Role.CHARGE_NURSE,),
    "everyone_on_shift": (Role.NURSE, Role.CHARGE_NURSE),
    "investigator_on_call": (Role.INVESTIGATOR,),
    "backup_investigator": (Role.INVESTIGATOR,),
    "principal_investigator": (Role.INVESTIGATOR,),
    "safety_coordinator": (Role.SAFETY_COORDINATOR,),
}
COORDINATOR = ("safety_coordinator",)
LATE_ROLES = ("charge_nurse", "safety_coordinator")


def tell(alert: Alert, roles: Iterable[str], *, reason: str, at: datetime, rung: int = 0) -> int:
    """How many messages were put in the outbox: one for the site's screens and, where mail is set up, one to
    each person with an address.
    """
    wanted = sorted({role for word in roles for role in ANSWERS_AS.get(word, ())})
    people = (
        Membership.objects.in_force(at)
        .filter(Q(study_id=None) | Q(study_id=alert.study_id), role__in=wanted, user__is_active=True)
        .exclude(user__email="")
    )
    if alert.site_id is not None:
        people = people.filter(site_id=alert.site_id)
    start = alert.climbs_from or at
    once = f"{alert.uuid}:{reason}:{rung}:{start.timestamp():.6f}"
    message = {"alert": alert, "rung": rung, "reason": reason, "created_at": at}
    messages = [Delivery(**message, channel=Channel.SCREEN, dedupe_key=f"{once}:screen")]
    reachable = people.order_by("user_id").values_list("user_id", flat=True).distinct()
    for user_id in reachable if settings.SENDS_EMAIL else ():
        key = f"{once}:email:{user_id}"
        messages.append(Delivery(**message, channel=Channel.EMAIL, recipient_id=user_id, dedupe_key=key))
    Delivery.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def ring() -> None:
    """Rings for the readers of the stream when this transaction commits. PostgreSQL folds equal rings into
    one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('febris_log', '')")


def assessed(alert: Alert, logged: AlertLog, at: datetime) -> None:
    """Makes an assessment an event of the record, so that the fold sees which evidence it answers for."""
    if alert.infusion_id is None or alert.patient_id is None:
        return
    lock_patients([alert.patient_id])
    bump([Change(alert.infusion_id, at, AlertLog._meta.db_table, logged.pk)])
