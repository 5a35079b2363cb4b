"""What was given to the patient, and for what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import MeasuredField
from .rows import Observed


class InterventionKind(models.TextChoices):
    """The treatments that change what a sign means."""

    FLUIDS = "fluids", _("fluids")
    VASOPRESSOR = "vasopressor", _("vasopressor")
    OXYGEN = "oxygen", _("oxygen")
    ANTIPYRETIC = "antipyretic", _("antipyretic")
    MEPERIDINE = "meperidine", _("meperidine")
    ANTIHISTAMINE = "antihistamine", _("antihistamine")
    STEROID = "steroid", _("steroid")
    TOCILIZUMAB = "tocilizumab", _("tocilizumab")
    IL2 = "il2", "IL-2"
    GM_CSF = "gm_csf", "GM-CSF"
    OTHER = "other", _("other")


class InterventionMark(models.TextChoices):
    """Given once, or begun and ended."""

    GIVEN = "given", _("given")
    START = "start", _("started")
    STOP = "stop", _("stopped")


class Indication(models.TextChoices):
    """What it was given for. Blank is a missing indication, which counts as treatment of the sign."""

    HYPOTENSION = "hypotension", _("hypotension")
    HYPOXIA = "hypoxia", _("hypoxia")
    FEVER = "fever", _("fever")
    RIGORS = "rigors", _("rigors")
    CRS = "crs", _("cytokine release syndrome")
    ICANS = "icans", _("neurotoxicity")
    REACTION = "reaction", _("infusion reaction")
    PREMEDICATION = "premedication", _("premedication")
    PROTOCOL = "protocol", _("as the protocol plans")
    COMFORT = "comfort", _("comfort")
    OTHER = "other", _("other")


class Intervention(Observed):
    """Something given or begun, or its end. For oxygen the substance is the device, the amount L/min."""

    kind = models.CharField(_("given"), max_length=15, choices=InterventionKind.choices)
    mark = models.CharField(
        _("mark"), max_length=6, choices=InterventionMark.choices, default=InterventionMark.GIVEN
    )
    substance = models.CharField(_("substance"), max_length=100, blank=True, default="")
    amount = MeasuredField(_("amount"))
    unit = models.CharField(_("unit"), max_length=20, blank=True, default="")
    indication = models.CharField(
        _("indication"), max_length=15, choices=Indication.choices, blank=True, default=""
    )
    authoriser = models.CharField(_("authorised by"), max_length=200, blank=True, default="")
    prednisone_equivalent_mg = MeasuredField(_("prednisone equivalent, mg"))
    #: The start that a stop ends.
    starts = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="ended_by")
    note = models.TextField(_("note"), blank=True, default="")

    class Meta(Observed.Meta):
        pass
