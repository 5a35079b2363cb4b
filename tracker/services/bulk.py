"""Many readings at once, set by set in the database rather than row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from accounts.permissions import Actor
from tracker.errors import FieldError
from tracker.ingest import ReadingIn

from .answers import Warning

Mode = Literal["atomic", "each"]


@dataclass(frozen=True)
class RowAnswer:
    """What became of one row of a batch. `uuid` is None when it was not stored."""

    index: int
    uuid: UUID | None
    created: bool
    warnings: tuple[Warning, ...] = ()
    errors: tuple[FieldError, ...] = ()
    watched: bool = True


@dataclass(frozen=True)
class BulkAnswer:
    """What became of a batch, row by row in the order sent."""

    rows: tuple[RowAnswer, ...]
    created: int
    infusion_ids: tuple[int, ...]


def record_vitals_bulk(
    actor: Actor, rows: Sequence[ReadingIn | FieldError], mode: Mode, *, now: datetime
) -> BulkAnswer:
    """Stores up to 5,000 sets of possibly many infusions; a FieldError in `rows` is one that cannot be read.

    Raises: Refused in mode `atomic` when one row cannot be read, with pointers `/readings/<index>/<field>`.
    """
    raise NotImplementedError
