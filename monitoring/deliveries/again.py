"""Dead letters: messages that were given up, and the person who has one sent again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor, NotPermitted
from monitoring import doorbell
from monitoring.deliveries.wanted import why_not
from monitoring.models import Delivery, Withdrawn

ACTS = (Act.ACKNOWLEDGE, Act.ASSESS)


class NotSentAgain(ValueError):
    """A message that cannot be sent again; the text says why."""


def may_send_again(actor: Actor, delivery: Delivery) -> bool:
    """True for who may answer the alert that it tells of."""
    alert = delivery.alert
    if alert.site_id is None:
        return any(actor.may_anywhere(act) for act in ACTS)
    return any(actor.may(act, alert.site_id, alert.study_id) for act in ACTS)


@transaction.atomic
def send_again(actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """The message, owed once more with all its attempts.

    Raises: NotPermitted; NotSentAgain when it was not given up or tells nobody anything any more.
    """
    rows = Delivery.objects.select_related("alert", "point").select_for_update(of=("self",))
    row = rows.get(pk=delivery.pk)
    if not may_send_again(actor, row):
        raise NotPermitted(actor, Act.ACKNOWLEDGE, row.alert.site_id)
    if row.failed_at is None:
        raise NotSentAgain(_("This message was not given up."))
    if row.point is not None and not row.point.reaches:
        raise NotSentAgain(_("Its contact point no longer counts: the person has to verify it again."))
    alert = row.alert
    if why := why_not(row.reason, alert.condition, alert.response, alert.snoozed_until):
        raise NotSentAgain(_("It is not needed any more: %(why)s.") % {"why": Withdrawn(why).label})
    row.failed_at, row.lease_until, row.held_since, row.attempts = None, None, None, 0
    row.resent_by, row.resent_at = actor.user, now
    row.save()
    transaction.on_commit(lambda: doorbell.ring_for_messages(), robust=True)
    return row
