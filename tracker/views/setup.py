"""The set-up pages: one list and one form for every noun that a clinician keeps besides readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Act, Actor
from config import clock
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms import setup as forms
from tracker.models import (
    Arm,
    Bag,
    CellProduct,
    Infusion,
    LabResult,
    Patient,
    ResponseAssessment,
    Site,
    Study,
    Subject,
)
from tracker.views.banner import banner_of
from tracker.views.door import at_bedside, find, page

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Noun:
    """One kind of row: its words, its form, who writes it, and the services that do.

    `create(actor, parent, given, now)` and `change(actor, row, given, now)` return the stored row.
    """

    title: Any
    form: type[forms.SetupForm]
    act: Act
    create: Callable[..., Any] | None = None
    change: Callable[..., Any] | None = None
    model: Any = None
    parent: Any = None
    columns: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    listed: bool = False


def _with(service: Callable[..., Any]) -> Callable[..., Any]:
    """A service that takes (actor, row, now=, **given)."""
    return lambda actor, row, given, now: service(actor, row, now=now, **given)


def _alone(service: Callable[..., Any]) -> Callable[..., Any]:
    """A service that takes (actor, now=, **given): there is no parent."""
    return lambda actor, _parent, given, now: service(actor, now=now, **given)


def _create_study(actor: Actor, _parent: None, given: dict[str, Any], now: Any) -> Study:
    return services.create_study(actor, now=now, **given)


def _create_patient(actor: Actor, _parent: None, given: dict[str, Any], now: Any) -> Patient:
    return services.create_patient(actor, given.pop("site"), now=now, **given)


def _enrol(actor: Actor, parent: Patient, given: dict[str, Any], now: Any) -> Subject:
    return services.enrol_subject(
        actor, given.pop("study"), parent, given.pop("subject_number"), now=now, **given
    )


def _join(actor: Actor, parent: Study, given: dict[str, Any], now: Any) -> Any:
    return services.join_study(actor, parent, given["site"], now=now)


def _lab(actor: Actor, parent: Patient, given: dict[str, Any], now: Any) -> Any:
    return services.record_lab(actor, parent, given, now=now).row


def _response(actor: Actor, parent: Patient, given: dict[str, Any], now: Any) -> Any:
    return services.record_response(actor, parent, given, now=now).row


NOUNS: Mapping[str, Noun] = {
    "studies": Noun(
        gettext_lazy("Study"), forms.StudyForm, Act.WRITE_STUDY, _create_study, _with(services.update_study),
        Study, columns=("protocol_number", "version", "product", "title"), listed=True,
    ),
    "sites": Noun(
        gettext_lazy("Site"), forms.SiteForm, Act.MANAGE_SITES, _alone(services.create_site), None,
        Site, columns=("code", "name", "time_zone"), listed=True,
    ),
    "patients": Noun(
        gettext_lazy("Patient"), forms.PatientForm, Act.WRITE_PATIENTS, _create_patient,
        _with(services.update_patient), Patient, related=("site",),
    ),
    "subjects": Noun(
        gettext_lazy("Subject"), forms.SubjectForm, Act.WRITE_SUBJECTS, _enrol, _with(services.update_subject),
        Subject, Patient, columns=("subject_number", "study", "site", "get_status_display", "get_diagnosis_display"),
        related=("patient__site", "site", "study", "arm"), listed=True,
    ),
    "arms": Noun(
        gettext_lazy("Arm"), forms.ArmForm, Act.WRITE_STUDY, _with(services.create_arm), None, Arm, Study,
        columns=("code", "name", "planned_cells_e9"),
    ),
    "joins": Noun(gettext_lazy("Site of the study"), forms.JoinForm, Act.WRITE_STUDY, _join, None, None, Study),
    "consents": Noun(
        gettext_lazy("Consent"), forms.ConsentForm, Act.WRITE_CONSENT, _with(services.record_consent), parent=Subject
    ),
    "cd20": Noun(
        gettext_lazy("CD20 assessment"), forms.Cd20Form, Act.WRITE_ELIGIBILITY, _with(services.record_cd20),
        parent=Subject,
    ),
    "leukapheresis": Noun(
        gettext_lazy("Leukapheresis eligibility"), forms.LeukapheresisForm, Act.WRITE_ELIGIBILITY,
        _with(services.record_leukapheresis_eligibility), parent=Subject,
    ),
    "products": Noun(
        gettext_lazy("Cell product"), forms.ProductForm, Act.WRITE_PRODUCT, _with(services.create_product),
        _with(services.update_product), CellProduct, Subject,
        columns=("collection_id", "name", "subject", "collected_at", "armed_at"),
        related=("subject__site", "patient__site"), listed=True,
    ),
    "bags": Noun(
        gettext_lazy("Bag"), forms.BagForm, Act.WRITE_PRODUCT, _with(services.add_bag), _with(services.update_bag),
        Bag, CellProduct, columns=("label", "lot", "cells_e9", "viability_percent", "released_on", "expires_at"),
        related=("product__patient__site", "product__subject__site"), listed=True,
    ),
    "infusions": Noun(
        gettext_lazy("Plan of an infusion"), forms.InfusionForm, Act.RECORD_EVENTS, _with(services.plan_infusion),
        _with(services.update_infusion), Infusion, Subject,
        related=("patient__site", "subject__study", "subject__site", "site", "study"),
    ),
    "labs": Noun(
        gettext_lazy("Laboratory result"), forms.LabForm, Act.WRITE_LABS, _lab, None, LabResult, Patient,
        columns=("measured_at", "analyte", "value_typed", "value", "unit", "lln", "uln", "laboratory"),
        related=("patient__site", "client"),
    ),
    "responses": Noun(
        gettext_lazy("Response of the disease"), forms.ResponseForm, Act.WRITE_LABS, _response, None,
        ResponseAssessment, Patient, columns=("measured_at", "criteria", "response", "method", "note"),
        related=("patient__site", "client"),
    ),
}  # fmt: skip
#: What must be fetched with a parent so that its page can be shown.
WITH_PARENT: Mapping[Any, tuple[str, ...]] = {
    Patient: ("site",),
    Subject: ("patient__site", "site", "study"),
    CellProduct: ("patient__site", "subject__site", "subject__study"),
    Study: (),
}
#: How a noun's rows are narrowed to their parent's.
BY_PARENT: Mapping[str, str] = {
    "labs": "patient",
    "responses": "patient",
    "subjects": "patient",
    "bags": "product",
}


def _noun(name: str) -> Noun:
    noun = NOUNS.get(name)
    if noun is None:
        raise Http404
    return noun


@page(Act.READ, Act.MANAGE_SITES)
def setup(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The way to every set-up page."""
    entries = [
        (name, noun.title, actor.may_anywhere(noun.act) and noun.parent is None)
        for name, noun in NOUNS.items()
        if noun.listed
    ]
    people = actor.may_anywhere(Act.MANAGE_PEOPLE) or actor.may_anywhere(Act.UNLOCK_USER)
    return render(request, "tracker/setup.html", {"entries": entries, "people": people})


@page(Act.READ, Act.MANAGE_SITES)
def rows(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """The rows of a noun that this actor may see, of one parent or of all."""
    noun = _noun(name)
    if noun.model is None or not noun.columns:
        raise Http404
    found = noun.model.objects.visible_to(actor)
    if hasattr(found, "current"):
        found = found.current()
    parent = _parent(request, actor, noun)
    if name in BY_PARENT and parent is not None:
        found = found.filter(**{BY_PARENT[name]: parent})
    elif not noun.listed:
        raise Http404
    if name == "sites" and actor.may_anywhere(Act.MANAGE_SITES):
        found = Site.objects.filter(actor.within(Act.MANAGE_SITES, site="pk")) | Site.objects.filter(
            pk__in=found.values("pk")
        )
    heads = [_head(noun.model, column) for column in noun.columns]
    paged = Paginator(found.select_related(*noun.related).order_by("-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "name": name,
        "noun": noun,
        "heads": heads,
        "lines": [
            (_address(name, noun, row), [_cell(row, column) for column in noun.columns]) for row in paged
        ],
        "paged": paged,
        "parent": parent,
        "may_create": noun.create is not None
        and actor.may_anywhere(noun.act)
        and (noun.parent is None or parent),
    }
    return render(request, "tracker/list.html", context | _banner(actor, parent))


def _address(name: str, noun: Noun, row: Any) -> str:
    if name == "subjects":
        return reverse("tracker:subject", args=[row.uuid])
    if name == "studies":
        return reverse("tracker:study", args=[row.uuid])
    return reverse("tracker:edit", args=[name, row.uuid]) if noun.change is not None else ""


def _head(model: Any, column: str) -> str:
    name = column.removeprefix("get_").removesuffix("_display")
    return str(model._meta.get_field(name).verbose_name).capitalize()


def _cell(row: Any, column: str) -> Any:
    value = getattr(row, column)
    return value() if callable(value) else value


def _parent(request: HttpRequest, actor: Actor, noun: Noun) -> Any:
    """The row that a new one belongs to, named in the address."""
    text = request.GET.get("parent", "")
    if noun.parent is None or not text:
        return None
    try:
        uuid = UUID(text)
    except ValueError:
        raise Http404 from None
    return find(noun.parent.objects.select_related(*WITH_PARENT[noun.parent]), actor, uuid)


def _patient_of(thing: Any) -> Patient | None:
    """Whose page this is, if it is a patient's."""
    if isinstance(thing, Patient):
        return thing
    if isinstance(thing, Bag):
        return thing.product.patient
    patient = getattr(thing, "patient", None)
    return patient if isinstance(patient, Patient) else None


def _banner(actor: Actor, thing: Any) -> dict[str, Any]:
    patient = _patient_of(thing)
    if patient is None:
        return {"banner": None}
    subject = thing if isinstance(thing, Subject) else getattr(thing, "subject", None)
    return {"banner": banner_of(actor, patient, clock.now(), subject=subject)}


def _site_id(thing: Any) -> int | None:
    patient = _patient_of(thing)
    return patient.site_id if patient is not None else None


def _require(actor: Actor, noun: Noun, thing: Any) -> None:
    """Stays at the door: who may not write this here. The services ask again."""
    site_id = _site_id(thing)
    if site_id is None:
        allowed = actor.may_anywhere(noun.act)
    else:
        study = thing if isinstance(thing, Study) else getattr(thing, "study", None)
        allowed = actor.may(noun.act, site_id, study.pk if study is not None else None)
    if not allowed:
        raise PermissionDenied


@page(Act.READ, Act.MANAGE_SITES)
def new(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """Something new of a noun, under its parent."""
    noun = _noun(name)
    if noun.create is None:
        raise Http404
    parent = _parent(request, actor, noun)
    if noun.parent is not None and parent is None:
        raise Http404
    _require(actor, noun, parent)
    zone = _zone(parent)
    initial = {"measured_at": clock.now(), "signed_at": clock.now()}
    form = noun.form(request.POST or None, parent=parent, zone=zone, actor=actor, initial=initial)
    if form.is_valid():
        row = _stored(noun.create, _writer(actor, parent), parent, form)
        if row is not None:
            messages.success(request, _("Saved."))
            return redirect(_after(name, row, parent))
    return _ask(request, actor, noun, form, parent, _("New: %s") % noun.title)


@page(Act.READ)
def edit(request: HttpRequest, actor: Actor, name: str, uuid: UUID) -> HttpResponse:
    """A change of a row; what it was stays in the trail."""
    noun = _noun(name)
    if noun.change is None:
        raise Http404
    row = find(noun.model.objects.select_related(*noun.related), actor, uuid)
    _require(actor, noun, row)
    form = noun.form(request.POST or None, row=row, zone=_zone(row), actor=actor)
    if form.is_valid():
        stored = _stored(noun.change, _writer(actor, row), row, form)
        if stored is not None:
            messages.success(request, _("Saved."))
            return redirect(_after(name, stored, None))
    return _ask(request, actor, noun, form, row, _("Change: %s") % noun.title)


def _writer(actor: Actor, thing: Any) -> Actor:
    site_id = _site_id(thing)
    return at_bedside(actor, site_id) if site_id is not None else actor


def _zone(thing: Any) -> ZoneInfo:
    patient = _patient_of(thing)
    return ZoneInfo(patient.site.time_zone if patient is not None else "UTC")


def _stored(service: Callable[..., Any], actor: Actor, thing: Any, form: forms.SetupForm) -> Any:
    """What the service stored, or None with its errors at the fields."""
    try:
        return service(actor, thing, form.given(), clock.now())
    except Refused as refusal:
        form.refuse(refusal.errors)
    except (Conflict, Unprocessable) as refusal:
        form.add_error(None, refusal.detail)
    return None


def _after(name: str, row: Any, parent: Any) -> str:
    """Where one goes on after saving."""
    if isinstance(row, Infusion):
        return reverse("monitoring:infusion", args=[row.uuid])
    if isinstance(row, Patient):
        return reverse("monitoring:patient", args=[row.uuid])
    if isinstance(row, Bag):
        return reverse("tracker:subject", args=[row.product.subject.uuid])
    if isinstance(row, CellProduct):
        return reverse("tracker:subject", args=[row.subject.uuid])
    if isinstance(row, Subject) or isinstance(parent, Subject):
        return reverse("tracker:subject", args=[(row if isinstance(row, Subject) else parent).uuid])
    if isinstance(row, Study) or isinstance(parent, Study):
        return reverse("tracker:study", args=[(row if isinstance(row, Study) else parent).uuid])
    address = reverse("tracker:list", args=[name])
    return f"{address}?parent={parent.uuid}" if parent is not None else address


def _ask(
    request: HttpRequest, actor: Actor, noun: Noun, form: forms.SetupForm, thing: Any, title: str
) -> HttpResponse:
    context = {"noun": noun, "form": form, "title": title, "wide": len(form.fields) > 8}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "tracker/form.html", context | _banner(actor, thing), status=status)


@page(Act.READ)
def subject(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One subject: consents, eligibility, products with their bags, infusions."""
    row = find(Subject.objects.select_related("patient__site", "site", "study", "arm"), actor, uuid)
    place = (row.site_id, row.study_id)
    context = {
        "subject": row,
        "zone": ZoneInfo(row.site.time_zone),
        "consents": row.consents.order_by("-signed_at"),
        "cd20": row.cd20_assessments.order_by("-specimen_on"),
        "leukapheresis": row.leukapheresis_eligibilities.order_by("-assessed_on"),
        "products": row.products.prefetch_related("bags").order_by("-pk"),
        "infusions": row.infusions.select_related("bag").order_by("number"),
        "may": {name: actor.may(noun.act, *place) for name, noun in NOUNS.items()},
    }
    return render(request, "tracker/subject.html", context | _banner(actor, row))


@page(Act.READ)
def study(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One study: its figures, its gates, its arms and sites."""
    row = find(Study.objects.all(), actor, uuid)
    context = {
        "study": row,
        "gates": forms.gates_of(row),
        "arms": row.arms.order_by("code"),
        "sites": row.sites.order_by("code"),
        "may_write": actor.may_anywhere(Act.WRITE_STUDY),
    }
    return render(request, "tracker/study.html", context)


@page(Act.WRITE_CONSENT)
def withdraw(request: HttpRequest, actor: Actor, uuid: UUID, pk: UUID) -> HttpResponse:
    """Notes that a consent was withdrawn, now."""
    row = find(Subject.objects.select_related("patient__site", "site", "study"), actor, uuid)
    if request.method != "POST":
        raise Http404
    consent = row.consents.filter(uuid=pk).first()
    if consent is None:
        raise Http404
    now = clock.now()
    try:
        services.withdraw_consent(at_bedside(actor, row.site_id), consent, at=now, now=now)
    except (Refused, Unprocessable) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The consent is withdrawn."))
    return redirect("tracker:subject", uuid=row.uuid)
