"""Where a person is reached: addresses and devices that count only once their owner has shown that they work.

Knows no channel: what is kept as a secret is opaque here, and is never shown, logged or kept in the trail.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .people import User


class ContactKind(models.TextChoices):
    """How a point is written to. The values are those of the channels."""

    EMAIL = "email", _("E-mail")
    WEBPUSH = "webpush", _("This browser")
    APPRISE = "apprise", _("Messenger or pager")


class Verified(models.TextChoices):
    """How it is known that a point reaches its owner."""

    CODE = "code", _("by a code")
    GIVEN = "given", _("with the account")


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    """Points, by whether they still count."""

    def kept(self) -> ContactPointQuerySet:
        """Those that their owner has not removed."""
        return self.filter(removed_at__isnull=True)

    def reaching(self) -> ContactPointQuerySet:
        """Those that are verified and have not failed for good since."""
        return self.kept().filter(verified_at__isnull=False, failed_at__isnull=True)


@track(exclude=("secret", "code_hash", "code_sent_at", "code_tries", "last_accepted_at"))
class ContactPoint(PublicId):
    """One way to reach a person. `address` is an e-mail address; whatever else is needed is `secret`."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=10, choices=ContactKind)
    label = models.CharField(_("name"), max_length=60)
    address = models.EmailField(_("e-mail address"), blank=True)
    secret = models.TextField(default="", editable=False)
    created_at = models.DateTimeField(editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    verified_how = models.CharField(max_length=12, choices=Verified, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    failed_because = models.CharField(max_length=200, default="", editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    last_accepted_at = models.DateTimeField(null=True, editable=False)
    code_hash = models.CharField(max_length=64, default="", editable=False)
    code_sent_at = models.DateTimeField(null=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ContactKind.values), name="a_point_has_a_known_kind"),
            models.CheckConstraint(
                condition=(Q(kind="email") & ~Q(address="")) | (~Q(kind="email") & ~Q(secret="")),
                name="a_point_says_where",
            ),
            models.UniqueConstraint(
                fields=["user", "address"],
                condition=Q(kind="email", removed_at__isnull=True),
                name="one_point_per_person_and_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "id"],
                name="points_that_reach",
                condition=Q(verified_at__isnull=False, failed_at__isnull=True, removed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} point {self.uuid}"

    @property
    def reaches(self) -> bool:
        """True when messages go there."""
        return self.verified_at is not None and self.failed_at is None and self.removed_at is None
