"""The second look: what the sweep, the escalation and each other's watching do on the timetable's beat."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from monitoring import alerts, health, heartbeat
from monitoring.evaluate import evaluate_infusion

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
    heartbeat.alive(heartbeat.EVALUATION, real_now, evaluated=done, owed=len(owed))
    watch_the_others(heartbeat.EVALUATION, now, real_now)
    return done


def escalate(now: datetime, real_now: datetime) -> int:
    """How many alerts climbed, lapsed, woke or opened again."""
    return alerts.escalate_due(now)


def watch_the_others(me: str, now: datetime, real_now: datetime) -> list[str]:
    """The other parts that are silent; each is an alert while it is, because nobody else may be there to say
    so.
    """
    beats = health.stale_parts(real_now)
    for part in health.SILENCE:
        if part == me:
            continue
        if part in beats:
            alerts.raise_system_alert(f"{part}_stopped", now=now)
        else:
            alerts.clear_system_alert(f"{part}_stopped", now=now)
    return [part for part in beats if part != me]
