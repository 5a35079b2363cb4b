"""That something changed: a version per infusion and its rows; and messages kept as they came."""

from typing import Any, ClassVar

from django.db import models

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly

from .infusion import Infusion
from .rows import SiteRows


class Record(models.Model):
    """The version of an infusion's record: one more with each transaction that changes it.

    Not in the trail: `RecordChange` says what each version brought.
    """

    infusion = models.OneToOneField(Infusion, models.PROTECT, primary_key=True, related_name="record")
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "tracker_record"

    def __str__(self) -> str:
        return f"version {self.version} of infusion {self.infusion_id}"


class RecordChange(AppendOnly):
    """A row that a version of an infusion's record brought."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="changes", db_index=False)
    version = models.BigIntegerField()
    measured_at = models.DateTimeField()
    #: The table and the bigint key of the row.
    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()

    class Meta(AppendOnly.Meta):
        db_table = "tracker_record_change"
        indexes = [models.Index(fields=["infusion", "version"], name="record_change_by_version")]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} at version {self.version}"


class KeptKind(models.TextChoices):
    """Why a message changed nothing and was kept all the same."""

    SUPERSEDED = "superseded"
    CONFLICT = "conflict"
    REFUSED = "refused"


class KeptMessage(PublicId, AppendOnly):
    """A message that changed nothing, kept as it came."""

    SITE_PATH: ClassVar[str] = "client__site_id"

    client = models.ForeignKey(
        "accounts.Client", models.PROTECT, related_name="kept_messages", db_index=False
    )
    infusion = models.ForeignKey(
        Infusion, models.PROTECT, null=True, blank=True, related_name="kept_messages"
    )
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=KeptKind.choices)
    path = models.CharField(max_length=200)
    body = models.TextField()
    reason = models.TextField(blank=True, default="")

    objects = SiteRows.as_manager()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["client", "received_at"], name="kept_message_by_client")]

    def __str__(self) -> str:
        return f"{self.kind} message of client {self.client_id}"


class IdempotencyKey(models.Model):
    """The answer that a request with this key got, so that its repeat gets the same. Not in the trail."""

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    response: models.JSONField[Any, Any] = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="one_answer_per_client_and_key")
        ]

    def __str__(self) -> str:
        return f"key of client {self.client_id}"
