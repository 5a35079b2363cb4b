"""Alerts that reach nobody: tried again at each tick until somebody is there, and said aloud by site."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from monitoring import ladders
from monitoring.alert_rows import put, value_of
from monitoring.alerts.by_system import clear_system_alert, raise_system_alert
from monitoring.alerts.ringing import NOBODY_REACHABLE, ring, roster_of
from monitoring.alerts.writing import save
from monitoring.models import Alert, Condition, LogKind, Response
from tracker.models import Site

BATCH = 200


def tell_unreached(now: datetime) -> int:
    """How many alerts that had reached nobody reach somebody now. Sites where some still reach nobody have a
    system alert that says so, while it is so.
    """
    waiting = Alert.objects.filter(
        unreached_since__isnull=False,
        response=Response.OPEN,
        condition__in=(Condition.ACTIVE, Condition.UNWATCHED),
        snoozed_until__isnull=True,
        climbs_from__isnull=False,
        joined_at__isnull=True,
    )
    told = sum(_try_again(row.pk, now) for row in waiting.order_by("-priority", "pk")[:BATCH])
    still = waiting.exclude(problem=NOBODY_REACHABLE).values("site_id")
    sites = {site.code: site for site in Site.objects.filter(pk__in=still)}
    for code, site in sites.items():
        raise_system_alert(NOBODY_REACHABLE, about=code, site=site, now=now)
    standing = Alert.objects.filter(
        problem=NOBODY_REACHABLE, patient__isnull=True, condition=Condition.ACTIVE
    )
    for about in standing.exclude(about__in=sites).values_list("about", flat=True):
        clear_system_alert(NOBODY_REACHABLE, about=about, now=now)
    return told


def _try_again(alert_id: int, now: datetime) -> bool:
    """True when the rung that the alert stands on reaches somebody now, or one near it does."""
    with transaction.atomic():
        row = (
            Alert.objects.for_display()
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=alert_id, unreached_since__isnull=False)
            .first()
        )
        if row is None:
            return False
        roster = roster_of(row, now)
        climb = ladders.climbed(row).climb(value_of(row).priority, row.climbs_from)
        if climb is None or not any(roster.reaches(role) for rung in climb.rungs for role in rung.roles):
            return False
        rung = ring(row, value_of(row), [max(row.rung - 1, 0)], now, roster)
        save(put(rung.value, row), LogKind.ESCALATED, now, detail={**rung.detail, "reason": "reached"})
        rung.tell(row, LogKind.ESCALATED, now)
    return True
