"""The alert: what is true of a patient (condition) and what people did about it (response), two facts that
never mix.

Only `monitoring.alerts` writes these rows. Each change is also a new row of AlertLog, which streams and lists
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.permissions import Act
from accounts.trail import AppendOnly, track
from monitoring.models.exact import ExactJSONField

if TYPE_CHECKING:
    from accounts.permissions import Actor


class Priority(models.IntegerChoices):
    """How soon somebody must look. The numbers are the core's."""

    LOW = 1, _("low")
    MEDIUM = 2, _("medium")
    HIGH = 3, _("high")


class Condition(models.TextChoices):
    """What is true."""

    ACTIVE = "active", _("active")
    CLEARED = "cleared", _("cleared")
    RETRACTED = "retracted", _("retracted")
    UNWATCHED = "unwatched", _("unwatched")


class Response(models.TextChoices):
    """What people did."""

    OPEN = "open", _("open")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    ASSESSED = "assessed", _("assessed")
    CLOSED = "closed", _("closed")


#: The problem of the one alert that the canary's messages hang on. It is nobody's, and no list shows it.
CANARY = "canary"
SHOWN = ("patient", "infusion", "rule_set", "acknowledged_by", "explained_by")


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts, by who may see them and which still ask for somebody."""

    def visible_to(self, actor: Actor) -> AlertQuerySet:
        """The alerts of where the actor may see a board, with the system's own."""
        if not actor.may_anywhere(Act.READ_BOARD):
            return self.none()
        reach = actor.within(Act.READ_BOARD, site="site_id", study="study_id") | models.Q(site__isnull=True)
        return self.filter(reach).exclude(problem=CANARY)

    def standing(self) -> AlertQuerySet:
        """Everything that was not retracted."""
        return self.exclude(condition=Condition.RETRACTED)

    def for_display(self) -> AlertQuerySet:
        """With everything that showing an alert needs: of the rules their name, not all that they say."""
        return self.select_related(*SHOWN).defer("rule_set__document")

    def live(self) -> AlertQuerySet:
        """What nobody has closed yet."""
        return self.exclude(response=Response.CLOSED).exclude(condition=Condition.RETRACTED)


@track()
class Alert(PublicId):
    """One problem of one patient, from one moment on. `about` names what a system alert is about."""

    patient = models.ForeignKey("tracker.Patient", models.PROTECT, null=True, related_name="alerts")
    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, null=True, related_name="alerts")
    site = models.ForeignKey("tracker.Site", models.PROTECT, null=True, related_name="+")
    study = models.ForeignKey("tracker.Study", models.PROTECT, null=True, related_name="+")
    about = models.CharField(max_length=100, default="")
    problem = models.CharField(max_length=60)
    priority = models.PositiveSmallIntegerField(choices=Priority)
    condition = models.CharField(max_length=10, choices=Condition, default=Condition.ACTIVE)
    response = models.CharField(max_length=12, choices=Response, default=Response.OPEN)

    raised_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    late = models.BooleanField(default=False)
    silent = models.BooleanField(
        default=False, help_text="Nobody was watching: nobody is told, nothing climbs."
    )
    masked = models.BooleanField(default=False, help_text="An antipyretic may hide it.")
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.CharField(max_length=40, default="")
    unwatched_because = models.CharField(max_length=40, default="")
    retracted_because = models.CharField(max_length=40, default="")
    grade = models.PositiveSmallIntegerField(null=True, help_text="Where only one is possible.")
    graded = ExactJSONField(
        default=dict, help_text="The scale, the range of the grade, what is missing, whether it is proposed."
    )
    evidence = ExactJSONField(default=list)
    answers_for = models.JSONField(
        default=list, help_text="The rows that an assessment made now would answer for."
    )
    detail = ExactJSONField(default=dict, help_text="What a system alert says.")
    rule_set = models.ForeignKey("monitoring.RuleSet", models.PROTECT, null=True, related_name="+")
    rules = models.TextField(default="", help_text="Identity of the rules that raised it.")
    also_infusions = ArrayField(models.UUIDField(), default=list)
    explained_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="explains")
    joined_at = models.DateTimeField(
        null=True, help_text="Since when the messages of what explains it speak for it."
    )

    told = ExactJSONField(default=dict, help_text="The worst value of each signal that people know of.")
    told_priority = models.PositiveSmallIntegerField(choices=Priority)
    reopens_after = models.JSONField(default=dict, help_text="Seconds by priority, from the rule.")
    seen_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    commitment = models.CharField(max_length=40, default="")
    until = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    assessed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, default="")
    closed_at = models.DateTimeField(null=True)
    handed_over_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    coordinator_told_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)
    rung_from = models.PositiveSmallIntegerField(default=0)
    climbs_from = models.DateTimeField(null=True)
    ladder = models.ForeignKey(
        "monitoring.Ladder",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The one its site had when the climb began. Empty: the default.",
    )
    unreached_since = models.DateTimeField(null=True, help_text="No rung of the climb reaches anybody.")
    escalates_at = models.DateTimeField(
        null=True, help_text="The next moment at which something must happen."
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "problem", "raised_at"],
                condition=~models.Q(condition="retracted") & models.Q(patient__isnull=False),
                name="one_standing_alert_per_patient_problem_and_moment",
            ),
            models.UniqueConstraint(
                fields=["problem", "about"],
                condition=models.Q(patient__isnull=True) & ~models.Q(response="closed"),
                name="one_live_system_alert_per_problem_and_thing",
            ),
            models.CheckConstraint(
                condition=~models.Q(response="closed") | models.Q(escalates_at__isnull=True),
                name="a_closed_alert_has_no_due_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(response="closed") | ~models.Q(condition="active"),
                name="nothing_is_closed_while_it_is_true",
            ),
            models.CheckConstraint(
                condition=~models.Q(response="acknowledged")
                | models.Q(until__isnull=False)
                | models.Q(condition="retracted"),
                name="an_acknowledgement_has_an_until",
            ),
            models.CheckConstraint(
                condition=models.Q(joined_at__isnull=True) | models.Q(explained_by__isnull=False),
                name="what_joins_a_message_has_a_cause",
            ),
            models.CheckConstraint(
                condition=models.Q(patient__isnull=True)
                | models.Q(infusion__isnull=False, site__isnull=False),
                name="an_alert_of_a_patient_hangs_on_an_infusion",
            ),
        ]
        indexes = [
            models.Index(
                fields=["escalates_at"],
                name="alerts_that_must_climb",
                condition=models.Q(escalates_at__isnull=False),
            ),
            models.Index(
                fields=["unreached_since"],
                name="alerts_that_reach_nobody",
                condition=models.Q(unreached_since__isnull=False),
            ),
            models.Index(
                fields=["site", "-priority", "raised_at"],
                name="alerts_that_ask_for_somebody",
                condition=~models.Q(response="closed") & ~models.Q(condition="retracted"),
            ),
            models.Index(fields=["site", "detected_at"], name="alerts_of_a_site_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.problem} ({Priority(self.priority).name.lower()})"


class LogKind(models.TextChoices):
    """What happened to an alert."""

    RAISED = "raised", _("raised")
    WORSENED = "worsened", _("worsened")
    CHANGED = "changed", _("evidence changed")
    CLEARED = "cleared", _("cleared")
    RETRACTED = "retracted", _("retracted: its source was corrected")
    UNWATCHED = "unwatched", _("no longer watched")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    UNDONE = "undone", _("acknowledgement taken back")
    ASSESSED = "assessed", _("assessed")
    CLOSED = "closed", _("closed")
    SEEN = "seen", _("seen")
    SNOOZED = "snoozed", _("snoozed")
    OPTED_OUT = "opted_out", _("escalation opted out")
    HANDED_OVER = "handed_over", _("handed over")
    MOVED = "moved", _("began at another moment")
    STILL_TRUE = "still_true", _("the promised reading came and it is still true")
    KEPT = "kept", _("the promised reading came and is normal")
    EXPLAINED = "explained", _("what explains it changed")
    JOINED = "joined", _("told with what explains it")
    ALONE = "alone", _("nothing speaks for it any more: it rings by itself")
    REACTIVATED = "reactivated", _("true again")
    WOKEN = "woken", _("snooze over")
    TOLD = "told", _("told to the coordinator")
    LAPSED = "lapsed", _("commitment lapsed")
    REOPENED = "reopened", _("open again")
    ESCALATED = "escalated", _("escalated")


class AlertLog(AppendOnly):
    """One change of an alert, with the alert as it then stood. `evidence` of an assessment is what it answers
    for.
    """

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="log")
    site = models.ForeignKey("tracker.Site", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=LogKind)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey("accounts.Client", models.PROTECT, null=True, related_name="+")
    note = models.TextField(default="")
    detail = ExactJSONField(default=dict)
    snapshot = ExactJSONField()

    class Meta:
        indexes = [
            models.Index(fields=["epoch", "xid", "id"], name="alert_log_in_settled_order"),
            models.Index(fields=["alert", "id"], name="log_of_an_alert"),
            models.Index(
                fields=["site", "at"], name="escalations_opted_out", condition=models.Q(kind="opted_out")
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.alert_id} {self.kind}"
