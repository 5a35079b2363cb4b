"""A person at a site. The name is kept apart and is never joined by default."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import track

from .rows import Row, SiteRows
from .study import Site

if TYPE_CHECKING:
    from accounts.permissions import Actor


class Sex(models.TextChoices):
    """Sex as recorded."""

    FEMALE = "female", _("female")
    MALE = "male", _("male")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("unknown")


@track
class Patient(PublicId):
    """A person at a site, without a name."""

    SITE_PATH: ClassVar[str] = "site_id"
    STUDY_PATH: ClassVar[str] = "subjects__study_id"
    MANY_PATHS: ClassVar[bool] = True

    site = models.ForeignKey(Site, models.PROTECT, related_name="patients")
    sex = models.CharField(_("sex"), max_length=10, choices=Sex.choices, default=Sex.UNKNOWN)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    allergies = models.TextField(_("allergies"), blank=True, default="")

    objects = SiteRows.as_manager()

    def __str__(self) -> str:
        return f"patient {self.uuid}"


class IdentifiedRows(SiteRows[Row]):
    """Rows that say who a patient is: for the sites where the actor's membership is identified."""

    def visible_to(self, actor: "Actor") -> Self:
        """Only the rows that the actor may read, of sites where they may see names."""
        path: str = getattr(self.model, "SITE_PATH", "site_id")
        sites = [pk for pk in Site.objects.values_list("pk", flat=True) if actor.is_identified(pk)]
        return super().visible_to(actor).filter(**{f"{path}__in": sites})


@track
class PatientIdentity(models.Model):
    """Who the patient is: for identified roles alone, never in tasks, messages or logs."""

    SITE_PATH: ClassVar[str] = "patient__site_id"
    STUDY_PATH: ClassVar[str] = "patient__subjects__study_id"
    MANY_PATHS: ClassVar[bool] = True

    patient = models.OneToOneField(Patient, models.PROTECT, primary_key=True, related_name="identity")
    family_name = models.CharField(_("family name"), max_length=200)
    given_name = models.CharField(_("given name"), max_length=200, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")

    objects = IdentifiedRows.as_manager()

    class Meta:
        verbose_name_plural = "patient identities"

    def __str__(self) -> str:
        return f"identity of patient {self.patient_id}"


@track
class PatientIdentifier(models.Model):
    """A number that another system knows the patient by, such as a medical record number."""

    SITE_PATH: ClassVar[str] = "site_id"
    STUDY_PATH: ClassVar[str] = "patient__subjects__study_id"
    MANY_PATHS: ClassVar[bool] = True

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="identifiers")
    #: The patient's site again, so that the database can promise one patient per number and site.
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    system = models.CharField(_("system"), max_length=200)
    value = models.CharField(_("number"), max_length=100)

    objects = IdentifiedRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "system", "value"], name="one_patient_per_identifier_at_a_site"
            )
        ]

    def __str__(self) -> str:
        return f"identifier of patient {self.patient_id}"
