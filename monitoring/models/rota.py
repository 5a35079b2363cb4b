"""The rota: who is on duty at a site and when, whose patient is whose, and what was handed over to whom."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import Act
from accounts.trail import track

if TYPE_CHECKING:
    from accounts.permissions import Actor


class Duty(models.TextChoices):
    """What somebody does on a shift. Ladders name who is told by these, and by the nurse of an infusion."""

    CHARGE_NURSE = "charge_nurse", _("Charge nurse")
    NURSE = "nurse_on_shift", _("Nurse on shift")
    ON_CALL = "investigator_on_call", _("Investigator on call")
    BACKUP = "backup_investigator", _("Backup investigator")
    PRINCIPAL = "principal_investigator", _("Principal investigator")


class _Numbers(models.Func):
    """The range that holds one number: what an exclusion constraint without any extension compares."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"


class _Times(models.Func):
    """The time from a moment up to, and without, another."""

    function = "tstzrange"


def _never_twice(name: str, condition: models.Q) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            (_Numbers("site"), RangeOperators.OVERLAPS),
            (_Numbers("person"), RangeOperators.OVERLAPS),
            (_Times("starts_at", "ends_at"), RangeOperators.OVERLAPS),
        ],
        condition=condition,
    )


class RotaRows(models.QuerySet["Shift"]):
    """Shifts, by who may read them and when they run."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the sites where the actor reads, or keeps the rota."""
        return self.filter(actor.within(Act.READ) | actor.within(Act.WRITE_ROTA))

    def running(self, at: object) -> Self:
        """Those that have begun and not ended at that moment."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


@track
class Shift(PublicId):
    """Somebody's duty at a site from a moment on, its beginning included and its end not.

    `planned_*` is what the week's grid said, where somebody took over earlier or later.
    """

    site = models.ForeignKey("tracker.Site", models.PROTECT, related_name="shifts")
    duty = models.CharField(_("duty"), max_length=30, choices=Duty)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    planned_starts_at = models.DateTimeField(null=True)
    planned_ends_at = models.DateTimeField(null=True)
    by_take_over = models.BooleanField(default=False, help_text="No week's grid planned it.")

    objects = RotaRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_shift_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(duty__in=Duty.values), name="a_shift_has_a_known_duty"),
            _never_twice("one_duty_of_a_person_at_a_time", ~models.Q(duty="principal_investigator")),
            _never_twice(
                "one_principal_shift_of_a_person_at_a_time", models.Q(duty="principal_investigator")
            ),
        ]
        indexes = [models.Index(fields=["site", "ends_at"], name="shifts_of_a_site_by_end")]

    def __str__(self) -> str:
        return f"{self.duty} at site {self.site_id} from {self.starts_at:%Y-%m-%d %H:%M}"


@track
class Assignment(PublicId):
    """The nurse of one infusion, until another takes it."""

    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, related_name="assignments")
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["infusion"],
                condition=models.Q(ends_at__isnull=True),
                name="one_assigned_nurse_per_infusion",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="an_assignment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"nurse of infusion {self.infusion_id} from {self.starts_at:%Y-%m-%d %H:%M}"


class HandOverRows(models.QuerySet["HandOver"]):
    """Hand-overs, by who may read them."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the sites where the actor reads."""
        return self.filter(actor.within(Act.READ))


@track
class HandOver(PublicId):
    """One duty passing from a person to another, with the list that both confirm. It takes effect when the
    coming person confirms; the leaving one may do so before or after.
    """

    site = models.ForeignKey("tracker.Site", models.PROTECT, related_name="hand_overs")
    duty = models.CharField(_("duty"), max_length=30, choices=Duty)
    leaving = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    coming = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    listed = models.JSONField(help_text="What stood open when it took effect; before, when it was begun.")
    note = models.TextField(default="", blank=True)
    leaving_confirmed_at = models.DateTimeField(null=True)
    coming_confirmed_at = models.DateTimeField(null=True)

    objects = HandOverRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "duty", "leaving"],
                condition=models.Q(coming_confirmed_at__isnull=True),
                name="one_hand_over_of_a_duty_under_way",
            ),
            models.CheckConstraint(
                condition=~models.Q(leaving=models.F("coming")), name="nobody_hands_over_to_themselves"
            ),
        ]
        indexes = [models.Index(fields=["site", "-begun_at"], name="hand_overs_of_a_site")]

    def __str__(self) -> str:
        return f"hand-over of {self.duty} at site {self.site_id}, {self.begun_at:%Y-%m-%d %H:%M}"
