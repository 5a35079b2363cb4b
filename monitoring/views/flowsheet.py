"""From the rows of an infusion to its flowsheet: the values that the chart draws and the grid lists."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ClientKind
from monitoring.charts.flowsheet import draw
from monitoring.charts.runs import Reading
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Pair, Panel, Threshold
from monitoring.models import Alert, Condition, DueObservation, Priority
from monitoring.sentences import words
from monitoring.views.latest import TITLES, digits, mean_pressure, oxygen_text, pressure_text, value_text
from tracker.models import (
    Baseline,
    Infusion,
    InfusionEvent,
    Intervention,
    InterventionMark,
    NeuroAssessment,
    SymptomMark,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)
from tracker.views.banner import infusion_time

BEFORE = timedelta(minutes=60)
AFTER = timedelta(minutes=10)
LATE = timedelta(minutes=15)
#: With no schedule to say otherwise, readings further apart than this are not joined.
USUAL_GAP = timedelta(minutes=30)
#: The columns of the grid: newest last. More are a link away, never cut silently.
GRID_COLUMNS = 24

#: Each panel's least scale, and the lines across it: the first tiers of the shipped rule set.
SCALES: dict[str, tuple[str, str]] = {
    "temperature_c": ("35.5", "40"),
    "pressure": ("40", "180"),
    "heart_rate_bpm": ("40", "140"),
    "respiratory_rate_per_min": ("5", "35"),
    "spo2_percent": ("85", "100"),
}
LINES: dict[str, tuple[str, ...]] = {
    "temperature_c": ("38.0",),
    "pressure": ("90",),
    "heart_rate_bpm": ("131",),
    "respiratory_rate_per_min": ("25",),
    "spo2_percent": ("92",),
}
#: The panel on which an alert's problem is at home.
PANEL_OF = {"fever": "temperature_c", "hypotension": "pressure", "hypoxia": "spo2_percent"}


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the flowsheet of one infusion shows, read once."""

    infusion: Infusion
    zone: ZoneInfo
    sets: list[VitalSigns]
    temperatures: list[TemperatureLog]
    symptoms: list[SymptomReport]
    interventions: list[Intervention]
    neuro: list[NeuroAssessment]
    events: list[InfusionEvent]
    alerts: list[Alert]
    baseline: Baseline | None
    dues: list[datetime]


def read_story(infusion: Infusion) -> Story:
    """The standing rows of the infusion's patient, from an hour before the start to the watch's end."""
    begin = _begin(infusion)
    end = infusion.watch_ends_at

    def rows(model: Any) -> list[Any]:
        found = model.objects.current().filter(patient_id=infusion.patient_id)
        if begin is not None:
            found = found.filter(measured_at__gte=begin)
        if end is not None:
            found = found.filter(measured_at__lte=end)
        return list(found.select_related("author", "client").order_by("measured_at", "pk"))

    return Story(
        infusion=infusion,
        zone=ZoneInfo(infusion.site.time_zone),
        sets=rows(VitalSigns),
        temperatures=rows(TemperatureLog),
        symptoms=rows(SymptomReport),
        interventions=rows(Intervention),
        neuro=rows(NeuroAssessment),
        events=list(
            InfusionEvent.objects.current()
            .filter(infusion=infusion)
            .select_related("author", "client")
            .order_by("measured_at", "pk")
        ),
        alerts=list(Alert.objects.filter(infusion=infusion).select_related("rule_set").order_by("raised_at")),
        baseline=Baseline.objects.filter(infusion=infusion).order_by("-pk").first(),
        dues=_dues(infusion),
    )


def _begin(infusion: Infusion) -> datetime | None:
    start = infusion.started_at or infusion.planned_start_at
    return start - BEFORE if start else None


def _dues(infusion: Infusion) -> list[datetime]:
    """When readings were due: each plan replaces only what lay after it was recorded."""
    rows = DueObservation.objects.filter(infusion=infusion).order_by("recorded_at", "due_at")
    dues: list[datetime] = []
    for recorded_at, plan in groupby(rows.values_list("recorded_at", "due_at"), key=lambda row: row[0]):
        dues = [due for due in dues if due <= recorded_at] + [due for _at, due in plan if due > recorded_at]
    return sorted(set(dues))


def gap_by_schedule(dues: Sequence[datetime]) -> Callable[[datetime], timedelta]:
    """Twice the distance between the due times around a moment; a line never spans more."""

    def longest(at: datetime) -> timedelta:
        if len(dues) < 2:
            return USUAL_GAP
        next_due = min(bisect_right(dues, at), len(dues) - 2)
        return max(2 * (dues[next_due + 1] - dues[next_due]), USUAL_GAP)

    return longest


def chart(story: Story, now: datetime, *, hours: int | None = None, by_clock: bool = False) -> SafeString:
    """The drawn flowsheet. Its text is escaped where it is drawn."""
    begin, end = _span(story, now, hours)
    infusion = story.infusion
    sheet = Flowsheet(
        begin=begin,
        end=end,
        zone=story.zone,
        panels=tuple(_panel(key, story) for key in SCALES),
        longest_gap=gap_by_schedule(story.dues),
        title=_("Flowsheet"),
        zero=infusion.started_at,
        clock=by_clock,
        happenings=tuple(happenings(story, now)),
        alerts=tuple(_mark(alert, story) for alert in story.alerts),
        gap_text=_("no reading {minutes} min"),
    )
    return mark_safe(draw(sheet))  # noqa: S308 - drawn by us, every word escaped there


def _span(story: Story, now: datetime, hours: int | None) -> tuple[datetime, datetime]:
    infusion = story.infusion
    moments = [row.measured_at for row in (*story.sets, *story.temperatures)]
    last = max([*moments, infusion.started_at or now], default=now)
    running = infusion.watch_ends_at is None or now <= infusion.watch_ends_at
    end = (now if running and not infusion.historical else last) + AFTER
    end = max(end, last + AFTER)
    if hours is not None:
        return end - timedelta(hours=hours), end
    first = min([*moments, infusion.started_at or end - timedelta(hours=1)])
    return first - AFTER, end


def _panel(key: str, story: Story) -> Panel:
    title, unit = TITLES[key]
    low, high = SCALES[key]
    readings = tuple(_readings(key, story)) if key != "pressure" else ()
    pairs = tuple(_pairs(story)) if key == "pressure" else ()
    return Panel(
        key=key,
        title=str(title),
        unit=unit,
        low=Decimal(low),
        high=Decimal(high),
        readings=readings,
        pairs=pairs,
        thresholds=tuple(_thresholds(key, story.baseline)),
        summary=_summary(readings, pairs),
    )


def _thresholds(key: str, baseline: Baseline | None) -> Iterable[Threshold]:
    for value in LINES[key]:
        yield Threshold(Decimal(value), value)
    column = "systolic_mmhg" if key == "pressure" else key
    text = baseline.values.get(column) if baseline else None
    if text:
        yield Threshold(Decimal(text), _("baseline %s") % text, "baseline")


def _summary(readings: Sequence[Reading], pairs: Sequence[Pair]) -> str:
    if pairs:
        count = len(pairs)
        return ngettext("%(n)d reading, last %(last)s", "%(n)d readings, last %(last)s", count) % {
            "n": count,
            "last": pairs[-1].text,
        }
    if not readings:
        return _("no reading")
    values = [reading.value for reading in readings]
    return ngettext(
        "%(n)d reading, lowest %(low)s, highest %(high)s, last %(last)s",
        "%(n)d readings, lowest %(low)s, highest %(high)s, last %(last)s",
        len(values),
    ) % {"n": len(values), "low": min(values), "high": max(values), "last": values[-1]}


def _readings(key: str, story: Story) -> Iterable[Reading]:
    unit = TITLES[key][1]
    rows: list[VitalSigns | TemperatureLog] = list(story.sets)
    if key == "temperature_c":
        rows = sorted([*rows, *story.temperatures], key=lambda row: row.measured_at)
    for row in rows:
        value = getattr(row, key)
        if value is not None:
            yield Reading(
                at=row.measured_at,
                value=Decimal(value),
                text=f"{infusion_time(story.infusion, row.measured_at)} · {value_text(row, key)} {unit}",
                kind=kind_of(row),
                late=is_late(row),
                corrected=row.amends_id is not None,
                href=reverse("monitoring:correct", args=[row.uuid]),
            )


def _pairs(story: Story) -> Iterable[Pair]:
    for row in story.sets:
        if row.bp_unrecordable or row.systolic_mmhg is not None or row.diastolic_mmhg is not None:
            yield Pair(
                at=row.measured_at,
                systolic=row.systolic_mmhg,
                diastolic=row.diastolic_mmhg,
                mean=mean_pressure(row),
                text=f"{infusion_time(story.infusion, row.measured_at)} · {pressure_text(row)} mmHg",
                late=is_late(row),
                corrected=row.amends_id is not None,
                unrecordable=row.bp_unrecordable,
                href=reverse("monitoring:correct", args=[row.uuid]),
            )


def kind_of(row: VitalSigns | TemperatureLog) -> str:
    """Who took it: a nurse, a device, or the patient."""
    return {ClientKind.BEDSIDE: "nurse", ClientKind.DIARY: "patient"}.get(
        ClientKind(row.client.kind), "device"
    )


def is_late(row: VitalSigns | TemperatureLog) -> bool:
    """True when it was recorded more than 15 minutes after it was measured."""
    return row.amends_id is None and row.recorded_at - row.measured_at > LATE


def _mark(alert: Alert, story: Story) -> AlertMark:
    said = words(alert)
    priority = Priority(alert.priority).name.lower()
    text = f"{alert.get_priority_display()}: {said.title}, {infusion_time(story.infusion, alert.raised_at)}"
    return AlertMark(
        at=alert.raised_at,
        priority=priority,
        text=text,
        href=reverse("monitoring:alert", args=[alert.uuid]),
        panel=PANEL_OF.get(alert.problem, ""),
        retracted=alert.condition == Condition.RETRACTED,
    )


def happenings(story: Story, now: datetime) -> list[Happening]:
    """The events lane: what happened to the infusion, what was felt, what was given."""
    found = [
        Happening(event.measured_at, f"{event.get_kind_display()}{_rate(event)}", kind="turn")
        for event in story.events
    ]
    over = {row.starts_id: row.measured_at for row in story.symptoms}
    for symptom in story.symptoms:
        if symptom.mark != SymptomMark.STOP:
            text = " ".join(
                filter(None, [str(symptom.get_kind_display()), str(symptom.get_severity_display())])
            )
            until = over.get(symptom.pk, now) if symptom.mark == SymptomMark.START else None
            found.append(Happening(symptom.measured_at, text, until, "symptom"))
    for row in story.sets:
        if row.rigors and row.rigors != "none":
            found.append(
                Happening(row.measured_at, _("rigors: %s") % row.get_rigors_display(), kind="symptom")
            )
        if row.concern:
            found.append(Happening(row.measured_at, _("concern"), kind="symptom"))
    ended = {row.starts_id: row.measured_at for row in story.interventions}
    for given in story.interventions:
        if given.mark != InterventionMark.STOP:
            until = ended.get(given.pk, now) if given.mark == InterventionMark.START else None
            found.append(Happening(given.measured_at, given_text(given), until, "given"))
    return found


def _rate(event: InfusionEvent) -> str:
    return f" {digits(event.rate_ml_per_h)} mL/h" if event.rate_ml_per_h is not None else ""


def given_text(given: Intervention) -> str:
    """What was given, how much of it, in a few words."""
    amount = f"{digits(given.amount)} {given.unit}".strip() if given.amount is not None else ""
    return " ".join(filter(None, [given.substance or str(given.get_kind_display()), amount]))


@dataclass(frozen=True, slots=True)
class GridCell:
    """One value of the grid and where it is corrected."""

    text: str
    extra: str
    href: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GridColumn:
    """The head of a column: one set, or a temperature taken alone."""

    at: datetime
    elapsed: str
    author: str
    href: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The chart as a table: signs down, sets across, newest right."""

    columns: list[GridColumn]
    lines: list[tuple[str, str, list[GridCell | None]]]
    shown: int
    total: int


def grid(story: Story, *, everything: bool = False) -> Grid:
    """The newest sets as a table (all of them on request); says how many of how many are shown."""
    rows: list[VitalSigns | TemperatureLog] = sorted(
        [*story.sets, *story.temperatures], key=lambda row: (row.measured_at, row.pk)
    )
    shown = rows if everything else rows[-GRID_COLUMNS:]
    columns = [
        GridColumn(
            row.measured_at,
            infusion_time(story.infusion, row.measured_at),
            str(row.author) if row.author else row.client.name,
            reverse("monitoring:correct", args=[row.uuid]),
        )
        for row in shown
    ]
    keys = [*TITLES, "oxygen"]
    lines = [
        (
            str(TITLES[key][0]) if key in TITLES else _("Oxygen"),
            TITLES[key][1] if key in TITLES else "",
            [_grid_cell(row, key) for row in shown],
        )
        for key in keys
    ]
    return Grid(columns, lines, len(shown), len(rows))


def _grid_cell(row: VitalSigns | TemperatureLog, key: str) -> GridCell | None:
    if key == "oxygen":
        text = oxygen_text(row) if isinstance(row, VitalSigns) else ""
    else:
        text = value_text(row, key)
    marks = []
    column = "systolic_mmhg" if key == "pressure" else key
    if row.amends_id is not None:
        marks.append(_("corrected"))
    if column in row.verified:
        marks.append(_("verified on repeat"))
    if is_late(row):
        marks.append(_("entered late"))
    if key == "pressure" and isinstance(row, VitalSigns) and row.crossed:
        marks.append(_("crossed"))
    reason = row.absent.get(column)
    if not text and not reason:
        return None
    extra = str(row.get_temperature_site_display()) if key == "temperature_c" and row.temperature_site else ""
    raw = row.raw.get(column) if row.raw else None
    if raw is not None and not text:
        marks.append(_("came as “%s”") % raw)
    return GridCell(text or str(reason), extra, reverse("monitoring:correct", args=[row.uuid]), tuple(marks))
