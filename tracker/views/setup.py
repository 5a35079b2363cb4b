"""The set-up pages: one list and one form for every noun that a clinician keeps besides readings."""

from __future__ import annotations

from collections.abc import Callable
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

from accounts.permissions import Act, Actor
from config import clock
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms import setup as forms
from tracker.models import (
    Bag,
    CellProduct,
    Infusion,
    Observed,
    Patient,
    Site,
    Study,
    Subject,
)
from tracker.views.banner import banner_of
from tracker.views.door import at_bedside, find, page, posted
from tracker.views.nouns import BY_PARENT, NOUNS, REMARKS, WITH_PARENT, Noun, joined

PER_PAGE = 50


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
    paged = Paginator(joined(found, noun.related).order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
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
    if isinstance(row, Observed):
        return reverse("monitoring:correct", args=[row.uuid])
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
    return find(joined(noun.parent.objects, WITH_PARENT[noun.parent]), actor, uuid)


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
    form = noun.form(posted(request), parent=parent, zone=zone, actor=actor, initial=initial)
    if form.is_valid():
        row = _stored(noun.create, _writer(actor, parent), parent, form)
        if row is not None:
            messages.success(request, _("Saved."))
            for remark in REMARKS[name](row) if name in REMARKS else ():
                messages.warning(request, remark)
            return redirect(_after(name, row, parent))
    return _ask(request, actor, noun, form, parent, _("New: %s") % noun.title)


@page(Act.READ, Act.MANAGE_SITES)
def edit(request: HttpRequest, actor: Actor, name: str, uuid: UUID) -> HttpResponse:
    """A change of a row; what it was stays in the trail."""
    noun = _noun(name)
    if noun.change is None:
        raise Http404
    if noun.model is Site:  # an administrator changes sites and reads nothing of theirs
        row = Site.objects.filter(actor.within(noun.act, site="pk"), uuid=uuid).first()
        if row is None:
            raise Http404
    else:
        row = find(joined(noun.model.objects, noun.related), actor, uuid)
    _require(actor, noun, row)
    form = noun.form(posted(request), row=row, zone=_zone(row), actor=actor)
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
