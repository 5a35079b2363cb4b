"""The forms of the set-up pages: the columns of a table as fields. Services store them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tracker.errors import FieldError
from tracker.forms.fields import MomentField, QuantityField
from tracker.gates import DEFAULT_MODES, FIXED, Gate, Mode
from tracker.models import (
    Arm,
    Bag,
    Cd20Assessment,
    CellProduct,
    Comparator,
    Infusion,
    LeukapheresisEligibility,
    Patient,
    Site,
    Study,
    Subject,
)


def field_of(column: models.Field[Any, Any], **options: Any) -> Any:
    """The form field of a column: moments in the site's time, numbers with either comma."""
    required, label = not column.blank, capfirst(column.verbose_name)
    if isinstance(column, models.DateTimeField):
        return MomentField(label=label, required=required)
    if isinstance(column, models.DecimalField):
        return QuantityField(label=label, required=required, initial=column.get_default())
    if isinstance(column, models.DateField):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        return forms.DateField(
            label=label,
            required=required,
            widget=widget,
            input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        )
    return column.formfield(**options)


class SetupForm(forms.Form):
    """Fields built from columns. `row` is what is changed, None for something new."""

    model: type[models.Model]
    columns: Sequence[str] = ()

    def __init__(
        self, *args: Any, row: Any = None, parent: Any = None, zone: tzinfo, actor: Any, **options: Any
    ) -> None:
        options["initial"] = self.standing(row) | (options.get("initial") or {})
        super().__init__(*args, **options)
        self.row, self.parent, self.actor = row, parent, actor
        self.faults: dict[str, FieldError] = {}
        own = self.fields
        self.fields = {name: field_of(self.model._meta.get_field(name)) for name in self.columns}  # type: ignore[arg-type]
        self.fields |= own
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.in_zone(zone)
            field.widget.attrs.setdefault("autocomplete", "off")

    def standing(self, row: Any) -> dict[str, Any]:
        """The values of the row that is changed."""
        return {} if row is None else {name: getattr(row, name) for name in self.columns}

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Takes the record's errors to the fields they are about."""
        for error in errors:
            if error.field in self.fields:
                self.faults[error.field] = error
                self.add_error(error.field, forms.ValidationError(error.detail, code=error.code))
            else:
                self.add_error(None, error.detail)

    def given(self) -> dict[str, Any]:
        """The arguments of the service: for something new what was filled, for a change what differs."""
        if self.row is not None:
            return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class StudyForm(SetupForm):
    """A study: its figures, and the mode of each gate."""

    model = Study
    columns = (
        "protocol_number",
        "version",
        "title",
        "product",
        "ind_number",
        "ctcae_version",
        "watch_hours",
        "close_watch_minutes",
        "identity_checkers",
        "dose_low_e9",
        "dose_high_e9",
        "infusions_max",
        "gap_hours_min",
        "arming_ng_per_e6",
        "arming_tolerance_percent",
        "activation_days_low",
        "activation_days_high",
        "synthetic",
    )

    def __init__(self, *args: Any, row: Any = None, **options: Any) -> None:
        super().__init__(*args, row=row, **options)
        standing = {**DEFAULT_MODES, **(row.gates if row is not None else {})}
        for gate in Gate:
            self.fields[f"gate_{gate.value}"] = forms.ChoiceField(
                label=_("Gate: %s") % gate.value.replace("_", " "),
                choices=[(mode.value, MODES[mode]) for mode in Mode],
                initial=str(standing.get(gate, Mode.WARN)),
                disabled=gate in FIXED,
            )

    def given(self) -> dict[str, Any]:
        """The gates as data beside the figures."""
        given = {name: value for name, value in super().given().items() if not name.startswith("gate_")}
        gates = {gate.value: self.cleaned_data[f"gate_{gate.value}"] for gate in Gate}
        if self.row is None or any(name.startswith("gate_") for name in self.changed_data):
            given["gates"] = gates
        return given


MODES = {Mode.HARD: _("hard stop"), Mode.WARN: _("warning with a reason"), Mode.OFF: _("off")}


class SiteForm(SetupForm):
    """A site: its code, its zone, its languages, and the number that its patients call."""

    model = Site
    columns = ("code", "name", "phone")
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(zone, zone) for zone in sorted(available_timezones())], initial="UTC"
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, initial=["en"]
    )

    def __init__(self, *args: Any, row: Any = None, **options: Any) -> None:
        super().__init__(*args, row=row, **options)
        if row is not None:
            for name in ("code", "time_zone", "languages"):
                del self.fields[name]


class ArmForm(SetupForm):
    """An arm of a study."""

    model = Arm
    columns = ("code", "name", "planned_cells_e9", "with_il2", "with_gm_csf")


class JoinForm(SetupForm):
    """A site that takes part in the study."""

    model = Study
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self.fields["site"], Site.objects.exclude(studies=self.parent).order_by("code"))


class PatientForm(SetupForm):
    """A patient; names and phone only where the reader may see them."""

    model = Patient
    columns = ("sex", "birth_date", "birth_year", "allergies")
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())
    family_name = forms.CharField(label=_("Family name"), required=False, max_length=200)
    given_name = forms.CharField(label=_("Given name"), required=False, max_length=200)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40)
    mrn = forms.CharField(label=_("Medical record number"), required=False, max_length=100)

    def __init__(self, *args: Any, row: Any = None, actor: Any, **options: Any) -> None:
        super().__init__(*args, row=row, actor=actor, **options)
        sites = Site.objects.filter(actor.within("write_patients", site="pk")).order_by("code")
        _offer(self.fields["site"], sites)
        if row is not None:
            del self.fields["site"], self.fields["mrn"]
            identity = getattr(row, "identity", None) if actor.is_identified(row.site_id) else None
            for name in ("family_name", "given_name", "phone"):
                if not actor.is_identified(row.site_id):
                    del self.fields[name]
                elif identity is not None:
                    self.fields[name].initial = getattr(identity, name)

    def given(self) -> dict[str, Any]:
        """The record number as {system: number}."""
        given = super().given()
        if mrn := given.pop("mrn", ""):
            given["identifiers"] = {"mrn": mrn}
        return given


class SubjectForm(SetupForm):
    """A patient in a study."""

    model = Subject
    columns = (
        "subject_number",
        "diagnosis",
        "diagnosis_detail",
        "prior_lines",
        "prior_rituximab",
        "last_anti_cd20_on",
        "transplant",
        "transplant_on",
        "spo2_target",
        "status",
    )
    study = forms.ModelChoiceField(label=_("Study"), queryset=Study.objects.none())
    arm = forms.ModelChoiceField(label=_("Arm"), queryset=Arm.objects.none(), required=False)

    def __init__(self, *args: Any, row: Any = None, parent: Any = None, **options: Any) -> None:
        super().__init__(*args, row=row, parent=parent, **options)
        site = row.site if row is not None else parent.site
        studies = Study.objects.filter(sites=site).order_by("protocol_number")
        _offer(self.fields["study"], studies)
        arms = Arm.objects.filter(study__in=studies).select_related("study").order_by("study", "code")
        if row is not None:
            del self.fields["study"]
            arms = arms.filter(study=row.study)
            self.fields["arm"].initial = row.arm_id
        _offer(self.fields["arm"], arms)


class ConsentForm(SetupForm):
    """A consent that was signed."""

    model = Subject
    version = forms.CharField(label=_("Version of the form"), max_length=40)
    signed_at = MomentField(label=_("Signed at"))


class Cd20Form(SetupForm):
    """Whether the disease carries CD20."""

    model = Cd20Assessment
    columns = ("method", "specimen_on", "result", "percent_positive", "laboratory")


class LeukapheresisForm(SetupForm):
    """Whether enough healthy T cells can be collected."""

    model = LeukapheresisEligibility
    columns = ("assessed_on", "lymphocytes_10e9_l", "cd3_per_ul", "passed")


class ProductForm(SetupForm):
    """One chain: collection, activation, arming."""

    model = CellProduct
    columns = (
        "collection_id",
        "name",
        "source",
        "donor_id",
        "collected_at",
        "collected_cells_e9",
        "activation_started_at",
        "activation_ended_at",
        "armed_at",
        "arming_antibody_ug",
        "arming_cells_e9",
    )


class BagForm(SetupForm):
    """A bag of armed cells."""

    model = Bag
    columns = ("label", "lot", "cells_e9", "viability_percent", "volume_ml", "released_on", "expires_at")


class InfusionForm(SetupForm):
    """The plan of an infusion."""

    model = Infusion
    columns = (
        "number", "planned_cells_e9", "planned_start_at", "planned_end_at", "route", "watch_hours", "bed",
    )  # fmt: skip
    bag = forms.ModelChoiceField(label=_("Bag"), queryset=Bag.objects.none(), required=False)

    def __init__(self, *args: Any, row: Any = None, parent: Any = None, **options: Any) -> None:
        super().__init__(*args, row=row, parent=parent, **options)
        subject = row.subject if row is not None else parent
        self.fields["number"].required = False
        self.fields["watch_hours"].required = False
        self.fields["route"].initial = "iv"
        if row is not None:
            del self.fields["number"]
            self.fields["bag"].initial = row.bag_id
        else:
            self.fields["watch_hours"].initial = subject.study.watch_hours
        _offer(self.fields["bag"], Bag.objects.filter(product__subject=subject).order_by("label"))


class LabForm(SetupForm):
    """One laboratory result with the laboratory's own unit and limits."""

    model = Patient
    measured_at = MomentField(label=_("Taken at"))
    analyte = forms.CharField(label=_("Analyte"), max_length=30)
    value_typed = forms.CharField(label=_("Value"), max_length=60, help_text=_("A number, or one like <0.1"))
    unit = forms.CharField(label=_("Unit"), max_length=30)
    lln = QuantityField(label=_("Lower limit of normal"), required=False)
    uln = QuantityField(label=_("Upper limit of normal"), required=False)
    laboratory = forms.CharField(label=_("Laboratory"), required=False, max_length=200)

    def given(self) -> dict[str, Any]:
        """A plain number goes as the value; one beyond the laboratory's range as typed."""
        given = super().given()
        if not given["value_typed"].startswith((Comparator.BELOW, Comparator.ABOVE)):
            given["value"] = given.pop("value_typed")
        return given


class ResponseForm(SetupForm):
    """How the disease answered."""

    model = Patient
    measured_at = MomentField(label=_("Assessed at"))
    criteria = forms.CharField(label=_("Criteria"), max_length=40, initial="Lugano 2014")
    response = forms.ChoiceField(
        label=_("Response"),
        choices=[
            ("CR", _("complete response")),
            ("PR", _("partial response")),
            ("SD", _("stable disease")),
            ("PD", _("progressive disease")),
            ("NE", _("not evaluable")),
        ],
    )
    method = forms.CharField(label=_("Method"), required=False, max_length=60)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


def _offer(field: forms.Field, rows: models.QuerySet[Any]) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def gates_of(study: Study) -> list[tuple[str, Any]]:
    """Each gate of a study with the words of its mode."""
    return [
        (gate.value.replace("_", " "), MODES[Mode(study.gates.get(gate.value, DEFAULT_MODES[gate]))])
        for gate in Gate
    ]
