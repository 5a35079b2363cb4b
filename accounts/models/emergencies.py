"""Emergency access: who reached a site beyond their roles, why, what they opened, and who judged it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import EMERGENCY, Act, Actor, Grant, Role
from accounts.trail import AppendOnly, track

from .people import User

#: In characters: less than this says nothing to whoever reviews it.
SHORTEST_REASON = 10


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    """Uses, by whether they last and who judges them."""

    def lasting(self, now: datetime) -> EmergencyAccessQuerySet:
        """Those neither ended nor over."""
        return self.filter(ended_at__isnull=True, ends_at__gt=now)

    def unreviewed(self) -> EmergencyAccessQuerySet:
        """Those that nobody has judged."""
        return self.filter(reviewed_at__isnull=True)

    def visible_to(self, actor: Actor) -> EmergencyAccessQuerySet:
        """Those to the sites where the actor reviews them or reads the trail."""
        return self.filter(actor.within(Act.REVIEW_EMERGENCY) | actor.within(Act.READ_AUDIT))


@track()
class EmergencyAccess(PublicId):
    """One use: whose, to which site, why, from when to when, and what a second person made of it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="emergencies")
    site = models.ForeignKey("tracker.Site", models.PROTECT, related_name="emergencies")
    reason = models.CharField(_("reason"), max_length=500)
    opened_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    justified = models.BooleanField(_("justified"), null=True)
    review_note = models.CharField(_("note"), max_length=500, default="")

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__regex=r"^\S.{8,}\S$"), name="an_emergency_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("opened_at")), name="an_emergency_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, justified__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False, justified__isnull=False),
                name="a_review_says_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("user")),
                name="nobody_reviews_their_own_emergency",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-opened_at"], name="emergencies_of_a_site"),
            models.Index(
                fields=["site"], name="unreviewed_emergencies", condition=Q(reviewed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"emergency access {self.uuid}"

    @property
    def over_at(self) -> datetime:
        """When it ended or will end."""
        return self.ended_at or self.ends_at

    def grant(self) -> Grant:
        """What it allows, as a value: what a nurse needs beside a patient, and never configuration."""
        return Grant(Role.NURSE, self.site_id, None, identified=True, acts=EMERGENCY)


class EmergencyStep(PublicId, AppendOnly):
    """One page or address that was asked for during a use; written before it is answered."""

    access = models.ForeignKey(EmergencyAccess, models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    view = models.CharField(max_length=100)
    path = models.CharField(max_length=200)
    row = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["access", "at"], name="steps_of_an_emergency")]

    def __str__(self) -> str:
        return f"{self.method} {self.view} at {self.at:%Y-%m-%d %H:%M:%S} UTC"
