"""The lock of an evaluation: every watch of one patient, in one order, with what else the evaluation must
know of the infusion.

The watch rows are locked, never the infusion: that lock would hold back every insert that names it. All
watches of the patient are, and in ascending order, because the alerts of overlapping watches are one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from accounts.statements import together
from monitoring.models import Watch
from monitoring.timeline import Scope

LOCK_TIMEOUT, STATEMENT_TIMEOUT = timedelta(seconds=2), timedelta(seconds=5)
LIMITS = [f"{int(limit.total_seconds() * 1000)}ms" for limit in (LOCK_TIMEOUT, STATEMENT_TIMEOUT)]

#: Gives this transaction its time limits. The doorbell of the stream rings with the same commit that made the
#: rows.
BEGIN = """
SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true),
       pg_notify('febris_log', '')
"""

#: What is read of each watch of the patient under the lock.
COLUMNS = {
    "infusion_id": "w.infusion_id",
    "uuid": "i.uuid",
    "opened_at": "w.opened_at",
    "closes_at": "w.closes_at",
    "version": "coalesce(r.version, 0)",
    "seen_version": "w.seen_version",
    "patient_id": "i.patient_id",
    "patient_uuid": "p.uuid",
    "site_id": "i.site_id",
    "study_id": "i.study_id",
    "phase": "i.phase",
    "historical": "i.historical",
    "started_at": "i.started_at",
    "stopped_at": "i.stopped_at",
    "watch_hours": "i.watch_hours",
    "planned_end_at": "i.planned_end_at",
    "through": "w.through",
    "core_version": "w.core_version",
    "rule_book": "w.rule_book",
    "course": "w.course",
    "episodes": "w.episodes",
    "has_alerts": "w.has_alerts",
    "signs": "w.signs::text",
    "next_due_at": "w.next_due_at",
    "next_set_due_at": "w.next_set_due_at",
    "next_set_reason": "w.next_set_reason",
    "overdue_since": "w.overdue_since",
    "rules_failed": "w.rules_failed::text",
    "evaluated_at": "w.evaluated_at",
    "state": "CASE WHEN i.id = %(infusion)s THEN w.state END",
    "taken": "CASE WHEN i.id = %(infusion)s THEN w.taken END",
    "awaited": "CASE WHEN i.id = %(infusion)s THEN w.awaited END",
    "rule_set_ids": """ARRAY(SELECT id FROM monitoring_ruleset
        WHERE status <> 'draft' AND (study_id = i.study_id OR study_id IS NULL) ORDER BY id)""",
    "override_ids": """ARRAY(SELECT id FROM monitoring_ruleoverride
        WHERE subject_id = i.subject_id ORDER BY id)""",
}

LOCK = f"""
SELECT {", ".join(COLUMNS.values())}
  FROM monitoring_watch w
  JOIN tracker_infusion i ON i.id = w.infusion_id
  JOIN tracker_patient p ON p.id = i.patient_id
  LEFT JOIN tracker_record r ON r.infusion_id = i.id
 WHERE i.patient_id = (SELECT patient_id FROM tracker_infusion WHERE id = %(infusion)s)
 ORDER BY w.infusion_id
   FOR NO KEY UPDATE OF w
"""  # noqa: S608 - only expressions of our own are put in


class NoSuchInfusion(LookupError):
    """No infusion has that number."""


@dataclass(frozen=True, slots=True)
class Window:
    """The watch of one infusion as others of the patient see it: its window and, for another's, what it
    found.
    """

    infusion_id: int
    uuid: UUID
    site_id: int
    study_id: int
    opened_at: datetime | None
    closes_at: datetime | None
    episodes: str = "[]"

    def holds(self, moment: datetime) -> bool:
        """True when the moment is watched, both ends included."""
        if self.opened_at is None or moment < self.opened_at:
            return False
        return self.closes_at is None or moment <= self.closes_at


@dataclass(frozen=True, slots=True)
class Held:
    """The watch that is evaluated, as it stands under the lock."""

    infusion_id: int
    uuid: UUID
    version: int
    seen_version: int
    patient_id: int
    patient_uuid: UUID
    site_id: int
    study_id: int
    phase: str
    historical: bool
    started_at: datetime | None
    stopped_at: datetime | None
    watch_hours: int
    planned_end_at: datetime | None
    state: str
    through: datetime | None
    closes_at: datetime | None
    core_version: int
    rule_book: str
    course: str
    taken: str
    awaited: str
    signs: dict[str, Any]
    next_due_at: datetime | None
    next_set_due_at: datetime | None
    next_set_reason: str
    overdue_since: datetime | None
    rules_failed: list[str]
    evaluated_at: datetime | None
    rule_set_ids: tuple[int, ...]
    override_ids: tuple[int, ...]
    episodes: str
    has_alerts: bool
    siblings: tuple[Window, ...] = field(default=())

    @property
    def watch_for(self) -> timedelta:
        """How long after the last stop is watched."""
        return timedelta(hours=self.watch_hours)

    @property
    def scope(self) -> Scope:
        """Whose events count, and between which moments."""
        closes_at = self.stopped_at + self.watch_for if self.stopped_at else None
        return Scope(self.infusion_id, self.patient_id, self.started_at, closes_at)


def hold(infusion_id: int, *, wait: bool) -> Held:
    """The watch of the infusion, locked with all others of the patient; made when it is the first look.

    The version is read with the lock and before anything else. After waiting it may be older than what
    somebody else has seen meanwhile: then all is read once more.

    Raises: NoSuchInfusion; OperationalError when the lock is not had in time, or at once without `wait`.
    """
    held = _held(infusion_id, wait=wait)
    if held is None:
        Watch.objects.bulk_create([Watch(infusion_id=infusion_id)], ignore_conflicts=True)
        held = _held(infusion_id, wait=wait)
    if held is not None and held.version < held.seen_version:
        held = _held(infusion_id, wait=wait)  # now under the lock, so nothing in it is older than the watch
    if held is None:
        raise NoSuchInfusion(f"no infusion has the number {infusion_id}")
    return held


def _held(infusion_id: int, *, wait: bool) -> Held | None:
    _, found = together((BEGIN, LIMITS), (LOCK if wait else f"{LOCK} NOWAIT", {"infusion": infusion_id}))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    own = next((row for row in rows if row["infusion_id"] == infusion_id), None)
    if own is None:
        return None
    siblings = tuple(
        Window(**{column.name: row[column.name] for column in fields(Window)})
        for row in rows
        if row is not own
    )
    for name in ("signs", "rules_failed"):
        own[name] = msgspec.json.decode(own[name])
    for name in ("rule_set_ids", "override_ids"):
        own[name] = tuple(own[name])
    del own["opened_at"]
    return Held(**own, siblings=siblings)
