"""The rows of the alert inbox at one moment: an episode each, in sections by what it asks for, with what it
explains folded under it. Reads only, in a number of queries that does not depend on how many rows there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Value, When
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Act, Actor
from monitoring import told
from monitoring.models import Alert, AlertLog, Assignment, Condition, Delivery, LogKind, Priority, Response
from monitoring.models.alerts import AlertQuerySet
from monitoring.sentences import grade_said, words
from monitoring.views.alerts import offered, subject_of, zone_of
from monitoring.views.evidence import Known, gist
from monitoring.views.latest import newest_sets, newest_temperatures
from tracker.models import (
    Intervention,
    InterventionKind,
    InterventionMark,
    Site,
    TemperatureLog,
    VitalSigns,
)
from tracker.views.banner import names_of

PER_PAGE = 50
#: What of a set the rows need.
OF_A_SET = ("id", "uuid", "patient_id", "measured_at", "temperature_site")
#: An antipyretic is worth a word for as long as a fever may be masked by it, and while it wears off.
ANTIPYRETIC_SHOWN = timedelta(hours=8)
TRUE = (Condition.ACTIVE, Condition.UNWATCHED)

WHO = {"mine": gettext_lazy("Mine"), "all": gettext_lazy("Everybody's")}
SHOWN = {
    "live": gettext_lazy("Open"),
    "open": gettext_lazy("Unanswered"),
    "all": gettext_lazy("All"),
}
PRIORITIES = {"high": Priority.HIGH, "medium": Priority.MEDIUM, "low": Priority.LOW}

#: The sections of the list in their order, and what belongs to each.
SECTIONS = (
    gettext_lazy("Unanswered"),
    gettext_lazy("Taken on"),
    gettext_lazy("Low, unanswered"),
    gettext_lazy("Over: still to be assessed"),
    gettext_lazy("Assessed"),
    gettext_lazy("Closed"),
)
UNANSWERED = Q(response=Response.OPEN, condition__in=TRUE, snoozed_until=None)
SECTION = Case(
    When(Q(response=Response.CLOSED) | Q(condition=Condition.RETRACTED), then=Value(5)),
    When(response=Response.ASSESSED, then=Value(4)),
    When(Q(condition=Condition.CLEARED), then=Value(3)),
    When(UNANSWERED & Q(priority=Priority.LOW), then=Value(2)),
    When(UNANSWERED, then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which alerts the address asks for; a word that it does not know counts as not said."""

    who: str = "mine"
    show: str = "live"
    priority: str = ""
    site: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """What an address asks for."""
        who, show, priority = (query.get(name, "") for name in ("who", "show", "priority"))
        return cls(
            who=who if who in WHO else "mine",
            show=show if show in SHOWN else "live",
            priority=priority if priority in PRIORITIES else "",
            site=query.get("site", "")[:20],
        )

    def chosen(self, rows: AlertQuerySet, actor: Actor, now: datetime) -> AlertQuerySet:
        """Those of the alerts."""
        if self.show != "all":
            rows = rows.live()
        if self.show == "open":
            rows = rows.filter(UNANSWERED)
        if self.priority:
            rows = rows.filter(priority=PRIORITIES[self.priority])
        if self.site:
            rows = rows.filter(site__code=self.site)
        return rows.filter(mine(actor, now)) if self.who == "mine" else rows


def mine(actor: Actor, now: datetime) -> Q:
    """What is somebody's own: all but the patients of another nurse; and of those what they were told of,
    have taken on or were handed. Where nobody is named for a patient, the patient is everybody's.
    """
    running = Assignment.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    of_others = running.exclude(nurse=actor.user).values("infusion")
    told_me = Delivery.objects.filter(alert=OuterRef("pk"), recipient=actor.user)
    own = Q(acknowledged_by=actor.user) | Q(handed_over_to=actor.user) | Q(Exists(told_me))
    return ~Q(infusion__in=of_others) | own


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes by itself, when, and to whom."""

    at: datetime
    what: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the inbox."""

    alert: Alert
    name: str
    zone: ZoneInfo
    evidence: str
    last_at: datetime | None
    said_by: AlertLog | None
    may: list[str]
    signs: list[Line] = field(default_factory=list)

    @property
    def section(self) -> str:
        """The heading under which it stands."""
        return str(SECTIONS[getattr(self.alert, "section", 0)])

    @property
    def asks(self) -> str:
        """Its grade with the parts that would tell it better; empty where none is missing."""
        return grade_said(self.alert) if self.alert.graded.get("missing") else ""

    @property
    def who(self) -> str:
        """The patient as this reader may call them; a system alert is about a thing."""
        return self.name or subject_of(self.alert)

    @property
    def coming(self) -> Coming | None:
        """What comes next by itself: a rung, the end of a promise or of a snooze, or a reminder."""
        row = self.alert
        if (rung := told.next_rung(row)) is not None:
            return Coming(rung.at, _("rings"), rung.said)
        if row.response == Response.CLOSED or row.condition == Condition.RETRACTED:
            return None
        if row.snoozed_until is not None:
            return Coming(row.snoozed_until, _("snooze ends"))
        if row.response == Response.ACKNOWLEDGED and row.until is not None and row.condition in TRUE:
            return Coming(row.until, _("promise ends, then it rings again"))
        if row.escalates_at is None:
            return None
        if row.condition == Condition.CLEARED:
            return Coming(row.escalates_at, _("goes to"), told.role_words(["safety_coordinator"]))
        return Coming(row.escalates_at, _("rings again if still true"))

    @property
    def is_bulk(self) -> bool:
        """True where it may be acknowledged together with others."""
        return self.alert.priority == Priority.LOW and self.alert.response == Response.OPEN

    @property
    def counted(self) -> str:
        """How many signs are folded under it, and how they stand."""
        counts = Counter(str(sign.alert.get_response_display()) for sign in self.signs)
        return ", ".join(f"{count} {name}" for name, count in counts.items())

    @property
    def spoken(self) -> str:
        """What is said aloud when it is new."""
        return f"{words(self.alert).title}: {self.who}"


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox of one reader at one moment. `hidden_high` wait unanswered and are not in the list."""

    asked: Asked
    paged: Page[Alert]
    lines: list[Line]
    high: int
    hidden_high: int
    sites: list[str]
    last: Line | None

    @property
    def zone(self) -> str:
        """The zone that every row shares; empty where they differ, and then the page's clock is UTC."""
        zones = {line.zone.key for line in self.lines if line.alert.patient}
        return zones.pop() if len(zones) == 1 else ""


def gather(actor: Actor, asked: Asked, now: datetime, page: str | None = None) -> Inbox:
    """The whole inbox, as asked for."""
    visible = Alert.objects.visible_to(actor)
    chosen = asked.chosen(visible, actor, now)
    causes = chosen.filter(explained_by=None, response__in=(Response.OPEN, Response.ACKNOWLEDGED))
    folded = Q(explained_by__in=causes.values("pk")) & (
        Q(joined_at__isnull=False) | ~Q(response=Response.OPEN) | Q(condition=Condition.CLEARED)
    )
    heads = chosen.exclude(folded).annotate(section=SECTION)
    order = ("-detected_at", "-pk") if asked.show == "all" else ("section", "-priority", "raised_at", "pk")
    paged = Paginator(for_rows(heads).order_by(*order), PER_PAGE).get_page(page)
    rows = list(paged)
    signs = visible.live().filter(folded, explained_by__in=rows).order_by("-priority", "raised_at", "pk")
    under: dict[int, list[Alert]] = defaultdict(list)
    for sign in for_rows(signs) if rows else ():
        under[sign.explained_by_id or 0].append(sign)
    lines = lines_of(actor, rows, under, now)
    waiting = visible.live().filter(UNANSWERED, priority=Priority.HIGH)
    counts = waiting.aggregate(
        all=Count("pk"), here=Count("pk", filter=Q(pk__in=chosen.order_by().values("pk")))
    )
    return Inbox(
        asked=asked,
        paged=paged,
        lines=lines,
        high=counts["all"],
        hidden_high=counts["all"] - counts["here"],
        sites=_sites(actor),
        last=None if lines else _last(actor, visible, now),
    )


def for_rows(rows: AlertQuerySet) -> AlertQuerySet:
    """The alerts with all that their rows show."""
    near = (
        "patient__site",
        "infusion__subject",
        "acknowledged_by",
        "assessed_by",
        "rule_set",
        "explained_by",
    )
    return rows.select_related(*near, "explained_by__rule_set").defer(
        "rule_set__document", "explained_by__rule_set__document"
    )


def lines_of(
    actor: Actor, rows: Iterable[Alert], under: Mapping[int, list[Alert]], now: datetime
) -> list[Line]:
    """The rows of the alerts, each with those that are folded `under` it."""
    heads = list(rows)
    every = [*heads, *(sign for signs in under.values() for sign in signs)]
    patients = list({alert.patient_id for alert in every if alert.patient_id})
    names = names_of(actor, patients) if patients else {}
    sets = newest_sets(patients, columns=OF_A_SET) if patients else {}
    temperatures = newest_temperatures(patients) if patients else {}
    antipyretics = _antipyretics(patients, now) if patients else {}
    said = _said(every)

    def line(alert: Alert, signs: Iterable[Alert] = ()) -> Line:
        number = alert.patient_id or 0
        taken: list[tuple[str, VitalSigns | TemperatureLog]] = [
            *((f"vitals:{each.uuid}", each) for each in sets.get(number, ())),
            *((f"temperature:{each.uuid}", each) for each in temperatures.get(number, ())),
        ]
        places = {
            key: str(each.get_temperature_site_display()) for key, each in taken if each.temperature_site
        }
        return Line(
            alert=alert,
            name=names.get(number, ""),
            zone=zone_of(alert),
            evidence=gist(alert, Known(places, antipyretics.get(number)), now) or words(alert).summary,
            last_at=max((each.measured_at for _key, each in taken), default=None),
            said_by=said.get(alert.pk),
            may=_first_things_first(alert, offered(actor, alert)),
            signs=[line(sign) for sign in signs],
        )

    return [line(alert, under.get(alert.pk, ())) for alert in heads]


def _first_things_first(alert: Alert, may: list[str]) -> list[str]:
    """The answers, that which the alert waits for first: what is over waits to be assessed."""
    is_over = alert.condition == Condition.CLEARED
    return sorted(may, key=lambda kind: is_over and kind != "assess")


def _said(rows: Iterable[Alert]) -> dict[int, AlertLog]:
    """Who acknowledged or snoozed each alert last, and with what words."""
    answered = [row.pk for row in rows if row.response != Response.OPEN or row.snoozed_until is not None]
    kinds = (LogKind.ACKNOWLEDGED, LogKind.SNOOZED, LogKind.ASSESSED)
    log = AlertLog.objects.filter(alert__in=answered, kind__in=kinds).order_by("alert", "-pk")
    newest = log.distinct("alert").select_related("actor").defer("snapshot", "detail")
    return {line.alert_id: line for line in newest} if answered else {}


def _antipyretics(patients: Iterable[int], now: datetime) -> dict[int, datetime]:
    given = Intervention.objects.current().filter(
        patient_id__in=patients,
        kind=InterventionKind.ANTIPYRETIC,
        measured_at__range=(now - ANTIPYRETIC_SHOWN, now),
    )
    given = given.exclude(mark=InterventionMark.STOP).order_by("measured_at")
    return dict(given.values_list("patient_id", "measured_at"))


def _sites(actor: Actor) -> list[str]:
    within = actor.within(Act.READ_BOARD, site="pk", study="study_sites__study_id")
    return list(Site.objects.filter(within).distinct().order_by("code").values_list("code", flat=True))


def _last(actor: Actor, visible: AlertQuerySet, now: datetime) -> Line | None:
    """What rang last, for a list that is empty."""
    newest = list(for_rows(visible).order_by("-detected_at")[:1])
    return next(iter(lines_of(actor, newest, {}, now)), None)
