"""The link by which a patient sends temperatures from home: what of it is kept, and until when it opens."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .infusion import Infusion, Phase
from .rows import SiteRows

#: What was taken at the last moment of the watch may still be sent so long: the grace of an 8-hourly reading.
AFTER_THE_WATCH = timedelta(minutes=60)
#: No link lives longer, even where nobody records that the infusion stopped.
LONGEST_LIFE = timedelta(days=7)


@track(exclude=("token_hash", "opened_at"))
class HomeLink(PublicId):
    """A key to the home log of one infusion. Only its SHA-256 is kept: 100 random bits need no slow hash."""

    SITE_PATH: ClassVar[str] = "infusion__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="home_links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    language = models.CharField(_("language"), max_length=5)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    opened_at = models.DateTimeField(_("last opened"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["infusion"],
                condition=models.Q(revoked_at__isnull=True),
                name="one_home_link_per_infusion",
            )
        ]

    def __str__(self) -> str:
        return f"home link {self.uuid}"

    @property
    def closes_at(self) -> datetime:
        """When it stops opening by itself: with the log that it is for."""
        latest = self.created_at + LONGEST_LIFE
        ends_at = self.infusion.watch_ends_at
        return latest if ends_at is None else min(latest, ends_at + AFTER_THE_WATCH)

    def opens(self, now: datetime) -> bool:
        """True while the patient may send and see."""
        is_watched = self.infusion.phase not in (Phase.CANCELLED, Phase.ENDED)
        return self.revoked_at is None and is_watched and now <= self.closes_at
