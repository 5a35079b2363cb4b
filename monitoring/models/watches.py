"""Where the watch over each infusion stands: the stored fold, its checkpoints, what was due and every
evaluation made.

Watch and Checkpoint are summaries that anybody can compute again from the record (`manage.py verify` does);
the others are appended.
"""

from django.db import models

from accounts.trail import AppendOnly


class Watch(models.Model):
    """How far the record of one infusion has been judged, and the fold's state there."""

    infusion = models.OneToOneField(
        "tracker.Infusion", models.PROTECT, primary_key=True, related_name="watch", db_constraint=True
    )
    seen_version = models.BigIntegerField(default=0)
    next_due_at = models.DateTimeField(null=True, help_text="When time itself may change something.")
    state = models.TextField(default="", help_text="The fold after the last event, as JSON.")
    through = models.DateTimeField(null=True, help_text="The moment of the last event in the state.")
    core_version = models.PositiveIntegerField(default=0)
    rule_book = models.TextField(default="", help_text="Identity of the rules in force.")
    opened_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    course = models.TextField(default="", help_text="The course that the newest plan was made for, as JSON.")
    awaited = models.TextField(default="", help_text="The due times that can still matter, as JSON.")
    taken = models.TextField(default="[]", help_text="The sets that answer those, as JSON.")
    episodes = models.TextField(
        default="[]", help_text="Every episode found, as JSON: overlapping watches read it."
    )
    has_alerts = models.BooleanField(default=False, help_text="One was raised: else none is asked for.")
    signs = models.JSONField(default=dict, help_text="How each sign of the newest set stands.")
    next_set_due_at = models.DateTimeField(null=True)
    next_set_reason = models.CharField(
        max_length=20, default="", help_text="Why so soon: tightened, or nothing but the schedule."
    )
    overdue_since = models.DateTimeField(null=True)
    rules_failed = models.JSONField(default=list)
    evaluated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seen_version__gte=0), name="a_watch_has_seen_a_version"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                name="watches_that_time_will_change",
                condition=models.Q(next_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"watch of infusion {self.infusion_id} at version {self.seen_version}"


class Checkpoint(models.Model):
    """The fold's state at the end of one hour of infusion time, for a late event to resume from."""

    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, related_name="+")
    through = models.DateTimeField()
    core_version = models.PositiveIntegerField()
    state = models.TextField()
    over = models.TextField(default="[]", help_text="Episodes that cleared since the checkpoint before.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["infusion", "through"], name="one_checkpoint_per_infusion_and_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint of infusion {self.infusion_id} through {self.through:%H:%M:%S}"


class Evaluation(AppendOnly):
    """One evaluation that saw something: which version, when, by which rules. `verify` replays these."""

    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, related_name="evaluations")
    version = models.BigIntegerField()
    evaluated_at = models.DateTimeField(
        help_text="The time used: the later of now and the newest recorded_at seen."
    )
    rule_sets = models.JSONField(default=list)
    overrides = models.JSONField(default=list)
    watch_hours = models.PositiveSmallIntegerField(
        default=48, help_text="How long was watched after the stop."
    )
    core_version = models.PositiveIntegerField()
    rules_failed = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["infusion", "id"], name="evaluations_of_an_infusion")]

    def __str__(self) -> str:
        return f"infusion {self.infusion_id} at version {self.version}"


class DueObservation(AppendOnly):
    """A set that is to come. A later plan replaces only what lies after its own `recorded_at`."""

    infusion = models.ForeignKey("tracker.Infusion", models.PROTECT, related_name="due_observations")
    recorded_at = models.DateTimeField(help_text="When the turn that made this plan was recorded.")
    what = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    grace = models.DurationField()
    opens_at = models.DateTimeField(help_text="What is measured from here on answers it.")
    reason = models.CharField(
        max_length=20, default="", help_text="tightened, where the schedule alone would ask for less."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["infusion", "recorded_at", "what", "due_at"], name="one_due_row_per_plan_and_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} of infusion {self.infusion_id} due {self.due_at:%H:%M}"
