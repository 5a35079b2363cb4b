"""What the patient felt or what was seen, other than by measuring."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .rows import Observed
from .vitals import VitalSigns


class SymptomKind(models.TextChoices):
    """The symptoms that the watch knows by name."""

    RIGORS = "rigors", _("rigors")
    CHILLS = "chills", _("chills")
    DIZZINESS = "dizziness", _("dizziness")
    DYSPNOEA = "dyspnoea", _("breathlessness")
    HEADACHE = "headache", _("headache")
    MYALGIA = "myalgia", _("muscle pain")
    FATIGUE = "fatigue", _("fatigue")
    MALAISE = "malaise", _("malaise")
    RASH = "rash", _("rash")
    NAUSEA = "nausea", _("nausea")
    VOMITING = "vomiting", _("vomiting")
    CONFUSION = "confusion", _("confusion")
    CHEST_PAIN = "chest_pain", _("chest pain")
    BACK_PAIN = "back_pain", _("back pain")
    SYNCOPE = "syncope", _("fainting")
    SEIZURE = "seizure", _("seizure")
    OTHER = "other", _("other")


class SymptomMark(models.TextChoices):
    """Whether the symptom was there, began, or ended."""

    PRESENT = "present", _("present")
    START = "start", _("started")
    STOP = "stop", _("stopped")


class Severity(models.TextChoices):
    """How bad. Rigors are mild or shaking."""

    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")
    SHAKING = "shaking", _("shaking")


class SymptomReport(Observed):
    """A symptom. Rigors ticked in a set stay in that set's own column; those timed alone are rows here."""

    kind = models.CharField(_("symptom"), max_length=12, choices=SymptomKind.choices)
    mark = models.CharField(_("mark"), max_length=8, choices=SymptomMark.choices, default=SymptomMark.PRESENT)
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity.choices, blank=True, default=""
    )
    response = models.TextField(_("response to treatment"), blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")
    #: The start that a stop ends.
    starts = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="ended_by")
    #: The set in which it was ticked.
    vital_signs = models.ForeignKey(
        VitalSigns, models.PROTECT, null=True, blank=True, related_name="symptom_reports"
    )

    class Meta(Observed.Meta):
        pass
