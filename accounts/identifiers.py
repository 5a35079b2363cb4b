"""Public identifiers: what URLs and the API show instead of a row's number. Knows no table of its own."""

from uuid import UUID

import uuid_utils.compat
from django.db import models


def uuid7() -> UUID:
    """A fresh UUID whose order is the order of its making."""
    return uuid_utils.compat.uuid7()


class PublicId(models.Model):
    """A row that is named outside by a UUIDv7 and never by its number."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True
