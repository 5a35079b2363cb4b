"""The auditor: does the database still bear out what must always be true of a watch that works?

Each open alert has a live next step; each active watch has one next due; nobody's record waits to be looked
at; no message lies unclaimed. What is broken is said by one system alert for each kind and site, which names
the things, and is mended where mending is what some other part would do anyway. Every question is one
statement on an index: an auditor that is slow gets switched off. Its own heartbeat is watched like any other.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from monitoring import alerts, heartbeat
from monitoring.alerts.mending import lacks_step, look_again
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, Heartbeat, Watch
from monitoring.models.alerts import CANARY
from tracker.models import Site

log = logging.getLogger(__name__)

ALERT_WITHOUT_STEP = "alert_without_step"
WATCH_WITHOUT_DUE = "watch_without_due"
RECORD_WAITS = "record_waits"
DELIVERY_STUCK = "delivery_stuck"

#: So long something may lie before it counts as forgotten. Source: the promise that nothing waits longer.
PATIENCE = timedelta(seconds=60)
#: So much of a watch may be left without a due time once all that was planned was taken: the longest interval
#: of a schedule and half of one, since a set may be taken early. Default, to be confirmed.
LAST_STRETCH = timedelta(hours=12)
#: So many of a kind are looked at and mended in one round, and so many are named.
BATCH, NAMED = 200, 20


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that should not be. `name` says which, without anybody's name: subject, infusion, problem."""

    kind: str
    site_id: int | None
    key: int
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When is it: clinical and real time, and how many clinical seconds pass in a real one."""

    now: datetime
    real_now: datetime
    rate: float = 1.0

    @property
    def patience(self) -> timedelta:
        """A minute of real time, on the clinical clock."""
        return PATIENCE * self.rate


STEPLESS = """
SELECT a.site_id, a.id, coalesce(s.subject_number || ' #' || i.number || ' ', '') || a.problem
  FROM monitoring_alert a
  LEFT JOIN tracker_infusion i ON i.id = a.infusion_id LEFT JOIN tracker_subject s ON s.id = i.subject_id
  LEFT JOIN monitoring_alert c ON c.id = a.explained_by_id
 WHERE a.response <> 'closed' AND a.condition <> 'retracted' AND NOT a.silent AND a.problem <> %(canary)s
   AND CASE WHEN a.escalates_at IS NOT NULL THEN a.escalates_at < %(before)s
            WHEN a.joined_at IS NOT NULL AND a.condition = 'active'
            THEN c.condition <> 'active' OR c.joined_at IS NOT NULL OR c.snoozed_until IS NOT NULL
                 OR c.escalates_at IS NULL
            WHEN a.snoozed_until IS NOT NULL OR a.response = 'acknowledged' THEN true
            WHEN a.response = 'assessed' THEN a.condition = 'active'
            ELSE a.climbs_from IS NOT NULL AND a.coordinator_told_at IS NULL
                 AND (a.priority > 1 OR a.condition = 'cleared') END
 ORDER BY a.priority DESC, a.id LIMIT %(limit)s
"""

UNDUE = """
SELECT i.site_id, i.id, s.subject_number || ' #' || i.number
  FROM tracker_infusion i JOIN tracker_subject s ON s.id = i.subject_id
  LEFT JOIN tracker_record r ON r.infusion_id = i.id LEFT JOIN monitoring_watch w ON w.infusion_id = i.id
 WHERE i.phase IN ('infusing', 'paused', 'observing', 'home') AND NOT i.historical AND NOT i.is_canary
   AND coalesce(r.version, 0) <= coalesce(w.seen_version, 0)
   AND (w.closes_at IS NULL OR w.closes_at > %(now)s)
   AND (w.infusion_id IS NULL OR w.next_due_at IS NULL
        OR w.next_set_due_at IS NULL AND (w.closes_at IS NULL OR w.closes_at > %(long_after)s))
 ORDER BY i.id LIMIT %(limit)s
"""

WAITING = """
SELECT i.site_id, i.id, s.subject_number || ' #' || i.number, r.version, coalesce(w.seen_version, 0)
  FROM tracker_record r JOIN tracker_infusion i ON i.id = r.infusion_id
  JOIN tracker_subject s ON s.id = i.subject_id
  LEFT JOIN monitoring_watch w ON w.infusion_id = r.infusion_id
 WHERE r.version > coalesce(w.seen_version, 0) AND NOT i.historical
 ORDER BY i.id LIMIT %(limit)s
"""

LATE = """
SELECT i.site_id, i.id, s.subject_number || ' #' || i.number
  FROM monitoring_watch w JOIN tracker_infusion i ON i.id = w.infusion_id
  JOIN tracker_subject s ON s.id = i.subject_id
 WHERE w.next_due_at < %(before)s AND NOT i.historical
 ORDER BY w.next_due_at LIMIT %(limit)s
"""

STUCK = """
SELECT a.site_id, d.id,
       coalesce(s.subject_number || ' #' || i.number || ' ', '') || a.problem || ' ' || d.channel
  FROM monitoring_delivery d JOIN monitoring_alert a ON a.id = d.alert_id
  LEFT JOIN tracker_infusion i ON i.id = a.infusion_id LEFT JOIN tracker_subject s ON s.id = i.subject_id
 WHERE d.delivered_at IS NULL AND d.failed_at IS NULL AND d.withdrawn_at IS NULL AND a.problem <> %(canary)s
   AND CASE WHEN d.lease_until IS NULL THEN d.created_at < %(before)s
            ELSE d.lease_until < %(really_before)s END
 ORDER BY d.id LIMIT %(limit)s
"""


def audit(at: Moment) -> int:
    """How many breaches stand after what could be mended was."""
    asked = {
        "canary": CANARY,
        "now": at.now,
        "before": at.now - at.patience,
        "really_before": at.real_now - PATIENCE,
        "long_after": at.now + LAST_STRETCH,
        "limit": BATCH,
    }
    known = dict(Heartbeat.objects.filter(name=heartbeat.AUDITOR).values_list("name", "detail"))
    waiting, seen = _waiting(asked, known.get(heartbeat.AUDITOR, {}).get("waiting", {}), at.real_now)
    found = [
        *_stepless(asked),
        *_rows(WATCH_WITHOUT_DUE, UNDUE, asked),
        *waiting,
        *_rows(RECORD_WAITS, LATE, asked),
        *_rows(DELIVERY_STUCK, STUCK, asked),
    ]
    for breach in found:
        _mend(breach, at.now)
    _say(found, at.now)
    heartbeat.alive(heartbeat.AUDITOR, at.real_now, breaches=len(found), waiting=seen)
    return len(found)


def _rows(kind: str, statement: str, asked: Mapping[str, Any]) -> list[Breach]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return [Breach(kind, *row) for row in cursor.fetchall()]


def _stepless(asked: Mapping[str, Any]) -> list[Breach]:
    """Alerts whose step was due a minute ago, and those without one that should have one."""
    found = _rows(ALERT_WITHOUT_STEP, STEPLESS, asked)
    if not found:
        return []
    rows = Alert.objects.for_display().in_bulk([breach.key for breach in found])
    return [
        breach
        for breach in found
        if (row := rows.get(breach.key)) and (row.escalates_at is not None or lacks_step(row))
    ]


def _waiting(
    asked: Mapping[str, Any], known: Mapping[str, Any], real_now: datetime
) -> tuple[list[Breach], dict[str, Any]]:
    """Records that nobody has looked at for a minute, and since when each is known to wait.

    A version has no time of its own, so the auditor remembers what it met: since then that version waits.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAITING, asked)
        rows = cursor.fetchall()
    breaches, seen = [], {}
    for site_id, key, name, version, seen_version in rows:
        met, since = known.get(str(key), (version, real_now.isoformat()))
        if seen_version >= met:
            met, since = version, real_now.isoformat()
        seen[str(key)] = (met, since)
        if real_now - datetime.fromisoformat(since) > PATIENCE:
            breaches.append(Breach(RECORD_WAITS, site_id, key, name))
    return breaches, seen


def _mend(breach: Breach, now: datetime) -> None:
    """Does what another part should have done, where that may be done any number of times. Never raises."""
    try:
        MENDS[breach.kind](breach.key, now)
    except Exception:
        log.exception("%s could not be mended", breach.kind, extra={"kind": breach.kind, "row": breach.key})
    else:
        log.warning("found and looked at again", extra={"kind": breach.kind, "row": breach.key})


def _look_again(infusion_id: int, now: datetime) -> None:
    Watch.objects.filter(infusion_id=infusion_id, next_due_at=None).update(next_due_at=now)
    evaluate_infusion(infusion_id, now, wait=False)


def _leave(key: int, now: datetime) -> None:
    """A message is the sending worker's: who sent it beside that one might tell somebody twice."""


MENDS: Mapping[str, Callable[[int, datetime], object]] = {
    ALERT_WITHOUT_STEP: look_again,
    WATCH_WITHOUT_DUE: _look_again,
    RECORD_WAITS: _look_again,
    DELIVERY_STUCK: _leave,
}


def _say(found: Iterable[Breach], now: datetime) -> None:
    """One system alert for each kind and site while it is so."""
    grouped: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for breach in found:
        grouped[breach.kind, breach.site_id].append(breach.name)
    sites = Site.objects.in_bulk({site_id for _kind, site_id in grouped if site_id is not None})
    said = set()
    for (kind, site_id), names in sorted(grouped.items(), key=str):
        site = sites.get(site_id) if site_id is not None else None
        about = site.code if site else ""
        detail = {"names": names[:NAMED], "count": len(names)}
        alerts.raise_system_alert(kind, about=about, site=site, detail=detail, now=now)
        said.add((kind, about))
    standing = Alert.objects.filter(problem__in=MENDS, patient__isnull=True, condition=Condition.ACTIVE)
    for kind, about in standing.values_list("problem", "about"):
        if (kind, about) not in said:
            alerts.clear_system_alert(kind, about=about, now=now)
