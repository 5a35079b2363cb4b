"""Rule sets tried on past infusions: who asked, how far it has come, what came of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.identifiers import PublicId


class BacktestState(models.TextChoices):
    """Where a backtest stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Backtest(PublicId):
    """One trial of a rule set, beside another or alone, over the infusions that its asker may read.

    Nothing clinical rests on it, so it is in no trail. It says which content of the rule set it tried,
    because a draft may be edited afterwards.
    """

    rule_set = models.ForeignKey("monitoring.RuleSet", models.CASCADE, related_name="backtests")
    against = models.ForeignKey("monitoring.RuleSet", models.CASCADE, null=True, related_name="+")
    fingerprints = ArrayField(
        models.CharField(max_length=64),
        help_text="Of the documents when asked; that of `rule_set` is the last.",
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    infusion_ids = ArrayField(
        models.BigIntegerField(),
        help_text="In the order of patients. Whoever may not read all may not read it.",
    )
    patients = models.PositiveIntegerField(help_text="Whose infusions these are.")
    until = models.DateTimeField(help_text="The moment from which the records are looked back on.")
    state = models.CharField(max_length=10, choices=BacktestState, default=BacktestState.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="So many patients were tried.")
    tally = models.JSONField(default=dict, help_text="What the patients so far add up to.")
    result = models.JSONField(null=True)
    error = models.TextField(default="")
    lease_until = models.DateTimeField(null=True, help_text="Until then a worker has it.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="done", result__isnull=False)
                | ~models.Q(state="done") & models.Q(result__isnull=True),
                name="a_backtest_that_is_done_has_a_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="backtests_still_to_run",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"backtest of rule set {self.rule_set_id}: {self.state}"
