"""Signatures under records: who, when, with what meaning, over exactly which content."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import PublicId
from accounts.trail import AppendOnly

from .people import User


class Signature(PublicId, AppendOnly):
    """A person's signature; `content_hash` ties it to the content signed, whatever becomes of the row."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(_("name"), max_length=200)
    meaning = models.CharField(_("meaning"), max_length=200)
    signed_at = models.DateTimeField(_("signed"))
    table_name = models.CharField(max_length=100)
    row_uuid = models.UUIDField()
    content_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.printed_name}, {self.signed_at:%Y-%m-%d %H:%M} UTC: {self.meaning}"
