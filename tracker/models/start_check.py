"""What people looked at by the bed before a start: who the patient is, whose bag it is, what lies ready."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly

from .infusion import Infusion
from .intervention import InterventionKind
from .product import Bag
from .rows import SiteRows


class CheckKind(models.TextChoices):
    """What was looked at."""

    IDENTITY = "identity", _("identity")
    DRUGS = "drugs", _("emergency drugs")


#: What lies ready at the bed before cells are given. Source: the fact sheet's parts 1 to 3: meperidine for
#: rigors (S19), an antipyretic and an antihistamine for fever and chills (S13), fluids and then a vasopressor
#: for hypotension (S15), oxygen for hypoxia, tocilizumab for the syndrome (S14), a steroid for a severe
#: reaction alone (S18). That all of them are asked for is a default, to be confirmed.
EMERGENCY_DRUGS: tuple[InterventionKind, ...] = (
    InterventionKind.OXYGEN,
    InterventionKind.FLUIDS,
    InterventionKind.VASOPRESSOR,
    InterventionKind.MEPERIDINE,
    InterventionKind.ANTIPYRETIC,
    InterventionKind.ANTIHISTAMINE,
    InterventionKind.TOCILIZUMAB,
    InterventionKind.STEROID,
)


class StartCheck(PublicId, AppendOnly):
    """One look before a start, with what came of it. What was scanned of a patient is compared, never kept.

    `author` is whose screen it was entered at, `checked_by` who looked: a colleague confirms by their own
    password. An identity that did not agree is kept as well.
    """

    SITE_PATH: ClassVar[str] = "infusion__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="start_checks")
    kind = models.CharField(_("looked at"), max_length=10, choices=CheckKind.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The bag that was assigned when it was compared.
    bag = models.ForeignKey(Bag, models.PROTECT, null=True, blank=True, related_name="+")
    #: What was compared, or which drugs are at hand: codes.
    found: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    #: What did not agree, or which drugs are missing: codes. Nothing missing is a check that counts.
    missing: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["infusion", "kind"], name="start_check_by_infusion")]

    def __str__(self) -> str:
        return f"{self.kind} check of infusion {self.infusion_id}"

    @property
    def agreed(self) -> bool:
        """True when nothing was found wrong."""
        return not self.missing
