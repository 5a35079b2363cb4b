"""A JSON column whose numbers are exact: written as they are, read as Decimal, never a float on the way."""

import json
from decimal import Decimal
from typing import Any

import msgspec
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Jsonb

_encoder = msgspec.json.Encoder(decimal_format="number")


def written(value: Any) -> str:
    """The value as JSON, its decimals as numbers with the digits that they have."""
    return _encoder.encode(value).decode()


def read(text: str | bytes) -> Any:
    """The value that the JSON says; whole numbers are int, all others Decimal."""
    return json.loads(text, parse_float=Decimal)


class ExactJSONField(models.JSONField[Any, Any]):
    """JSON with exact numbers."""

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """The value as jsonb."""
        if value is None or hasattr(value, "as_sql"):
            return value
        return Jsonb(value, dumps=written)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value as stored."""
        return read(value) if isinstance(value, str | bytes) else value
