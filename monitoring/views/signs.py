"""The panels of the flowsheet, one for each sign: its readings, its limits, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.charts.runs import LongestGap, Reading
from monitoring.charts.sheet import Pair, Panel, Threshold, Words
from monitoring.core import signals
from monitoring.core.events import Observation
from monitoring.core.rule_set import limits
from monitoring.views.latest import PRESSURES, SHORT, TITLES, digits
from monitoring.views.levels import oxygen
from monitoring.views.story import Story, Told, source_text
from tracker.views.banner import infusion_time

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


def signs(story: Story, now: datetime, longest_gap: LongestGap) -> Iterator[Panel]:
    """The panels, from the top of the sheet down."""
    sets = _marked(story.sets)
    warm = sorted([*sets, *_marked(story.temperatures)], key=lambda each: each[0].measured_at)
    for key in SCALES:
        pairs = tuple(_pairs(sets)) if key == "pressure" else ()
        held = () if key == "pressure" else warm if key == "temperature_c" else sets
        readings = tuple(_readings(key, held))
        yield _panel(key, story, now, readings, pairs, longest_gap)


def _panel(
    key: str,
    story: Story,
    now: datetime,
    readings: tuple[Reading, ...],
    pairs: tuple[Pair, ...],
    longest_gap: LongestGap,
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
        beside=tuple(oxygen(story, longest_gap)) if key == "spo2_percent" else (),
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
