"""The outbox: who must be told what, over which channel, and whether the channel accepted it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId


class Channel(models.TextChoices):
    """How a message travels."""

    SCREEN = "screen", _("Screen")
    EMAIL = "email", _("Email")


class Delivery(PublicId):
    """One message to one recipient. Claimed with a lease, done when the channel accepted it, once or more."""

    alert = models.ForeignKey("monitoring.Alert", models.PROTECT, related_name="deliveries")
    rung = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=20, help_text="The kind of log row that it tells of.")
    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True, help_text="Given up: red on the status page.")
    error = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=True) | models.Q(failed_at__isnull=True),
                name="a_delivery_is_done_or_given_up_never_both",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until", "id"],
                name="deliveries_still_owed",
                condition=models.Q(delivered_at__isnull=True, failed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} about alert {self.alert_id}, rung {self.rung}"
