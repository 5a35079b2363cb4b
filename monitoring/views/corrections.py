"""From a cell of the grid: how a row came to be what it is, and its correction by amending or voiding it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring.bedside import amend_and_watch, void_and_watch
from monitoring.models import Alert
from monitoring.views.latest import TITLES, digits, oxygen_text, value_text
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.correction import CorrectionForm, VoidForm
from tracker.forms.entry import COLUMNS, EntryForm
from tracker.models import (
    OBSERVED,
    InfusionEvent,
    LabResult,
    Observed,
    Patient,
    ResponseAssessment,
    TemperatureLog,
    VitalSigns,
)
from tracker.views.banner import banner_of, infusion_time
from tracker.views.door import at_bedside, page, require


@dataclass(frozen=True, slots=True)
class Version:
    """One row of a chain, as people read it."""

    row: Observed
    author: str
    parts: list[tuple[str, str]]


@page(Act.READ)
def correct(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The history of any observed row, with the forms that correct or void what stands."""
    row = _find(actor, uuid)
    now, zone = clock.now(), ZoneInfo(row.patient.site.time_zone)
    infusion = row.infusion
    chain = chain_of(row)
    current = chain[-1].row
    study_id = infusion.study_id if infusion else None
    place = (ACTS.get(type(row), Act.RECORD_READINGS), row.patient.site_id, study_id)
    outcome = None
    correction = CorrectionForm if isinstance(row, VitalSigns | TemperatureLog) else EntryForm
    form = correction(row=current, zone=zone)
    voiding = VoidForm()
    if request.method == "POST":
        require(actor, *place)
        here = at_bedside(actor, row.patient.site_id)
        asked: Any
        if "void" in request.POST:
            asked = voiding = VoidForm(request.POST)
        else:
            asked = form = correction(request.POST, row=current, zone=zone)
        try:
            if request.POST.get("standing") != str(current.uuid):
                asked.add_error(
                    None, _("Somebody corrected this meanwhile. Look at the newest values first.")
                )
            elif asked.is_valid() and asked is voiding:
                _recorded, outcome = void_and_watch(here, current, reason=asked.reason(), now=now)
            elif asked.is_valid():
                _recorded, outcome = amend_and_watch(
                    here, current, asked.changes(), reason=asked.reason(), now=now
                )
        except Refused as refusal:
            asked.refuse(refusal.errors)
        except Conflict as refusal:
            asked.add_error(None, refusal.detail)
        except Unprocessable as refusal:
            asked.add_error(None, refusal.detail)
        if outcome is not None:
            chain = chain_of(current)
            current = chain[-1].row
            form, voiding = correction(row=current, zone=zone), VoidForm()
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=infusion),
        "infusion": infusion,
        "zone": zone,
        "chain": chain,
        "current": current,
        "title": title_of(current),
        "elapsed": infusion_time(infusion, current.measured_at),
        "form": form,
        "voiding": voiding,
        "may_correct": actor.may(*place) and not current.void,
        "outcome": outcome,
        "state": str(outcome.state) if outcome else "",
        "alerts": resting_alerts(actor, row.patient, chain),
    }
    failed = request.method == "POST" and outcome is None
    return render(request, "monitoring/correct.html", context, status=422 if failed else 200)


#: Who may correct what, where it is not a reading.
ACTS: dict[type[Observed], Act] = {
    InfusionEvent: Act.RECORD_EVENTS,
    LabResult: Act.WRITE_LABS,
    ResponseAssessment: Act.WRITE_LABS,
}


def title_of(row: Any) -> str:
    """What kind of row it is."""
    if isinstance(row, VitalSigns | TemperatureLog):
        return _("Reading")
    kind = str(row.get_kind_display()) if hasattr(row, "get_kind_display") else ""
    return kind or str(getattr(row, "analyte", "")) or str(row._meta.verbose_name)


def _find(actor: Actor, uuid: UUID) -> Any:
    for model in OBSERVED:
        rows: Any = model.objects.visible_to(actor).filter(uuid=uuid)
        row = rows.select_related(
            "patient__site", "infusion__study", "infusion__subject", "author", "client"
        ).first()
        if row is not None:
            return row
    raise Http404


def chain_of(row: Any) -> list[Version]:
    """Every row of the chain, oldest first."""
    first = row.first_id
    rows = (
        type(row)
        .objects.filter(Q(pk=first) | Q(root_id=first))
        .select_related("author", "client", "patient__site", "infusion")
    )
    return [
        Version(one, str(one.author) if one.author else one.client.name, _parts(one))
        for one in rows.order_by("pk")
    ]


def _parts(row: Any) -> list[tuple[str, str]]:
    """What a row says, part by part; blank parts are left out, zeros and refusals are not."""
    if not isinstance(row, VitalSigns | TemperatureLog):
        return list(_columns(row))
    parts = [
        (str(title), f"{text} {unit}".strip())
        for key, (title, unit) in TITLES.items()
        if (text := value_text(row, key))
    ]
    if isinstance(row, VitalSigns) and (oxygen := oxygen_text(row)):
        parts.append((_("Oxygen"), oxygen))
    if row.temperature_typed and row.temperature_c is not None:
        parts.append((_("typed"), f"{row.temperature_typed} {row.get_temperature_unit_display()}".strip()))
    if isinstance(row, VitalSigns) and row.concern:
        parts.append((_("Concern"), row.concern))
    if row.note:
        parts.append((_("Note"), row.note))
    parts += [(_("blank: %s") % name, reason) for name, reason in row.absent.items()]
    return parts


def _columns(row: Any) -> Iterable[tuple[str, str]]:
    names = [name for name in ("kind", "mark", "analyte") if hasattr(row, name)]
    for name in (*names, *COLUMNS[type(row)]):
        worded = getattr(row, f"get_{name}_display", None)
        value = worded() if worded else getattr(row, name)
        if value not in (None, ""):
            words = digits(value) if isinstance(value, Decimal) else str(value)
            yield str(capfirst(row._meta.get_field(name).verbose_name)), words


def resting_alerts(actor: Actor, patient: Patient, chain: list[Version]) -> list[Alert]:
    """The alerts whose evidence names this chain: what a correction may retract."""
    uuids = {str(version.row.uuid) for version in chain}
    rows = Alert.objects.visible_to(actor).filter(patient=patient)
    found = rows.select_related("rule_set", "acknowledged_by").order_by("-raised_at")
    return [alert for alert in found if uuids & {key.partition(":")[2] for key in _keys(alert.evidence)}]


def _keys(evidence: Any) -> list[str]:
    if isinstance(evidence, dict):
        own = [evidence["key"]] if isinstance(evidence.get("key"), str) else []
        return own + [key for part in evidence.values() for key in _keys(part)]
    if isinstance(evidence, list):
        return [key for part in evidence for key in _keys(part)]
    return []
