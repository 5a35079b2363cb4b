"""From what is told of an infusion to the values that its chart draws."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.formats import get_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.charts.flowsheet import draw
from monitoring.charts.runs import Reading
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Pair, Panel, Threshold
from monitoring.core.rule_set import limits
from monitoring.core.slots import Slot, missed_in_a_row
from monitoring.core.template import TEMPERATURE
from monitoring.models import Alert, Condition, Priority
from monitoring.sentences import words
from monitoring.views.latest import TITLES, digits, mean_pressure, pressure_text, value_text
from monitoring.views.story import Story, is_late, kind_of
from tracker.models import (
    InfusionEvent,
    Intervention,
    InterventionMark,
    SymptomMark,
    TemperatureLog,
    VitalSigns,
)
from tracker.views.banner import infusion_time

AFTER = timedelta(minutes=10)
#: With no schedule to say otherwise, readings further apart than this are not joined.
USUAL_GAP = timedelta(minutes=30)

#: Each panel's least scale.
SCALES: dict[str, tuple[str, str]] = {
    "temperature_c": ("35.5", "40"),
    "pressure": ("40", "180"),
    "heart_rate_bpm": ("40", "140"),
    "respiratory_rate_per_min": ("5", "35"),
    "spo2_percent": ("85", "100"),
}
#: The signal whose limits are drawn across a panel, where it is not the panel's own.
LIMITED_BY = {"pressure": "systolic_mmhg"}
#: The panel on which an alert's problem is at home.
PANEL_OF = {"fever": "temperature_c", "hypotension": "pressure", "hypoxia": "spo2_percent"}


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
        panels=tuple(_panel(key, story, now) for key in SCALES),
        longest_gap=gap_by_schedule([slot.due.due_at for slot in story.slots]),
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


def _panel(key: str, story: Story, now: datetime) -> Panel:
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
        thresholds=tuple(_thresholds(key, story, now)),
        summary=_summary(readings, pairs),
    )


def _thresholds(key: str, story: Story, now: datetime) -> Iterable[Threshold]:
    """The limits of the rules in force, and the patient's own baseline."""
    signal = LIMITED_BY.get(key, key)
    for limit in _limits(signal, story, now):
        yield Threshold(limit, f"{limit:f}".replace(".", get_format("DECIMAL_SEPARATOR")))
    text = story.baseline.values.get(signal) if story.baseline else None
    if text:
        yield Threshold(Decimal(text), _("baseline %s") % digits(Decimal(text)), "baseline")


def _limits(signal: str, story: Story, now: datetime) -> Iterable[Decimal]:
    if story.rules is None:
        return ()
    if signal == "spo2_percent" and story.infusion.subject.spo2_target:
        return ()  # the rules hold other limits against it than against everybody else's
    return limits(story.rules.in_force(now).rule_set, signal)


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
    low, high, last = digits(min(values)), digits(max(values)), digits(values[-1])
    return ngettext(
        "%(n)d reading, lowest %(low)s, highest %(high)s, last %(last)s",
        "%(n)d readings, lowest %(low)s, highest %(high)s, last %(last)s",
        len(values),
    ) % {"n": len(values), "low": low, "high": high, "last": last}


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
    return found + [_missed(run) for run in missed_in_a_row(story.slots)]


def _missed(run: Sequence[Slot]) -> Happening:
    """Observations that went by one after the other, as one bar."""
    first, last = run[0].due, run[-1].due
    if first.what == TEMPERATURE:
        text = ngettext("temperature missed", "%(n)d temperatures missed", len(run))
    else:
        text = ngettext("set missed", "%(n)d sets missed", len(run))
    until = last.due_at if len(run) > 1 else None
    return Happening(first.due_at, text % {"n": len(run)}, until, "missed")


def _rate(event: InfusionEvent) -> str:
    return f" {digits(event.rate_ml_per_h)} mL/h" if event.rate_ml_per_h is not None else ""


def given_text(given: Intervention) -> str:
    """What was given, how much of it, in a few words."""
    amount = f"{digits(given.amount)} {given.unit}".strip() if given.amount is not None else ""
    return " ".join(filter(None, [given.substance or str(given.get_kind_display()), amount]))
