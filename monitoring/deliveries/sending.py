"""Sends what the outbox owes and writes down what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from accounts import contacts
from monitoring import doorbell, heartbeat
from monitoring.channels import CHANNELS, Gone, NotDelivered, Opener
from monitoring.channels.webhook import Letter
from monitoring.deliveries.outbox import ATTEMPTS, RETRIES, Batch, claim, show_on_screens
from monitoring.deliveries.sessions import Crew, Job, Outcome
from monitoring.deliveries.webhooks import Post
from monitoring.deliveries.words import message_of, with_words
from monitoring.models import Delivery

log = logging.getLogger(__name__)

#: A run looks for new work so often while messages are on their way, and ends when nothing has moved for so
#: long.
LOOK_EVERY_S, STILL_S = 0.1, 1.0
#: After so long it gives a sign of life and lets other work of its queue have a turn.
LONGEST_S = settings.TICK.total_seconds()
#: From this attempt on a channel counts as failing, and the alert climbs without waiting for its time.
CLIMBS_AFTER = 2


def deliver_due(real_now: datetime, now: datetime, *, channels: Mapping[str, Opener] = CHANNELS) -> int:
    """How many messages their channels accepted. Leases run on real time, climbing on clinical time."""
    began = time.monotonic()
    done, moved = show_on_screens(real_now), began
    crew, post = Crew.gather(channels), Post()
    try:
        while time.monotonic() - began < LONGEST_S:
            at = real_now + timedelta(seconds=time.monotonic() - began)
            claimed = claim(at, crew.free())
            for batch in claimed.batches:
                _hand(crew, batch, at, now)
            letters = post.hand(crew, at)
            if not crew.is_busy and not claimed.is_busy:
                break
            for outcome in crew.finished(LOOK_EVERY_S):
                moved = time.monotonic()
                settle = post.settle if isinstance(outcome.job.message, Letter) else _settle
                done += settle(outcome, real_now + timedelta(seconds=moved - began), now)
            if claimed.batches or letters:
                moved = time.monotonic()
            if time.monotonic() - moved > STILL_S:
                break
        else:
            doorbell.ring_for_messages()
    finally:
        crew.leave()
    done += show_on_screens(real_now)
    heartbeat.alive(heartbeat.DELIVERY, real_now, delivered=done)
    return done


def _hand(crew: Crew, batch: Batch, at: datetime, now: datetime) -> None:
    """Puts the message on its way. One that cannot be put into words fails like one that is refused."""
    rows = list(with_words(Delivery.objects.filter(pk__in=batch.ids)).order_by("-priority", "pk"))
    try:
        message = message_of(rows)
    except Exception as error:
        log.exception("delivery %s could not be put into words", rows[0].uuid)
        _failed(rows, error, at, now)
        return
    assert rows[0].point_id is not None
    crew.send(Job(message, batch.ids, rows[0].point_id))


def _settle(outcome: Outcome, at: datetime, now: datetime) -> int:
    """How many deliveries the outcome has done."""
    rows = Delivery.objects.filter(pk__in=outcome.job.ids)
    if outcome.error is None:
        contacts.accepted(outcome.job.to, at)
        return rows.filter(delivered_at__isnull=True).update(
            delivered_at=at,
            lease_until=None,
            failed_at=None,
            withdrawn_at=None,
            withdrawn_because="",
            error="",
        )
    if isinstance(outcome.error, NotDelivered):
        is_gone = isinstance(outcome.error, Gone)
        contacts.refused(outcome.job.to, at, str(outcome.error), is_gone=is_gone)
    _failed(list(rows.owed()), outcome.error, at, now)
    return 0


def _failed(rows: list[Delivery], error: Exception, at: datetime, now: datetime) -> None:
    """Tries again later, each time after a longer while; after the last attempt the message is given up."""
    from monitoring.alerts import climb_at_once

    is_final = isinstance(error, NotDelivered)
    text = str(error)[:500] if isinstance(error, NotDelivered | ConnectionError) else type(error).__name__
    for row in rows:
        log.warning("delivery %s over %s failed: %s", row.uuid, row.channel, type(error).__name__)
        mine = Delivery.objects.filter(pk=row.pk)
        if is_final or row.attempts >= ATTEMPTS:
            mine.update(failed_at=at, lease_until=None, error=text)
        else:
            mine.update(lease_until=at + RETRIES[row.attempts - 1], error=text)
        climbs = row.attempts <= CLIMBS_AFTER if is_final else row.attempts == CLIMBS_AFTER
        if climbs and not _another_way(row):
            climb_at_once(row.alert_id, now)


def _another_way(row: Delivery) -> bool:
    """True when another point of the same person has taken the same message, or may still take it."""
    others = Delivery.objects.filter(
        alert=row.alert_id,
        recipient=row.recipient_id,
        reason=row.reason,
        rung=row.rung,
        created_at=row.created_at,
    ).exclude(pk=row.pk)
    return (
        others.filter(delivered_at__isnull=False).exists()
        or others.owed().filter(attempts__lt=CLIMBS_AFTER).exists()
    )
