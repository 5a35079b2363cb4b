"""The flowsheet of one infusion: lanes of happenings, alerts as links, panels over one time axis.

Takes values and words, gives HTML with two drawings side by side: the margin with names, newest values and
scales, which stays in sight, and the paper, which may be wider than the screen. Looks come from the style
sheet by class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from monitoring.charts import marks, panels
from monitoring.charts.panels import CHARACTER
from monitoring.charts.scales import TimeScale
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Lane

MARGIN = 96
LEFT, RIGHT = 2, 4  # what stays free on either side
GAP = 7
ROW = 17
ROWS = 3  # rows of words in one lane; what does not fit keeps its mark below them and loses its words
ALERT_ROW = 18
AXIS = 22


@dataclass(frozen=True, slots=True)
class Drawing:
    """The chart, and what it had to leave out: per panel how many of how many, and words that did not fit."""

    html: str
    thinned: tuple[tuple[str, int, int], ...] = ()
    unworded: int = 0


def draw(sheet: Flowsheet) -> Drawing:
    """The whole chart."""
    end = sheet.end if sheet.end > sheet.begin else sheet.begin + timedelta(minutes=1)
    axis = TimeScale(sheet.begin, end, LEFT, sheet.width - RIGHT)
    names, body, thinned = list[str](), list[str](), list[tuple[str, int, int]]()
    top, unworded = 4.0, 0
    for lane in sheet.lanes:
        packed, rows = _pack(lane.happenings, axis)
        if not packed and not lane.is_always:
            continue
        names.append(_name(lane.title, top))
        body.append(_lane(lane, packed, axis, top))
        unworded += sum(not worded for _, _, worded in packed)
        top += ROW * rows + 3
    placed, rows = _stack(sheet.alerts, axis)
    names.append(_name(sheet.alerts_title, top + 1))
    links = "".join(_alert(mark, axis, top + ALERT_ROW * row + 9) for mark, row in placed)
    top += ALERT_ROW * rows + 5
    first = top
    for panel in sheet.panels:
        laid = panels.lay(panel, top, axis)
        drawn, shown, total = panels.paper(laid, sheet)
        body.append(drawn)
        names.append(panels.margin(laid, MARGIN))
        if shown < total:
            thinned.append((panel.name or panel.title, shown, total))
        top += panel.height + GAP
    bottom = top - GAP
    height = bottom + AXIS
    label = escape(sheet.title)
    html = (
        f'<div class="flowsheet"><svg class="margin" viewBox="0 0 {MARGIN} {height:.0f}" aria-hidden="true"'
        f"{_size(sheet, MARGIN, height)}>{''.join(names)}</svg>"
        f'<svg class="sheet" viewBox="0 0 {sheet.width} {height:.0f}" role="group" aria-label="{label}"'
        f"{_size(sheet, sheet.width, height)}>"
        f"{marks.definitions()}{_time(sheet, axis, first, bottom, height)}{''.join(body)}{links}</svg></div>"
    )
    return Drawing(html, tuple(thinned), unworded)


def _size(sheet: Flowsheet, width: float, height: float) -> str:
    """How large a drawing is on paper: as wide as there is room, and no higher than one page."""
    if sheet.room_mm is None:
        return ""
    wide, high = sheet.room_mm
    scale = min(wide / (MARGIN + sheet.width), high / height)
    return f' width="{width * scale:.1f}mm" height="{height * scale:.1f}mm"'


def _name(title: str, top: float) -> str:
    return f'<text class="lane" x="0" y="{top + 12:.0f}">{escape(title)}</text>'


def _time(sheet: Flowsheet, axis: TimeScale, top: float, bottom: float, height: float) -> str:
    by_clock = sheet.clock or sheet.zero is None
    ticks = axis.clock_ticks(sheet.zone) if by_clock else axis.elapsed_ticks(sheet.zero or sheet.begin)
    parts = [_tick(axis(at), label, axis.right + RIGHT, bottom, height) for at, label in ticks]
    if sheet.zero is not None and axis.holds(sheet.zero):
        parts.append(f'<path class="zero" d="M{axis(sheet.zero):.1f} 2V{bottom:.0f}"/>')
    if sheet.now is not None and axis.holds(sheet.now):
        x = axis(sheet.now)
        parts.append(
            f'<rect class="future" x="{x:.1f}" y="{top:.0f}" width="{axis.right - x:.1f}"'
            f' height="{bottom - top:.0f}"/>'
        )
    return f'<g class="time">{"".join(parts)}</g>'


def _tick(x: float, label: str, edge: float, bottom: float, height: float) -> str:
    half = CHARACTER * len(label) / 2
    anchor = "end" if x + half > edge else "start" if x - half < 0 else "middle"
    return (
        f'<path d="M{x:.1f} 2V{bottom + 3:.0f}"/>'
        f'<text x="{x:.1f}" y="{height - 5:.0f}" text-anchor="{anchor}">{escape(label)}</text>'
    )


Packed = tuple[Happening, int, bool]


def _pack(happenings: Sequence[Happening], axis: TimeScale) -> tuple[list[Packed], int]:
    """Each happening with the first row in which its words run into no other, and whether it keeps them."""
    free: list[float] = []
    packed: list[Packed] = []
    for happening in sorted(happenings, key=lambda h: h.at):
        if happening.at > axis.end or (happening.until or happening.at) < axis.begin:
            continue
        begin, bar = _bar(happening, axis)
        words = CHARACTER * len(happening.text)
        start, end = (
            (begin, max(bar, begin + 8 + words) + 5)
            if begin + 8 + words < axis.right
            else (begin - words - 8, bar + 5)
        )
        row = next((n for n, taken in enumerate(free) if taken <= start), len(free))
        if row < ROWS:
            free[row : row + 1] = [end]
        packed.append((happening, min(row, ROWS), row < ROWS))
    return packed, max((row + 1 for _, row, _ in packed), default=1)


def _bar(happening: Happening, axis: TimeScale) -> tuple[float, float]:
    begin = axis(max(happening.at, axis.begin))
    return begin, axis(min(happening.until, axis.end)) if happening.until else begin


def _lane(lane: Lane, packed: Sequence[Packed], axis: TimeScale, top: float) -> str:
    inside = "".join(_happening(*one, axis, top) for one in packed)
    return f'<g class="events">{inside}</g>'


def _happening(happening: Happening, row: int, worded: bool, axis: TimeScale, top: float) -> str:
    x, right = _bar(happening, axis)
    y = top + ROW * row
    text = escape(happening.text)
    fits = x + 8 + CHARACTER * len(happening.text) < axis.right
    anchor, place = ("start", x + 5) if fits else ("end", x - 5)
    if happening.until is not None:
        shape = f'<rect x="{x:.1f}" y="{y:.0f}" width="{max(right - x, 2):.1f}" height="{ROW - 3}" rx="2"/>'
    else:
        shape = f'<path d="M{x:.1f} {y:.0f}v{ROW - 3}"/>'
    words = f'<text x="{place:.1f}" y="{y + 11:.0f}" text-anchor="{anchor}">{text}</text>' if worded else ""
    return f'<g class="happening {escape(happening.kind)}">{shape}{words}<title>{text}</title></g>'


def _stack(alerts: Sequence[AlertMark], axis: TimeScale) -> tuple[list[tuple[AlertMark, int]], int]:
    """Each alert with the first row in which it lies on no other: every one of them can be followed."""
    free: list[float] = []
    placed = []
    for mark in sorted(alerts, key=lambda mark: mark.at):
        if not axis.holds(mark.at):
            continue
        x = axis(mark.at)
        row = next((n for n, taken in enumerate(free) if taken <= x - 8), len(free))
        free[row : row + 1] = [x + 8]
        placed.append((mark, row))
    return placed, max(len(free), 1)


def _alert(mark: AlertMark, axis: TimeScale, y: float) -> str:
    x, shape = axis(mark.at), marks.ALERTS.get(mark.priority, marks.ALERTS["low"])
    struck = '<path class="strike" d="M-8 7L8-7"/>' if mark.retracted else ""
    classes = f"alert {escape(mark.priority)}{' retracted' if mark.retracted else ''}"
    return (
        f'<a class="{classes}" href="{escape(mark.href)}" aria-label="{escape(mark.text)}">'
        f'<g transform="translate({x:.1f} {y:.0f})">'
        '<rect class="target" x="-12" y="-12" width="24" height="24"/>'
        f'<path d="{shape}"/>{struck}</g><title>{escape(mark.text)}</title></a>'
    )
