"""An infusion: its plan, the events that happened to it, and what its start rested on."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly, track

from .fields import MeasuredField
from .patient import Patient
from .product import Bag
from .rows import Observed, SiteRows
from .study import Site, Study
from .subject import Subject


class Phase(models.TextChoices):
    """Where an infusion stands."""

    PLANNED = "planned", _("planned")
    INFUSING = "infusing", _("infusing")
    PAUSED = "paused", _("paused")
    OBSERVING = "observing", _("observing")
    HOME = "home", _("at home")
    ENDED = "ended", _("ended")
    CANCELLED = "cancelled", _("cancelled")


@track
class Infusion(PublicId):
    """One infusion of armed cells. `phase`, `started_at` and `stopped_at` follow from its events."""

    STUDY_PATH: ClassVar[str] = "study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="infusions")
    #: The subject's patient again; a composite foreign key holds the two together.
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="infusions")
    site = models.ForeignKey(Site, models.PROTECT, related_name="infusions")
    study = models.ForeignKey(Study, models.PROTECT, related_name="infusions")
    number = models.PositiveSmallIntegerField(_("number"))
    bag = models.ForeignKey(Bag, models.PROTECT, null=True, blank=True, related_name="infusions")
    product = models.CharField(_("product"), max_length=200)
    route = models.CharField(_("route"), max_length=20, default="iv")
    planned_cells_e9 = MeasuredField(_("planned, 10⁹ cells"))
    actual_cells_e9 = MeasuredField(_("given, 10⁹ cells"))
    planned_start_at = models.DateTimeField(_("planned start"), null=True, blank=True)
    planned_end_at = models.DateTimeField(_("planned end"), null=True, blank=True)
    phase = models.CharField(_("phase"), max_length=10, choices=Phase.choices, default=Phase.PLANNED)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    watch_hours = models.PositiveSmallIntegerField(_("watch hours"), default=48)
    bed = models.CharField(_("bed or chair"), max_length=20, blank=True, default="")
    #: Imported after the fact: judged, but nobody was watching.
    historical = models.BooleanField(default=False)
    #: The synthetic patient by which the watch proves to itself that it works.
    is_canary = models.BooleanField(default=False)

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "number"], name="one_infusion_per_number_of_a_subject"
            ),
            # The target of the composite foreign keys that tie readings to their infusion's patient.
            models.UniqueConstraint(fields=["id", "patient"], name="an_infusion_is_one_patients"),
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=True)
                | models.Q(stopped_at__gte=models.F("started_at")),
                name="an_infusion_stops_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=True) | models.Q(started_at__isnull=False),
                name="only_a_started_infusion_stops",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "phase"], name="infusion_by_site_and_phase"),
            models.Index(fields=["patient", "started_at"], name="infusion_by_patient"),
        ]

    def __str__(self) -> str:
        return f"infusion {self.number} of subject {self.subject_id}"

    @property
    def watch_ends_at(self) -> datetime | None:
        """The last watched moment, both ends included; None while no stop is recorded."""
        return self.stopped_at + timedelta(hours=self.watch_hours) if self.stopped_at else None

    def watches(self, measured_at: datetime) -> bool:
        """True when the moment lies in the watch window. Arrival never decides, the measurement does."""
        if self.started_at is None or self.phase == Phase.CANCELLED or measured_at < self.started_at:
            return False
        return self.watch_ends_at is None or measured_at <= self.watch_ends_at


class EventKind(models.TextChoices):
    """What can happen to an infusion."""

    START = "start", _("start")
    PAUSE = "pause", _("pause")
    RESUME = "resume", _("resume")
    RATE = "rate", _("rate")
    STOP = "stop", _("stop")
    CANCEL = "cancel", _("cancel")
    DISCHARGE = "discharge", _("discharge")
    READMIT = "readmit", _("readmit")
    END = "end", _("end")


class InfusionEvent(Observed):
    """Something that happened to an infusion, at `measured_at`."""

    kind = models.CharField(_("event"), max_length=10, choices=EventKind.choices)
    rate_ml_per_h = MeasuredField(_("rate, mL/h"))
    override_reason = models.TextField(_("reason for going on"), blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    class Meta(Observed.Meta):
        constraints = [
            *Observed.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(infusion__isnull=False), name="an_infusion_event_names_its_infusion"
            ),
        ]


class GateOverride(PublicId, AppendOnly):
    """A gate that did not open, and who went on all the same, with whom and why."""

    SITE_PATH: ClassVar[str] = "infusion__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="gate_overrides")
    gate = models.CharField(max_length=40)
    #: What the gate said, as the person read it.
    detail = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField()
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_gate_is_overridden_with_a_reason"),
            models.CheckConstraint(
                condition=~models.Q(second_person=models.F("author")), name="the_second_person_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} overridden for infusion {self.infusion_id}"


class Baseline(PublicId, AppendOnly):
    """The patient's own normal before the infusion, frozen at its start; the newest row counts.

    `values` holds {column of VitalSigns: number as text}, each the median of the readings of the hour before.
    `ctcae_version` is the study's at the start: what has begun is never graded by another.
    """

    SITE_PATH: ClassVar[str] = "infusion__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="baselines")
    values: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    ctcae_version = models.CharField(max_length=4, blank=True, default="")
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True, default="")
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"baseline of infusion {self.infusion_id}"


class SubjectFacts(PublicId, AppendOnly):
    """What rules read of the subject: as it was known when the infusion's start was recorded, and as it is
    known since each later change. Whoever asks what was known then is never answered with what is known now.
    """

    SITE_PATH: ClassVar[str] = "infusion__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="subject_facts")
    spo2_target = models.CharField(max_length=10, blank=True, default="")
    transplant = models.CharField(max_length=12, blank=True, default="")
    #: True for what a start found: it holds from that start on, however its time is corrected.
    at_start = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"facts of the subject of infusion {self.infusion_id}"
