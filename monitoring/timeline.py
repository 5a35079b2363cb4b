"""Which rows of the record an evaluation reads: what changed between two versions, or all that stands since a
moment.

Only rows of a version at most the one read are seen. Amended and voided rows are absent, as if their first
value had never been there. Knows tables, not rules.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Model, Q, QuerySet

from accounts.statements import fetch
from monitoring import stated
from monitoring.core import events
from monitoring.core.events import Event, InfusionKind
from monitoring.core.schedule import Taken
from monitoring.models import AlertLog, LogKind
from monitoring.row_events import (
    EXAMINED,
    NOUNS,
    NUMBERS,
    WORDS,
    Row,
    baselines_taken,
    events_of,
    taken_of,
)
from tracker.models import (
    Baseline,
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    Observed,
    RecordChange,
    SubjectFacts,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)
from tracker.services.changes import COUNTS_WINDOW

#: Readings so long before the start are its baseline; a fold from empty begins there.
BEFORE_START = timedelta(minutes=60)

#: What is known of the patient from longer before the start.
LONGER_BEFORE: dict[type[Observed], timedelta] = {
    LabResult: COUNTS_WINDOW,
    NeuroAssessment: COUNTS_WINDOW,
    Intervention: COUNTS_WINDOW,
    TemperatureLog: COUNTS_WINDOW,
}

COMMON = (
    "id",
    "uuid",
    "measured_at",
    "recorded_at",
    "amends_id",
    "amended_by",
    "void",
    "root__uuid",
    "root__measured_at",
    "root__recorded_at",
)

#: The columns that the watch reads of each observed noun.
COLUMNS: dict[type[Observed], tuple[str, ...]] = {
    VitalSigns: (
        *NUMBERS,
        *WORDS,
        "temperature_site",
        "bp_unrecordable",
        "concern",
        "crossed",
        "absent",
        "verified",
    ),
    TemperatureLog: (
        "temperature_c",
        "temperature_site",
        "antipyretic",
        "antipyretic_at",
        "absent",
        "verified",
    ),
    SymptomReport: ("kind", "mark", "severity"),
    Intervention: (
        "kind",
        "mark",
        "substance",
        "indication",
        "starts__uuid",
        "starts__root__uuid",
    ),
    InfusionEvent: ("kind",),
    LabResult: ("analyte", "value", "comparator", "value_typed", "unit", "lln"),
    NeuroAssessment: tuple(EXAMINED),
}
BY_TABLE: dict[str, type[Observed]] = {model._meta.db_table: model for model in COLUMNS}
INFUSION_EVENTS = InfusionEvent._meta.db_table
SETS = VitalSigns._meta.db_table
SET_COLUMNS = ("id", "uuid", "measured_at", "recorded_at", "amends_id", "void", *COLUMNS[VitalSigns])
#: The changes between two versions, the sets among them at once: this is what every reading pays for.
CHANGES = f"""
SELECT c.table_name, c.row_id, c.measured_at, {", ".join(f"v.{name}" for name in SET_COLUMNS)}
  FROM tracker_record_change c LEFT JOIN {SETS} v ON c.table_name = '{SETS}' AND v.id = c.row_id
 WHERE c.infusion_id = %s AND c.version > %s AND c.version <= %s
"""  # noqa: S608 - only names of our own columns are put in
#: Rows of other tables that change what readings mean.
CONTEXT = {Baseline._meta.db_table, SubjectFacts._meta.db_table}
ASSESSMENTS = AlertLog._meta.db_table


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events are meant, and between which moments."""

    infusion_id: int
    patient_id: int
    started_at: datetime | None
    closes_at: datetime | None


@dataclass(slots=True)
class Gathered:
    """Events, the sets among them for the schedule, and when the newest of the rows was recorded.

    `corrected` is true when something changed that had been judged already. `first_of` names for the key of a
    corrected row that of the first of its chain.
    """

    events: list[Event] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    recorded_at: datetime | None = None
    known_at: dict[str, datetime] = field(default_factory=dict)
    first_of: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    corrected: bool = False

    def add(self, model: type[Model], row: Row) -> None:
        """Takes in one row that stands."""
        found = tuple(events_of(model, row))
        self.events.extend(found)
        self.known_at.update((event.key, row["recorded_at"]) for event in found)
        self.note(row)
        if model is VitalSigns or model is TemperatureLog:
            self.taken.append(taken_of(model, row))
        elif model is Baseline:
            self.taken += baselines_taken([(Baseline, row)])

    def trace(self, model: type[Model], row: Row) -> None:
        """Remembers of which first row this one is a correction."""
        if model in NOUNS and row["root__uuid"] is not None:
            self.first_of[f"{NOUNS[model]}:{row['uuid']}"] = f"{NOUNS[model]}:{row['root__uuid']}"

    def note(self, row: Row) -> None:
        """Counts a row that was read, whether it stands or not."""
        self.rows += 1
        recorded_at = row["recorded_at"]
        if self.recorded_at is None or recorded_at > self.recorded_at:
            self.recorded_at = recorded_at


@dataclass(frozen=True, slots=True)
class Changes:
    """What lies between two versions: new rows only, or the earliest moment from which all must be read
    again.
    """

    news: Gathered
    again_from: datetime | None
    turned: bool


def changes(scope: Scope, after: int, upto: int) -> Changes:
    """What the versions after one and up to another brought.

    A correction, and an event of the infusion itself, changes what was already judged: then `again_from` says
    since when.
    """
    ids: dict[str, list[int]] = defaultdict(list)
    moments = []
    news = Gathered()
    corrected = False
    for table, row_id, moment, *values in fetch(CHANGES, [scope.infusion_id, after, upto]):
        moments.append(moment)
        if table == SETS and values[0] is not None:
            row = dict(zip(SET_COLUMNS, values, strict=True))
            row["absent"], row["verified"] = json.loads(row["absent"]), json.loads(row["verified"])
            corrected |= not _is_new(news, VitalSigns, row)
        else:
            ids[table].append(row_id)
    for table, row_ids in ids.items():
        if (model := BY_TABLE.get(table)) is not None:
            for row in _observed(model).filter(pk__in=row_ids).values(*COMMON, *COLUMNS[model]):
                corrected |= not _is_new(news, model, row)
        elif table == ASSESSMENTS:
            for row in assessments().filter(pk__in=row_ids):
                news.add(AlertLog, row)
    turned = INFUSION_EVENTS in ids
    again = corrected or turned or not CONTEXT.isdisjoint(ids)
    return Changes(news, min(moments) if again else None, turned)


def _is_new(news: Gathered, model: type[Model], row: Row) -> bool:
    """Takes in a row that corrects nothing; False for one that does."""
    if row["amends_id"] is None:
        news.add(model, row)
        return True
    news.note(row)
    return False


def since(scope: Scope, moment: datetime | None, upto: int) -> Gathered:
    """All that stands after the moment (from the beginning without one), up to a version."""
    found: list[tuple[type[Model], Row]] = []
    for noun, columns in COLUMNS.items():
        found += [(noun, row) for row in _of(scope, noun, moment).values(*COMMON, *columns)]
    found += [(AlertLog, row) for row in assessments().filter(alert__infusion_id=scope.infusion_id)]
    statements = list(stated.statements(scope.infusion_id, scope.started_at))
    # Asked last: whatever the reads above may have seen too early is among these.
    newer = _newer(scope, upto)
    seen = [(model, row) for model, row in statements if (model._meta.db_table, row["id"]) not in newer]
    gathered = Gathered()
    for model, row in stated.in_force(scope.started_at, seen):
        gathered.add(model, row)
    for model, row in found:
        table = model._meta.db_table
        if (table, row["id"]) in newer:
            continue
        gathered.trace(model, row)
        successor = row.get("amended_by")
        if row.get("void") or (successor is not None and (table, successor) not in newer):
            gathered.note(row)
        else:
            gathered.add(model, row)
    if moment is not None:
        gathered.events = [event for event in gathered.events if event.at > moment]
    return gathered


def turns(scope: Scope, upto: int) -> tuple[list[events.InfusionEvent], datetime | None]:
    """The infusion's own events that stand, and when the newest row about them was recorded."""
    rows = list(_of(scope, InfusionEvent, None).values(*COMMON, "kind"))
    newer = _newer(scope, upto)
    table = InfusionEvent._meta.db_table
    seen = [row for row in rows if (table, row["id"]) not in newer]
    found = [
        events.InfusionEvent(row["measured_at"], f"event:{row['uuid']}", InfusionKind(row["kind"]))
        for row in seen
        if _stands(InfusionEvent, row, newer)
    ]
    return found, max((row["recorded_at"] for row in seen), default=None)


def _newer(scope: Scope, upto: int) -> set[tuple[str, int]]:
    """The rows of versions beyond the one read, by table and number."""
    rows = RecordChange.objects.filter(infusion_id=scope.infusion_id, version__gt=upto)
    return set(rows.values_list("table_name", "row_id"))


def sets_taken(scope: Scope, moment: datetime | None, upto: int) -> list[Taken]:
    """The sets and temperatures that stand in the watch window, and the baselines entered by hand, up to a
    version: of those measured after the start only what was measured from the moment on.
    """
    found: list[tuple[type[Model], Row]] = []
    for model in (VitalSigns, TemperatureLog):
        rows = _of(scope, model, None)
        if moment is not None:
            rows = rows.filter(Q(measured_at__gte=moment) | Q(measured_at__lte=scope.started_at))
        found += [(model, row) for row in rows.values(*COMMON, "temperature_c")]
    statements = list(stated.statements(scope.infusion_id, scope.started_at))
    newer = _newer(scope, upto)
    taken = [taken_of(model, row) for model, row in found if _stands(model, row, newer)]
    seen = ((model, row) for model, row in statements if (model._meta.db_table, row["id"]) not in newer)
    return [*taken, *baselines_taken(stated.in_force(scope.started_at, seen))]


def _stands(model: type[Model], row: Row, newer: set[tuple[str, int]]) -> bool:
    """True where the row and nothing that corrects it belongs to the version read."""
    table = model._meta.db_table
    if row["void"] or (table, row["id"]) in newer:
        return False
    return row["amended_by"] is None or (table, row["amended_by"]) in newer


def _observed(model: type[Observed]) -> QuerySet[Any]:
    return model._default_manager.all()


def _of(scope: Scope, model: type[Observed], moment: datetime | None) -> QuerySet[Any]:
    """The rows of one noun: of the patient in the window; the infusion's own events; before a start, what
    names it.
    """
    rows = _observed(model)
    if model is InfusionEvent or scope.started_at is None:
        rows = rows.filter(infusion_id=scope.infusion_id)
    else:
        begins = begins_of(model, scope.started_at)
        rows = rows.filter(patient_id=scope.patient_id, measured_at__gte=begins)
        if scope.closes_at is not None:
            rows = rows.filter(measured_at__lte=scope.closes_at)
    return rows if moment is None else rows.filter(measured_at__gt=moment)


def begins_of(model: type[Model], started_at: datetime) -> datetime:
    """The earliest moment of which rows of one noun are read for an infusion that began then."""
    return started_at - next((span for noun, span in LONGER_BEFORE.items() if noun is model), BEFORE_START)


def assessments() -> QuerySet[AlertLog, Any]:
    """The judgements of people that answer for evidence, as the rows that the timeline reads."""
    judged = AlertLog.objects.filter(kind__in=(LogKind.ASSESSED, LogKind.CLOSED), detail__has_key="evidence")
    rows = judged.exclude(detail__evidence=[]).order_by("id")
    return rows.values("id", "at", "kind", "detail", "alert__problem", recorded_at=F("at"))
