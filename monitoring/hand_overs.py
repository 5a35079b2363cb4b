"""Handing a duty over: begun by who leaves or taken by who comes, confirmed by both, with what stood open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor, NotPermitted
from monitoring.models import Alert, Duty, HandOver, Shift
from monitoring.shifts import RotaRefused, take_over, who_may
from tracker.models import Infusion, Phase, Site

WATCHED = (Phase.INFUSING, Phase.PAUSED, Phase.OBSERVING, Phase.HOME)


def begin_hand_over(
    actor: Actor, site: Site, duty: Duty, coming: User, *, note: str = "", now: datetime
) -> HandOver:
    """The hand-over of one's own duty to another, confirmed by who leaves; it takes effect when who comes
    confirms.

    Raises: NotPermitted; RotaRefused.
    """
    actor.require(Act.READ, site.pk)
    if actor.user is None:
        raise NotPermitted(actor, Act.READ, site.pk)
    if not Shift.objects.filter(site=site, duty=duty, person=actor.user).running(now).exists():
        raise RotaRefused(_("You are not on this duty now."))
    if coming == actor.user or coming not in who_may(duty, site, now):
        raise RotaRefused(_("%(name)s may not have this duty here.") % {"name": coming})
    with transaction.atomic():
        under_way = HandOver.objects.select_for_update().filter(
            site=site, duty=duty, leaving=actor.user, coming_confirmed_at__isnull=True
        )
        under_way.delete()
        return HandOver.objects.create(
            site=site,
            duty=duty,
            leaving=actor.user,
            coming=coming,
            begun_at=now,
            leaving_confirmed_at=now,
            listed=listed(site, now),
            note=note,
        )


def take_over_now(
    actor: Actor, site: Site, duty: Duty, leaving: User | None, *, note: str = "", now: datetime
) -> HandOver | None:
    """The hand-over by who comes, in effect at once; who leaves confirms the list afterwards. None where
    nobody left: then there is only the shift.

    Raises: NotPermitted; RotaRefused.
    """
    actor.require(Act.READ, site.pk)
    if actor.user is None:
        raise NotPermitted(actor, Act.READ, site.pk)
    with transaction.atomic():
        take_over(actor, site, duty, leaving, actor.user, now=now)
        if leaving is None:
            return None
        HandOver.objects.filter(
            site=site, duty=duty, leaving=leaving, coming_confirmed_at__isnull=True
        ).delete()
        return HandOver.objects.create(
            site=site,
            duty=duty,
            leaving=leaving,
            coming=actor.user,
            begun_at=now,
            coming_confirmed_at=now,
            listed=listed(site, now),
            note=note,
        )


def confirm(actor: Actor, hand_over: HandOver, *, now: datetime) -> HandOver:
    """The hand-over with this person's confirmation; that of who comes makes it take effect.

    Raises: NotPermitted for anybody but the two; RotaRefused.
    """
    with transaction.atomic():
        row = HandOver.objects.select_for_update().get(pk=hand_over.pk)
        if actor.user is None or actor.user.pk not in (row.leaving_id, row.coming_id):
            raise NotPermitted(actor, Act.WRITE_ROTA, row.site_id)
        if actor.user.pk == row.leaving_id:
            row.leaving_confirmed_at = row.leaving_confirmed_at or now
        elif row.coming_confirmed_at is None:
            take_over(actor, row.site, Duty(row.duty), row.leaving, row.coming, now=now)
            row.coming_confirmed_at, row.listed = now, listed(row.site, now)
        row.save()
    return row


def listed(site: Site, now: datetime) -> dict[str, Any]:
    """What stands open at the site: the alerts, who took them on and until when, and what is due next. It
    names subjects by number and nobody by name.
    """
    alerts = (
        Alert.objects.filter(site=site)
        .live()
        .select_related("infusion__subject", "acknowledged_by")
        .order_by("-priority", "raised_at")
    )
    running = (
        Infusion.objects.filter(site=site, phase__in=WATCHED, historical=False, is_canary=False)
        .select_related("subject", "watch")
        .order_by("subject__subject_number")
    )
    return {
        "alerts": [
            {
                "id": str(alert.uuid),
                "subject": alert.infusion.subject.subject_number if alert.infusion else alert.about,
                "problem": alert.problem,
                "priority": alert.priority,
                "condition": alert.condition,
                "response": alert.response,
                "raised_at": alert.raised_at.isoformat(),
                "by": alert.acknowledged_by.username if alert.acknowledged_by else "",
                "commitment": alert.commitment,
                "until": alert.until.isoformat() if alert.until else None,
            }
            for alert in alerts
        ],
        "due": [
            {
                "infusion": str(infusion.uuid),
                "subject": infusion.subject.subject_number,
                "number": infusion.number,
                "due_at": due.isoformat() if (due := _due_of(infusion)) else None,
            }
            for infusion in running
        ],
    }


def _due_of(infusion: Infusion) -> datetime | None:
    watch: Any = getattr(infusion, "watch", None)
    due: datetime | None = watch.next_set_due_at if watch is not None else None
    return due
