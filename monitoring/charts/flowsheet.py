"""The flowsheet of one infusion: panels over one time axis, thresholds, events, and alerts as links.

Takes values and words, gives SVG text; every word is escaped here. Looks come from the style sheet by class.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import pairwise

from monitoring.charts.runs import Reading, split, thin
from monitoring.charts.scales import Linear, TimeScale
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Pair, Panel

WIDTH = 1000
LEFT = 58
RIGHT = 962
PANEL = 104
GAP = 14
LANE = 18
AXIS = 24
CHARACTER = 6.4  # mean width of a letter of the event lane
MOST_MARKS = 240  # beyond this a panel shows its line, its lone readings and its corrections only

#: Shape before colour. Paths around 0,0.
SYMBOLS = {
    "nurse": "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z",
    "device": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
    "patient": "M0 -4.2L4 3.2H-4z",
    "high": "M0 -7L7 6H-7z",
    "medium": "M0 -7L7 0L0 7L-7 0z",
    "low": "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z",
}


def draw(sheet: Flowsheet) -> str:
    """The whole chart as one `<svg>` element."""
    end = sheet.end if sheet.end > sheet.begin else sheet.begin + timedelta(minutes=1)
    axis = TimeScale(sheet.begin, end, LEFT, RIGHT)
    lanes = _pack(sheet.happenings, axis)
    top = 26 + LANE * (max((lane for _, lane in lanes), default=-1) + 1)
    by_clock = sheet.clock or sheet.zero is None
    ticks = axis.clock_ticks(sheet.zone) if by_clock else axis.elapsed_ticks(sheet.zero or sheet.begin)
    height = top + len(sheet.panels) * (PANEL + GAP) + AXIS
    bottom = height - AXIS - GAP
    parts = [
        f'<svg class="flowsheet" viewBox="0 0 {WIDTH} {height:.0f}" role="group"'
        f' aria-label="{escape(sheet.title)}">',
        '<g class="grid">',
        *(_tick(axis(at), label, top - 4, bottom, height) for at, label in ticks),
        "</g>",
    ]
    if sheet.zero is not None and axis.holds(sheet.zero):
        parts.append(f'<path class="zero" d="M{axis(sheet.zero):.1f} {top - 4:.0f}V{bottom:.0f}"/>')
    parts.append(f'<g class="events">{"".join(_happening(h, lane, axis) for h, lane in lanes)}</g>')
    for number, panel in enumerate(sheet.panels):
        parts.append(_panel(panel, top + number * (PANEL + GAP), axis, sheet))
    parts.extend(_alert(mark, axis, 12) for mark in sheet.alerts if axis.holds(mark.at))
    parts.append("</svg>")
    return "".join(parts)


def _tick(x: float, label: str, top: float, bottom: float, height: float) -> str:
    return (
        f'<path d="M{x:.1f} {top:.0f}V{bottom:.0f}"/>'
        f'<text x="{x:.1f}" y="{height - 8:.0f}" text-anchor="middle">{escape(label)}</text>'
    )


def _pack(happenings: Sequence[Happening], axis: TimeScale) -> list[tuple[Happening, int]]:
    """Each happening with the first lane in which its text runs into no other."""
    free: list[float] = []
    packed = []
    for happening in sorted(happenings, key=lambda h: h.at):
        if happening.at > axis.end or (happening.until or happening.at) < axis.begin:
            continue
        start = axis(max(happening.at, axis.begin))
        bar = axis(min(happening.until, axis.end)) if happening.until else start
        end = max(bar, start + 10 + CHARACTER * len(happening.text)) + 6
        lane = next((n for n, taken in enumerate(free) if taken <= start), len(free))
        if lane == len(free):
            free.append(end)
        else:
            free[lane] = end
        packed.append((happening, lane))
    return packed


def _happening(happening: Happening, lane: int, axis: TimeScale) -> str:
    x = axis(max(happening.at, axis.begin))
    y = 26 + LANE * lane
    words = escape(happening.text)
    anchor, place = ("start", x + 7) if x + 7 + CHARACTER * len(happening.text) < WIDTH else ("end", x - 7)
    if happening.until is not None:
        width = max(axis(min(happening.until, axis.end)) - x, 2)
        shape = f'<rect x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="{LANE - 4}" rx="2"/>'
    else:
        shape = f'<path d="M{x:.1f} {y:.0f}v{LANE - 4}"/>'
    return (
        f'<g class="happening {escape(happening.kind)}">{shape}'
        f'<text x="{place:.1f}" y="{y + LANE - 7:.0f}" text-anchor="{anchor}">{words}</text></g>'
    )


def _scale(panel: Panel, top: float) -> Linear:
    values = [reading.value for reading in panel.readings]
    values += [part for pair in panel.pairs for part in (pair.systolic, pair.diastolic) if part is not None]
    values += [value for _, value in panel.steps if value is not None]
    low, high = min([panel.low, *values]), max([panel.high, *values])
    return Linear(float(low), float(high), top + PANEL - 4, top + 16)


def _panel(panel: Panel, top: float, axis: TimeScale, sheet: Flowsheet) -> str:
    scale = _scale(panel, top)
    parts = [
        f'<g class="panel {escape(panel.key)}" role="group"'
        f' aria-label="{escape(panel.title)}: {escape(panel.summary)}">',
        f'<rect class="ground" x="{LEFT}" y="{top:.0f}" width="{RIGHT - LEFT}" height="{PANEL}"/>',
    ]
    for value in scale.ticks():
        y = scale(value)
        parts.append(
            f'<g class="rule"><path d="M{LEFT} {y:.1f}H{RIGHT}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text></g>'
        )
    for threshold in panel.thresholds:
        if not scale.low <= threshold.value <= scale.high:
            continue
        y = scale(float(threshold.value))
        parts.append(
            f'<g class="threshold {escape(threshold.kind)}"><path d="M{LEFT} {y:.1f}H{RIGHT}"/>'
            f'<text x="{RIGHT - 4}" y="{y - 3:.1f}" text-anchor="end">{escape(threshold.text)}</text></g>'
        )
    parts.append(steps_path(panel.steps, axis, scale))
    parts.append(_lines(panel.readings, axis, scale, sheet, top))
    parts.extend(_pairs([pair for pair in panel.pairs if axis.holds(pair.at)], axis, scale, top))
    parts.append(
        f'<text class="title" x="{LEFT + 6}" y="{top + 13:.0f}">{escape(panel.title)}'
        f'<tspan class="unit" dx="6">{escape(panel.unit)}</tspan></text></g>'
    )
    return "".join(parts)


def _lines(readings: Sequence[Reading], axis: TimeScale, scale: Linear, sheet: Flowsheet, top: float) -> str:
    shown = [reading for reading in readings if axis.holds(reading.at)]
    runs = split(shown, sheet.longest_gap)
    path = "".join(run_path(run, axis, scale) for run in runs)
    marked = shown if len(shown) <= MOST_MARKS else [run[0] for run in runs if len(run) == 1]
    parts = [_gap(before[-1].at, after[0].at, axis, sheet, top) for before, after in pairwise(runs)]
    if path:
        parts.append(f'<path class="line" d="{path}"/>')
    parts.extend(_reading(reading, axis, scale) for reading in marked)
    return "".join(parts)


def run_path(run: Sequence[Reading], axis: TimeScale, scale: Linear) -> str:
    """One `M…L…` of a run; a lone reading is a dot of no length, which a round line cap makes visible."""
    kept = thin(run, lambda reading: int(axis(reading.at) * 2))
    places = [f"{axis(reading.at):.1f} {scale(float(reading.value)):.1f}" for reading in kept]
    return f"M{places[0]}h0" if len(places) == 1 else f"M{places[0]}L{' '.join(places[1:])}"


def steps_path(steps: Sequence[tuple[datetime, Decimal | None]], axis: TimeScale, scale: Linear) -> str:
    """A level that holds until it changes (oxygen, a rate). None ends it; the last runs to the end."""
    if not steps:
        return ""
    path = []
    ordered = sorted(steps, key=lambda step: step[0])
    for index, (at, level) in enumerate(ordered):
        if level is None:
            continue
        until = ordered[index + 1][0] if index + 1 < len(ordered) else axis.end
        if until < axis.begin or at > axis.end:
            continue
        y = scale(float(level))
        path.append(f"M{axis(max(at, axis.begin)):.1f} {y:.1f}H{axis(min(until, axis.end)):.1f}")
    return f'<path class="step" d="{"".join(path)}"/>' if path else ""


def _gap(begin: datetime, end: datetime, axis: TimeScale, sheet: Flowsheet, top: float) -> str:
    minutes = round((end - begin) / timedelta(minutes=1))
    text = escape(sheet.gap_text.format(minutes=minutes))
    x, width = axis(begin), axis(end) - axis(begin)
    label = ""
    if width > CHARACTER * len(text):
        label = f'<text x="{x + width / 2:.1f}" y="{top + PANEL - 8:.0f}" text-anchor="middle">{text}</text>'
    return (
        f'<g class="gap"><rect x="{x:.1f}" y="{top:.0f}" width="{width:.1f}" height="{PANEL}">'
        f"<title>{text}</title></rect>{label}</g>"
    )


def _classes(*names: str, **marks: bool) -> str:
    return " ".join([*names, *(name for name, holds in marks.items() if holds)])


def _reading(reading: Reading, axis: TimeScale, scale: Linear) -> str:
    classes = _classes("mark", reading.kind, late=reading.late, corrected=reading.corrected)
    x, y = axis(reading.at), scale(float(reading.value))
    extra = ""
    if reading.late:
        extra = '<path class="lateness" d="M0 -6V6"/>'
    if reading.corrected:
        extra += '<path class="correction" d="M-5 5L5 -5"/>'
    shape = (
        f'<g class="{escape(classes)}" transform="translate({x:.1f} {y:.1f})">'
        f'<path d="{SYMBOLS.get(reading.kind, SYMBOLS["nurse"])}"/>{extra}'
        f"<title>{escape(reading.text)}</title></g>"
    )
    return f'<a href="{escape(reading.href)}">{shape}</a>' if reading.href else shape


def _pairs(pairs: Sequence[Pair], axis: TimeScale, scale: Linear, top: float) -> list[str]:
    """Each pressure by itself; too many of them as one path that keeps the extremes of every column."""
    if len(pairs) <= MOST_MARKS:
        return [_pair(pair, axis, scale, top) for pair in pairs]
    single = [_pair(pair, axis, scale, top) for pair in pairs if pair.systolic is None]
    columns: dict[int, list[Pair]] = {}
    for pair in pairs:
        if pair.systolic is not None:
            columns.setdefault(int(axis(pair.at)), []).append(pair)
    bars = []
    for group in columns.values():
        for pair in dict.fromkeys((min(group, key=_systolic), max(group, key=_systolic))):
            x, high = axis(pair.at), scale(float(_systolic(pair)))
            low = scale(float(pair.diastolic)) if pair.diastolic is not None else high
            bars.append(f"M{x:.1f} {high:.1f}V{low:.1f}" if high != low else f"M{x - 1:.1f} {high:.1f}h2")
    return [f'<g class="pair"><path d="{"".join(bars)}"/></g>', *single]


def _systolic(pair: Pair) -> Decimal:
    assert pair.systolic is not None
    return pair.systolic


def _pair(pair: Pair, axis: TimeScale, scale: Linear, top: float) -> str:
    x = axis(pair.at)
    title = f"<title>{escape(pair.text)}</title>"
    classes = _classes("pair", late=pair.late, corrected=pair.corrected)
    if pair.unrecordable:
        y = top + PANEL - 14
        shape = f'<path class="unrecordable" d="M{x - 5:.1f} {y:.0f}l10 10m0 -10l-10 10"/>'
    else:
        high = scale(float(pair.systolic)) if pair.systolic is not None else None
        low = scale(float(pair.diastolic)) if pair.diastolic is not None else None
        caps = "".join(f"M{x - 3:.1f} {y:.1f}h6" for y in (high, low) if y is not None)
        bar = f"M{x:.1f} {high:.1f}V{low:.1f}" if high is not None and low is not None else ""
        shape = f'<path d="{bar}{caps}"/>'
        if pair.mean is not None:
            shape += f'<circle cx="{x:.1f}" cy="{scale(float(pair.mean)):.1f}" r="2"/>'
    drawing = f'<g class="{classes}">{shape}{title}</g>'
    return f'<a href="{escape(pair.href)}">{drawing}</a>' if pair.href else drawing


def _alert(mark: AlertMark, axis: TimeScale, y: float) -> str:
    x, shape = axis(mark.at), SYMBOLS.get(mark.priority, SYMBOLS["low"])
    classes = _classes("alert", mark.priority, retracted=mark.retracted)
    return (
        f'<a class="{escape(classes)}" href="{escape(mark.href)}" aria-label="{escape(mark.text)}">'
        f'<rect class="target" x="{x - 12:.1f}" y="0" width="24" height="24"/>'
        f'<path transform="translate({x:.1f} {y:.0f})" d="{shape}"/>'
        f"<title>{escape(mark.text)}</title></a>"
    )
