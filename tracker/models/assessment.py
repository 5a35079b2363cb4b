"""Assessments: the neurological examination, the laboratory's results, the response of the disease."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import MeasuredField
from .rows import Observed


class Arousal(models.TextChoices):
    """What the patient wakes to (ICANS)."""

    SPONTANEOUS = "spontaneous", _("wakes by themselves")
    VOICE = "voice", _("wakes to voice")
    TACTILE = "tactile", _("wakes to touch")
    UNAROUSABLE = "unarousable", _("cannot be woken")


class Seizure(models.TextChoices):
    """Seizures since the last assessment (ICANS)."""

    NONE = "none", _("none")
    RESOLVES_RAPIDLY = "resolves_rapidly", _("resolves rapidly")
    PROLONGED = "prolonged_or_repetitive", _("prolonged or repetitive")


class CerebralEdema(models.TextChoices):
    """Swelling of the brain on imaging or by its signs (ICANS)."""

    NONE = "none", _("none")
    FOCAL = "focal", _("focal")
    DIFFUSE = "diffuse_or_herniation_signs", _("diffuse, or signs of herniation")


class NeuroAssessment(Observed):
    """The items of ICE and the other parts of ICANS. A blank part was not examined."""

    ice = models.PositiveSmallIntegerField(_("ICE score"), null=True, blank=True)
    orientation = models.PositiveSmallIntegerField(_("orientation, of 4"), null=True, blank=True)
    naming = models.PositiveSmallIntegerField(_("naming, of 3"), null=True, blank=True)
    commands = models.PositiveSmallIntegerField(_("commands, of 1"), null=True, blank=True)
    writing = models.PositiveSmallIntegerField(_("writing, of 1"), null=True, blank=True)
    attention = models.PositiveSmallIntegerField(_("attention, of 1"), null=True, blank=True)
    consciousness = models.CharField(
        _("consciousness"), max_length=12, choices=Arousal.choices, blank=True, default=""
    )
    seizure = models.CharField(_("seizure"), max_length=25, choices=Seizure.choices, blank=True, default="")
    deep_focal_motor_weakness = models.BooleanField(_("deep focal weakness"), null=True, blank=True)
    cerebral_edema = models.CharField(
        _("cerebral oedema"), max_length=30, choices=CerebralEdema.choices, blank=True, default=""
    )
    note = models.TextField(_("note"), blank=True, default="")

    class Meta(Observed.Meta):
        pass


class Comparator(models.TextChoices):
    """A result beyond what the laboratory can count."""

    EXACT = "", "="
    BELOW = "<", "<"
    ABOVE = ">", ">"


class LabResult(Observed):
    """One result with the unit and limits of the laboratory that gave it."""

    analyte = models.CharField(_("analyte"), max_length=30)
    value_typed = models.CharField(_("as it came"), max_length=60, blank=True, default="")
    comparator = models.CharField(max_length=1, choices=Comparator.choices, blank=True, default="")
    value = MeasuredField(_("value"))
    unit = models.CharField(_("unit"), max_length=30)
    lln = MeasuredField(_("lower limit of normal"))
    uln = MeasuredField(_("upper limit of normal"))
    laboratory = models.CharField(_("laboratory"), max_length=200, blank=True, default="")
    raw: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta(Observed.Meta):
        indexes = [
            *Observed.Meta.indexes,
            models.Index(fields=["patient", "analyte", "measured_at"], name="labresult_by_analyte"),
        ]


class ResponseAssessment(Observed):
    """How the disease answered, by which criteria. Weeks pass before there is anything to see."""

    criteria = models.CharField(_("criteria"), max_length=40)
    response = models.CharField(_("response"), max_length=20)
    method = models.CharField(_("method"), max_length=60, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    class Meta(Observed.Meta):
        pass
