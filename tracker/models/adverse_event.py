"""Adverse events, with the history of their grades. Which alerts one rests on is monitoring's to know."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly, track

from .infusion import Infusion
from .rows import SiteRows
from .subject import Subject


@track
class AdverseEvent(PublicId):
    """Something bad that happened to a subject, whether or not the cells did it."""

    SITE_PATH: ClassVar[str] = "subject__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="adverse_events")
    infusion = models.ForeignKey(
        Infusion, models.PROTECT, null=True, blank=True, related_name="adverse_events"
    )
    verbatim = models.TextField(_("as reported"))
    term = models.CharField(_("term"), max_length=200)
    term_code = models.CharField(_("MedDRA code"), max_length=20, blank=True, default="")
    ctcae_version = models.CharField(_("CTCAE version"), max_length=4)
    onset_at = models.DateTimeField(_("onset"), null=True, blank=True)
    onset_precision = models.CharField(_("precision of the onset"), max_length=10, blank=True, default="")
    ended_at = models.DateTimeField(_("end"), null=True, blank=True)
    #: When the site learned of it: the reporting clocks run from here.
    aware_at = models.DateTimeField(_("became aware"), null=True, blank=True)
    seriousness: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    causality: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict, blank=True)
    expected = models.BooleanField(_("expected"), null=True, blank=True)
    action = models.CharField(_("action taken"), max_length=40, blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=40, blank=True, default="")
    dlt = models.BooleanField(_("dose-limiting"), null=True, blank=True)
    narrative = models.TextField(_("narrative"), blank=True, default="")
    #: The readings that it rests on: [{"table": name, "uuid": text}].
    readings: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    drafted_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("onset_at")),
                name="an_adverse_event_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.term} of subject {self.subject_id}"


class AdverseEventGrade(PublicId, AppendOnly):
    """A grade that the event had from a moment on; a change of grade is a new row."""

    SITE_PATH: ClassVar[str] = "adverse_event__subject__site_id"
    STUDY_PATH: ClassVar[str] = "adverse_event__subject__study_id"

    adverse_event = models.ForeignKey(AdverseEvent, models.PROTECT, related_name="grades")
    grade = models.PositiveSmallIntegerField(_("grade"))
    since = models.DateTimeField(_("since"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True, default="")
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade__gte=1, grade__lte=5), name="a_grade_is_between_1_and_5"
            )
        ]

    def __str__(self) -> str:
        return f"grade {self.grade} since {self.since}"
