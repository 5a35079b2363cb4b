"""The second look: what the sweep, the escalation and each other's watching do on the timetable's beat."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from monitoring import alerts, health, heartbeat
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition

BATCH = 500

OWED = """
SELECT r.infusion_id FROM tracker_record r LEFT JOIN monitoring_watch w ON w.infusion_id = r.infusion_id
 WHERE r.version > coalesce(w.seen_version, 0)
 UNION
SELECT infusion_id FROM monitoring_watch WHERE next_due_at <= %s
 LIMIT %s
"""


def sweep(now: datetime, real_now: datetime) -> int:
    """How many infusions were found that something had missed, or that time itself had changed."""
    with connection.cursor() as cursor:
        cursor.execute(OWED, [now, BATCH])
        owed = [number for (number,) in cursor.fetchall()]
    done = sum(evaluate_infusion(number, now, wait=False).state != "pending" for number in sorted(owed))
    _clear_failures(now)
    heartbeat.alive(heartbeat.EVALUATION, real_now, evaluated=done, owed=len(owed))
    watch_the_others(heartbeat.EVALUATION, now, real_now)
    return done


def _clear_failures(now: datetime) -> None:
    """Clears the alert about a record that could not be judged, once it can be."""
    failed = Alert.objects.filter(problem="evaluation_failed", condition=Condition.ACTIVE)
    for about, infusion_id in failed.values_list("about", "infusion_id"):
        if infusion_id is not None and evaluate_infusion(infusion_id, now, wait=False).state != "pending":
            alerts.clear_system_alert("evaluation_failed", about=about, now=now)


def escalate(now: datetime, real_now: datetime) -> int:
    """How many alerts climbed, lapsed, woke, opened again, or reached somebody after nobody."""
    return alerts.escalate_due(now) + alerts.tell_unreached(now)


#: When this process first looked at the others: what was silent before it came up is no news.
_up_since: datetime | None = None


def watch_the_others(me: str, now: datetime, real_now: datetime) -> list[str]:
    """The other parts that are silent; each is an alert while it is: nobody else may be there to say so."""
    global _up_since
    _up_since = _up_since or real_now
    silent = set(health.stale_parts(real_now))
    told = []
    for part, limit in health.SILENCE.items():
        if part == me or (part == heartbeat.CANARY and silent - {part}):
            continue  # a canary that falls silent with another part says no more than that part's alert
        if part not in silent:
            alerts.clear_system_alert(f"{part}_stopped", now=now)
        elif real_now - _up_since > limit:
            alerts.raise_system_alert(f"{part}_stopped", now=now)
            told.append(part)
    return told
