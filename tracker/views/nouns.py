"""The nouns of the set-up pages as data: words, form, who may write, which service writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.permissions import Act, Actor
from tracker import services
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


def joined(rows: Any, names: tuple[str, ...]) -> Any:
    """The rows with what is named beside them; Django would take no names for all there are."""
    return rows.select_related(*names) if names else rows


def _with(service: Callable[..., Any]) -> Callable[..., Any]:
    """A service that takes (actor, row, now=, **given)."""
    return lambda actor, row, given, now: service(actor, row, now=now, **given)


def _alone(service: Callable[..., Any]) -> Callable[..., Any]:
    """A service that takes (actor, now=, **given): there is no parent."""
    return lambda actor, _parent, given, now: service(actor, now=now, **given)


def _create_study(actor: Actor, _parent: None, given: dict[str, Any], now: datetime) -> Study:
    return services.create_study(actor, now=now, **given)


def _create_patient(actor: Actor, _parent: None, given: dict[str, Any], now: datetime) -> Patient:
    return services.create_patient(actor, given.pop("site"), now=now, **given)


def _enrol(actor: Actor, parent: Patient, given: dict[str, Any], now: datetime) -> Subject:
    return services.enrol_subject(
        actor, given.pop("study"), parent, given.pop("subject_number"), now=now, **given
    )


def _join(actor: Actor, parent: Study, given: dict[str, Any], now: datetime) -> Any:
    return services.join_study(actor, parent, given["site"], now=now)


def _lab(actor: Actor, parent: Patient, given: dict[str, Any], now: datetime) -> Any:
    return services.record_lab(actor, parent, given, now=now).row


def _response(actor: Actor, parent: Patient, given: dict[str, Any], now: datetime) -> Any:
    return services.record_response(actor, parent, given, now=now).row


NOUNS: Mapping[str, Noun] = {
    "studies": Noun(
        gettext_lazy("Study"),
        forms.StudyForm,
        Act.WRITE_STUDY,
        _create_study,
        _with(services.update_study),
        Study,
        columns=("protocol_number", "version", "product", "title"),
        listed=True,
    ),
    "sites": Noun(
        gettext_lazy("Site"),
        forms.SiteForm,
        Act.MANAGE_SITES,
        _alone(services.create_site),
        _with(services.update_site),
        Site,
        columns=("code", "name", "time_zone"),
        listed=True,
    ),
    "patients": Noun(
        gettext_lazy("Patient"),
        forms.PatientForm,
        Act.WRITE_PATIENTS,
        _create_patient,
        _with(services.update_patient),
        Patient,
        related=("site",),
    ),
    "subjects": Noun(
        gettext_lazy("Subject"),
        forms.SubjectForm,
        Act.WRITE_SUBJECTS,
        _enrol,
        _with(services.update_subject),
        Subject,
        Patient,
        columns=("subject_number", "study", "site", "get_status_display", "get_diagnosis_display"),
        related=("patient__site", "site", "study", "arm"),
        listed=True,
    ),
    "arms": Noun(
        gettext_lazy("Arm"),
        forms.ArmForm,
        Act.WRITE_STUDY,
        _with(services.create_arm),
        None,
        Arm,
        Study,
        columns=("code", "name", "planned_cells_e9"),
    ),
    "joins": Noun(
        gettext_lazy("Site of the study"), forms.JoinForm, Act.WRITE_STUDY, _join, None, None, Study
    ),
    "consents": Noun(
        gettext_lazy("Consent"),
        forms.ConsentForm,
        Act.WRITE_CONSENT,
        _with(services.record_consent),
        parent=Subject,
    ),
    "cd20": Noun(
        gettext_lazy("CD20 assessment"),
        forms.Cd20Form,
        Act.WRITE_ELIGIBILITY,
        _with(services.record_cd20),
        parent=Subject,
    ),
    "leukapheresis": Noun(
        gettext_lazy("Leukapheresis eligibility"),
        forms.LeukapheresisForm,
        Act.WRITE_ELIGIBILITY,
        _with(services.record_leukapheresis_eligibility),
        parent=Subject,
    ),
    "products": Noun(
        gettext_lazy("Cell product"),
        forms.ProductForm,
        Act.WRITE_PRODUCT,
        _with(services.create_product),
        _with(services.update_product),
        CellProduct,
        Subject,
        columns=("collection_id", "name", "subject", "collected_at", "armed_at"),
        related=("subject__site", "patient__site"),
        listed=True,
    ),
    "bags": Noun(
        gettext_lazy("Bag"),
        forms.BagForm,
        Act.WRITE_PRODUCT,
        _with(services.add_bag),
        _with(services.update_bag),
        Bag,
        CellProduct,
        columns=("label", "lot", "cells_e9", "viability_percent", "released_on", "expires_at"),
        related=("product__patient__site", "product__subject__site"),
        listed=True,
    ),
    "infusions": Noun(
        gettext_lazy("Plan of an infusion"),
        forms.InfusionForm,
        Act.RECORD_EVENTS,
        _with(services.plan_infusion),
        _with(services.update_infusion),
        Infusion,
        Subject,
        related=("patient__site", "subject__study", "subject__site", "site", "study"),
    ),
    "labs": Noun(
        gettext_lazy("Laboratory result"),
        forms.LabForm,
        Act.WRITE_LABS,
        _lab,
        None,
        LabResult,
        Patient,
        columns=("measured_at", "analyte", "value_typed", "value", "unit", "lln", "uln", "laboratory"),
        related=("patient__site", "client"),
    ),
    "responses": Noun(
        gettext_lazy("Response of the disease"),
        forms.ResponseForm,
        Act.WRITE_LABS,
        _response,
        None,
        ResponseAssessment,
        Patient,
        columns=("measured_at", "criteria", "response", "method", "note"),
        related=("patient__site", "client"),
    ),
}
#: What others make of a row of a noun that was stored, as sentences: an app that watches enters itself here.
REMARKS: dict[str, Callable[[Any], Iterable[str]]] = {}
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
