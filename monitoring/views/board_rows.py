"""The rows of the ward board at one moment, in the order of their urgency. Reads only, in a number of queries
that does not depend on how many rows there are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property  # takes no lock, as the library's own does

from accounts.permissions import Act, Actor
from monitoring.models import Alert, Condition, Priority, Response, Watch
from monitoring.views import board_facts
from monitoring.views.board_facts import Grade, Snooze
from monitoring.views.latest import NEEDED, SHORT, Cell, cells, newest_sets, newest_temperatures
from tracker.models import Infusion, Phase, Site, TemperatureLog, VitalSigns
from tracker.views.banner import infusion_time, names_of

#: The phases that the board follows; a planned one appears on its day.
FOLLOWED = (Phase.INFUSING, Phase.PAUSED, Phase.OBSERVING, Phase.HOME)
PLANNED_AHEAD = timedelta(hours=24)
#: So many alerts of a patient are named in the row; the rest are counted.
NAMED = 2
#: From how many rows on the wall shows smaller figures: what still fits 1080 lines.
DENSITIES = ((6, "few"), (12, "some"))

#: What a row shows: reading all that is known took half of the board's time.
_INFUSION = (
    "uuid", "patient_id", "number", "planned_start_at", "phase", "started_at", "stopped_at", "watch_hours",
    "bed", "subject__subject_number", "site__code", "site__time_zone",
)  # fmt: skip
_ALERT = (
    "uuid", "patient_id", "problem", "priority", "condition", "response", "raised_at", "detail",
    "rule_set_id", "explained_by_id", "acknowledged_by__name", "acknowledged_by__username", "commitment",
    "until", "snoozed_until",
)  # fmt: skip
_WATCH = ("infusion_id", "signs", "next_set_due_at", "next_set_reason", "overdue_since", "rule_book")


@dataclass(frozen=True)  # without slots: what is worked out of it is kept, for a row asks for it often
class Row:
    """One patient on the board."""

    infusion: Infusion
    name: str
    nurse: str
    zone: ZoneInfo
    elapsed: str
    share_percent: int
    ends_at: datetime | None
    cells: list[Cell]
    alerts: list[Alert]
    snoozes: dict[int, Snooze]
    crs: Grade | None
    due_at: datetime | None
    overdue_since: datetime | None
    interval: timedelta | None
    last_at: datetime | None

    @property
    def called(self) -> str:
        """The patient's name, or what who may not know it calls them."""
        return self.name or self.infusion.subject.subject_number

    @cached_property
    def waiting(self) -> list[Alert]:
        """The alerts that nobody has answered, worst first; none that sleeps or is over by itself."""
        open_ = [alert for alert in self.alerts if alert.response == Response.OPEN]
        return [one for one in open_ if one.pk not in self.snoozes and one.condition != Condition.CLEARED]

    @cached_property
    def high(self) -> int:
        """How many high alerts wait."""
        return len(self.waits_at(Priority.HIGH))

    @cached_property
    def medium(self) -> int:
        """How many of medium priority wait."""
        return len(self.waits_at(Priority.MEDIUM))

    @cached_property
    def url(self) -> str:
        """The page of the infusion; what is done there lies below it."""
        return reverse("monitoring:infusion", args=[self.infusion.uuid])

    def waits_at(self, priority: Priority) -> list[Alert]:
        """Those of one priority."""
        return [alert for alert in self.waiting if alert.priority == priority]

    @cached_property
    def named(self) -> list[Alert]:
        """The alerts that the row names: the unanswered first, what another one explains behind it."""
        waiting = {alert.pk for alert in self.waiting}
        ordered = sorted(
            self.alerts, key=lambda alert: (alert.pk not in waiting, alert.explained_by_id is not None)
        )
        return ordered[:NAMED]

    @property
    def unnamed(self) -> int:
        """How many more there are."""
        return len(self.alerts) - len(self.named)

    @property
    def nobody_since(self) -> datetime | None:
        """Since when the alert that has waited longest has waited."""
        return min((alert.raised_at for alert in self.waiting), default=None)

    @property
    def owned(self) -> Alert | None:
        """The worst alert that somebody has taken on."""
        waiting = {alert.pk for alert in self.waiting}
        taken = (alert for alert in self.alerts if alert.acknowledged_by_id and alert.pk not in waiting)
        return next(taken, None)

    @property
    def snooze(self) -> Snooze | None:
        """The worst alert that was put to sleep: by whom, and why."""
        return next((self.snoozes[alert.pk] for alert in self.alerts if alert.pk in self.snoozes), None)

    @cached_property
    def urgency(self) -> str:
        """What puts the row in its place: a priority, `overdue`, or nothing."""
        if self.waits_at(Priority.HIGH):
            return "high"
        if self.waits_at(Priority.MEDIUM):
            return "medium"
        if self.overdue_since is not None:
            return "overdue"
        active = [alert for alert in self.alerts if alert.condition == Condition.ACTIVE] or self.alerts
        return Priority(active[0].priority).name.lower() if active else ""

    @property
    def is_answered(self) -> bool:
        """True where what puts the row in its place has been answered."""
        return self.urgency != "overdue" and not self.waiting

    @property
    def rank(self) -> tuple[int, datetime, int, int, str]:
        """Unanswered high first, the oldest first; then medium, overdue, answered high, CRS grade, bed."""
        far = datetime.max.replace(tzinfo=self.zone)
        since = far
        if high := self.waits_at(Priority.HIGH):
            place, since = 0, min(alert.raised_at for alert in high)
        elif medium := self.waits_at(Priority.MEDIUM):
            place, since = 1, min(alert.raised_at for alert in medium)
        elif self.overdue_since is not None:
            place, since = 2, self.overdue_since
        elif any(alert.priority == Priority.HIGH for alert in self.alerts):
            place = 3
        else:
            place = 4 + (self.infusion.phase == Phase.PLANNED)
        lowest, highest = (self.crs.lowest, self.crs.highest) if self.crs else (0, 0)
        bed = re.sub(r"\d+", lambda found: found[0].zfill(6), self.infusion.bed) or "~"
        subject = self.infusion.subject.subject_number
        return place, since, -lowest, -highest if lowest else 0, f"{bed} {subject}"


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board at one moment, or the rows of it that were asked for."""

    rows: list[Row]
    now: datetime
    sites: list[Site]
    site: Site | None
    #: Where nobody is watched: since when, and who comes next.
    quiet_since: datetime | None = None

    @property
    def unanswered_high(self) -> int:
        """How many high alerts nobody has answered."""
        return sum(row.high for row in self.rows)

    @property
    def overdue(self) -> int:
        """How many patients' sets are late."""
        return sum(row.overdue_since is not None for row in self.rows)

    @property
    def reporting(self) -> tuple[int, int]:
        """Of how many sites with patients on the board a reading came within two intervals."""
        watched = [row for row in self.rows if row.infusion.started_at is not None]
        sites = {row.infusion.site_id for row in watched}
        heard = {
            row.infusion.site_id
            for row in watched
            if row.last_at and (row.interval is None or self.now - row.last_at <= 2 * row.interval)
        }
        return len(heard), len(sites)

    @property
    def has_several_sites(self) -> bool:
        """True where a row must say which site it is of."""
        return len({row.infusion.site_id for row in self.rows}) > 1

    @property
    def density(self) -> str:
        """How large a wall can write."""
        return next((word for most, word in DENSITIES if len(self.rows) <= most), "many")

    @property
    def zone(self) -> str:
        """The zone that every row shares; empty where they differ, and then the page says UTC."""
        zones = {site.time_zone for site in ([self.site] if self.site else self.sites)}
        return zones.pop() if len(zones) == 1 else ""


def gather(
    actor: Actor, now: datetime, site_code: str = "", only: Collection[UUID] = (), *, initials: bool = False
) -> Board:
    """The rows of every site that the actor may see, or of one; `only` those infusions where some are named.

    With `initials` no name leaves this function.
    """
    sites = _sites(actor)
    site = next((one for one in sites if one.code == site_code), None)
    found = (
        Infusion.objects.filter(
            actor.within(Act.READ_BOARD, site="site_id", study="study_id"), is_canary=False, historical=False
        )
        .select_related("subject", "site")
        .only(*_INFUSION)
    )
    if site is not None:
        found = found.filter(site=site)
    soon = Q(phase=Phase.PLANNED, planned_start_at__range=(now - PLANNED_AHEAD, now + PLANNED_AHEAD))
    followed = found.filter(Q(phase__in=FOLLOWED) | soon)
    infusions = list(followed.filter(uuid__in=only) if only else followed)
    rows = _rows(actor, infusions, now, initials=initials)
    quiet_since = None
    if not rows:
        ended = found.filter(stopped_at__isnull=False).order_by("-stopped_at")[:20]
        quiet_since = max((end for row in ended if (end := row.watch_ends_at) and end <= now), default=None)
    return Board(rows, now, sites, site, quiet_since)


def _rows(actor: Actor, infusions: list[Infusion], now: datetime, *, initials: bool) -> list[Row]:
    ids = [infusion.pk for infusion in infusions]
    patients = [infusion.patient_id for infusion in infusions]
    sets, temperatures = newest_sets(patients, columns=NEEDED), newest_temperatures(patients)
    watches = {watch.pk: watch for watch in Watch.objects.filter(pk__in=ids).only(*_WATCH)}
    names = names_of(actor, patients)
    alerts = alerts_of(patients)
    snoozes = board_facts.snoozes_of((alert for rows in alerts.values() for alert in rows), now)
    nurses = board_facts.nurses_of(ids, now)
    if initials:
        names = {key: board_facts.initials(name) for key, name in names.items()}
        nurses = {key: board_facts.initials(name) for key, name in nurses.items()}
    rows = [
        _row(
            infusion,
            sets.get(infusion.patient_id, []),
            temperatures.get(infusion.patient_id, []),
            watches.get(infusion.pk),
            alerts.get(infusion.patient_id, []),
            snoozes,
            names.get(infusion.patient_id, ""),
            nurses.get(infusion.pk, ""),
            now,
        )
        for infusion in infusions
    ]
    return sorted(rows, key=lambda row: row.rank)


def alerts_of(patient_ids: Iterable[int]) -> dict[int, list[Alert]]:
    """What nobody has closed yet, by patient, worst first."""
    found: dict[int, list[Alert]] = defaultdict(list)
    alerts = Alert.objects.live().filter(patient_id__in=set(patient_ids))
    rows = alerts.select_related("acknowledged_by").only(*_ALERT)
    for alert in rows.order_by("-priority", "raised_at"):
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
    snoozes: dict[int, Snooze],
    name: str,
    nurse: str,
    now: datetime,
) -> Row:
    rules = board_facts.rules_of(watch)
    ends_at = infusion.watch_ends_at
    if infusion.started_at is not None and ends_at is None:
        ends_at = infusion.started_at + timedelta(hours=infusion.watch_hours)
    return Row(
        infusion=infusion,
        name=name,
        nurse=nurse,
        zone=ZoneInfo(infusion.site.time_zone),
        elapsed=infusion_time(infusion, now),
        share_percent=_share(infusion.started_at, ends_at, now),
        ends_at=ends_at,
        cells=cells(
            sets,
            watch,
            temperatures[0] if temperatures else None,
            keys=SHORT,
            steps=board_facts.steps_of(watch),
        ),
        alerts=alerts,
        snoozes={alert.pk: snoozes[alert.pk] for alert in alerts if alert.pk in snoozes},
        crs=board_facts.crs_of(watch),
        due_at=watch.next_set_due_at if watch else None,
        overdue_since=watch.overdue_since if watch else None,
        interval=board_facts.interval_of(infusion, watch, rules, now),
        last_at=max((row.measured_at for row in [*sets[:1], *temperatures]), default=None),
    )


def _share(begun_at: datetime | None, ends_at: datetime | None, now: datetime) -> int:
    """How much of the watch is over, in percent."""
    if begun_at is None or ends_at is None or ends_at <= begun_at:
        return 0
    return max(0, min(100, round((now - begun_at) / (ends_at - begun_at) * 100)))
