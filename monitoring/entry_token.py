"""For whom and by whom a form was opened, signed: what is typed for one patient never goes to another."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from accounts.models import User
from tracker.models import Infusion

_SALT = "febris.entry"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form carries: the patient, the infusion and the person that it was opened for."""

    patient: str
    infusion: str
    user: str


def opened(infusion: Infusion, user: User | None) -> Opened:
    """What a form opened here and now would carry."""
    return Opened(str(infusion.patient.uuid), str(infusion.uuid), str(user.uuid) if user else "")


def sealed(what: Opened) -> str:
    """The text that the form carries. It has no age: a set typed during an outage may come hours later."""
    return signing.dumps([what.patient, what.infusion, what.user], salt=_SALT)


def unsealed(text: str) -> Opened | None:
    """What the text says, or nothing where it is not ours."""
    try:
        patient, infusion, user = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Opened(str(patient), str(infusion), str(user))
