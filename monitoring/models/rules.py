"""Rules as data: named, versioned sets that a second person activates, and the overrides of one subject."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgtrigger import Condition, Protect, Update

from accounts.identifiers import PublicId
from accounts.permissions import Act, Actor
from accounts.trail import AppendOnly, track
from monitoring.models.exact import ExactJSONField
from tracker.models import SiteRows, Study
from tracker.models.fields import MeasuredField


class RuleSetStatus(models.TextChoices):
    """The life of a rule set."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")


class RuleSetRows(models.QuerySet["RuleSet"]):
    """Rule sets, by who may read them."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the studies that the actor may read, and those for every study."""
        if not actor.may_anywhere(Act.READ):
            return self.none()
        studies = Study.objects.visible_to(actor).values("pk")
        return self.filter(models.Q(study__in=studies) | models.Q(study=None))


@track()
class RuleSet(PublicId):
    """One version of a named list of rules. No study means: every study that has none of its own."""

    study = models.ForeignKey("tracker.Study", models.PROTECT, null=True, related_name="rule_sets")
    name = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    document = ExactJSONField()
    status = models.CharField(max_length=10, choices=RuleSetStatus, default=RuleSetStatus.DRAFT)
    shipped = models.BooleanField(
        default=False, help_text="Came with Febris; its review is that of the release."
    )
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    effective_from = models.DateTimeField(null=True, help_text="Empty: from the first reading on.")

    objects = RuleSetRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "name", "version"],
                name="one_rule_set_per_name_and_version",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft")
                | models.Q(shipped=True)
                | models.Q(approved_by__isnull=False),
                name="an_active_rule_set_is_approved",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("drafted_by")),
                name="nobody_approves_their_own_draft",
            ),
        ]
        triggers = [
            Protect(
                name="a_rule_set_once_active_is_immutable",
                operation=Update,
                condition=Condition(
                    "OLD.status <> 'draft' AND (OLD.document, OLD.name, OLD.version, OLD.effective_from)"
                    " IS DISTINCT FROM (NEW.document, NEW.name, NEW.version, NEW.effective_from)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class RuleOverride(PublicId, AppendOnly):
    """Another figure for one subject, from a moment on, until another; author, second person, reason."""

    SITE_PATH: ClassVar[str] = "subject__site_id"
    STUDY_PATH: ClassVar[str] = "subject__study_id"

    subject = models.ForeignKey("tracker.Subject", models.PROTECT, related_name="rule_overrides")
    threshold = models.CharField(max_length=100, help_text="The name that the rule set gives it.")
    value = MeasuredField(null=False, blank=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second_person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField()
    recorded_at = models.DateTimeField()

    objects = SiteRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(author=models.F("second_person")),
                name="an_override_of_rules_needs_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"override for subject {self.subject_id} from {self.starts_at:%Y-%m-%d %H:%M}"
