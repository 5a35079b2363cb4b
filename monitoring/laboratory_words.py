"""What whoever records a laboratory result is told where the watch cannot grade it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.laboratory import Unread, is_count, unread
from tracker import services
from tracker.models import LabResult

#: What a sender is told of a result that the watch makes nothing of.
_UNREAD: Mapping[Unread, tuple[str, Promise]] = {
    Unread.NOT_GRADED: ("analyte", gettext_lazy("The watch grades no such result: stored, and not judged.")),
    Unread.NO_COUNT: ("unit", gettext_lazy("A share is no count: stored, and not judged.")),
    Unread.UNKNOWN_UNIT: (
        "unit",
        gettext_lazy("The watch does not know this unit: the count is unknown until it is corrected."),
    ),
    Unread.NO_NUMBER: (
        "value",
        gettext_lazy("This is no number: the count is unknown until another one comes."),
    ),
}


def warning(row: LabResult) -> services.Warning | None:
    """Why the watch makes nothing of a result; None for a count that it grades, and for one taken back."""
    why = None if row.void else unread(row.analyte, row.value, row.unit)
    if why is None:
        return None
    field, detail = _UNREAD[why]
    return services.Warning(field, why.value, str(detail))


def remarks(row: LabResult) -> Iterator[str]:
    """The same as a sentence for who typed it in, and that a count came without its laboratory's limit."""
    said = warning(row)
    if said is not None:
        yield said.detail
    elif is_count(row.analyte) and row.lln is None:
        yield _("Without the laboratory's lower limit of normal its mildest grade cannot be told.")
