"""A patient in a study, and what must be known of them before cells are collected or given."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .fields import MeasuredField
from .patient import Patient
from .rows import SiteRows
from .study import Arm, Site, Study


class Diagnosis(models.TextChoices):
    """Why the patient is treated."""

    B_NHL = "b_nhl", _("B-cell non-Hodgkin lymphoma")
    CLL = "cll", _("chronic lymphocytic leukaemia")
    MYELOMA = "myeloma", _("multiple myeloma")
    LYMPHOPENIA = "lymphopenia", _("lymphopenia after transplant")
    OTHER = "other", _("other")


class Transplant(models.TextChoices):
    """A stem-cell transplant before the infusions. Allogeneic adds graft-versus-host disease to the watch."""

    NONE = "", _("none")
    AUTOLOGOUS = "autologous", _("autologous")
    ALLOGENEIC = "allogeneic", _("allogeneic")


class SubjectStatus(models.TextChoices):
    """Where a subject stands in the study."""

    SCREENING = "screening", _("screening")
    ACTIVE = "active", _("active")
    FOLLOW_UP = "follow_up", _("in follow-up")
    COMPLETED = "completed", _("completed")
    WITHDRAWN = "withdrawn", _("withdrawn")
    FAILED = "failed", _("screening failed")


@track
class Subject(PublicId):
    """A patient in a study. A roll-over patient is two subjects."""

    STUDY_PATH: ClassVar[str] = "study_id"

    study = models.ForeignKey(Study, models.PROTECT, related_name="subjects")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="subjects")
    site = models.ForeignKey(Site, models.PROTECT, related_name="subjects")
    subject_number = models.CharField(_("subject number"), max_length=40)
    arm = models.ForeignKey(Arm, models.PROTECT, null=True, blank=True, related_name="subjects")
    diagnosis = models.CharField(
        _("diagnosis"), max_length=20, choices=Diagnosis.choices, default=Diagnosis.B_NHL
    )
    diagnosis_detail = models.TextField(_("diagnosis in detail"), blank=True, default="")
    prior_lines = models.PositiveSmallIntegerField(_("prior lines of therapy"), null=True, blank=True)
    prior_rituximab = models.BooleanField(_("had rituximab"), null=True, blank=True)
    last_anti_cd20_on = models.DateField(_("last anti-CD20 therapy"), null=True, blank=True)
    transplant = models.CharField(
        _("transplant"), max_length=12, choices=Transplant.choices, blank=True, default=Transplant.NONE
    )
    transplant_on = models.DateField(_("transplant on"), null=True, blank=True)
    #: A documented target puts NEWS2 on its second oxygen scale.
    spo2_target = models.CharField(
        _("documented SpO₂ target"),
        max_length=10,
        choices=[("", _("none")), ("88-92", "88–92 %")],
        blank=True,
        default="",
    )
    status = models.CharField(
        _("status"), max_length=12, choices=SubjectStatus.choices, default=SubjectStatus.SCREENING
    )

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "subject_number"], name="one_subject_per_number_in_a_study"
            ),
            models.UniqueConstraint(fields=["study", "patient"], name="a_patient_is_in_a_study_once"),
            # The target of the composite foreign key that ties an infusion to its subject's patient.
            models.UniqueConstraint(fields=["id", "patient"], name="a_subject_is_one_patient"),
        ]

    def __str__(self) -> str:
        return self.subject_number


@track
class Consent(PublicId):
    """A version of the consent form that the subject signed, and when it was withdrawn, if it was."""

    SITE_PATH: ClassVar[str] = "subject__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="consents")
    version = models.CharField(_("version"), max_length=40)
    signed_at = models.DateTimeField(_("signed at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True)
                | models.Q(withdrawn_at__gte=models.F("signed_at")),
                name="consent_is_withdrawn_after_it_is_signed",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of subject {self.subject_id}"


class Cd20Method(models.TextChoices):
    """How CD20 was looked for."""

    BIOPSY = "biopsy", _("biopsy")
    FLOW = "flow", _("flow cytometry")


class Cd20Result(models.TextChoices):
    """What was found."""

    POSITIVE = "positive", _("positive")
    NEGATIVE = "negative", _("negative")
    INDETERMINATE = "indeterminate", _("indeterminate")


@track
class Cd20Assessment(PublicId):
    """Whether the disease carries CD20, on which specimen."""

    SITE_PATH: ClassVar[str] = "subject__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="cd20_assessments")
    method = models.CharField(_("method"), max_length=10, choices=Cd20Method.choices)
    specimen_on = models.DateField(_("specimen taken on"))
    result = models.CharField(_("result"), max_length=15, choices=Cd20Result.choices)
    percent_positive = MeasuredField(_("cells positive, %"))
    laboratory = models.CharField(_("laboratory"), max_length=200, blank=True, default="")

    objects = SiteRows.as_manager()

    def __str__(self) -> str:
        return f"CD20 {self.result} on {self.specimen_on}"


@track
class LeukapheresisEligibility(PublicId):
    """Whether the subject has enough healthy T cells to be collected."""

    SITE_PATH: ClassVar[str] = "subject__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="leukapheresis_eligibilities")
    assessed_on = models.DateField(_("assessed on"))
    lymphocytes_10e9_l = MeasuredField(_("lymphocytes, 10⁹/L"))
    cd3_per_ul = MeasuredField(_("CD3 cells per µL"))
    passed = models.BooleanField(_("passed"))
    assessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = SiteRows.as_manager()

    class Meta:
        verbose_name_plural = "leukapheresis eligibilities"

    def __str__(self) -> str:
        return f"leukapheresis {'passed' if self.passed else 'failed'} on {self.assessed_on}"
