"""The ward board: who is being watched, how they are, who has answered, and what is due next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.doors import for_displays
from accounts.permissions import Act, Actor
from config import clock
from monitoring.models import Alert, Condition, Priority, Response, Watch
from monitoring.views.latest import SHORT, TITLES, Cell, cells, newest_sets, newest_temperatures
from monitoring.views.system import lit
from tracker.models import Infusion, Phase, Site, TemperatureLog, VitalSigns
from tracker.views.banner import infusion_time, names_of
from tracker.views.door import is_fragment, page

#: The phases that the board follows; a planned one appears on its day.
FOLLOWED = (Phase.INFUSING, Phase.PAUSED, Phase.OBSERVING, Phase.HOME)
PLANNED_AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """One patient on the board."""

    infusion: Infusion
    name: str
    zone: ZoneInfo
    elapsed: str
    share_percent: int
    cells: list[Cell]
    alerts: list[Alert]
    worst: Alert | None
    owner: str
    due_at: datetime | None
    overdue_since: datetime | None
    interval: timedelta | None
    last_at: datetime | None

    @property
    def oldest_open(self) -> Alert | None:
        """The alert that has waited longest for somebody."""
        waiting = [alert for alert in self.alerts if alert.response == Response.OPEN]
        return min(waiting, key=lambda alert: alert.raised_at, default=None)

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Unanswered high first, the oldest first; then medium, overdue, answered high, the rest."""
        oldest = self.oldest_open
        standing = [alert.priority for alert in self.alerts]
        unanswered = [alert.priority for alert in self.alerts if alert.response == Response.OPEN]
        far = datetime.max.replace(tzinfo=self.zone)
        if Priority.HIGH in unanswered:
            place = 0
        elif Priority.MEDIUM in unanswered:
            place = 1
        elif self.overdue_since is not None:
            place = 2
        elif Priority.HIGH in standing:
            place = 3
        else:
            place = 4 + (self.infusion.phase == Phase.PLANNED)
        return place, oldest.raised_at if oldest else far, self.infusion.subject.subject_number


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board at one moment."""

    rows: list[Row]
    now: datetime
    unanswered_high: int
    overdue: int
    sites: list[Site]
    site: Site | None

    @property
    def zone(self) -> str:
        """The zone that every row shares; empty where they differ, and then the page says UTC."""
        zones = {site.time_zone for site in ([self.site] if self.site else self.sites)}
        return zones.pop() if len(zones) == 1 else ""


@for_displays
@page(Act.READ_BOARD)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The board of every site that this actor may see, or of one; its rows alone for a live refresh."""
    now = clock.now()
    context = {
        "board": gather(actor, now, request.GET.get("site", "")),
        **lit(clock.real_now()),
        "heads": [(SHORT[key], TITLES[key][0]) for key in SHORT],
        "may_open": actor.may_anywhere(Act.READ),
        "may_record": actor.may_anywhere(Act.RECORD_READINGS),
    }
    template = "monitoring/_board.html" if is_fragment(request) else "monitoring/board.html"
    return render(request, template, context)


def gather(actor: Actor, now: datetime, site_code: str = "") -> Board:
    """Every row of the board, in a number of queries that does not depend on how many rows there are."""
    within = actor.within(Act.READ_BOARD, site="site_id", study="study_id")
    found = Infusion.objects.filter(within, is_canary=False, historical=False).select_related(
        "subject", "patient", "site", "study"
    )
    sites = _sites(actor)
    site = next((one for one in sites if one.code == site_code), None)
    if site is not None:
        found = found.filter(site=site)
    followed = list(found.filter(phase__in=FOLLOWED))
    followed += list(
        found.filter(phase=Phase.PLANNED, planned_start_at__range=(now - PLANNED_AHEAD, now + PLANNED_AHEAD))
    )
    ids = [infusion.pk for infusion in followed]
    patients = [infusion.patient_id for infusion in followed]
    sets, temperatures = newest_sets(patients), newest_temperatures(patients)
    watches = Watch.objects.in_bulk(ids)
    names = names_of(actor, patients)
    alerts = alerts_of(patients)
    rows = [
        _row(
            infusion,
            sets.get(infusion.patient_id, []),
            temperatures.get(infusion.patient_id, []),
            watches.get(infusion.pk),
            alerts.get(infusion.patient_id, []),
            names.get(infusion.patient_id, ""),
            now,
        )
        for infusion in followed
    ]
    rows.sort(key=lambda row: row.rank)
    return Board(
        rows=rows,
        now=now,
        unanswered_high=sum(
            alert.priority == Priority.HIGH and alert.response == Response.OPEN
            for row in rows
            for alert in row.alerts
        ),
        overdue=sum(row.overdue_since is not None for row in rows),
        sites=sites,
        site=site,
    )


def alerts_of(patient_ids: list[int]) -> dict[int, list[Alert]]:
    """What nobody has closed yet, by patient, worst first."""
    found: dict[int, list[Alert]] = defaultdict(list)
    alerts = Alert.objects.live().filter(patient_id__in=set(patient_ids))
    for alert in alerts.select_related("acknowledged_by", "rule_set").order_by("-priority", "raised_at"):
        found[alert.patient_id or 0].append(alert)
    return found


def _sites(actor: Actor) -> list[Site]:
    within = actor.within(Act.READ_BOARD, site="pk", study="study_sites__study_id")
    return list(Site.objects.filter(within).distinct().order_by("code"))


def _row(
    infusion: Infusion,
    sets: list[VitalSigns],
    temperatures: list[TemperatureLog],
    watch: Watch | None,
    alerts: list[Alert],
    name: str,
    now: datetime,
) -> Row:
    temperature = temperatures[0] if temperatures else None
    last = max((row.measured_at for row in [*sets[:1], *temperatures]), default=None)
    due = watch.next_set_due_at if watch else None
    interval = due - last if due and last and due > last else None
    active = [alert for alert in alerts if alert.condition == Condition.ACTIVE] or alerts
    owners = {str(alert.acknowledged_by) for alert in alerts if alert.acknowledged_by}
    return Row(
        infusion=infusion,
        name=name,
        zone=ZoneInfo(infusion.site.time_zone),
        elapsed=infusion_time(infusion, now),
        share_percent=_share(infusion, now),
        cells=[cell for cell in cells(sets, watch, temperature) if cell.key in SHORT],
        alerts=alerts,
        worst=active[0] if active else None,
        owner=", ".join(sorted(owners)),
        due_at=due,
        overdue_since=watch.overdue_since if watch else None,
        interval=interval,
        last_at=last,
    )


def _share(infusion: Infusion, now: datetime) -> int:
    """How much of the watch is over, in percent."""
    if infusion.started_at is None:
        return 0
    end = infusion.watch_ends_at or infusion.started_at + timedelta(hours=infusion.watch_hours)
    return max(0, min(100, round((now - infusion.started_at) / (end - infusion.started_at) * 100)))
