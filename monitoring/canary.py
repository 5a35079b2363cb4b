"""The canary: once a minute a reading of nobody goes the whole way, so that a watch that stopped is noticed.

First the worker that evaluates: an infusion of a synthetic patient, a reading that must ring, its evaluation,
its alert, its messages. All of it in one transaction that always goes back: no row of nobody is ever seen,
counted, sealed or kept (docs/adr/canary.md). Then its message, committed to the outbox: the worker that sends
takes it like any other, and what that worker finds sent is a completed pass.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.actors import system_actor
from accounts.permissions import Actor
from monitoring import doorbell, heartbeat
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Channel, Condition, Delivery, Priority, Response
from monitoring.models.alerts import CANARY
from tracker import services
from tracker.gates import FIXED, Gate
from tracker.models import Infusion

log = logging.getLogger(__name__)

#: A message of a pass that nobody sent in so long is of no use to anybody.
KEPT_FOR = timedelta(minutes=10)
#: What no rule set may pass over in silence.
ALARMING: dict[str, Any] = {
    "temperature_c": "41.0",
    "temperature_site": "oral",
    "systolic_mmhg": 60,
    "diastolic_mmhg": 30,
    "heart_rate_bpm": 170,
    "respiratory_rate_per_min": 36,
    "spo2_percent": 80,
    "oxygen_device": "room_air",
    "consciousness": "U",
}
_GATES_OFF = {str(gate): "off" for gate in set(Gate) - FIXED}


class CanarySilent(RuntimeError):
    """A reading that must ring did not, or told nobody; the message says at which step."""


def sing(now: datetime, real_now: datetime) -> int:
    """One: a reading went as far as the outbox, and its message waits there to be sent.

    Raises: CanarySilent, and whatever stopped it on the way.
    """
    think(now)
    with transaction.atomic():
        alert = _standing_alert(now)
        Delivery.objects.filter(alert=alert, created_at__lt=now - KEPT_FOR).delete()
        Delivery.objects.create(
            alert=alert,
            channel=Channel.SCREEN,
            reason=CANARY,
            dedupe_key=f"{CANARY}:{real_now.isoformat()}",
            created_at=now,
        )
    heartbeat.alive(heartbeat.CANARY_HEARD, real_now)
    return 1


def think(now: datetime) -> tuple[int, int]:
    """How many alerts and messages a reading that must ring leads to; nothing of it stays.

    Raises: CanarySilent.
    """
    actor = system_actor("watch")
    with transaction.atomic(), doorbell.silenced():
        infusion = _infusion(actor, now)
        evaluate_infusion(infusion.pk, now)
        services.record_vitals(actor, infusion, {"measured_at": now, **ALARMING}, now=now)
        outcome = evaluate_infusion(infusion.pk, now)
        if outcome.state not in ("evaluated", "partial"):
            raise CanarySilent(f"the canary's reading was not judged: {outcome.state}")
        rung = Alert.objects.filter(
            infusion=infusion, priority=Priority.HIGH, condition=Condition.ACTIVE, silent=False
        )
        alerts = rung.count()
        if not alerts:
            raise CanarySilent("the canary's reading raised no high alert")
        messages = Delivery.objects.filter(alert__in=rung).count()
        if not messages:
            raise CanarySilent("the canary's alert put no message in the outbox")
        transaction.set_rollback(True)
    return alerts, messages


def complete() -> bool:
    """True when a pass has ended since the last look: its message was sent. It is then forgotten."""
    alert = _alerts().first()
    if alert is None:
        return False
    sent = Delivery.objects.filter(alert=alert, delivered_at__isnull=False)
    passes = [(key.partition(":")[2], at) for key, at in sent.values_list("dedupe_key", "delivered_at")]
    if not passes:
        return False
    began_at, at = max(passes)
    assert at is not None
    took = at - datetime.fromisoformat(began_at)
    heartbeat.alive(heartbeat.CANARY, at, began_at=began_at, took_s=round(took.total_seconds(), 3))
    sent.filter(dedupe_key__in=[f"{CANARY}:{key}" for key, _ in passes]).delete()
    return True


def _standing_alert(now: datetime) -> Alert:
    """The one alert that the messages of all passes hang on. It is silent, and no list shows it."""
    alert = _alerts().first()
    if alert is None:
        row = Alert(
            problem=CANARY,
            priority=Priority.LOW,
            told_priority=Priority.LOW,
            condition=Condition.ACTIVE,
            response=Response.OPEN,
            raised_at=now,
            detected_at=now,
            silent=True,
        )
        Alert.objects.bulk_create([row], ignore_conflicts=True)
        alert = _alerts().get()
    return alert


def _alerts() -> QuerySet[Alert]:
    """The one alert, by the index on the live alerts of the system."""
    return Alert.objects.filter(problem=CANARY, about="", patient=None).exclude(response=Response.CLOSED)


def _infusion(actor: Actor, now: datetime) -> Infusion:
    """An infusion of nobody that runs since a quarter of an hour, at a site and in a study of its own."""
    begun = now - timedelta(minutes=15)
    name = f"canary {now:%H%M%S%f}"
    site = services.create_site(actor, now=now, code=name, name=name)
    study = services.create_study(
        actor, now=now, protocol_number=name, version="1", product=name, gates=_GATES_OFF, synthetic=True
    )
    services.join_study(actor, study, site, now=now)
    patient = services.create_patient(actor, site, now=now)
    subject = services.enrol_subject(actor, study, patient, CANARY, now=now, diagnosis="other")
    infusion = services.plan_infusion(actor, subject, now=now, number=1, is_canary=True)
    return services.start_infusion(actor, infusion, at=begun, now=now, override_reason=CANARY).infusion
