"""Everything that is told of one infusion, read once: readings, events, symptoms, doses, alerts.

Readings come by the thousand, so they are read as plain columns; those that a table shows become rows again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import JSONField, OuterRef, Value
from django.db.models.functions import NullIf

from accounts.models import ClientKind
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


class Told(NamedTuple):
    """One standing set, or a temperature taken alone, as its columns."""

    id: int
    uuid: UUID
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
ALONE = ("temperature_c", "temperature_site")
IN_A_SET = Told._fields[Told._fields.index("systolic_mmhg") :]
COMMON = ("id", "uuid", "measured_at", "recorded_at", "amends_id")


def _seldom() -> list[NullIf]:
    """What most rows have nothing of, as NULL then: thousands of empty objects are not read one by one."""
    nothing: dict[str, Any] = {"absent": {}, "verified": [], "raw": {}}
    return [NullIf(name, Value(empty, JSONField())) for name, empty in nothing.items()]


def set_of(told: Told) -> VitalSigns:
    """The set again as a row, with as much of it as is told."""
    return VitalSigns(**{name: getattr(told, name) for name in (*COMMON, *ALONE, *IN_A_SET)})


def alone_of(told: Told) -> TemperatureLog:
    """The temperature again as a row, with as much of it as is told."""
    return TemperatureLog(**{name: getattr(told, name) for name in (*COMMON, *ALONE)})


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
    alerts: list[Alert]
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

    def told(model: Any, *columns: str) -> list[Told]:
        names = (*COMMON, "client__kind", "author__name", "author__username", "client__name")
        found: Iterable[tuple[Any, ...]] = standing(model).values_list(*names, *_seldom(), *ALONE, *columns)
        make: Any = Told
        return [make(*row[:6], row[6] or row[7] or row[8], *row[9:]) for row in found]

    sets, temperatures = told(VitalSigns, *IN_A_SET), told(TemperatureLog)
    alerts = Alert.objects.filter(infusion=infusion).select_related("rule_set").defer("rule_set__document")
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
        alerts=list(alerts.order_by("raised_at", "pk")),
        baseline=Baseline.objects.filter(infusion=infusion).order_by("-pk").first(),
        slots=slots_of(infusion, [*_taken(VitalSigns, sets), *_taken(TemperatureLog, temperatures)], now),
        rules=book_of(watch.rule_book).rules if watch and watch.rule_book else None,
        syndromes=_syndromes(watch),
        judged_to=watch.through if watch else None,
    )


def _taken(model: Any, rows: Sequence[Told]) -> list[Taken]:
    held, lacking = HELD[model]
    return [
        Taken(row.measured_at, row.recorded_at, lacking if row.temperature_c is None else held, str(row.uuid))
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
