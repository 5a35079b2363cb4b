"""The page of the bedside form: its fields, what was last beside each, the figures it judges by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.identifiers import uuid7
from accounts.permissions import Act, Actor
from monitoring.entry_limits import limits_in_force
from monitoring.entry_token import opened, sealed
from monitoring.models import Watch
from monitoring.views.latest import SHORT, newest_sets, value_text
from tracker.forms.given import GivenForm
from tracker.forms.vitals import VitalsForm, sticky
from tracker.models import (
    Baseline,
    Infusion,
    Phase,
    SymptomKind,
    SymptomMark,
    SymptomReport,
    VitalSigns,
)
from tracker.plausibility import RANGES
from tracker.views.banner import banner_of, infusion_time

SETS_SHOWN = 4
CHIPS = (5, 10, 15, 30)
#: The signs of the small table beside the form, by the form's names.
FIELDS = {"temperature": "temperature_c", "systolic_mmhg": "pressure"}
#: The number boxes, with the range that each is held against.
RANGED = {
    "temperature": "temperature_c",
    "systolic_mmhg": "systolic_mmhg",
    "diastolic_mmhg": "diastolic_mmhg",
    "heart_rate_bpm": "heart_rate_bpm",
    "respiratory_rate_per_min": "respiratory_rate_per_min",
    "spo2_percent": "spo2_percent",
}
_KEPT = ("temperature_site", "oxygen_device", "oxygen_flow_l_min")


@dataclass(frozen=True, slots=True)
class Column:
    """One earlier set above its column."""

    at: datetime
    elapsed: str


def unit_of(actor: Actor) -> str:
    """The unit in which a form asks this person for a temperature."""
    return actor.user.temperature_unit if actor.user is not None else "C"


@dataclass(frozen=True, slots=True)
class Line:
    """One sign over the earlier sets, newest last."""

    title: str
    baseline: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One opening of the form: whose it is, when, and what stood before it."""

    request: HttpRequest
    actor: Actor
    infusion: Infusion
    now: datetime
    sets: list[VitalSigns]

    @classmethod
    def of(cls, request: HttpRequest, actor: Actor, infusion: Infusion, now: datetime) -> Entry:
        """The entry with the newest sets of the patient."""
        sets = newest_sets([infusion.patient_id], SETS_SHOWN).get(infusion.patient_id, [])
        return cls(request, actor, infusion, now, sets)

    @property
    def zone(self) -> ZoneInfo:
        """The ward's own time."""
        return ZoneInfo(self.infusion.site.time_zone)

    def form(self, data: Any = None) -> VitalsForm:
        """The form as it is opened, or with what was typed."""
        return VitalsForm(data, zone=self.zone, now=self.now, initial=self._initial())

    def given(self, data: Any = None) -> GivenForm:
        """The lines of what was given."""
        may_pause = self.infusion.phase == Phase.INFUSING and self.actor.may(
            Act.RECORD_EVENTS, self.infusion.site_id, self.infusion.study_id
        )
        return GivenForm(data, zone=self.zone, may_pause=may_pause)

    def _initial(self) -> dict[str, Any]:
        last = self.sets[0] if self.sets else None
        kept = {} if last is None else sticky({name: getattr(last, name) for name in _KEPT})
        if kept.get("oxygen_flow_l_min") is not None:
            kept["oxygen_flow_l_min"] = f"{kept['oxygen_flow_l_min'].normalize():f}"
        return {
            "form_token": uuid7(),
            "opened_for": sealed(opened(self.infusion, self.actor.user)),
            "measured_at": self.now,
            "temperature_unit": unit_of(self.actor),
            **kept,
        }


def show(entry: Entry, form: VitalsForm, given: GivenForm | None = None, **more: Any) -> HttpResponse:
    """The page of the form; 422 where something is asked or refused."""
    infusion, sets, now = entry.infusion, entry.sets, entry.now
    baseline = Baseline.objects.filter(infusion=infusion).order_by("-pk").first()
    _hint(form, sets, baseline, entry.zone)
    context = {
        "banner": banner_of(entry.actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "form": form,
        "given": given or entry.given(),
        "rigor": running_rigor(infusion),
        "now": now,
        "chip_minutes": CHIPS,
        "baseline": baseline,
        "sets": [Column(row.measured_at, infusion_time(infusion, row.measured_at)) for row in reversed(sets)],
        "lines": _lines(sets, baseline),
        "figures": json.dumps(_figures(infusion, baseline, now)),
        **more,
    }
    refused = form.is_bound and form.errors
    return render(entry.request, "monitoring/vitals.html", context, status=422 if refused else 200)


def running_rigor(infusion: Infusion) -> SymptomReport | None:
    """The rigor that is being timed now."""
    started = SymptomReport.objects.current().filter(
        patient_id=infusion.patient_id, kind=SymptomKind.RIGORS, mark=SymptomMark.START
    )
    if infusion.started_at is not None:
        started = started.filter(measured_at__gte=infusion.started_at)
    ended = SymptomReport.objects.current().filter(patient_id=infusion.patient_id, starts__isnull=False)
    return started.exclude(pk__in=ended.values("starts_id")).order_by("-measured_at").first()


def _figures(infusion: Infusion, baseline: Baseline | None, now: datetime) -> dict[str, Any]:
    """What the page needs to answer on blur, and alone when there is no network."""
    watch = Watch.objects.filter(pk=infusion.pk).first()
    facts = {"spo2_target_88_92": infusion.subject.spo2_target == "88-92"}
    values = baseline.values if baseline is not None else {}
    return {
        "ranges": {name: _range(key) for name, key in RANGED.items()},
        "limits": limits_in_force(watch, infusion.study_id, now, facts),
        "baseline": {name: str(values[key]) for name, key in RANGED.items() if values.get(key) is not None},
    }


def _range(key: str) -> dict[str, Any]:
    limits = RANGES[key]
    low, high = limits.usual
    texts: dict[str, Any] = {
        "unit": limits.unit,
        "hard": [str(limits.hard_low), str(limits.hard_high)],
        "usual": [str(low), str(high)],
        "possible": [str(limits.possible_low), _text(limits.possible_high)],
    }
    return texts


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _hint(form: VitalsForm, sets: list[VitalSigns], baseline: Baseline | None, zone: ZoneInfo) -> None:
    """Puts the last value and the baseline under each field, where they are also read aloud with it."""
    for name in RANGED:
        if name == "diastolic_mmhg":
            continue
        key = FIELDS.get(name, name)
        words = []
        last = next((row for row in sets if value_text(row, key)), None)
        if last is not None:
            time = last.measured_at.astimezone(zone).strftime("%H:%M")
            words.append(_("last %(value)s · %(time)s") % {"value": value_text(last, key), "time": time})
        if normal := _baseline_text(baseline, key):
            words.append(_("base %s") % normal)
        form.fields[name].help_text = " · ".join(words)


def _baseline_text(baseline: Baseline | None, key: str) -> str:
    if baseline is None:
        return ""
    values = baseline.values
    if key == "pressure":
        parts = [values.get("systolic_mmhg"), values.get("diastolic_mmhg")]
        return "/".join(part or "?" for part in parts) if any(parts) else ""
    return str(values.get(key, ""))


def _lines(sets: list[VitalSigns], baseline: Baseline | None) -> list[Line]:
    return [
        Line(str(title), _baseline_text(baseline, key), [value_text(row, key) for row in reversed(sets)])
        for key, title in SHORT.items()
    ]
