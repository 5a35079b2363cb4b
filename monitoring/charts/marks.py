"""The marks of readings: which shape says what, one mark, and one pressure. Shape before colour.

Shapes are drawn once, in `SHAPES`, and used by name wherever a reading is.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from operator import attrgetter

from monitoring.charts.runs import Reading
from monitoring.charts.scales import Linear, TimeScale
from monitoring.charts.sheet import Pair, Words

#: Paths around 0,0. Corrected before late before who took it: what is odd about a reading is seen first.
SHAPES = {
    "nurse": '<circle r="2.9" class="full"/>',
    "device": '<circle r="2.7" class="hollow"/>',
    "patient": '<path d="M0-4.4L4.2 3.2H-4.2z" class="full"/>',
    "late": '<path d="M-3.6-3.6h7.2v7.2h-7.2z" class="hollow"/>'
    '<path d="M-3.6-3.6h3.6v7.2h-3.6z" class="full"/>',
    "corrected": '<circle r="4.2" class="hollow"/><path d="M-3 3L3-3" class="hollow"/>',
}
ALERTS = {
    "high": "M0-7L7 6H-7z",
    "medium": "M0-7L7 0L0 7L-7 0z",
    "low": "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z",
}

#: What may be lowest and highest in a column of pressures.
PARTS = (attrgetter("systolic"), attrgetter("diastolic"))


def definitions() -> str:
    """The shapes, to be used by name."""
    shapes = "".join(f'<g id="mark-{name}">{shape}</g>' for name, shape in SHAPES.items())
    return f"<defs>{shapes}</defs>"


def shape_of(mark: Reading | Pair) -> str:
    """The name of the shape of a reading."""
    return "corrected" if mark.corrected else "late" if mark.late else mark.kind


def is_odd(mark: Reading | Pair) -> bool:
    """True for a reading whose mark is shown however many there are."""
    return mark.corrected or mark.late or mark.kind == "patient"


def linked(text: str, href: str, drawing: str) -> str:
    """The drawing with its words, as a link for who points at it; by keyboard the table leads there."""
    titled = f"{drawing}<title>{escape(text)}</title>"
    return f'<a href="{escape(href)}" tabindex="-1">{titled}</a>' if href else f"<g>{titled}</g>"


def reading(mark: Reading, axis: TimeScale, scale: Linear, words: Words | None = None) -> str:
    """One reading."""
    text, href = mark.text, mark.href
    if words is not None and mark.row is not None:
        text, href, _mean = words(mark.row)
    x, y = axis(mark.at), scale(float(mark.value))
    return linked(text, href, f'<use href="#mark-{shape_of(mark)}" x="{x:.1f}" y="{y:.1f}"/>')


def pair(mark: Pair, axis: TimeScale, scale: Linear, words: Words | None = None) -> str:
    """One pressure: a bar from systolic to diastolic, the mark of its source at the mean."""
    text, href, mean = mark.text, mark.href, mark.mean
    if words is not None and mark.row is not None:
        text, href, mean = words(mark.row)
    x = axis(mark.at)
    if mark.unrecordable:
        y = scale.start - 12
        cross = f'<path class="unrecordable" d="M{x - 5:.1f} {y:.1f}l10 10m0-10l-10 10"/>'
        return linked(text, href, cross)
    high = scale(float(mark.systolic)) if mark.systolic is not None else None
    low = scale(float(mark.diastolic)) if mark.diastolic is not None else None
    caps = "".join(f"M{x - 2.5:.1f} {y:.1f}h5" for y in (high, low) if y is not None)
    bar = f"M{x:.1f} {high:.1f}V{low:.1f}" if high is not None and low is not None else ""
    drawing = f'<path class="bar" d="{bar}{caps}"/>'
    middle = scale(float(mean)) if mean is not None else None
    if middle is None and is_odd(mark):
        middle = high if high is not None else low
    if middle is not None:
        name = shape_of(mark)
        plain = name in ("nurse", "device")
        size = f'<circle class="mean {name}" cx="{x:.1f}" cy="{middle:.1f}" r="1.9"/>'
        drawing += size if plain else f'<use href="#mark-{name}" x="{x:.1f}" y="{middle:.1f}"/>'
    return linked(text, href, drawing)


def extremes(pairs: Sequence[Pair], axis: TimeScale, scale: Linear) -> tuple[str, int]:
    """Too many pressures to mark each, as one path that keeps the lowest and the highest systolic, the lowest
    diastolic and the highest of every column of the paper; and how many of them that are.
    """
    columns: dict[int, list[Pair]] = {}
    for each, (x, _) in zip(pairs, axis.places(each.at for each in pairs), strict=True):
        columns.setdefault(int(x), []).append(each)
    kept: list[Pair] = []
    for group in columns.values():
        chosen: dict[int, Pair] = {}
        for part in PARTS:
            if held := [each for each in group if part(each) is not None]:
                lowest, highest = min(held, key=part), max(held, key=part)
                chosen |= {id(lowest): lowest, id(highest): highest}
        kept += chosen.values()
    spans = [sorted(value for part in PARTS if (value := part(each)) is not None) for each in kept]
    heights = scale.written(value for span in spans for value in span)
    bars = [
        f"M{at} {heights[span[-1]]}V{heights[span[0]]}"
        if span[0] != span[-1]
        else f"M{x - 1:.1f} {heights[span[0]]}h2"
        for (x, at), span in zip(axis.places(each.at for each in kept), spans, strict=True)
    ]
    return f'<path class="bar" d="{"".join(bars)}"/>', len(kept)
