"""The cells: one identity chain from the collection through activation and arming to the bags."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .fields import MeasuredField
from .rows import SiteRows
from .subject import Subject


class CellSource(models.TextChoices):
    """Whose cells they were."""

    AUTOLOGOUS = "autologous", _("the patient's own")
    DONOR = "donor", _("donor")
    CORD = "cord", _("cord blood")


@track
class CellProduct(PublicId):
    """One collection, its activation with OKT3 and IL-2, and its arming with the bispecific antibody.

    `patient` is the person for whom the cells are meant; a bag of this product can go to nobody else.
    """

    SITE_PATH: ClassVar[str] = "patient__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="products")
    patient = models.ForeignKey("tracker.Patient", models.PROTECT, related_name="products")
    name = models.CharField(_("product"), max_length=200)
    source = models.CharField(
        _("source"), max_length=12, choices=CellSource.choices, default=CellSource.AUTOLOGOUS
    )
    donor_id = models.CharField(_("donor"), max_length=60, blank=True, default="")
    collection_id = models.CharField(_("collection"), max_length=60, unique=True)
    collected_at = models.DateTimeField(_("collected at"), null=True, blank=True)
    collected_cells_e9 = MeasuredField(_("collected, 10⁹ cells"))
    activation_started_at = models.DateTimeField(_("activation started at"), null=True, blank=True)
    activation_ended_at = models.DateTimeField(_("activation ended at"), null=True, blank=True)
    armed_at = models.DateTimeField(_("armed at"), null=True, blank=True)
    arming_antibody_ug = MeasuredField(_("antibody, µg"))
    arming_cells_e9 = MeasuredField(_("cells armed, 10⁹"))

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(activation_ended_at__isnull=True)
                | models.Q(activation_ended_at__gte=models.F("activation_started_at")),
                name="activation_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(source="autologous") | ~models.Q(donor_id=""),
                name="cells_of_another_person_name_the_donor",
            ),
        ]

    def __str__(self) -> str:
        return self.collection_id

    @property
    def arming_ng_per_e6(self) -> Decimal | None:
        """Nanograms of antibody per million cells (µg per 10⁹ cells is the same number), or None."""
        if self.arming_antibody_ug is None or not self.arming_cells_e9:
            return None
        return Decimal(self.arming_antibody_ug) / Decimal(self.arming_cells_e9)

    @property
    def activation(self) -> timedelta | None:
        """How long the cells were activated, or None while that is not known."""
        if self.activation_started_at is None or self.activation_ended_at is None:
            return None
        return self.activation_ended_at - self.activation_started_at


@track
class Bag(PublicId):
    """One bag of armed cells."""

    SITE_PATH: ClassVar[str] = "product__patient__site_id"
    STUDY_PATH: ClassVar[str] = "product__subject__study_id"

    product = models.ForeignKey(CellProduct, models.PROTECT, related_name="bags")
    lot = models.CharField(_("lot"), max_length=60)
    #: What is printed on the bag and scanned at the bedside.
    label = models.CharField(_("bag label"), max_length=60, unique=True)
    cells_e9 = MeasuredField(_("cells, 10⁹"))
    viability_percent = MeasuredField(_("viability, %"))
    volume_ml = MeasuredField(_("volume, mL"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    objects = SiteRows.as_manager()

    def __str__(self) -> str:
        return self.label
