"""The shared tablets of a ward: which devices they are, who signed in fully there, and the PINs they set.

A PIN opens nothing by itself: it brings somebody back who has signed in fully on that device in this shift.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import Act, Actor
from accounts.trail import track

from .people import Membership, User

#: Who may lose or find a tablet of the ward: those who work there and those who manage its people.
KEEPERS = (Act.MANAGE_PEOPLE, Act.UNLOCK_USER, Act.RECORD_READINGS)


class WardDeviceQuerySet(models.QuerySet["WardDevice"]):
    """Devices, by whether they still count and who may see them."""

    def in_force(self, now: datetime) -> WardDeviceQuerySet:
        """Those neither expired nor revoked."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)

    def visible_to(self, actor: Actor) -> WardDeviceQuerySet:
        """Those of the sites where the actor works or manages people, or whose trail they read."""
        seen = actor.within(Act.READ_AUDIT)
        for act in KEEPERS:
            seen |= actor.within(act)
        return self.filter(seen)


@track(exclude=("key_hash",))
class WardDevice(PublicId):
    """A browser that people of one site share. Only the SHA-256 of its key is stored."""

    site = models.ForeignKey(
        "tracker.Site", models.PROTECT, related_name="ward_devices", verbose_name=_("site")
    )
    name = models.CharField(_("name"), max_length=60)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    expires_at = models.DateTimeField(_("until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    objects = WardDeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


@track(exclude=("hash",))
class Pin(models.Model):
    """The PIN that somebody set for themselves, hashed as passwords are."""

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="pin")
    hash = models.CharField(max_length=128, editable=False)
    set_at = models.DateTimeField(editable=False)

    def __str__(self) -> str:
        return f"PIN of user {self.user_id}"


class Ended(models.TextChoices):
    """Why somebody may no longer come back quickly."""

    LEFT = "left", _("signed out")
    WRONG_PINS = "wrong_pins", _("too many wrong PINs")
    REVOKED = "revoked", _("the device was revoked")


class PresenceQuerySet(models.QuerySet["Presence"]):
    """Presences, by whether they still bring somebody back."""

    def open(self, now: datetime, wrong_pins: int) -> PresenceQuerySet:
        """Those within their shift that nobody ended, on a device that counts, with fewer wrong PINs,
        of people who belong to the site still.
        """
        return self.filter(
            ended_at__isnull=True,
            ends_at__gt=now,
            failures__lt=wrong_pins,
            device__revoked_at__isnull=True,
            device__expires_at__gt=now,
            user__is_active=True,
        ).filter(
            Exists(
                Membership.objects.in_force(now).filter(user=OuterRef("user"), site=OuterRef("device__site"))
            )
        )


@track(exclude=("session_key", "auth_hash", "kept", "way_back"))
class Presence(PublicId):
    """Somebody signed in fully on a device and may come back to it quickly until the shift ends.

    `auth_hash` is of their password then: a changed password ends this. `kept` is what they had typed and not
    saved when somebody else took the device.
    """

    device = models.ForeignKey(WardDevice, models.PROTECT, related_name="presences")
    user = models.ForeignKey(User, models.PROTECT, related_name="presences")
    signed_in_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_because = models.CharField(max_length=12, choices=Ended, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    session_key = models.CharField(max_length=40, default="", editable=False)
    auth_hash = models.CharField(max_length=128, editable=False)
    kept = models.TextField(default="", editable=False)
    way_back = models.CharField(max_length=300, default="", editable=False)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "user"],
                condition=Q(ended_at__isnull=True),
                name="one_presence_per_person_and_device",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("signed_in_at")), name="a_presence_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"presence {self.uuid}"
