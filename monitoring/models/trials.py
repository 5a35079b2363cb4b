"""Test messages before an infusion: asked for by somebody who is about to start it, each with its receipt."""

from django.conf import settings
from django.db import models

from accounts.identifiers import PublicId


class TrialMessage(PublicId):
    """One test message to one contact point of somebody whom alerts of the infusion would be told to."""

    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, related_name="+")
    point = models.ForeignKey("accounts.ContactPoint", models.PROTECT, related_name="+", db_index=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(help_text="Real time, as the others.")
    sent_at = models.DateTimeField(null=True, help_text="Taken by a worker, which tries it once.")
    accepted_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(failed_at__isnull=True),
                name="a_trial_ends_in_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="trials_still_owed", condition=models.Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"trial of point {self.point_id} for infusion {self.infusion_id}"
