"""From what is told of an infusion to the sheet that its chart draws: for which stretch of time, and with
which lanes, alerts and panels.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from monitoring.charts.flowsheet import draw
from monitoring.charts.sheet import AlertMark, Flowsheet
from monitoring.models import Condition, Priority
from monitoring.sentences import title
from monitoring.views.lanes import lanes
from monitoring.views.levels import USUAL_GAP, gap_by_schedule, syndrome
from monitoring.views.signs import signs
from monitoring.views.story import Raised, Story
from tracker.views.banner import infusion_time

AFTER = timedelta(minutes=10)
#: What a sheet of A4 in landscape leaves for the chart, below the patient and above the legend.
PAPER_MM = (270.0, 130.0)

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
        panels=(*signs(story, now, longest_gap), *syndrome(story)),
        least_gap=USUAL_GAP,
        longest_gap=longest_gap,
        title=_("Flowsheet"),
        zero=infusion.started_at,
        clock=by_clock,
        lanes=lanes(story, now),
        alerts=tuple(_mark(alert, story) for alert in story.alerts if shown.holds(alert.raised_at)),
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


def _mark(alert: Raised, story: Story) -> AlertMark:
    parts = [
        f"{Priority(alert.priority).label}: {title(alert.problem, alert.rule_set_id)}",
        infusion_time(story.infusion, alert.raised_at),
        str(Condition(alert.condition).label),
    ]
    return AlertMark(
        at=alert.raised_at,
        priority=Priority(alert.priority).name.lower(),
        text=", ".join(part for part in parts if part),
        href=reverse("monitoring:alert", args=[alert.uuid]),
        panel=PANEL_OF.get(alert.problem, ""),
        retracted=alert.condition == Condition.RETRACTED,
    )
