"""The study and where it runs: what the protocol allows, and which sites take part."""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .fields import MeasuredField
from .rows import SiteRows


def _default_languages() -> list[str]:
    return ["en"]


@track
class Site(PublicId):
    """A hospital or ward that takes part; its zone is for screens, its languages for messages."""

    SITE_PATH: ClassVar[str] = "id"
    STUDY_PATH: ClassVar[str] = "study_sites__study_id"
    MANY_PATHS: ClassVar[bool] = True

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    #: Printed for patients and offered on their page: answered at any hour.
    phone = models.CharField(_("phone for patients at home"), max_length=40, blank=True, default="")
    languages = models.JSONField(default=_default_languages)

    objects = SiteRows.as_manager()

    def __str__(self) -> str:
        return self.code


@track
class Study(PublicId):
    """A protocol: its product, its limits, its gates. Figures that a protocol's author replaces."""

    SITE_PATH: ClassVar[str] = "study_sites__site_id"
    STUDY_PATH: ClassVar[str] = "id"
    MANY_PATHS: ClassVar[bool] = True

    protocol_number = models.CharField(_("protocol number"), max_length=40, unique=True)
    version = models.CharField(_("protocol version"), max_length=20)
    title = models.CharField(_("title"), max_length=300, blank=True, default="")
    product = models.CharField(_("product"), max_length=200)
    ind_number = models.CharField(_("IND number"), max_length=40, blank=True, default="")
    ctcae_version = models.CharField(_("CTCAE version"), max_length=4, default="5.0")
    watch_hours = models.PositiveSmallIntegerField(_("watch hours"), default=48)
    #: How long the patient stays after the stop: 1 to 2 h by the product's patient information.
    close_watch_minutes = models.PositiveSmallIntegerField(
        _("close watch after the stop, minutes"), default=120, validators=[MinValueValidator(60)]
    )
    dose_low_e9 = MeasuredField(_("lowest dose, 10⁹ cells"), default=Decimal(5), null=False)
    dose_high_e9 = MeasuredField(_("highest dose, 10⁹ cells"), default=Decimal(40), null=False)
    infusions_max = models.PositiveSmallIntegerField(_("number of infusions"), default=8)
    gap_hours_min = models.PositiveSmallIntegerField(_("minimum gap, hours"), default=48)
    arming_ng_per_e6 = MeasuredField(_("arming ratio, ng per 10⁶ cells"), default=Decimal(50), null=False)
    arming_tolerance_percent = MeasuredField(_("arming tolerance, %"), default=Decimal(20), null=False)
    activation_days_low = models.PositiveSmallIntegerField(_("shortest activation, days"), default=6)
    activation_days_high = models.PositiveSmallIntegerField(_("longest activation, days"), default=14)
    #: By how many people the two identity checks before a start are made: two, or one who looks twice.
    identity_checkers = models.PositiveSmallIntegerField(
        _("identity is checked twice by"),
        choices=[(2, _("two people")), (1, _("the same person may"))],
        default=2,
    )
    #: Gate -> hard, warn or off; a gate not named has the mode of `tracker.gates.DEFAULT_MODES`.
    gates: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict, blank=True)
    dlt_rule: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    reporting_clocks: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    #: Demonstration and sandbox studies; the simulated clock is refused as soon as one is not.
    synthetic = models.BooleanField(default=False)
    sites: models.ManyToManyField[Site, Any] = models.ManyToManyField(
        Site, through="tracker.StudySite", related_name="studies"
    )

    objects = SiteRows.as_manager()

    class Meta:
        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(watch_hours__gte=1, watch_hours__lte=72),
                name="a_watch_is_at_most_72_hours",
            ),
            models.CheckConstraint(
                condition=models.Q(close_watch_minutes__gte=60), name="a_close_watch_is_at_least_an_hour"
            ),
            models.CheckConstraint(
                condition=models.Q(identity_checkers__in=(1, 2)), name="identity_is_checked_by_one_or_two"
            ),
        ]

    def __str__(self) -> str:
        return self.protocol_number


@track
class StudySite(models.Model):
    """A site that takes part in a study."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="study_sites")
    site = models.ForeignKey(Site, models.PROTECT, related_name="study_sites")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "site"], name="a_site_is_in_a_study_once")]

    def __str__(self) -> str:
        return f"{self.study_id} at {self.site_id}"


@track
class Arm(PublicId):
    """A cohort of a study and the dose that it plans."""

    SITE_PATH: ClassVar[str] = "study__study_sites__site_id"
    STUDY_PATH: ClassVar[str] = "study_id"
    MANY_PATHS: ClassVar[bool] = True

    study = models.ForeignKey(Study, models.PROTECT, related_name="arms")
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    planned_cells_e9 = MeasuredField(_("planned dose, 10⁹ cells"))
    with_il2 = models.BooleanField(_("with low-dose IL-2"), default=False)
    with_gm_csf = models.BooleanField(_("with GM-CSF"), default=False)

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "code"], name="one_arm_per_code_in_a_study")]

    def __str__(self) -> str:
        return self.code
