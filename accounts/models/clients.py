"""Sending systems and their keys: one client per site and feed; bedside forms and the diary are some too."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import Act, Actor, Grant, Role
from accounts.trail import track

from .people import User


class ClientKind(models.TextChoices):
    """Through what a row came in."""

    BEDSIDE = "bedside", _("Bedside forms")
    DIARY = "diary", _("Home diary")
    INTEGRATION = "integration", _("Integration")
    IMPORT = "import", _("Import")
    DISPLAY = "display", _("Wall display")
    SYSTEM = "system", _("Febris itself")


class ClientQuerySet(models.QuerySet["Client"]):
    """Clients, by who may see them."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the sites whose people the actor manages or audits."""
        return self.filter(actor.within(Act.MANAGE_PEOPLE) | actor.within(Act.READ_AUDIT))


@track()
class Client(PublicId):
    """A sending system. Its role is what its tokens may do; bedside and system clients have none."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=ClientKind.choices)
    role = models.CharField(_("role"), max_length=30, choices=Role.choices, blank=True)
    site = models.ForeignKey(
        "tracker.Site",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("site"),
    )
    identified = models.BooleanField(_("may see names"), default=False)
    is_active = models.BooleanField(_("may connect"), default=True)

    objects = ClientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], nulls_distinct=False, name="one_client_per_site_and_name"
            ),
            models.CheckConstraint(condition=Q(kind__in=ClientKind.values), name="a_client_has_a_known_kind"),
        ]

    def __str__(self) -> str:
        return self.name

    def grants(self) -> tuple[Grant, ...]:
        """What the client may do of itself, as values."""
        return (Grant(Role(self.role), self.site_id, None, self.identified),) if self.role else ()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, by whether they still open the door."""

    def in_force(self, now: datetime) -> Self:
        """Those neither expired nor revoked, of clients that may connect."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            revoked_at__isnull=True,
            client__is_active=True,
        )


@track(exclude=("token_hash", "last_used_at"))
class ApiToken(PublicId):
    """A key of a client. Only its SHA-256 is stored: 256 random bits need no slow hash."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.prefix}…"
