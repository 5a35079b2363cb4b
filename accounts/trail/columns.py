"""The two columns that put append-only rows in the order in which they became visible: epoch and transaction.

A number drawn from a sequence is no such order: a transaction that drew a low number may commit last.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class CurrentEpoch(models.Func):
    """The epoch that is running: one more after each restore (a fresh cluster counts transactions anew)."""

    function = "febris_epoch"
    output_field = models.IntegerField()


class XidField(models.Field[int, int]):
    """A 64-bit transaction number (PostgreSQL's xid8), an int in Python."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """PostgreSQL's name of the type."""
        return "xid8"

    def from_db_value(self, value: str | int | None, *_: Any) -> int | None:
        """The transaction's number; the driver hands over text."""
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        """The transaction's number."""
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        """Text, because xid8 is compared with no integer type."""
        value = super().get_prep_value(value)
        return str(value) if isinstance(value, int) else value


class CurrentXid(models.Func):
    """The number of the transaction that is running."""

    function = "pg_current_xact_id"
    output_field = XidField()
