"""The flowsheet as a table: signs down, sets across; what the chart says to those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from monitoring.views.flowsheet import Window
from monitoring.views.latest import TITLES, oxygen_text, value_text
from monitoring.views.story import Story, Told, alone_of, set_of, source_text
from tracker.models import TemperatureLog, VitalSigns
from tracker.views.banner import infusion_time

#: The columns of one page of the grid: newest last. More are a link away, never cut silently.
GRID_COLUMNS = 24
#: As many on request: what a browser and a person can still go through.
MOST_COLUMNS = 200
#: As many fit side by side on a sheet of A4 in landscape.
PAPER_COLUMNS = 14


@dataclass(frozen=True, slots=True)
class GridCell:
    """One value of the grid and where it is corrected."""

    text: str
    extra: str
    href: str
    marks: tuple[str, ...]
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class GridColumn:
    """The head of a column: one set, or a temperature taken alone; who took it, and what is odd about it."""

    at: datetime
    elapsed: str
    author: str
    href: str
    shape: str
    source: str


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that stand side by side, with their lines: title, unit, cells."""

    columns: list[GridColumn]
    lines: list[tuple[str, str, list[GridCell | None]]]


@dataclass(frozen=True, slots=True)
class Grid:
    """The chart as a table: signs down, sets across, newest right. `earlier` is the page before this one."""

    blocks: list[Block]
    shown: int
    total: int
    earlier: int | None = None
    later: int | None = None
    may_show_more: bool = False


def grid(
    story: Story, shown: Window, *, everything: bool = False, pages_back: int = 0, paper: bool = False
) -> Grid:
    """The newest sets of the window as a table, or a page further back, with how many there are."""
    rows = [(row, True) for row in story.sets if shown.holds(row.measured_at)]
    rows += [(row, False) for row in story.temperatures if shown.holds(row.measured_at)]
    rows.sort(key=lambda pair: (pair[0].measured_at, pair[0].id))
    size = MOST_COLUMNS if everything or paper else GRID_COLUMNS
    end = max(len(rows) - pages_back * size, 0)
    begin = max(end - size, 0)
    taken = rows[begin:end]
    width = PAPER_COLUMNS if paper else max(len(taken), 1)
    blocks = [_block(story, taken[first : first + width]) for first in range(0, len(taken), width)]
    return Grid(
        blocks=blocks,
        shown=len(taken),
        total=len(rows),
        earlier=pages_back + 1 if begin > 0 else None,
        later=pages_back - 1 if pages_back > 0 else None,
        may_show_more=not everything and len(rows) > size,
    )


def _block(story: Story, taken: Sequence[tuple[Told, bool]]) -> Block:
    columns = [
        GridColumn(
            row.measured_at,
            infusion_time(story.infusion, row.measured_at),
            row.by,
            reverse("monitoring:correct", args=[row.uuid]),
            SHAPES[_shape(row)],
            source_text(row.kind),
        )
        for row, _is_set in taken
    ]
    rows = [
        (row, set_of(row) if is_set else alone_of(row), column.href)
        for (row, is_set), column in zip(taken, columns, strict=True)
    ]
    lines = [
        (
            str(TITLES[key][0]) if key in TITLES else _("Oxygen"),
            TITLES[key][1] if key in TITLES else "",
            [_cell(told, row, key, f"{href}?sign={key}") for told, row, href in rows],
        )
        for key in (*TITLES, "oxygen")
    ]
    return Block(columns, lines)


#: The marks of the chart as characters.
SHAPES = {"nurse": "●", "device": "○", "patient": "△", "late": "◧", "corrected": "⊘"}


def _shape(row: Told) -> str:
    return "corrected" if row.amends_id is not None else "late" if row.is_late else row.kind


def _cell(told: Told, row: VitalSigns | TemperatureLog, key: str, href: str) -> GridCell | None:
    if key == "oxygen":
        text = oxygen_text(row) if isinstance(row, VitalSigns) else ""
    else:
        text = value_text(row, key)
    marks = []
    column = "systolic_mmhg" if key == "pressure" else key
    if column in (told.verified or ()):
        marks.append(_("verified on repeat"))
    if key == "pressure" and told.crossed:
        marks.append(_("crossed"))
    reason = told.absent.get(column) if told.absent else None
    if not text and not reason:
        return None
    extra = str(row.get_temperature_site_display()) if key == "temperature_c" and row.temperature_site else ""
    raw = told.raw.get(column) if told.raw else None
    if raw is not None and not text:
        marks.append(_("came as “%s”") % raw)
    return GridCell(text or str(reason), extra, href, tuple(marks), is_absent=not text)
