"""One set of vital signs at the bedside: the form, its questions, and the panel that says what came of it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.identifiers import uuid7
from accounts.permissions import Act, Actor
from config import clock
from monitoring.bedside import record_and_watch
from monitoring.core.schedule import TIGHTENED
from monitoring.models import Delivery, Watch
from monitoring.views.latest import SHORT, TITLES, newest_sets, state_of, value_text
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.vitals import VitalsForm, sticky
from tracker.models import Baseline, Infusion, VitalSigns
from tracker.views.banner import banner_of, infusion_time
from tracker.views.door import at_bedside, find, page, require

SETS_SHOWN = 4
CHIPS = (5, 10, 15, 30)
#: The signs of the small table beside the form, by the form's names.
FIELDS = {"temperature": "temperature_c", "systolic_mmhg": "pressure"}


@dataclass(frozen=True, slots=True)
class Column:
    """One earlier set above its column."""

    at: datetime
    elapsed: str


@dataclass(frozen=True, slots=True)
class Line:
    """One sign over the earlier sets, newest last."""

    title: str
    baseline: str
    cells: list[str]


@page(Act.RECORD_READINGS)
def record(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The form; on POST the saved set and its flags, or the form again with what was typed."""
    infusions = Infusion.objects.select_related("patient__site", "site", "study", "subject")
    infusion = find(infusions, actor, uuid)
    require(actor, Act.RECORD_READINGS, infusion.site_id, infusion.study_id)
    now, zone = clock.now(), ZoneInfo(infusion.site.time_zone)
    sets = newest_sets([infusion.patient_id], SETS_SHOWN).get(infusion.patient_id, [])
    if request.method != "POST":
        form = VitalsForm(zone=zone, now=now, initial=_initial(sets, now))
        return _show(request, actor, infusion, form, sets, now)
    form = VitalsForm(request.POST, zone=zone, now=now)
    if suggestion := request.POST.get("use"):
        return _show(
            request, actor, infusion, VitalsForm(form.taking(suggestion), zone=zone, now=now), sets, now
        )
    if form.is_valid():
        if request.POST.get("patient") != str(infusion.patient.uuid):
            form.add_error(None, _("This form belongs to another patient. Nothing was saved."))
            return _show(request, actor, infusion, form, sets, now)
        try:
            recorded, outcome = record_and_watch(
                at_bedside(actor, infusion.site_id), infusion, form.values(), now
            )
        except Refused as refusal:
            form.refuse(refusal.errors)
        except Conflict as conflict:
            return _conflict(request, actor, infusion, form, sets, now, conflict)
        except Unprocessable as refusal:
            form.add_error(None, refusal.detail)
        else:
            return _saved(request, actor, infusion, recorded, outcome, now)
    return _show(request, actor, infusion, form, sets, now)


def _initial(sets: list[VitalSigns], now: datetime) -> dict[str, Any]:
    last = sets[0] if sets else None
    kept = {} if last is None else sticky({name: getattr(last, name) for name in _KEPT})
    return {"form_token": uuid7(), "measured_at": now, "temperature_unit": "C", **kept}


_KEPT = ("temperature_unit", "temperature_site", "oxygen_device")


def _conflict(
    request: HttpRequest,
    actor: Actor,
    infusion: Infusion,
    form: VitalsForm,
    sets: list[VitalSigns],
    now: datetime,
    conflict: Conflict,
) -> HttpResponse:
    """The same form was already saved with other content: say so, and let this be a set of its own."""
    data: Any = copy(form.data)
    data["form_token"] = str(uuid7())
    again = VitalsForm(data, zone=ZoneInfo(infusion.site.time_zone), now=now)
    again.add_error(
        None, _("This form was saved before with other values. Save again to store these as a further set.")
    )
    return _show(request, actor, infusion, again, sets, now)


def _show(
    request: HttpRequest,
    actor: Actor,
    infusion: Infusion,
    form: VitalsForm,
    sets: list[VitalSigns],
    now: datetime,
) -> HttpResponse:
    baseline = Baseline.objects.filter(infusion=infusion).order_by("-pk").first()
    zone = ZoneInfo(infusion.site.time_zone)
    _hint(form, sets, baseline, zone)
    context = {
        "banner": banner_of(actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "form": form,
        "chip_minutes": CHIPS,
        "baseline": baseline,
        "sets": [Column(row.measured_at, infusion_time(infusion, row.measured_at)) for row in reversed(sets)],
        "lines": _lines(sets, baseline),
    }
    return render(
        request, "monitoring/vitals.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _hint(form: VitalsForm, sets: list[VitalSigns], baseline: Baseline | None, zone: ZoneInfo) -> None:
    """Puts the last value and the baseline under each field, where they are also read aloud with it."""
    for name in (
        "temperature",
        "systolic_mmhg",
        "heart_rate_bpm",
        "respiratory_rate_per_min",
        "spo2_percent",
    ):
        key = FIELDS.get(name, name)
        words = []
        last = next((row for row in sets if value_text(row, key)), None)
        if last is not None:
            time = last.measured_at.astimezone(zone).strftime("%H:%M")
            words.append(_("last %(value)s %(time)s") % {"value": value_text(last, key), "time": time})
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


def _saved(
    request: HttpRequest, actor: Actor, infusion: Infusion, recorded: Any, outcome: Any, now: datetime
) -> HttpResponse:
    """What was saved, whether it was looked at, what it means, who is being told, and what is due next."""
    alerts = list(outcome.alerts)
    told = Delivery.objects.filter(alert__in=[alert.pk for alert in alerts]).select_related("recipient")
    names = sorted({str(delivery.recipient) for delivery in told if delivery.recipient})
    row = recorded.row
    watch = Watch.objects.filter(pk=infusion.pk).first()
    context = {
        "banner": banner_of(actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "recorded": recorded,
        "row": row,
        "elapsed": infusion_time(infusion, row.measured_at),
        "outcome": outcome,
        "state": str(outcome.state),
        "signs": _sign_lines(row, outcome.signs),
        "alerts": alerts,
        "told": names,
        "next_due_at": outcome.next_due_at or (watch.next_set_due_at if watch else None),
        "is_tightened": TIGHTENED in (outcome.next_due_reason, watch.next_set_reason if watch else ""),
        "now": now,
    }
    return render(request, "monitoring/saved.html", context)


@dataclass(frozen=True, slots=True)
class SignLine:
    """One sign of the set just saved, with how it stands."""

    title: str
    text: str
    unit: str
    state: str


def _sign_lines(row: VitalSigns, signs: Any) -> list[SignLine]:
    return [
        SignLine(str(title), value_text(row, key) or "–", unit, state_of(key, signs))
        for key, (title, unit) in TITLES.items()
    ]
