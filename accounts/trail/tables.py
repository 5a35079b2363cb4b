"""The shapes of everything that is only ever appended, and the decorator that tracks the rest.

Rows here are refused UPDATE and DELETE by a trigger, whatever role asks, and the application's role has no
right to either. Truncation is the owner's alone (tests empty tables that way).
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

import pghistory
import pghistory.models
import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models.signals import class_prepared

from .columns import CurrentEpoch, CurrentXid, XidField

M = TypeVar("M", bound=models.Model)


class AppendOnly(models.Model):
    """A row that is written once; (epoch, xid, id) is the order in which such rows became visible."""

    epoch = models.IntegerField(db_default=CurrentEpoch(), editable=False)
    xid = XidField(db_default=CurrentXid(), editable=False, db_index=True)

    class Meta:
        abstract = True


class TrailEvent(pghistory.models.Event):
    """One change of a tracked row, written by the database; `epoch` and `xid` fill themselves."""

    pgh_id = models.BigAutoField(primary_key=True)
    epoch = models.IntegerField(db_default=CurrentEpoch(), editable=False)
    xid = XidField(db_default=CurrentXid(), editable=False, db_index=True)

    class Meta:
        abstract = True


def _refuse_changes(sender: type[models.Model], **_: Any) -> None:
    """Puts the trigger on every concrete append-only table: a Meta of its own cannot lose it."""
    if issubclass(sender, AppendOnly) and not sender._meta.abstract and not sender._meta.proxy:
        pgtrigger.register(
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        )(sender)


class_prepared.connect(_refuse_changes, dispatch_uid="accounts.trail.append_only")


@overload
def track(model: type[M], /) -> type[M]: ...
@overload
def track(*, exclude: Iterable[str] = ()) -> Callable[[type[M]], type[M]]: ...
def track(
    model: type[M] | None = None, /, *, exclude: Iterable[str] = ()
) -> type[M] | Callable[[type[M]], type[M]]:
    """A class decorator: each insert, update and delete of the model leaves a row in `<Model>Trail`.

    `exclude` names columns that must not be kept (secrets) or whose changes are not worth a row.
    """

    def tracked(model: type[M]) -> type[M]:
        decorate = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=list(exclude),
            append_only=True,
            model_name=f"{model.__name__}Trail",
            base_model=TrailEvent,
        )
        decorated: type[M] = decorate(model)
        return decorated

    return tracked if model is None else tracked(model)


def append_only_models() -> list[type[models.Model]]:
    """Every installed model whose rows are only ever appended, by table name."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, AppendOnly | TrailEvent) and not model._meta.proxy
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


class Epoch(models.Model):
    """A stretch of life of one database cluster; `restore` begins the next. The first needs no row."""

    id = models.IntegerField(primary_key=True)
    began_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"epoch {self.pk}"


class AuditSeal(AppendOnly):
    """A digest over a run of settled rows of one table and over the seal before it."""

    table_name = models.TextField()
    columns = models.JSONField()
    from_epoch = models.IntegerField()
    from_xid = XidField()
    from_id = models.BigIntegerField()
    to_epoch = models.IntegerField()
    to_xid = XidField()
    to_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["table_name", "from_epoch", "from_xid", "from_id"],
                name="seals_of_a_table_are_a_chain",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} to {self.to_epoch}/{self.to_xid}/{self.to_id}"
