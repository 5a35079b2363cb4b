"""One panel of the flowsheet: its scale, the lines across it, the readings in runs, the levels, the gaps.

Returns SVG text for the paper and for the margin beside it; every word is escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from monitoring.charts import marks
from monitoring.charts.runs import Reading, breaks, split, thin
from monitoring.charts.scales import Linear, TimeScale
from monitoring.charts.sheet import Flowsheet, Pair, Panel, Step, Words

CHARACTER = 5.7  # mean width of a letter
MOST_MARKS = 240  # beyond this a panel shows its line and of its readings those alone and those that are odd
NARROWEST = 9  # so wide must a gap be to hold a line of words upright
STRIP = 17  # the foot of a panel in which the level beside it is drawn
#: The highest level beside that still rises: L/min of oxygen. What stands for more is drawn as this.
MOST_BESIDE = 15.0


@dataclass(frozen=True, slots=True)
class Laid:
    """A panel at its place: what of it is on the axis, and the scale of that."""

    panel: Panel
    top: float
    axis: TimeScale
    readings: list[Reading]
    pairs: list[Pair]
    scale: Linear


def lay(panel: Panel, top: float, axis: TimeScale) -> Laid:
    """The panel at its place. Limits beyond the scale of its readings are left out later, readings never."""
    begin, end = axis.begin, axis.end
    readings = [reading for reading in panel.readings if begin <= reading.at <= end]
    pairs = [pair for pair in panel.pairs if begin <= pair.at <= end]
    values = [reading.value for reading in readings]
    values += [part for pair in pairs for part in (pair.systolic, pair.diastolic) if part is not None]
    values += [step.level for step in panel.steps if step.level is not None]
    low, high = min([panel.low, *values]), max([panel.high, *values])
    foot = STRIP if panel.beside else 0
    scale = Linear(float(low), float(high), top + panel.height - 5 - foot, top + 7)
    return Laid(panel, top, axis, readings, pairs, scale)


def paper(laid: Laid, sheet: Flowsheet) -> tuple[str, int, int]:
    """The panel as drawn, how many of its readings within the axis were drawn, and how many there are."""
    panel, top, axis, scale = laid.panel, laid.top, laid.axis, laid.scale
    width = axis.right - axis.left
    parts = [
        f'<g class="panel {escape(panel.key)}" role="group"'
        f' aria-label="{escape(panel.name or panel.title)}: {escape(panel.summary)}">',
        f'<rect class="ground" x="{axis.left:.0f}" y="{top:.0f}" width="{width:.0f}"'
        f' height="{panel.height}"/>',
    ]
    parts += [
        f'<path class="rule" d="M{axis.left:.0f} {scale(tick):.1f}H{axis.right:.0f}"/>'
        for tick in _ticks(panel, scale)
    ]
    parts.append(_gaps(panel, sheet, axis, top))
    parts.append(_thresholds(panel, scale, axis))
    parts += [_alert_line(panel, sheet, axis, top)]
    if panel.steps:
        parts.append(levels(panel.steps, axis, scale, axis.left))
    if panel.beside:
        foot = Linear(0, MOST_BESIDE, top + panel.height - 2, top + panel.height - STRIP + 3)
        parts.append(f'<g class="beside">{levels(panel.beside, axis, foot, axis.left)}</g>')
    drawing, drawn = _lines(laid.readings, axis, scale, sheet, panel.words)
    bars, bars_drawn = _pairs(laid.pairs, axis, scale, panel.words)
    parts += [drawing, bars, "</g>"]
    return "".join(parts), drawn + bars_drawn, len(laid.readings) + len(laid.pairs)


def margin(laid: Laid, right: float) -> str:
    """What stands beside the panel: its name, the newest value with its time, the numbers of its scale."""
    panel, top, scale = laid.panel, laid.top, laid.scale
    ticks = "".join(
        f'<text class="tick" x="{right - 5:.0f}" y="{min(scale(tick) + 4, top + panel.height):.1f}"'
        f' text-anchor="end">{tick:g}</text>'
        for tick in _ticks(panel, scale)
    )
    lines = [
        f'<text class="title" x="0" y="{top + 12:.0f}">{escape(panel.title)}'
        f'<tspan class="unit" dx="4">{escape(panel.unit)}</tspan></text>'
    ]
    if panel.last:
        lines.append(f'<text class="last" x="0" y="{top + 30:.0f}">{escape(panel.last)}</text>')
        if panel.height >= 56:
            lines.append(f'<text class="soft" x="0" y="{top + 43:.0f}">{escape(panel.last_at)}</text>')
    return "".join([*lines, ticks])


def _ticks(panel: Panel, scale: Linear) -> list[float]:
    ticks = scale.ticks(4 if panel.height >= 80 else 3)
    return [tick for tick in ticks if tick == round(tick)] if panel.steps else ticks


def _thresholds(panel: Panel, scale: Linear, axis: TimeScale) -> str:
    shown = [each for each in panel.thresholds if scale.low <= each.value <= scale.high]
    ordered = sorted(shown, key=lambda each: (each.kind, -each.value))
    parts, lowest = [], {"limit": float("-inf"), "baseline": float("-inf")}
    for threshold in ordered:
        y = scale(float(threshold.value))
        # From above: words that would lie on those before them are moved down.
        place = max(y - 3, lowest[threshold.kind] + 9)
        lowest[threshold.kind] = place
        x, anchor = (axis.left + 4, "start") if threshold.kind == "baseline" else (axis.right - 3, "end")
        parts.append(
            f'<g class="threshold {escape(threshold.kind)}">'
            f'<path d="M{axis.left:.0f} {y:.1f}H{axis.right:.0f}"/>'
            f'<text x="{x:.0f}" y="{place:.1f}" text-anchor="{anchor}">{escape(threshold.text)}</text></g>'
        )
    return "".join(parts)


def _alert_line(panel: Panel, sheet: Flowsheet, axis: TimeScale, top: float) -> str:
    return "".join(
        f'<path class="raised {escape(mark.priority)}{" retracted" if mark.retracted else ""}"'
        f' d="M{axis(mark.at):.1f} {top:.0f}v{panel.height}"/>'
        for mark in sheet.alerts
        if mark.panel == panel.key and axis.holds(mark.at)
    )


def _lines(
    readings: Sequence[Reading], axis: TimeScale, scale: Linear, sheet: Flowsheet, words: Words | None
) -> tuple[str, int]:
    if not readings:
        return "", 0
    runs = split(readings, sheet.longest_gap, sheet.least_gap)
    heights = scale.written(reading.value for reading in readings)
    paths, kept = zip(*(run_path(run, axis, heights) for run in runs), strict=True)
    marked: Sequence[Reading] = readings
    if len(readings) > MOST_MARKS:
        odd = [reading for reading in readings if marks.is_odd(reading)]
        marked = [run[0] for run in runs if len(run) == 1 and not marks.is_odd(run[0])]
        marked += odd if len(odd) <= MOST_MARKS else [one for one in odd if one.corrected]
    shapes = "".join(marks.reading(reading, axis, scale, words) for reading in marked)
    return (
        f'<path class="line" d="{"".join(paths)}"/><g class="marks" aria-hidden="true">{shapes}</g>',
        len(readings) if len(marked) == len(readings) else sum(kept),
    )


def run_path(run: Sequence[Reading], axis: TimeScale, heights: Mapping[Decimal, str]) -> tuple[str, int]:
    """One `M…L…` of a run and how many readings it keeps; a lone reading is a dot of no length, which a round
    line cap makes visible.
    """
    kept = thin(run, [int(x * 2) for x, _ in axis.places(reading.at for reading in run)])
    written = axis.places(reading.at for reading in kept)
    places = [f"{x} {heights[reading.value]}" for (_, x), reading in zip(written, kept, strict=True)]
    return (f"M{places[0]}h0" if len(places) == 1 else f"M{places[0]}L{' '.join(places[1:])}"), len(kept)


def _pairs(pairs: Sequence[Pair], axis: TimeScale, scale: Linear, words: Words | None) -> tuple[str, int]:
    if not pairs:
        return "", 0
    if len(pairs) <= MOST_MARKS:
        drawn = "".join(marks.pair(pair, axis, scale, words) for pair in pairs)
        return f'<g class="pairs marks" aria-hidden="true">{drawn}</g>', len(pairs)
    single = [pair for pair in pairs if pair.unrecordable or pair.corrected]
    rest = [pair for pair in pairs if not pair.unrecordable]
    path, count = marks.extremes(rest, axis, scale)
    alone = "".join(marks.pair(pair, axis, scale, words) for pair in single)
    return (
        f'<g class="pairs dense">{path}</g><g class="pairs marks" aria-hidden="true">{alone}</g>',
        count + sum(pair.unrecordable for pair in single),
    )


def _gaps(panel: Panel, sheet: Flowsheet, axis: TimeScale, top: float) -> str:
    """Where the line breaks, and where nothing is known yet: a shade that says for how long."""
    marked: Sequence[Reading | Pair] = panel.pairs or panel.readings
    moments = [mark.at for mark in marked]
    parts = [
        _gap(moments[number - 1], moments[number], axis, sheet, top, panel.height)
        for number in breaks(moments, sheet.longest_gap, sheet.least_gap)
        if moments[number] > axis.begin and moments[number - 1] < axis.end
    ]
    last, now = (moments[-1] if moments else axis.end), sheet.now
    if now is not None and last < axis.end and now - last > sheet.longest_gap(last):
        parts.append(_gap(last, now, axis, sheet, top, panel.height))
    return "".join(parts)


def _gap(begin: datetime, end: datetime, axis: TimeScale, sheet: Flowsheet, top: float, height: float) -> str:
    text, short = (escape(words) for words in sheet.gap_text(end - begin))
    x, right = axis(max(begin, axis.begin)), axis(min(end, axis.end))
    width = max(right - x, 0)
    middle, half = x + width / 2, top + height / 2
    label = ""
    if width > CHARACTER * len(text):
        label = f'<text x="{middle:.1f}" y="{half + 4:.1f}" text-anchor="middle">{text}</text>'
    elif width > CHARACTER * len(short):
        label = f'<text x="{middle:.1f}" y="{half + 4:.1f}" text-anchor="middle">{short}</text>'
    elif width > NARROWEST:
        label = (
            f'<text transform="translate({middle + 4:.1f} {half:.1f}) rotate(-90)"'
            f' text-anchor="middle">{short}</text>'
        )
    return (
        f'<g class="gap"><rect x="{x:.1f}" y="{top:.0f}" width="{width:.1f}" height="{height}">'
        f"<title>{text}</title></rect>{label}</g>"
    )


def levels(steps: Sequence[Step], axis: TimeScale, scale: Linear, left: float) -> str:
    """A level that holds until it changes (oxygen, a grade). None ends it; the last runs to the end.

    What each level is called stands above its beginning, where that does not run into the next one's.
    """
    path, words, free = [], [], left
    ordered = sorted(steps, key=lambda step: step.at)
    level_before: float | None = None
    for index, step in enumerate(ordered):
        until = ordered[index + 1].at if index + 1 < len(ordered) else axis.end
        if step.level is None or until < axis.begin or step.at > axis.end:
            level_before = None
            continue
        begin, end = axis(max(step.at, axis.begin)), axis(min(until, axis.end))
        y = scale(min(float(step.level), scale.high))
        path.append(f"V{y:.1f}H{end:.1f}" if level_before is not None else f"M{begin:.1f} {y:.1f}H{end:.1f}")
        level_before = y
        if step.text and begin >= free:
            words.append(f'<text x="{begin + 2:.1f}" y="{y - 3:.1f}">{escape(step.text)}</text>')
            free = begin + 6 + CHARACTER * len(step.text)
    drawn = f'<path class="step" d="{"".join(path)}"/>' if path else ""
    return f"{drawn}{''.join(words)}"
