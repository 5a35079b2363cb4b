"""Seals over the append-only tables: each digest covers a run of settled rows and the digest before it.

A row is settled when no transaction that could still commit precedes it; before, neighbours may appear.
Deleting or changing a sealed row, or slipping one in among them, breaks the digest of the run it lies in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, models, transaction

from .tables import AuditSeal, append_only_models

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


@dataclass(frozen=True)
class _Run:
    to: Position
    count: int
    digest: str


def begin_epoch(now: datetime, reason: str) -> int:
    """The number of the epoch that begins now; a restored cluster counts its transactions anew."""
    from .tables import Epoch

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
            columns = [str(field.column) for field in model._meta.concrete_fields]
            run = _digest(model, columns, after, None, last.digest if last else "")
            if not run.count:
                return sealed
            AuditSeal.objects.create(
                table_name=model._meta.db_table,
                columns=columns,
                from_epoch=after[0],
                from_xid=after[1],
                from_id=after[2],
                to_epoch=run.to[0],
                to_xid=run.to[1],
                to_id=run.to[2],
                count=run.count,
                digest=run.digest,
                sealed_at=now,
            )
        sealed += run.count
        if run.count < _ROWS_PER_SEAL:
            return sealed


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
            run = _digest(model, seal_.columns, after, to, previous)
            if run.count != seal_.count:
                yield Difference(table, after, to, f"{seal_.count} rows were sealed, {run.count} are there")
            elif run.digest != seal_.digest:
                yield Difference(table, after, to, "the rows are not those that were sealed")
        expected, previous = to, seal_.digest


def _digest(
    model: type[models.Model], columns: list[str], after: Position, to: Position | None, previous: str
) -> _Run:
    """The digest of the rows after one position, to another or (at most a seal's worth) to the last settled.

    Rows are hashed in the database: no clinical value leaves it. Their text form is fixed by UTC times and by
    naming the columns, so that a column added later changes nothing.
    """
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    position = f"(epoch, xid, {key})"
    parameters: list[Any] = [str(part) if index == 1 else part for index, part in enumerate(after)]
    if to is None:
        upper = "(epoch < febris_epoch() OR xid < pg_snapshot_xmin(pg_current_snapshot()))"
        limit = f"LIMIT {_ROWS_PER_SEAL}"
    else:
        upper, limit = f"{position} <= (%s, %s::xid8, %s)", ""
        parameters += [to[0], str(to[1]), to[2]]
    # Positions of one epoch, the usual case, are found by the index on xid.
    lower = f"{position} > (%s, %s::xid8, %s) AND (epoch > %s OR xid >= %s::xid8)"
    parameters[3:3] = [after[0], str(after[1])]
    named = ", ".join(f"r.{quote(column)}" for column in columns)
    sql = f"""
        WITH run AS (
            SELECT epoch, xid, {key} AS key,
                   (SELECT row_to_json(kept)::text FROM (SELECT {named}) AS kept) AS line
            FROM {table} AS r
            WHERE {lower} AND {upper}
            ORDER BY epoch, xid, {key} {limit}
        )
        SELECT count(*),
               encode(sha256(convert_to(
                   %s || string_agg(line, E'\\n' ORDER BY epoch, xid, key), 'UTF8')), 'hex'),
               (array_agg(epoch ORDER BY epoch DESC, xid DESC, key DESC))[1],
               (array_agg(xid ORDER BY epoch DESC, xid DESC, key DESC))[1],
               (array_agg(key ORDER BY epoch DESC, xid DESC, key DESC))[1]
        FROM run
    """  # noqa: S608 - names of our own tables and columns
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute("SET LOCAL extra_float_digits = 1")
        cursor.execute(sql, [*parameters, previous])
        count, digest, epoch, xid, row_key = cursor.fetchone()
    return _Run((epoch or 0, int(xid or 0), row_key or 0), count, digest or "")
