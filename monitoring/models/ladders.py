"""Ladders as data: who is told of an alert at a site, after how long; one row a version."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models

from accounts.identifiers import PublicId
from accounts.permissions import Act
from accounts.trail import AppendOnly

if TYPE_CHECKING:
    from accounts.permissions import Actor


class LadderRows(models.QuerySet["Ladder"]):
    """Ladders, by who may read them."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the sites where the actor reads, or keeps the rota."""
        return self.filter(actor.within(Act.READ) | actor.within(Act.WRITE_ROTA))


class Ladder(PublicId, AppendOnly):
    """One version of a site's ladder; the newest holds for every climb that begins. A site without one climbs
    the default.
    """

    site = models.ForeignKey("tracker.Site", models.PROTECT, related_name="ladders")
    version = models.PositiveIntegerField()
    document = models.JSONField(help_text="As `core.escalation.parse_ladder` reads it.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    objects = LadderRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "version"], name="one_ladder_per_site_and_version"),
        ]
        indexes = [models.Index(fields=["site", "-id"], name="newest_ladder_of_a_site")]

    def __str__(self) -> str:
        return f"ladder of site {self.site_id}, version {self.version}"
