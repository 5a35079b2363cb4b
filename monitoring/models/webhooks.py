"""Systems that are told of every change of a site's alerts, in the order of the log, by signed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import Act
from accounts.trail import track

if TYPE_CHECKING:
    from accounts.permissions import Actor

#: The last row of the log that an endpoint has taken.
PLACE = ("after_epoch", "after_xid", "after_source", "after_id")
#: Where it stands and what it signs with: no row of the trail for each message, and never a secret in it.
_NOT_KEPT = (
    *("secret", "previous_secret", *PLACE, "attempts", "lease_until", "next_at"),
    *("failing_since", "last_error", "last_accepted_at"),
)


class WebhookQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Endpoints, by who may see them."""

    def visible_to(self, actor: Actor) -> WebhookQuerySet:
        """Those of the sites whose systems the actor manages or audits."""
        return self.filter(actor.within(Act.MANAGE_PEOPLE) | actor.within(Act.READ_AUDIT))


@track(exclude=_NOT_KEPT)
class WebhookEndpoint(PublicId):
    """One receiver of one site. Its place is the last row of the log that it has taken."""

    site = models.ForeignKey("tracker.Site", models.PROTECT, related_name="webhooks", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    disabled_because = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    secret = models.CharField(max_length=100, editable=False)
    previous_secret = models.CharField(max_length=100, default="", editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)

    after_epoch = models.IntegerField(editable=False)
    after_xid = models.BigIntegerField(editable=False)
    after_source = models.PositiveSmallIntegerField(editable=False)
    after_id = models.BigIntegerField(editable=False)

    attempts = models.PositiveIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=200, default="", editable=False)
    last_accepted_at = models.DateTimeField(null=True, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="one_webhook_per_site_and_name"),
        ]

    def __str__(self) -> str:
        return self.name
