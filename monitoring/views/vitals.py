"""One set of vital signs at the bedside: saved, refused or asked about; and put right within two minutes."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import people
from accounts.identifiers import uuid7
from accounts.permissions import Act, Actor
from config import clock
from monitoring.bedside import amend_and_watch, record_and_watch
from monitoring.entry_token import Opened, opened, unsealed
from monitoring.views import rigors
from monitoring.views.entry import Entry, show
from monitoring.views.saved import fix_until, result
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.given import GivenForm
from tracker.forms.vitals import VitalsForm
from tracker.models import Infusion, Patient, SymptomReport, VitalSigns
from tracker.views.banner import names_of
from tracker.views.door import at_bedside, find, page, require


@page(Act.RECORD_READINGS)
def record(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The form; on POST the saved set and its flags, or the form again with what was typed."""
    entry = _entry(request, actor, uuid)
    if request.method != "POST":
        return show(entry, entry.form())
    form, given = entry.form(request.POST), entry.given(request.POST)
    if suggestion := request.POST.get("use"):
        return show(entry, entry.form(form.taking(suggestion)), given)
    if wrong := _wrong_form(entry, request.POST.get("opened_for", "")):
        form.add_error(None, wrong)
        return show(entry, form, given, is_wrong=True)
    if mark := request.POST.get("rigor"):
        rigors.time_rigor(entry.actor, entry.infusion, mark, entry.now, request.POST.get("rigors", ""))
        return show(entry, _as_begun(entry, form), given, stay_at="rigor")
    if given.is_valid() & form.is_valid():
        try:
            recorded, outcome = _record(entry, form, given)
        except Refused as refusal:
            form.refuse(refusal.errors)
        except Conflict:
            return _conflict(entry, form, given)
        except Unprocessable as refusal:
            form.add_error(None, refusal.detail)
        else:
            _keep_unit(actor, form)
            return result(entry, recorded, outcome)
    for errors in given.errors.values():
        form.add_error(None, _("Given: %s") % " ".join(str(error) for error in errors))
    return show(entry, form, given)


@page(Act.RECORD_READINGS)
def fix(request: HttpRequest, actor: Actor, uuid: UUID, reading: UUID) -> HttpResponse:
    """A typing error put right in the form it was made in: an amendment with its reason, for two minutes."""
    entry = _entry(request, actor, uuid)
    row = find(VitalSigns.objects.filter(infusion=entry.infusion), actor, reading)
    stands = VitalSigns.objects.current().filter(pk=row.pk, void=False).exists()
    if row.author_id != getattr(actor.user, "pk", None) or entry.now > fix_until(row) or not stands:
        return redirect("monitoring:correct", row.uuid)
    if request.method != "POST":
        form = entry.form()
        form.initial = {**form.initial, **_values_of(row)}
        return show(entry, form, fixing=row)
    form = entry.form(request.POST)
    if suggestion := request.POST.get("use"):
        return show(entry, entry.form(form.taking(suggestion)), fixing=row)
    if wrong := _wrong_form(entry, request.POST.get("opened_for", "")):
        form.add_error(None, wrong)
        return show(entry, form, fixing=row, is_wrong=True)
    if form.is_valid():
        try:
            recorded, outcome = amend_and_watch(
                at_bedside(actor, entry.infusion.site_id),
                row,
                form.all_values(),
                reason="typo",
                now=entry.now,
            )
        except Refused as refusal:
            form.refuse(refusal.errors)
        except (Conflict, Unprocessable) as refusal:
            form.add_error(None, refusal.detail)
        else:
            return result(entry, recorded, outcome, fixed=True)
    return show(entry, form, fixing=row)


def _entry(request: HttpRequest, actor: Actor, uuid: UUID) -> Entry:
    infusions = Infusion.objects.select_related("patient__site", "site", "study", "subject")
    infusion = find(infusions, actor, uuid)
    require(actor, Act.RECORD_READINGS, infusion.site_id, infusion.study_id)
    return Entry.of(request, actor, infusion, clock.now())


def _record(entry: Entry, form: VitalsForm, given: GivenForm) -> Any:
    at, token = form.cleaned_data["measured_at"], str(form.cleaned_data["form_token"])
    return record_and_watch(
        at_bedside(entry.actor, entry.infusion.site_id),
        entry.infusion,
        form.values(),
        entry.now,
        given=list(given.given(at, token)),
        paused_at=(at, f"{token}:pause") if given.is_paused else None,
    )


def _wrong_form(entry: Entry, text: str) -> str:
    """Why the form is not one that this person opened for this patient; empty where it is."""
    here, there = opened(entry.infusion, entry.actor.user), unsealed(text)
    if there == here:
        return ""
    if there is not None and (there.patient, there.infusion) == (here.patient, here.infusion):
        return _("This form was opened by somebody else. Nothing was saved: open it anew and enter the set.")
    return _("This form was opened for %(there)s, not for %(here)s. Nothing was saved.") % {
        "there": _called(entry.actor, there),
        "here": _called(entry.actor, here),
    }


def _called(actor: Actor, form: Opened | None) -> str:
    """The patient of a form as this reader may call them."""
    patient = form and Patient.objects.visible_to(actor).filter(uuid=form.patient).first()
    if not patient:
        return _("another patient")
    subject = patient.subjects.order_by("pk").first()
    return names_of(actor, [patient.pk]).get(patient.pk) or (
        subject.subject_number if subject else _("another patient")
    )


def _conflict(entry: Entry, form: VitalsForm, given: GivenForm) -> HttpResponse:
    """The same form was already saved with other content: say so, and let this be a set of its own."""
    data: Any = copy(form.data)
    data["form_token"] = str(uuid7())
    again = entry.form(data)
    again.add_error(
        None, _("This form was saved before with other values. Save again to store these as a further set.")
    )
    return show(entry, again, given)


def _as_begun(entry: Entry, form: VitalsForm) -> VitalsForm:
    """A form that begins with what was typed: nothing was asked of it yet, so nothing is refused."""
    begun = entry.form()
    typed = {
        name: field.widget.value_from_datadict(form.data, form.files, name)
        for name, field in begun.fields.items()
    }
    begun.initial = {**begun.initial, **typed}
    return begun


def _keep_unit(actor: Actor, form: VitalsForm) -> None:
    """The unit that this person measures in, for their next form."""
    if actor.user is not None and form.cleaned_data["temperature"].strip():
        people.measure_in(actor.user, form.cleaned_data["temperature_unit"] or "C")


def _values_of(row: VitalSigns) -> dict[str, Any]:
    """A stored set as the form shows it."""
    values: dict[str, Any] = {}
    for name in VitalsForm.base_fields:
        value = getattr(row, name, None)
        values[name] = f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else value
        if isinstance(value, Decimal) and "." not in f"{value:f}":
            values[name] = f"{value:f}"
    kinds = SymptomReport.objects.current().filter(vital_signs=row).values_list("kind", flat=True)
    values |= {
        "form_token": uuid7(),
        "temperature": row.temperature_typed,
        "temperature_unit": row.temperature_unit or "C",
        "symptoms": list(kinds),
        "concerned": bool(row.concern),
    }
    values |= {
        f"absent_{'temperature' if name == 'temperature_c' else name}": why
        for name, why in row.absent.items()
    }
    values.pop("opened_for", None)
    return values
