"""Before the start: the checklist that fills itself, what is looked at by the bed, and the start itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.identifiers import uuid7
from accounts.permissions import Act, Actor
from config import clock
from monitoring import trials
from monitoring.forms.preflight import DrugsForm, IdentityForm
from monitoring.views.checklist import Checklist, checklist, preview
from monitoring.views.latest import newest_sets
from monitoring.views.second_person import second_person
from monitoring.views.turns import done, through_gates
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.turns import StartForm
from tracker.gates import IDENTITY_CHECKS, Gate, Mode
from tracker.models import CheckKind, Infusion, Phase
from tracker.views.banner import banner_of
from tracker.views.door import at_bedside, find, page, posted, require


def _infusion(actor: Actor, uuid: UUID) -> Infusion:
    rows = Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag__product")
    row = find(rows, actor, uuid)
    require(actor, Act.RECORD_EVENTS, row.site_id, row.study_id)
    return row


@page(Act.RECORD_EVENTS)
def start(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The checklist with the start below it; on POST the start, or why it did not happen."""
    row = _infusion(actor, uuid)
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    form = StartForm(posted(request), zone=zone, initial={"at": now, "form_token": uuid7()})
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("rate_ml_per_h", "actual_cells_e9")}
        said["bag_label"] = form.cleaned_data["bag_label"] or None
        happened, _gates = through_gates(request, actor, row, form, services.start_infusion, now, **said)
        if happened is not None:
            return done(request, row, happened)
    elif request.method != "POST" and row.phase != Phase.PLANNED:
        return redirect("monitoring:infusion", uuid=row.uuid)
    return _show(request, actor, row, form=form)


@page(Act.RECORD_EVENTS)
def look(request: HttpRequest, actor: Actor, uuid: UUID, kind: str) -> HttpResponse:
    """Keeps one look by the bed, and says at once whether it agreed."""
    if request.method != "POST" or kind not in CheckKind.values:
        raise Http404
    row = _infusion(actor, uuid)
    form: Form = IdentityForm(request.POST) if kind == CheckKind.IDENTITY else DrugsForm(request.POST)
    if form.is_valid():
        try:
            checked = _kept(request, actor, row, form)
        except Refused as refusal:
            for error in refusal.errors:
                name = {"second_person": "second_username"}.get(error.field, error.field)
                form.add_error(name if name in form.fields else None, error.detail)
        except (Conflict, Unprocessable) as refusal:
            form.add_error(None, refusal.detail)
        else:
            if checked is not None:
                _tell(request, checked)
                # Not to its place on the page: a browser that is sent there leaves the next field alone.
                return redirect("monitoring:start", uuid=row.uuid)
    if kind == CheckKind.IDENTITY:
        return _show(request, actor, row, identity=form)
    return _show(request, actor, row, drugs=form)


def _kept(request: HttpRequest, actor: Actor, row: Infusion, form: Form) -> services.Checked | None:
    """The look as it was kept; None where the colleague could not be signed in, which the form says."""
    here, now = at_bedside(actor, row.site_id), clock.now()
    if isinstance(form, DrugsForm):
        return services.check_drugs(here, row, form.named(), now=now)
    colleague = second_person(request, form)
    if form.errors:
        return None
    read = {name: form.cleaned_data[name] for name in ("patient_identifier", "bag_label")}
    return services.check_identity(here, row, now=now, checked_by=colleague, **read)


def _tell(request: HttpRequest, checked: services.Checked) -> None:
    for detail in checked.details:
        messages.error(request, detail)
    if checked.row.kind == CheckKind.DRUGS:
        return
    if checked.row.agreed:
        said = _("Bracelet and bag agree: looked at by %s.") % checked.row.checked_by
        messages.success(request, said)


def _show(
    request: HttpRequest,
    actor: Actor,
    row: Infusion,
    *,
    form: StartForm | None = None,
    identity: Form | None = None,
    drugs: Form | None = None,
) -> HttpResponse:
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    sets = newest_sets([row.patient_id]).get(row.patient_id, [])
    asked = getattr(form, "cleaned_data", {})
    found = checklist(
        row,
        asked.get("at") or now,
        sets,
        bag_label=asked.get("bag_label") or None,
        actual_cells_e9=asked.get("actual_cells_e9"),
    )
    wrong = next((one for one in (form, identity, drugs) if one is not None and one.errors), None)
    if form is None:
        form = StartForm(zone=zone, initial={"at": now, "form_token": uuid7()})
    limits = services.limits_of(row.study)
    form.ask_only(
        passage=bool(found.findings),
        second=found.needs_second_person,
        bag_label=limits.mode(Gate.IDENTITY_CHECK) is Mode.OFF,
    )
    asks_colleague = _asks_colleague(actor, row, found)
    if identity is None:
        identity = IdentityForm()
    if isinstance(identity, IdentityForm) and not asks_colleague:
        identity.ask_one_person()
    context: dict[str, Any] = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "now": now,
        "zone": zone,
        "form": form,
        "wrong": wrong,
        "checklist": found,
        "identity": identity,
        "looks_left": max(0, IDENTITY_CHECKS - len(found.looks)),
        "asks_colleague": asks_colleague,
        "drugs": drugs or DrugsForm(initial={"at_hand": found.drugs.found if found.drugs else []}),
        "chain": trials.chain_of(row, now),
        "preview": preview(row, now),
        "title": _("Start the infusion"),
    }
    return render(request, "monitoring/start.html", context, status=422 if wrong is not None else 200)


def _asks_colleague(actor: Actor, row: Infusion, found: Checklist) -> bool:
    """True when the signed-in person has looked and somebody else must be the next."""
    own = any(actor.user is not None and look.checked_by_id == actor.user.pk for look in found.looks)
    return own and row.study.identity_checkers > 1
