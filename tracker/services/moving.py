"""A reading written to the wrong patient: struck there and entered where it belongs, both in one step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Actor
from tracker.errors import Unprocessable
from tracker.models import Infusion

from .answers import Kind, Recorded
from .changes import locked_infusions
from .corrections import void
from .nouns import NOUNS
from .observations import record_again


@dataclass(frozen=True, slots=True)
class Moved(Generic[Kind]):
    """The void where the reading stood, and the row where it belongs."""

    struck: Recorded[Kind]
    entered: Recorded[Kind]


def move(actor: Actor, row: Kind, infusion: Infusion, *, reason: str, now: datetime) -> Moved[Kind]:
    """Voids `row` and stores what it says for the patient of `infusion`, measured when it was measured.

    Each of the two rows names the other by its identifier, and neither names the other patient.
    """
    if infusion.patient_id == row.patient_id:
        raise Unprocessable(_("It is this patient's already."))
    model = type(row)
    values = NOUNS[model].values_of(row) | {"infusion": infusion.uuid}
    with transaction.atomic():
        locked_infusions([row.patient_id, infusion.patient_id])
        entered = record_again(
            model, actor, infusion, values | {"note": _joined(values.get("note"), f"↔ {row.uuid}")}, now=now
        )
        struck = void(actor, row, reason=f"{reason} ↔ {entered.row.uuid}", now=now)
    return Moved(struck, entered)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
