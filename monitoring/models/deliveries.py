"""The outbox: who must be told what, over which channel, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from monitoring.models.alerts import Alert, Priority

if TYPE_CHECKING:
    from accounts.permissions import Actor

OWED = models.Q(delivered_at__isnull=True, failed_at__isnull=True, withdrawn_at__isnull=True)


class Channel(models.TextChoices):
    """How a message travels. Those of people have the names of the kinds of contact points."""

    SCREEN = "screen", _("Screen")
    EMAIL = "email", _("E-mail")
    WEBPUSH = "webpush", _("Web push")
    APPRISE = "apprise", _("Messenger or pager")


class ReceiptState(models.TextChoices):
    """How far a message has come."""

    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent")
    ACCEPTED = "accepted", _("accepted")
    SEEN = "seen", _("seen")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    FAILED = "failed", _("failed")
    WITHDRAWN = "withdrawn", _("not sent")


class Withdrawn(models.TextChoices):
    """Why a message was not sent in the end."""

    RETRACTED = "retracted", _("the alert was retracted")
    ANSWERED = "answered", _("somebody had answered")
    SNOOZED = "snoozed", _("the alert was snoozed")
    NEWER = "newer", _("a newer message says more")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Messages, by who may see them and what is still to be done."""

    def visible_to(self, actor: "Actor") -> "DeliveryQuerySet":
        """Those about alerts that the actor may see."""
        return self.filter(alert__in=Alert.objects.visible_to(actor))

    def owed(self) -> "DeliveryQuerySet":
        """Those neither accepted, given up nor withdrawn."""
        return self.filter(OWED)

    def dead(self) -> "DeliveryQuerySet":
        """Those that were given up: a person may have them sent again."""
        return self.filter(failed_at__isnull=False)


class Delivery(PublicId):
    """One message to one contact point. Claimed with a lease, done when accepted, at least once.

    It is the receipt too: `created_at` (queued, clinical time), then in real time `sent_at` (last handed to
    the channel), `delivered_at` (accepted) and `seen_at`. Who acknowledged is in the alert's log alone.
    """

    alert = models.ForeignKey("monitoring.Alert", models.PROTECT, related_name="deliveries")
    rung = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=20, help_text="The kind of log row that it tells of.")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.HIGH)
    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    point = models.ForeignKey("accounts.ContactPoint", models.PROTECT, null=True, related_name="+")
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, help_text="Held by a worker, or not to be tried before.")
    held_since = models.DateTimeField(null=True, help_text="Waits to go out together with others.")
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True, help_text="Given up: red on the status page.")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.CharField(max_length=10, choices=Withdrawn, blank=True)
    resent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resent_at = models.DateTimeField(null=True)
    error = models.TextField(default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(delivered_at__isnull=True, failed_at__isnull=True)
                    | models.Q(delivered_at__isnull=True, withdrawn_at__isnull=True)
                    | models.Q(failed_at__isnull=True, withdrawn_at__isnull=True)
                ),
                name="a_delivery_ends_in_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["-priority", "id"], name="deliveries_still_owed", condition=OWED),
            models.Index(
                fields=["-failed_at"],
                name="deliveries_given_up",
                condition=models.Q(failed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} about alert {self.alert_id}, rung {self.rung}"

    def state(self, acknowledged_at: datetime | None = None) -> ReceiptState:
        """How far it has come; whether its recipient has acknowledged is known to the alert's log."""
        for reached, state in (
            (acknowledged_at, ReceiptState.ACKNOWLEDGED),
            (self.seen_at, ReceiptState.SEEN),
            (self.delivered_at, ReceiptState.ACCEPTED),
            (self.failed_at, ReceiptState.FAILED),
            (self.withdrawn_at, ReceiptState.WITHDRAWN),
            (self.sent_at, ReceiptState.SENT),
        ):
            if reached is not None:
                return state
        return ReceiptState.QUEUED
