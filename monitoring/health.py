"""Is anybody watching the watch? Reasons why not, for `/health/ready`, the status page and the alert that
says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitoring import heartbeat
from monitoring.models import Delivery, Heartbeat, Response, WebhookEndpoint

#: How long a part may be silent before it counts as stopped.
SILENCE: dict[str, timedelta] = {
    heartbeat.EVALUATION: settings.SILENT_AFTER,
    heartbeat.DELIVERY: settings.SILENT_AFTER,
    heartbeat.BEAT: settings.SILENT_AFTER,
    heartbeat.AUDITOR: settings.AUDITOR_SILENT_AFTER,
    heartbeat.CANARY: settings.CANARY_SILENT_AFTER,
}
PARTS = {
    heartbeat.EVALUATION: gettext_lazy("evaluation"),
    heartbeat.DELIVERY: gettext_lazy("delivery"),
    heartbeat.BEAT: gettext_lazy("the timetable"),
    heartbeat.AUDITOR: gettext_lazy("the auditor"),
    heartbeat.CANARY: gettext_lazy("the canary"),
    heartbeat.CANARY_HEARD: gettext_lazy("the canary, as far as the outbox"),
    heartbeat.PING: gettext_lazy("the word to the outside"),
    heartbeat.SEALING: gettext_lazy("sealing of the audit"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why Febris is not ready, as a code for machines and a sentence for people."""

    code: str
    detail: str


def readiness(now: datetime) -> list[Reason]:
    """Every reason why nobody should rely on the watch now; empty when all is well. `now` is real time."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    reasons = []
    for name, limit in SILENCE.items():
        at = beats.get(name)
        if at is None:
            detail = _("%(part)s has not run yet") % {"part": PARTS[name]}
        elif now - at > limit:
            silent = int((now - at).total_seconds())
            detail = ngettext(
                "%(part)s is silent since %(n)d second", "%(part)s is silent since %(n)d seconds", silent
            ) % {"part": PARTS[name], "n": silent}
        else:
            continue
        reasons.append(Reason(f"{name}_stale", detail))
    # What was given up matters while nobody has answered the alert that it told of.
    if failed := Delivery.objects.filter(
        failed_at__gt=now - timedelta(hours=1), alert__response=Response.OPEN
    ).count():
        detail = ngettext(
            "%(n)d message was given up in the last hour",
            "%(n)d messages were given up in the last hour",
            failed,
        ) % {"n": failed}
        reasons.append(Reason("deliveries_failed", detail))
    if failing := Delivery.objects.owed().exclude(error="").count():
        detail = ngettext(
            "%(n)d message was not taken yet and is tried again",
            "%(n)d messages were not taken yet and are tried again",
            failing,
        ) % {"n": failing}
        reasons.append(Reason("deliveries_failing", detail))
    if failing := WebhookEndpoint.objects.filter(enabled=True, failing_since__isnull=False).count():
        detail = ngettext(
            "%(n)d receiving system does not take what it is told",
            "%(n)d receiving systems do not take what they are told",
            failing,
        ) % {"n": failing}
        reasons.append(Reason("webhooks_failing", detail))
    return reasons


@dataclass(frozen=True, slots=True)
class Light:
    """One part on the strip: how long ago it last finished its work, and whether that is too long."""

    name: str
    part: str
    seconds: int | None
    is_stale: bool


def lights(now: datetime) -> list[Light]:
    """How each part of the watch stands, in the order in which a reading meets them. `now` is real time."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    silent = {name: now - beats[name] if name in beats else None for name in SILENCE}
    return [
        Light(
            name,
            str(PARTS[name]),
            None if since is None else int(since.total_seconds()),
            since is None or since > SILENCE[name],
        )
        for name, since in silent.items()
    ]


def stale_parts(now: datetime) -> list[str]:
    """The parts that have been silent for too long. A part that never ran counts as silent."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    return [name for name, limit in SILENCE.items() if name not in beats or now - beats[name] > limit]


def behind() -> int:
    """How many infusions have changes that no evaluation has seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM tracker_record r
                 LEFT JOIN monitoring_watch w ON w.infusion_id = r.infusion_id
                WHERE r.version > coalesce(w.seen_version, 0)"""
        )
        (count,) = cursor.fetchone()
    return int(count)
