"""Vital signs taken as a set, and temperatures taken alone. A temperature is stored once, in either."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import MeasuredField
from .rows import Observed


class TemperatureUnit(models.TextChoices):
    """The unit that was typed."""

    CELSIUS = "C", "°C"
    FAHRENHEIT = "F", "°F"


class TemperatureSite(models.TextChoices):
    """Where on the body."""

    ORAL = "oral", _("oral")
    AXILLARY = "axillary", _("axillary")
    TYMPANIC = "tympanic", _("tympanic")
    TEMPORAL = "temporal", _("temporal")
    RECTAL = "rectal", _("rectal")
    CORE = "core", _("core")
    UNKNOWN = "unknown", _("unknown")


class Position(models.TextChoices):
    """How the patient lay or stood when the pressure was taken."""

    SUPINE = "supine", _("supine")
    SEMI_RECUMBENT = "semi_recumbent", _("semi-recumbent")
    SITTING = "sitting", _("sitting")
    STANDING = "standing", _("standing")


class OxygenDevice(models.TextChoices):
    """What oxygen is given by."""

    ROOM_AIR = "room_air", _("room air")
    NASAL_CANNULA = "nasal_cannula", _("nasal cannula")
    SIMPLE_MASK = "simple_mask", _("simple mask")
    VENTURI = "venturi", _("Venturi mask")
    NON_REBREATHER = "non_rebreather", _("non-rebreather mask")
    BLOW_BY = "blow_by", _("blow-by")
    HIGH_FLOW = "high_flow", _("high flow")
    CPAP = "cpap", "CPAP"
    BIPAP = "bipap", "BiPAP"
    VENTILATOR = "ventilator", _("ventilator")


class Consciousness(models.TextChoices):
    """ACVPU."""

    ALERT = "A", _("alert")
    CONFUSED = "C", _("new confusion")
    VOICE = "V", _("responds to voice")
    PAIN = "P", _("responds to pain")
    UNRESPONSIVE = "U", _("unresponsive")


class Rigors(models.TextChoices):
    """Shaking chills as seen with a set. Blank is not asked; none is a finding."""

    NONE = "none", _("none")
    MILD = "mild", _("mild")
    SHAKING = "shaking", _("shaking")


class Temperature(models.Model):
    """A temperature as typed and in °C, and what became of the parts of the row that could not be kept."""

    temperature_typed = models.CharField(_("as typed"), max_length=32, blank=True, default="")
    temperature_unit = models.CharField(max_length=1, choices=TemperatureUnit.choices, blank=True, default="")
    temperature_c = MeasuredField(_("temperature, °C"))
    temperature_site = models.CharField(
        _("temperature site"), max_length=10, choices=TemperatureSite.choices, blank=True, default=""
    )
    #: {field: reason} of parts left blank on purpose; `implausible` when we could not keep what came.
    absent: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict, blank=True)
    #: Fields beyond a hard limit that the person measured twice.
    verified: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    #: {field: text as it came} where the text is not the number kept.
    raw: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        abstract = True


class VitalSigns(Temperature, Observed):
    """One set of vital signs; each part may be blank with its reason."""

    systolic_mmhg = MeasuredField(_("systolic, mmHg"))
    diastolic_mmhg = MeasuredField(_("diastolic, mmHg"))
    map_mmhg = MeasuredField(_("mean arterial pressure, mmHg"))
    position = models.CharField(
        _("position"), max_length=15, choices=Position.choices, blank=True, default=""
    )
    heart_rate_bpm = MeasuredField(_("heart rate, /min"))
    respiratory_rate_per_min = MeasuredField(_("respiratory rate, /min"))
    spo2_percent = MeasuredField(_("SpO₂, %"))
    oxygen_device = models.CharField(
        _("oxygen by"), max_length=15, choices=OxygenDevice.choices, blank=True, default=""
    )
    oxygen_flow_l_min = MeasuredField(_("oxygen flow, L/min"))
    fio2_percent = MeasuredField(_("FiO₂, %"))
    consciousness = models.CharField(
        _("consciousness"), max_length=1, choices=Consciousness.choices, blank=True, default=""
    )
    rigors = models.CharField(_("rigors"), max_length=8, choices=Rigors.choices, blank=True, default="")
    concern = models.TextField(_("concern"), blank=True, default="")
    bp_unrecordable = models.BooleanField(_("blood pressure unrecordable"), default=False)
    #: Systolic at or below diastolic, kept on a second look: systolic counts, mean and pulse pressure do not.
    crossed = models.BooleanField(default=False)

    class Meta(Observed.Meta):
        verbose_name_plural = "vital signs"


class TemperatureLog(Temperature, Observed):
    """A temperature taken without a set: at home, or on a round."""

    antipyretic = models.CharField(_("antipyretic taken"), max_length=100, blank=True, default="")
    antipyretic_at = models.DateTimeField(_("antipyretic taken at"), null=True, blank=True)

    class Meta(Observed.Meta):
        pass
