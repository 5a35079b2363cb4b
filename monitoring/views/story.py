"""Everything that is told of one infusion, read once: readings, events, symptoms, doses, alerts.

Readings come by the thousand, so they are read as plain columns; those that a table shows become rows again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext as _

from accounts.models import Client, ClientKind, User
from accounts.statements import Row, together
from monitoring.core.episodes import Episode
from monitoring.core.rule_book import RuleBook
from monitoring.core.schedule import Taken
from monitoring.core.slots import Slot
from monitoring.due import slots_of
from monitoring.models import Alert, Checkpoint, Watch
from monitoring.overlaps import episodes_of
from monitoring.row_events import HELD
from monitoring.rule_sets import book_of
from tracker.models import (
    Baseline,
    Infusion,
    InfusionEvent,
    Intervention,
    NeuroAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

#: The problem of a graded syndrome, and that of the sign which alone is its first grade.
CRS, FEVER = "crs", "fever"
BEFORE = timedelta(minutes=60)
LATE = timedelta(minutes=15)

#: Who took it, by what it came in through; everything else is a machine.
KINDS: Mapping[str, str] = {ClientKind.BEDSIDE: "nurse", ClientKind.DIARY: "patient"}


def source_text(kind: str) -> str:
    """Who took a reading, in a word."""
    return {"nurse": _("nurse"), "patient": _("patient")}.get(kind, _("device"))


class Told(msgspec.Struct, frozen=True, gc=False):
    """One standing set, or a temperature taken alone, as its columns."""

    id: int
    uuid: str
    measured_at: datetime
    recorded_at: datetime
    amends_id: int | None
    client_kind: str
    by: str
    #: None where there is nothing of it, as in almost every row.
    absent: Mapping[str, str] | None
    verified: Sequence[str] | None
    raw: Mapping[str, Any] | None
    temperature_c: Decimal | None
    temperature_site: str
    systolic_mmhg: Decimal | None = None
    diastolic_mmhg: Decimal | None = None
    map_mmhg: Decimal | None = None
    heart_rate_bpm: Decimal | None = None
    respiratory_rate_per_min: Decimal | None = None
    spo2_percent: Decimal | None = None
    oxygen_device: str = ""
    oxygen_flow_l_min: Decimal | None = None
    fio2_percent: Decimal | None = None
    consciousness: str = ""
    rigors: str = ""
    concern: str = ""
    bp_unrecordable: bool = False
    crossed: bool = False

    @property
    def kind(self) -> str:
        """Who took it: a nurse, a device, or the patient."""
        return KINDS.get(self.client_kind, "device")

    @property
    def is_late(self) -> bool:
        """True when it was recorded more than 15 minutes after it was measured."""
        return self.amends_id is None and self.recorded_at - self.measured_at > LATE


#: The columns that are the same in a row and in what is told of it.
COMMON = ("id", "uuid", "measured_at", "recorded_at", "amends_id")
ALONE = ("temperature_c", "temperature_site")
IN_A_SET = Told.__struct_fields__[Told.__struct_fields__.index("systolic_mmhg") :]

#: What most rows have nothing of is NULL then: thousands of empty objects are not read one by one.
STANDING = """
SELECT reading.id, reading.uuid::text, reading.measured_at, reading.recorded_at, reading.amends_id,
       client.kind, coalesce(nullif(author.name, ''), author.username, client.name),
       nullif(reading.absent, '{{}}'), nullif(reading.verified, '[]'), nullif(reading.raw, '{{}}'), {columns}
  FROM {table} AS reading
  JOIN {clients} AS client ON client.id = reading.client_id
  LEFT JOIN {users} AS author ON author.id = reading.author_id
 WHERE reading.patient_id = %s AND NOT reading.void
   AND NOT EXISTS (SELECT 1 FROM {table} AS newer WHERE newer.amends_id = reading.id)
   AND reading.measured_at >= coalesce(%s::timestamptz, '-infinity')
   AND reading.measured_at <= coalesce(%s::timestamptz, 'infinity')
 ORDER BY reading.measured_at, reading.id
"""


def _standing(model: type[VitalSigns | TemperatureLog], columns: Sequence[str]) -> str:
    return STANDING.format(
        columns=", ".join(f"reading.{column}" for column in columns),
        table=model._meta.db_table,
        clients=Client._meta.db_table,
        users=User._meta.db_table,
    )


STANDING_SETS = _standing(VitalSigns, (*ALONE, *IN_A_SET))
STANDING_TEMPERATURES = _standing(TemperatureLog, ALONE)


def _told(rows: Sequence[Row]) -> list[Told]:
    return [
        Told(*row) if row[7] is row[8] is row[9] is None
        else Told(*row[:7], *(text and json.loads(text) for text in row[7:10]), *row[10:])
        for row in rows
    ]  # fmt: skip


def set_of(told: Told) -> VitalSigns:
    """The set again as a row, with as much of it as is told."""
    return VitalSigns(**{name: getattr(told, name) for name in (*COMMON, *ALONE, *IN_A_SET)})


def alone_of(told: Told) -> TemperatureLog:
    """The temperature again as a row, with as much of it as is told."""
    return TemperatureLog(**{name: getattr(told, name) for name in (*COMMON, *ALONE)})


class Raised(NamedTuple):
    """What the chart says of an alert, and no more: there may be a hundred."""

    uuid: UUID
    problem: str
    priority: int
    condition: str
    raised_at: datetime
    rule_set_id: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the flowsheet of one infusion shows, read once."""

    infusion: Infusion
    zone: ZoneInfo
    sets: list[Told]
    temperatures: list[Told]
    symptoms: list[SymptomReport]
    interventions: list[Intervention]
    neuro: list[NeuroAssessment]
    events: list[InfusionEvent]
    alerts: list[Raised]
    baseline: Baseline | None
    slots: tuple[Slot, ...]
    #: What judges it; None while nothing has been judged.
    rules: RuleBook | None
    #: The course of each syndrome as the watch keeps it, and how far it has looked.
    syndromes: list[Episode]
    judged_to: datetime | None

    def newest_sets(self, count: int) -> list[VitalSigns]:
        """The newest sets as rows, newest first."""
        return [set_of(told) for told in reversed(self.sets[-count:])]

    def newest_temperatures(self, count: int) -> list[TemperatureLog]:
        """The newest temperatures taken alone as rows, newest first."""
        return [alone_of(told) for told in reversed(self.temperatures[-count:])]


def watch_of(infusion: Infusion) -> Watch | None:
    """The watch over an infusion with `over`, the episodes kept with its checkpoints, in one query."""
    points = Checkpoint.objects.filter(infusion_id=OuterRef("pk")).exclude(over="[]")
    watches = Watch.objects.filter(pk=infusion.pk)
    return watches.annotate(over=ArraySubquery(points.order_by("through").values("over"))).first()


def read_story(infusion: Infusion, now: datetime, watch: Watch | None) -> Story:
    """The standing rows of the infusion's patient, from an hour before the start to the watch's end."""
    begin = _begin(infusion)
    end = infusion.watch_ends_at

    def standing(model: Any) -> Any:
        found = model.objects.current().filter(patient_id=infusion.patient_id)
        if begin is not None:
            found = found.filter(measured_at__gte=begin)
        if end is not None:
            found = found.filter(measured_at__lte=end)
        return found.order_by("measured_at", "pk")

    def rows(model: Any) -> list[Any]:
        return list(standing(model).select_related("author", "client"))

    wanted = (infusion.patient_id, begin, end)
    sets, temperatures = map(_told, together((STANDING_SETS, wanted), (STANDING_TEMPERATURES, wanted)))
    alerts = Alert.objects.filter(infusion=infusion).order_by("raised_at", "pk")
    return Story(
        infusion=infusion,
        zone=ZoneInfo(infusion.site.time_zone),
        sets=sets,
        temperatures=temperatures,
        symptoms=rows(SymptomReport),
        interventions=rows(Intervention),
        neuro=rows(NeuroAssessment),
        events=list(
            InfusionEvent.objects.current()
            .filter(infusion=infusion)
            .select_related("author", "client")
            .order_by("measured_at", "pk")
        ),
        alerts=[Raised(*row) for row in alerts.values_list(*Raised._fields)],
        baseline=Baseline.objects.filter(infusion=infusion).order_by("-pk").first(),
        slots=slots_of(infusion, [*_taken(VitalSigns, sets), *_taken(TemperatureLog, temperatures)], now),
        rules=book_of(watch.rule_book).rules if watch and watch.rule_book else None,
        syndromes=_syndromes(watch),
        judged_to=watch.through if watch else None,
    )


def _taken(model: Any, rows: Sequence[Told]) -> list[Taken]:
    held, lacking = HELD[model]
    return [
        Taken(row.measured_at, row.recorded_at, lacking if row.temperature_c is None else held, row.uuid)
        for row in rows
    ]


def _syndromes(watch: Watch | None) -> list[Episode]:
    """What the watch keeps of syndromes and fevers: those that stand, and those that are over."""
    if watch is None:
        return []
    found = episodes_of(watch.episodes, *getattr(watch, "over", ()))
    return sorted((one for one in found if one.problem in (CRS, FEVER)), key=lambda one: one.raised_at)


def _begin(infusion: Infusion) -> datetime | None:
    start = infusion.started_at or infusion.planned_start_at
    return start - BEFORE if start else None
