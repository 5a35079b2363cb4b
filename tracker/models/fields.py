"""Column types of the record."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class MeasuredField(models.DecimalField[Any, Any]):
    """A measured number, kept with the digits that it came with: 37.0 stays 37.0, 36.55556 is not cut.

    The column is PostgreSQL's `numeric` without a scale: a value stored at a fixed scale could be rounded
    onto a threshold. Nothing in the database says how wide a value may be; plausibility does.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_digits", 18)
        options.setdefault("decimal_places", 6)
        options.setdefault("null", True)
        options.setdefault("blank", True)
        super().__init__(*args, **options)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The bare `numeric`."""
        return "numeric"

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The bare `numeric`, so that a cast cannot round either."""
        return "numeric"
