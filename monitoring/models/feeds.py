"""How long a sending system may be quiet before somebody is told: agreed with who runs it, off by default."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Act
from accounts.trail import track

if TYPE_CHECKING:
    from accounts.permissions import Actor


class Hears(models.TextChoices):
    """What counts as a word of the sending system."""

    READINGS = "readings", _("a reading, while somebody is watched")
    CALLS = "calls", _("any call, at any time")


class QuietAgreementRows(models.QuerySet["QuietAgreement"]):
    """Agreements, by who may read them."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the sites where the actor reads, or manages sending systems."""
        site = "client__site_id"
        return self.filter(actor.within(Act.READ, site=site) | actor.within(Act.MANAGE_PEOPLE, site=site))


@track()
class QuietAgreement(models.Model):
    """After how many minutes without a word the silence of one client is an alert of its site."""

    SITE_PATH: ClassVar[str] = "client__site_id"

    client = models.OneToOneField(
        "accounts.Client", models.PROTECT, primary_key=True, related_name="quiet_agreement"
    )
    after_minutes = models.PositiveSmallIntegerField(_("quiet at most, minutes"))
    hears = models.CharField(_("what counts"), max_length=10, choices=Hears, default=Hears.READINGS)
    agreed_at = models.DateTimeField(help_text="Real time: nothing is missed from before.")

    objects = QuietAgreementRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(after_minutes__gte=1, after_minutes__lte=10080),
                name="a_silence_is_agreed_from_a_minute_to_a_week",
            ),
            models.CheckConstraint(
                condition=models.Q(hears__in=Hears.values), name="a_word_of_a_client_is_of_a_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"client {self.client_id} is heard within {self.after_minutes} min"
