"""Who is told of emergency access, and what a use has touched, in words for whoever reviews it.

The access itself, its limits and its review are of `accounts.emergency`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import EmergencyAccess, EmergencyStep
from monitoring import alerts, notify
from monitoring.core.findings import Priority
from monitoring.models import Alert, LogKind
from tracker.models import Infusion, Patient

PROBLEM = "emergency_access"
#: Beside whom the site's ladder tells of an alert of this priority.
TOLD = ("principal_investigator", "charge_nurse", "safety_coordinator")

#: What a step was, by the view that answered it; an address that is not here is shown as it stands.
WORDS: dict[str, str | Promise] = {
    "monitoring:board": gettext_lazy("the board"),
    "monitoring:patients": gettext_lazy("the list of patients"),
    "monitoring:patient": gettext_lazy("a patient"),
    "monitoring:infusion": gettext_lazy("the flowsheet"),
    "monitoring:temperatures": gettext_lazy("the temperatures"),
    "monitoring:vitals": gettext_lazy("vital signs"),
    "monitoring:observe": gettext_lazy("a symptom or an intervention"),
    "monitoring:correct": gettext_lazy("a reading and its correction"),
    "monitoring:alerts": gettext_lazy("the alerts"),
    "monitoring:alert": gettext_lazy("an alert"),
    "monitoring:answer": gettext_lazy("the answer to an alert"),
    "monitoring:emergency": gettext_lazy("emergency access itself"),
    "monitoring:end_emergency": gettext_lazy("the end of emergency access"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a use: when, looked at or sent, what, and of whom as far as the reader may know."""

    at: datetime
    is_sent: bool
    what: str
    whose: str


def tell(access: EmergencyAccess, now: datetime) -> Alert:
    """The system alert of the site that stands until somebody has reviewed the use; told at once."""
    with transaction.atomic():
        alert = alerts.raise_system_alert(
            PROBLEM, about=about(access), site=access.site, now=now, priority=Priority.LOW
        )
        notify.tell(alert, TOLD, reason=LogKind.RAISED, at=now, rung=alert.rung)
        notify.ring()
    return alert


def about(access: EmergencyAccess) -> str:
    """How an alert names the use: the site and a mark that tells two apart."""
    return f"{access.site.code} {str(access.uuid)[-6:]}"


def settle(access: EmergencyAccess, now: datetime) -> int:
    """How many alerts about the use are over, now that it is reviewed."""
    return alerts.clear_system_alert(PROBLEM, about=about(access), now=now)


def steps(access: EmergencyAccess, reads_records: bool) -> list[Step]:
    """What was opened and sent, in order; whose it was only for a reader of the site's records."""
    rows = list(EmergencyStep.objects.filter(access=access).order_by("at", "pk")[:2000])
    whose = _whose(access, {row.row for row in rows if row.row is not None}) if reads_records else {}
    return [
        Step(
            at=row.at,
            is_sent=row.method not in ("GET", "HEAD"),
            what=str(WORDS.get(row.view, row.path)),
            whose=whose.get(row.row, "") if row.row is not None else "",
        )
        for row in rows
    ]


def _whose(access: EmergencyAccess, uuids: Iterable[UUID]) -> dict[UUID, str]:
    """The subject's number by the uuid of an infusion, an alert or a patient of the site."""
    found: dict[UUID, str] = {}
    infusions = Infusion.objects.filter(uuid__in=uuids, subject__site=access.site_id)
    found.update(infusions.values_list("uuid", "subject__subject_number"))
    raised = Alert.objects.filter(uuid__in=uuids, site=access.site_id, infusion__isnull=False)
    found.update(raised.values_list("uuid", "infusion__subject__subject_number"))
    patients = Patient.objects.filter(uuid__in=uuids, site=access.site_id, subjects__isnull=False)
    found.update(patients.values_list("uuid", "subjects__subject_number"))
    return found
