"""Statements composed once per model, for what every reading pays for: composing costs more than running.

Knows the models' columns and nothing of what the rows mean.
"""

import json
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from accounts.statements import fetch
from accounts.trail import AppendOnly, Untracked

M = TypeVar("M", bound=models.Model)


@cache
def columns_of(model: type[models.Model], alias: str) -> str:
    """The model's columns, in the order in which `row_of` takes them."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


@cache
def _attributes(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _readings(model: type[models.Model]) -> list[tuple[int, Callable[[Any, Any, Any], Any]]]:
    """What reads those columns that Django converts (JSON), by their places."""
    fields: Any = enumerate(model._meta.concrete_fields)
    return [(place, field.from_db_value) for place, field in fields if hasattr(field, "from_db_value")]


def row_of(model: type[M], values: Collection[Any]) -> M:
    """The row with these values of its columns."""
    if readings := _readings(model):
        values = list(values)
        for place, read in readings:
            values[place] = read(values[place], None, connection)
    return model.from_db("default", _attributes(model), values)


@cache
def _insertion(model: type[models.Model]) -> tuple[Untracked, list[tuple[str, Callable[[Any], Any]]]]:
    """The INSERT of one row and the fields that it writes; the others are filled by the database."""
    itself = {"id"} | {field.name for field in AppendOnly._meta.concrete_fields}
    fields = [field for field in model._meta.concrete_fields if field.name not in itself]
    names, places = ", ".join(str(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    table = model._meta.db_table
    statement = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"  # noqa: S608 - our own names
    return Untracked(statement), [(field.attname, _preparation(field)) for field in fields]


def _preparation(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """What makes a value of the field one that can travel."""
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else json.dumps(value, cls=field.encoder)
    return field.get_prep_value


def insert_row(row: AppendOnly) -> None:
    """Writes a new row of an append-only model and gives it its number."""
    statement, fields = _insertion(type(row))
    values = [prepare(getattr(row, name)) for name, prepare in fields]
    ((row.pk,),) = fetch(statement, values)
    row._state.adding, row._state.db = False, "default"
