"""The outbox: messages are rows, claimed with a lease, done when the channel accepted them, at least once.

A worker that dies between claim and send loses nothing: the lease runs out and another sends it. `now` is
real time here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from monitoring import heartbeat
from monitoring.models import Channel, Delivery, Response
from monitoring.models.alerts import Condition

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 50
#: So often a channel is tried before the message is given up, red on the status page.
ATTEMPTS = 4
RETRY_AFTER = timedelta(seconds=20)


class NotDelivered(Exception):
    """A channel that did not take a message; the message says why."""


def deliver_due(
    real_now: datetime, now: datetime, *, senders: dict[str, Callable[[Delivery], None]] | None = None
) -> int:
    """How many messages their channels accepted. Leases run on real time, climbing on clinical time."""
    channels = SENDERS if senders is None else senders
    done = 0
    for delivery in claim(real_now):
        try:
            if is_still_wanted(delivery):
                channels[delivery.channel](delivery)
        except Exception as error:
            _failed(delivery, error, real_now, now)
        else:
            Delivery.objects.filter(pk=delivery.pk).update(delivered_at=real_now, lease_until=None, error="")
            done += 1
    heartbeat.alive(heartbeat.DELIVERY, real_now, delivered=done)
    return done


def claim(real_now: datetime, limit: int = BATCH) -> list[Delivery]:
    """The next messages that nobody holds, now held by us until the lease runs out."""
    with transaction.atomic():
        owed = Delivery.objects.filter(delivered_at__isnull=True, failed_at__isnull=True)
        free = owed.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=real_now)).order_by("pk")
        ids = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        Delivery.objects.filter(pk__in=ids).update(lease_until=real_now + LEASE, attempts=F("attempts") + 1)
    return list(Delivery.objects.filter(pk__in=ids).select_related("alert", "recipient").order_by("pk"))


def is_still_wanted(delivery: Delivery) -> bool:
    """False when the alert was retracted or answered meanwhile: its state is looked at when sending, not when
    planning.
    """
    alert = delivery.alert
    return alert.condition != Condition.RETRACTED and alert.response != Response.CLOSED


def on_screen(delivery: Delivery) -> None:
    """Nothing more to do: the log row is what screens show, and it was committed with this message."""


def by_email(delivery: Delivery) -> None:
    """Sends the sentence to the person's address, without anybody's name in it.

    Raises: NotDelivered when there is no address; whatever the mail server answers.
    """
    from monitoring.sentences import words

    person = delivery.recipient
    if person is None or not person.email:
        raise NotDelivered("the person has no e-mail address")
    with override(person.language):
        said = words(delivery.alert, person.language)
        EmailMessage(
            subject=_("Febris: %(title)s (%(priority)s)")
            % {"title": said.title, "priority": delivery.alert.get_priority_display()},
            body=said.summary,
            to=[person.email],
            headers={"Message-ID": f"<{delivery.uuid}@febris>"},
        ).send(fail_silently=False)


SENDERS: dict[str, Callable[[Delivery], None]] = {Channel.SCREEN: on_screen, Channel.EMAIL: by_email}


def _failed(delivery: Delivery, error: Exception, real_now: datetime, now: datetime) -> None:
    """Tries again soon; after the last attempt the message is given up and the alert climbs at once."""
    log.warning("delivery %s over %s failed: %s", delivery.uuid, delivery.channel, type(error).__name__)
    row = Delivery.objects.filter(pk=delivery.pk)
    text = f"{type(error).__name__}: {error}"[:500]
    if delivery.attempts < ATTEMPTS and not isinstance(error, NotDelivered):
        row.update(lease_until=real_now + RETRY_AFTER, error=text)
        return
    row.update(failed_at=real_now, lease_until=None, error=text)
    from monitoring.alerts import climb_at_once

    climb_at_once(delivery.alert_id, now)
