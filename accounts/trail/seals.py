"""Seals over the append-only tables: each digest covers a run of settled rows and the digest before it.

A row is settled when no transaction that could still commit precedes it; before, neighbours may appear.
Deleting or changing a sealed row, or slipping one in among them, breaks the digest of the run it lies in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, models, transaction

from .tables import AuditSeal, Epoch, append_only_models

Position = tuple[int, int, int]
_START: Final[Position] = (0, 0, 0)
_ROWS_PER_SEAL = 10_000
#: Serialises sealing; a second sealer steps back at once.
_LOCK = 0x5EA1


@dataclass(frozen=True)
class Difference:
    """A sealed run whose rows are no longer what they were."""

    table_name: str
    after: Position
    to: Position
    what: str

    def __str__(self) -> str:
        return f"{self.table_name}, rows after {self.after} to {self.to}: {self.what}"


def begin_epoch(now: datetime, reason: str) -> int:
    """The number of the epoch that begins now; a restored cluster counts its transactions anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT febris_epoch() + 1")
        number: int = cursor.fetchone()[0]
    Epoch.objects.create(id=number, began_at=now, reason=reason)
    return number


def seal(now: datetime) -> int:
    """The number of rows newly sealed, over all append-only tables."""
    return sum(_seal_table(model, now) for model in _sealed_models())


def verify_seals() -> list[Difference]:
    """Every sealed run that its rows no longer bear out; empty when all is well."""
    return [difference for model in _sealed_models() for difference in _verify_table(model)]


def _sealed_models() -> list[type[models.Model]]:
    return [model for model in append_only_models() if model is not AuditSeal]


def _seal_table(model: type[models.Model], now: datetime) -> int:
    sealed = 0
    while True:
        with transaction.atomic():
            if not _alone():
                return sealed
            last = AuditSeal.objects.filter(table_name=model._meta.db_table).order_by("-pk").first()
            after = (last.to_epoch, last.to_xid, last.to_id) if last else _START
            to = _last_settled(model, after)
            if to is None:
                return sealed
            columns = [str(field.column) for field in model._meta.concrete_fields]
            count, digest = _digest(model, columns, after, to, last.digest if last else "")
            AuditSeal.objects.create(
                table_name=model._meta.db_table,
                columns=columns,
                from_epoch=after[0],
                from_xid=after[1],
                from_id=after[2],
                to_epoch=to[0],
                to_xid=to[1],
                to_id=to[2],
                count=count,
                digest=digest,
                sealed_at=now,
            )
        sealed += count


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _verify_table(model: type[models.Model]) -> Iterator[Difference]:
    table = model._meta.db_table
    present = {field.column for field in model._meta.concrete_fields}
    expected, previous = _START, ""
    for seal_ in AuditSeal.objects.filter(table_name=table).order_by("pk").iterator(chunk_size=500):
        after = (seal_.from_epoch, seal_.from_xid, seal_.from_id)
        to = (seal_.to_epoch, seal_.to_xid, seal_.to_id)
        if after != expected:
            yield Difference(table, after, to, f"the seal before it ends at {expected}: a seal is missing")
        if missing := sorted(set(seal_.columns) - present):
            yield Difference(table, after, to, f"columns are gone: {', '.join(missing)}")
        else:
            count, digest = _digest(model, seal_.columns, after, to, previous)
            if count != seal_.count:
                yield Difference(table, after, to, f"{seal_.count} rows were sealed, {count} are there")
            elif digest != seal_.digest:
                yield Difference(table, after, to, "the rows are not those that were sealed")
        expected, previous = to, seal_.digest


def _last_settled(model: type[models.Model], after: Position) -> Position | None:
    """The position of the last row of the next seal: at most a seal's worth on, within one epoch.

    A condition on the epoch and the transaction alone lets the index on the transaction serve.
    """
    table, key = _names(model)
    with connection.cursor() as cursor:
        cursor.execute("SELECT febris_epoch()")
        current: int = cursor.fetchone()[0]
        for epoch in range(max(after[0], 1), current + 1):
            xid, row = after[1:] if epoch == after[0] else _START[1:]
            settled = "AND xid < pg_snapshot_xmin(pg_current_snapshot())" if epoch == current else ""
            sql = f"""
                SELECT xid, key FROM (
                    SELECT xid, {key} AS key FROM {table}
                    WHERE epoch = %s AND xid >= %s AND (xid, {key}) > (%s, %s) {settled}
                    ORDER BY xid, {key} LIMIT {_ROWS_PER_SEAL}
                ) AS next ORDER BY xid DESC, key DESC LIMIT 1
            """  # noqa: S608 - names of our own tables and columns
            cursor.execute(sql, [epoch, str(xid), str(xid), row])
            if (found := cursor.fetchone()) is not None:
                return epoch, int(found[0]), found[1]
    return None


def _digest(
    model: type[models.Model], columns: list[str], after: Position, to: Position, previous: str
) -> tuple[int, str]:
    """How many rows lie after one position up to another, and their digest.

    Rows are hashed in the database: no clinical value leaves it. Their text form is fixed by UTC times and by
    naming the columns, so that a column added later changes nothing.
    """
    table, key = _names(model)
    named = ", ".join(f"r.{connection.ops.quote_name(column)}" for column in columns)
    epoch, xid, row = after
    parameters: list[Any] = [epoch, str(xid), row, to[0], str(to[1]), to[2]]
    within = ""
    if epoch == to[0]:
        within = "AND epoch = %s AND xid >= %s AND xid <= %s"
        parameters += [epoch, str(xid), str(to[1])]
    sql = f"""
        WITH run AS (
            SELECT epoch, xid, {key} AS key,
                   (SELECT row_to_json(kept)::text FROM (SELECT {named}) AS kept) AS line
            FROM {table} AS r
            WHERE (epoch, xid, {key}) > (%s, %s, %s) AND (epoch, xid, {key}) <= (%s, %s, %s) {within}
        )
        SELECT count(*),
               encode(sha256(convert_to(
                   %s || coalesce(string_agg(line, E'\\n' ORDER BY epoch, xid, key), ''), 'UTF8')), 'hex')
        FROM run
    """  # noqa: S608 - names of our own tables and columns
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute("SET LOCAL extra_float_digits = 1")
        cursor.execute(sql, [*parameters, previous])
        count, digest = cursor.fetchone()
    return count, digest


def _names(model: type[models.Model]) -> tuple[str, str]:
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), quote(str(model._meta.pk.column))
