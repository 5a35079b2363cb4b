"""From what is told of an infusion to the values that its chart draws."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.formats import get_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.charts.flowsheet import draw
from monitoring.charts.runs import Reading
from monitoring.charts.sheet import AlertMark, Flowsheet, Pair, Panel, Step, Threshold, Words
from monitoring.core import signals
from monitoring.core.episodes import Episode
from monitoring.core.events import Observation
from monitoring.core.rule_set import limits
from monitoring.models import Alert, Condition, Priority
from monitoring.sentences import words
from monitoring.views.lanes import lanes
from monitoring.views.latest import PRESSURES, SHORT, TITLES, digits, oxygen_text
from monitoring.views.story import CRS, Story, Told, set_of
from tracker.models import OxygenDevice
from tracker.views.banner import infusion_time

AFTER = timedelta(minutes=10)
#: What a sheet of A4 in landscape leaves for the chart, below the patient and above the legend.
PAPER_MM = (270.0, 130.0)
#: With no schedule to say otherwise, readings further apart than this are not joined.
USUAL_GAP = timedelta(minutes=30)

#: Each panel's least scale and its height on the paper.
SCALES: dict[str, tuple[str, str, int]] = {
    "temperature_c": ("35.5", "40", 96),
    "pressure": ("40", "180", 100),
    "heart_rate_bpm": ("40", "140", 66),
    "respiratory_rate_per_min": ("5", "35", 60),
    "spo2_percent": ("85", "100", 78),
}
#: The signal whose limits are drawn across a panel, where it is not the panel's own.
LIMITED_BY = {"pressure": "systolic_mmhg"}
#: The panel on which an alert's problem is at home.
PANEL_OF = {
    "fever": "temperature_c",
    "sustained_fever": "temperature_c",
    "recurrent_fever": "temperature_c",
    "temperature_watch": "temperature_c",
    "hypothermia": "temperature_c",
    "hypotension": "pressure",
    "hypertension": "pressure",
    "hypoxia": "spo2_percent",
    "heart_rate": "heart_rate_bpm",
    "respiratory_rate": "respiratory_rate_per_min",
    "crs": "crs",
}
#: Oxygen that has no flow, or whose flow says little: as high as the strip goes.
MUCH_OXYGEN = {
    OxygenDevice.HIGH_FLOW,
    OxygenDevice.CPAP,
    OxygenDevice.BIPAP,
    OxygenDevice.VENTILATOR,
    OxygenDevice.NON_REBREATHER,
}


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time on the paper. `hours` is None where all is shown."""

    begin: datetime
    end: datetime
    hours: int | None = None
    back: int = 0
    has_earlier: bool = False

    def holds(self, at: datetime) -> bool:
        """True when the moment is shown."""
        return self.begin <= at <= self.end


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawn flowsheet and, in words, what could not be drawn of it."""

    html: SafeString
    thinned: tuple[tuple[str, str, str], ...]
    unworded: int


def gap_by_schedule(dues: Sequence[datetime]) -> Callable[[datetime], timedelta]:
    """Twice the distance between the due times around a moment; a line never spans more."""

    def longest(at: datetime) -> timedelta:
        if len(dues) < 2:
            return USUAL_GAP
        next_due = min(bisect_right(dues, at), len(dues) - 2)
        return max(2 * (dues[next_due + 1] - dues[next_due]), USUAL_GAP)

    return longest


def window(story: Story, now: datetime, *, hours: int | None = None, back: int = 0) -> Window:
    """All that is told, or so many hours of it, as many such windows back from the newest."""
    infusion = story.infusion
    ends = [rows[-1].measured_at for rows in (story.sets, story.temperatures) if rows]
    last = max([*ends, infusion.started_at or now], default=now)
    running = infusion.watch_ends_at is None or now <= infusion.watch_ends_at
    end = max((now if running and not infusion.historical else last) + AFTER, last + AFTER)
    begins = [rows[0].measured_at for rows in (story.sets, story.temperatures) if rows]
    first = min([*begins, infusion.started_at or end - timedelta(hours=1)]) - AFTER
    if hours is None:
        return Window(first, end)
    span = timedelta(hours=hours)
    back = max(0, min(back, int((end - first) / span)))
    begin = end - (back + 1) * span
    return Window(begin, begin + span, hours, back, begin > first)


def chart(
    story: Story, now: datetime, shown: Window, *, by_clock: bool = False, paper: bool = False
) -> Chart:
    """The drawn flowsheet. Its text is escaped where it is drawn."""
    infusion = story.infusion
    longest_gap = gap_by_schedule([slot.due.due_at for slot in story.slots])
    ends_at = infusion.watch_ends_at
    running = not infusion.historical and (ends_at is None or now <= ends_at)
    sheet = Flowsheet(
        begin=shown.begin,
        end=shown.end,
        zone=story.zone,
        panels=(*_panels(story, now, longest_gap), *_syndrome(story)),
        least_gap=USUAL_GAP,
        longest_gap=longest_gap,
        title=_("Flowsheet"),
        zero=infusion.started_at,
        clock=by_clock,
        lanes=lanes(story, now),
        alerts=tuple(_mark(alert, story) for alert in story.alerts),
        alerts_title=_("Alerts"),
        gap_text=gap_text,
        now=now if running else None,
        room_mm=PAPER_MM if paper else None,
        width=1204 if paper else 904,
    )
    drawing = draw(sheet)
    html = mark_safe(drawing.html)  # noqa: S308 - drawn by us, every word escaped there
    thinned = tuple(
        (name, number_format(shown, force_grouping=True), number_format(total, force_grouping=True))
        for name, shown, total in drawing.thinned
    )
    return Chart(html, thinned, drawing.unworded)


def gap_text(gap: timedelta) -> tuple[str, str]:
    """How long nothing was read, in full and in short."""
    minutes = round(gap / timedelta(minutes=1))
    how_long = f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
    return _("no reading %s") % how_long, how_long


def _panels(story: Story, now: datetime, longest_gap: Callable[[datetime], timedelta]) -> Iterator[Panel]:
    sets = _marked(story.sets)
    warm = sets
    if story.temperatures:
        warm = sorted([*sets, *_marked(story.temperatures)], key=lambda each: each[0].measured_at)
    for key in SCALES:
        readings = (
            tuple(_readings(key, warm if key == "temperature_c" else sets)) if key != "pressure" else ()
        )
        pairs = tuple(_pairs(sets)) if key == "pressure" else ()
        yield _panel(key, story, now, readings, pairs, longest_gap)


def _panel(
    key: str,
    story: Story,
    now: datetime,
    readings: tuple[Reading, ...],
    pairs: tuple[Pair, ...],
    longest_gap: Callable[[datetime], timedelta],
) -> Panel:
    title, unit = TITLES[key]
    low, high, height = SCALES[key]
    newest: Reading | Pair | None = (readings or pairs or (None,))[-1]
    return Panel(
        key=key,
        title=_short(key),
        name=str(title),
        unit=unit,
        low=Decimal(low),
        high=Decimal(high),
        height=height,
        readings=readings,
        pairs=pairs,
        beside=tuple(_oxygen(story, longest_gap)) if key == "spo2_percent" else (),
        thresholds=tuple(_thresholds(key, story, now)),
        summary=_summary(readings, pairs),
        last=_value_of(newest),
        last_at=f"{newest.at.astimezone(story.zone):%H:%M}" if newest else "",
        words=_words(key, story),
    )


def _short(key: str) -> str:
    return _("Temp") if key == "temperature_c" else str(SHORT.get(key) or _("RR"))


def _value_of(newest: Reading | Pair | None) -> str:
    if newest is None:
        return ""
    if isinstance(newest, Reading):
        return digits(newest.value)
    return "?" if newest.unrecordable else _pressure(newest.systolic, newest.diastolic)


def _pressure(systolic: Decimal | None, diastolic: Decimal | None) -> str:
    return f"{digits(systolic) or '?'}/{digits(diastolic) or '?'}"


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
            "last": _value_of(pairs[-1]),
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


def _words(key: str, story: Story) -> Words:
    """What is said of one reading of a panel, by whom and what is odd about it; and where it is corrected."""
    unit = TITLES[key][1]

    def said(row: Told) -> tuple[str, str, Decimal | None]:
        mean = None
        if key == "pressure":
            mean = _mean(row)
            value = _pressure(row.systolic_mmhg, row.diastolic_mmhg)
            value = _("unrecordable") if row.bp_unrecordable else value
        else:
            value = digits(getattr(row, key))
        elapsed = infusion_time(story.infusion, row.measured_at)
        parts = [elapsed, f"{value} {unit}", source_text(row.kind)]
        parts += [_("entered late")] if row.is_late else []
        parts += [_("corrected")] if row.amends_id is not None else []
        href = f"{reverse('monitoring:correct', args=[row.uuid])}?sign={key}"
        return " · ".join(part for part in parts if part), href, mean

    return said


def source_text(kind: str) -> str:
    """Who took a reading, in a word."""
    return {"nurse": _("nurse"), "patient": _("patient")}.get(kind, _("device"))


#: A row with who took it, whether it came late, and whether it was corrected: worked out once for all panels.
Marked = tuple[Told, str, bool, bool]


def _marked(rows: Sequence[Told]) -> list[Marked]:
    return [(row, row.kind, row.is_late, row.amends_id is not None) for row in rows]


def _readings(key: str, marked: Sequence[Marked]) -> Iterator[Reading]:
    for row, kind, late, corrected in marked:
        value = getattr(row, key)
        if value is not None:
            yield Reading(row.measured_at, value, "", kind, late, corrected, "", row)


def _pairs(marked: Sequence[Marked]) -> Iterator[Pair]:
    for row, kind, late, corrected in marked:
        high, low, unrecordable = row.systolic_mmhg, row.diastolic_mmhg, row.bp_unrecordable
        if unrecordable or high is not None or low is not None:
            yield Pair(row.measured_at, high, low, None, "", kind, late, corrected, unrecordable, "", row)


def _mean(row: Told) -> Decimal | None:
    """The mean pressure as the watch reads it: measured, else worked out; unknown where impossible."""
    held = {name: value for name in PRESSURES if (value := getattr(row, name)) is not None}
    mean = signals.read(Observation(row.measured_at, "", held, crossed=row.crossed), "map_mmhg")
    return mean if isinstance(mean, Decimal) else None


def _oxygen(story: Story, longest_gap: Callable[[datetime], timedelta]) -> Iterator[Step]:
    """What oxygen the sets say the patient had. A set that does not say leaves it; where sets stop, so does
    what is known.
    """
    before: Told | None = None
    said = ""
    for row in story.sets:
        if before is not None and said and row.measured_at - before.measured_at > USUAL_GAP:
            known_until = before.measured_at + longest_gap(before.measured_at)
            if row.measured_at > known_until:
                yield Step(before.measured_at, None)
                said = ""
        before = row
        if not row.oxygen_device:
            continue
        now_said = f"{row.oxygen_device} {row.oxygen_flow_l_min} {row.fio2_percent}"
        if now_said != said:
            said = now_said
            yield Step(row.measured_at, _level(row), oxygen_text(set_of(row)))
    if before is not None and said:
        yield Step(before.measured_at + longest_gap(before.measured_at), None)


def _level(row: Told) -> Decimal:
    if row.oxygen_device == OxygenDevice.ROOM_AIR:
        return Decimal(0)
    if row.oxygen_device in MUCH_OXYGEN:
        return Decimal(15)
    return row.oxygen_flow_l_min if row.oxygen_flow_l_min is not None else Decimal(5)


def _syndrome(story: Story) -> Iterator[Panel]:
    """The grade of the cytokine release syndrome as the watch has it: nothing before the watch has looked."""
    begin, end = story.infusion.started_at, story.judged_to
    if begin is None or end is None:
        return
    steps = list(_grades(story.syndromes, begin))
    last = steps[-1].text or "0"
    steps.append(Step(max(end, steps[-1].at), None))
    highest = max((step for step in steps if step.level is not None), key=lambda step: step.level or 0)
    yield Panel(
        key="crs",
        title=_("CRS"),
        name=_("Grade of cytokine release syndrome, proposed"),
        unit="ASTCT",
        low=Decimal(0),
        high=Decimal(4),
        height=56,
        steps=tuple(steps),
        summary=_("highest %(highest)s, now %(now)s") % {"highest": highest.text or "0", "now": last},
        last=last,
        last_at=_("proposed"),
    )


def _grades(episodes: Sequence[Episode], begin: datetime) -> Iterator[Step]:
    """The grade from moment to moment. The rules raise a syndrome at grade 2; a fever alone is grade 1."""
    graded = [one for one in episodes if one.problem == CRS]
    fevers = [one for one in episodes if one.problem != CRS]
    moments = {
        begin,
        *(one.raised_at for one in fevers),
        *(at for one in graded for at, _low, _high in one.grades),
    }
    moments |= {one.cleared_at for one in episodes if one.cleared_at is not None}
    said: Step | None = None
    for at in sorted(moment for moment in moments if moment >= begin):
        known = [grade for one in graded if _lasts(one, at) for grade in one.grades if grade[0] <= at]
        step = Step(at, Decimal(0))
        if known:
            _at, low, high = known[-1]
            step = Step(at, Decimal(low), f"G{low}" if low == high else f"G{low}–{high}")
        elif any(_lasts(one, at) for one in fevers):
            step = Step(at, Decimal(1), _("G1 (fever)"))
        if said is None or (step.level, step.text) != (said.level, said.text):
            yield step
        said = step


def _lasts(episode: Episode, at: datetime) -> bool:
    return episode.raised_at <= at and (episode.cleared_at is None or at < episode.cleared_at)


def _mark(alert: Alert, story: Story) -> AlertMark:
    said = words(alert)
    parts = [
        f"{alert.get_priority_display()}: {said.title}",
        infusion_time(story.infusion, alert.raised_at),
        str(alert.get_condition_display()),
    ]
    return AlertMark(
        at=alert.raised_at,
        priority=Priority(alert.priority).name.lower(),
        text=", ".join(part for part in parts if part),
        href=reverse("monitoring:alert", args=[alert.uuid]),
        panel=PANEL_OF.get(alert.problem, ""),
        retracted=alert.condition == Condition.RETRACTED,
    )
