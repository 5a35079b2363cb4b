"""The checklist before a start: each line filled from the record, with what is missing and where to enter it.

Asks nobody and stores nothing; what does not open is judged by the tracker's gates alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from monitoring.core.schedule import Course, Due, plan
from monitoring.views.latest import SHORT, digits, value_text
from monitoring.views.limits import rules_of_study
from tracker import services
from tracker.gates import CHECK_AGE_MAX, IDENTITY_CHECKS, Facts, Finding, Gate, Limits, Mode, examine
from tracker.models import CheckKind, Infusion, StartCheck, VitalSigns

#: An infusion of which no end is planned is shown as one of this length.
TYPICAL = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist: `state` is ok, ask (a reason), two (two people), stop or off."""

    key: str
    title: str
    state: str
    said: str
    findings: tuple[Finding, ...] = ()
    href: str = ""
    way: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Observations that are due at equal intervals."""

    what: str
    every: timedelta | None
    first: datetime
    last: datetime
    count: int
    is_one_day: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be due when, if the infusion were started now."""

    stretches: tuple[Stretch, ...]
    stops_at: datetime
    is_planned: bool
    close_watch_until: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Checklist:
    """All lines, what closes the start, and who has looked."""

    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    looks: tuple[StartCheck, ...]
    drugs: StartCheck | None
    running: Infusion | None

    @property
    def is_blocked(self) -> bool:
        """True when nobody may start it."""
        return self.running is not None or any(finding.absolute for finding in self.findings)

    @property
    def needs_second_person(self) -> bool:
        """True when somebody else must stand beside who goes on."""
        return any(finding.needs_second_person for finding in self.findings)

    @property
    def open_titles(self) -> list[str]:
        """What is not settled, by its title."""
        return [line.title for line in self.lines if line.state in ("ask", "two", "stop")]


def checklist(
    infusion: Infusion,
    now: datetime,
    sets: Sequence[VitalSigns],
    *,
    bag_label: str | None = None,
    actual_cells_e9: Decimal | None = None,
) -> Checklist:
    """The checklist of a planned infusion for a start at that moment; `sets` are the patient's newest, newest
    first.
    """
    rows = StartCheck.objects.select_related("checked_by").order_by("pk")
    prefetch_related_objects([infusion], Prefetch("start_checks", queryset=rows))
    others = services.others_started(infusion, now)
    facts = services.facts_of(infusion, now, bag_label, actual_cells_e9, others)
    limits = services.limits_of(infusion.study)
    findings = examine(facts, limits)
    kept = list(infusion.start_checks.all())
    agreeing = {look.at for look in facts.looks_that_agree()}
    looks = tuple(row for row in kept if row.kind == CheckKind.IDENTITY and row.recorded_at in agreeing)
    drugs = [row for row in kept if row.kind == CheckKind.DRUGS and now - row.recorded_at <= CHECK_AGE_MAX]
    running = next((other for other in others if other.stopped_at is None), None)
    lines = _Lines(infusion, now, facts, limits, findings)
    return Checklist(tuple(lines.all(looks, sets)), findings, looks, drugs[-1] if drugs else None, running)


@dataclass(frozen=True, slots=True)
class _Lines:
    infusion: Infusion
    now: datetime
    facts: Facts
    limits: Limits
    findings: tuple[Finding, ...]

    def all(self, looks: Sequence[StartCheck], sets: Sequence[VitalSigns]) -> Iterator[Line]:
        """Every line, in the order in which a nurse works."""
        subject = reverse("tracker:subject", args=[self.infusion.subject.uuid])
        plan_page = reverse("tracker:edit", args=["infusions", self.infusion.uuid])
        product = (
            reverse("tracker:edit", args=["products", self.infusion.bag.product.uuid])
            if self.infusion.bag
            else plan_page
        )
        yield self._line(
            "identity", _("Identity, twice"), self._looked(looks), "#identity", "", Gate.IDENTITY_CHECK
        )
        yield self._line(
            "bag", _("Bag"), self._bag(), plan_page, _("assign"), Gate.IDENTITY, Gate.CELL_UNITS, Gate.ROUTE
        )
        yield self._line("cells", _("Cells"), self._cells(), plan_page, _("plan"), Gate.DOSE)
        yield self._line(
            "making",
            _("Arming, activation"),
            self._making(),
            product,
            _("product"),
            Gate.ARMING,
            Gate.ACTIVATION,
        )
        yield self._line("consent", _("Consent"), self._consent(), subject, _("enter"), Gate.CONSENT)
        yield self._line("cd20", "CD20", self._cd20(), subject, _("enter"), Gate.CD20)
        yield self._line(
            "leukapheresis",
            _("Leukapheresis"),
            self._leukapheresis(),
            subject,
            _("enter"),
            Gate.LEUKAPHERESIS,
        )
        yield self._line(
            "course", _("Number, gap"), self._course(), plan_page, _("plan"), Gate.NUMBER, Gate.GAP
        )
        vitals = reverse("monitoring:vitals", args=[self.infusion.uuid])
        yield self._line(
            "baseline", _("Baseline"), self._baseline(sets), vitals, _("take a set now"), Gate.BASELINE
        )
        yield self._line("drugs", _("Emergency drugs"), self._drugs(), "#drugs", "", Gate.DRUGS)

    def _line(self, key: str, title: str, said: str, href: str, way: str, *gates: Gate) -> Line:
        found = tuple(finding for finding in self.findings if finding.gate in gates)
        if any(finding.absolute for finding in found):
            state = "stop"
        elif any(finding.needs_second_person for finding in found):
            state = "two"
        elif found:
            state = "ask"
        else:
            state = "off" if all(self.limits.mode(gate) is Mode.OFF for gate in gates) else "ok"
        return Line(key, title, state, said, found, href, way)

    def _at(self, moment: datetime, pattern: str = "%H:%M") -> str:
        return moment.astimezone(ZoneInfo(self.infusion.site.time_zone)).strftime(pattern)

    def _looked(self, looks: Sequence[StartCheck]) -> str:
        return ", ".join(
            f"{look.checked_by or '–'} {self._at(look.recorded_at)}" for look in looks[:IDENTITY_CHECKS]
        )

    def _bag(self) -> str:
        bag = self.infusion.bag
        if bag is None:
            return ""
        parts = [bag.label, _("lot %s") % bag.lot]
        if bag.expires_at:
            parts.append(_("expires %s") % self._at(bag.expires_at, "%Y-%m-%d %H:%M"))
        if bag.volume_ml is not None:
            parts.append(f"{digits(bag.volume_ml)} mL")
        return " · ".join(parts)

    def _cells(self) -> str:
        low, high = digits(self.limits.dose_low_e9), digits(self.limits.dose_high_e9)
        stated = [
            (_("planned"), self.infusion.planned_cells_e9),
            (_("in the bag"), self.infusion.bag.cells_e9 if self.infusion.bag else None),
        ]
        said = [f"{word} {digits(cells)}" for word, cells in stated if cells is not None]
        study = _("study %(low)s–%(high)s") % {"low": low, "high": high}
        return f"{' · '.join(said) or '–'} ×10⁹ ({study})"

    def _making(self) -> str:
        bag = self.facts.bag
        if bag is None:
            return ""
        ratio = "?" if bag.arming_ng_per_e6 is None else digits(round(Decimal(bag.arming_ng_per_e6), 1))
        days = (
            "?" if bag.activation is None else digits(round(Decimal(bag.activation / timedelta(days=1)), 1))
        )
        aim, tolerance = digits(self.limits.arming_ng_per_e6), digits(self.limits.arming_tolerance_percent)
        low, high = self.limits.activation_days_low, self.limits.activation_days_high
        return f"{ratio} ng/10⁶ ({aim} ± {tolerance} %) · {days} d ({low}–{high})"

    def _consent(self) -> str:
        signed = self.facts.consent_signed_at
        return _("signed %s") % _day(signed) if signed else ""

    def _cd20(self) -> str:
        if self.facts.cd20_positive is None:
            return ""
        word = _("positive") if self.facts.cd20_positive else _("not positive")
        return f"{word}, {_day(self.facts.cd20_specimen_on)}"

    def _leukapheresis(self) -> str:
        if self.facts.leukapheresis_passed is None:
            return ""
        word = _("eligible") if self.facts.leukapheresis_passed else _("not eligible")
        return f"{word}, {_day(self.facts.leukapheresis_assessed_on)}"

    def _course(self) -> str:
        said = _("number %(number)s of %(most)s") % {
            "number": self.infusion.number,
            "most": self.limits.infusions_max,
        }
        before = self.facts.previous_stopped_at
        if before is None:
            return said
        hours = int((self.now - before) / timedelta(hours=1))
        gap = _("%(hours)s h after the one before (at least %(least)s)") % {
            "hours": hours,
            "least": int(self.limits.gap_min / timedelta(hours=1)),
        }
        return f"{said} · {gap}"

    def _baseline(self, sets: Sequence[VitalSigns]) -> str:
        newest = self.facts.newest_reading_at
        row = next((one for one in sets if one.measured_at == newest), None)
        if newest is None or row is None:
            return ""
        values = " · ".join(
            f"{title} {text}" for key, title in SHORT.items() if (text := value_text(row, key))
        )
        minutes = int((self.now - newest) / timedelta(minutes=1))
        return _("%(time)s, %(minutes)s min ago: %(values)s") % {
            "time": self._at(newest),
            "minutes": minutes,
            "values": values,
        }

    def _drugs(self) -> str:
        seen = self.facts.drugs
        if seen is None:
            return ""
        return _("looked at %s") % self._at(seen.at)


def _day(on: Any) -> str:
    return date_format(on, "j-M-Y") if on else "–"


def preview(infusion: Infusion, now: datetime) -> Preview | None:
    """The observations that a start now would bring, in words' units; None where no rules are in force."""
    rules = rules_of_study(infusion.study_id)
    if rules is None:
        return None
    start = now.replace(second=0, microsecond=0)
    begins, ends = infusion.planned_start_at, infusion.planned_end_at
    length = ends - begins if begins and ends and ends > begins else None
    stop = start + (length or TYPICAL)
    end = stop + timedelta(hours=infusion.watch_hours)
    close = stop + services.limits_of(infusion.study).close_watch
    # Who goes home goes after the close watch: from there on the patient is asked at home.
    course = Course(started_at=start, stopped_at=stop, home_at=close, ends_at=end, known_at=start)
    dues = plan(rules.schedule, course, recorded_at=start, through=end)
    return Preview(
        tuple(_stretches(dues, ZoneInfo(infusion.site.time_zone))), stop, length is not None, close, end
    )


def _stretches(dues: Iterable[Due], zone: ZoneInfo) -> Iterator[Stretch]:
    group: list[Due] = []
    for due in sorted(dues, key=lambda due: due.due_at):
        if (
            len(group) > 1
            and (
                due.what != group[0].what
                or due.due_at - group[-1].due_at != group[1].due_at - group[0].due_at
            )
        ) or (group and due.what != group[0].what):
            yield _stretch(group, zone)
            group = []
        group.append(due)
    if group:
        yield _stretch(group, zone)


def _stretch(group: Sequence[Due], zone: ZoneInfo) -> Stretch:
    every = group[1].due_at - group[0].due_at if len(group) > 1 else None
    first, last = group[0].due_at, group[-1].due_at
    is_one_day = first.astimezone(zone).date() == last.astimezone(zone).date()
    return Stretch(group[0].what, every, first, last, len(group), is_one_day)
