"""What the tables of the record share: whose rows a person sees, and how an observed row is written."""

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly

if TYPE_CHECKING:
    from accounts.permissions import Actor

Row = TypeVar("Row", bound=models.Model)


class SiteRows(models.QuerySet[Row]):
    """Rows that belong to a site.

    The model says how its site and its study are reached: `SITE_PATH`, `STUDY_PATH` (None: a member of one
    study alone sees nothing of it), and `MANY_PATHS` where a path passes a to-many relation.
    """

    def visible_to(self, actor: "Actor") -> Self:
        """Only the rows that the actor may read: another site's row simply is not in it."""
        site: str = getattr(self.model, "SITE_PATH", "site_id")
        study: str | None = getattr(self.model, "STUDY_PATH", None)
        allowed = actor.within(site=site, study=study)
        if not getattr(self.model, "MANY_PATHS", False):
            return self.filter(allowed)
        return self.filter(pk__in=self.model._base_manager.filter(allowed).values("pk"))


class ObservedRows(SiteRows[Row]):
    """Readings and events: amended and voided ones stay in the table."""

    def current(self) -> Self:
        """The rows that stand: not amended by another, and not void."""
        return self.filter(void=False, amended_by__isnull=True)


class Observed(PublicId, AppendOnly):
    """Something seen on a patient, by whom and when, and when we learned it. Never edited: amended or voided.

    A correction is a new row that `amends` the old one; `unique (amends)` makes that a chain, never a tree.
    `root` is the first of the chain, null on the first itself.
    """

    SITE_PATH: ClassVar[str] = "patient__site_id"
    STUDY_PATH: ClassVar[str] = "infusion__study_id"

    patient = models.ForeignKey("tracker.Patient", models.PROTECT, db_index=False, related_name="+")
    # The constraint is the composite one of migration 0002: the infusion and its patient together.
    infusion = models.ForeignKey(
        "tracker.Infusion",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="%(class)s_rows",
    )
    measured_at = models.DateTimeField(_("measured at"))
    #: The sender's offset from UTC in minutes: which 01:30 of an autumn night was meant.
    measured_offset_min = models.SmallIntegerField(default=0)
    recorded_at = models.DateTimeField(_("recorded at"))
    #: When the sender wrote its message, where it says so: an older one never replaces a newer.
    sent_at = models.DateTimeField(null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    client = models.ForeignKey("accounts.Client", models.PROTECT, db_index=False, related_name="+")
    source_id = models.TextField()
    source_version = models.IntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    amends = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="amended_by")
    root = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="chain_rows"
    )
    void = models.BooleanField(default=False)
    reason = models.TextField(_("reason"), blank=True, default="")

    if TYPE_CHECKING:
        patient_id: int
        infusion_id: int | None
        root_id: int | None
        client_id: int

    objects = ObservedRows.as_manager()

    class Meta(AppendOnly.Meta):
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["client", "source_id", "source_version"], name="one_%(class)s_per_message_and_version"
            ),
            models.CheckConstraint(
                condition=models.Q(amends__isnull=True) | ~models.Q(reason=""),
                name="a_corrected_%(class)s_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(void=False) | models.Q(amends__isnull=False),
                name="a_void_%(class)s_names_what_it_voids",
            ),
        ]
        indexes = [
            models.Index(fields=["infusion", "measured_at"], name="%(class)s_by_infusion"),
            models.Index(fields=["patient", "measured_at"], name="%(class)s_by_patient"),
            models.Index(fields=["root"], name="%(class)s_by_root", condition=models.Q(root__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.uuid}"

    @property
    def first_id(self) -> Any:
        """The key of the first row of this chain."""
        return self.root_id or self.pk
