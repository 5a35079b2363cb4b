"""The flowsheet as a table: signs down, sets across; what the chart says to those who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from monitoring.views.latest import TITLES, oxygen_text, value_text
from monitoring.views.story import Story, is_late
from tracker.models import TemperatureLog, VitalSigns
from tracker.views.banner import infusion_time

#: The columns of the grid: newest last. More are a link away, never cut silently.
GRID_COLUMNS = 24


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
