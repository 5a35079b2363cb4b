"""What came of a set just saved: whether it was looked at, what it means, who is told, what is due next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from monitoring.core.grading.astct import FEVER_C
from monitoring.core.schedule import TIGHTENED
from monitoring.grading.words import label
from monitoring.models import Condition, Delivery, Watch
from monitoring.outcome import Outcome
from monitoring.views.entry import Entry, running_rigor
from monitoring.views.latest import TITLES, digits, oxygen_text, state_of, value_text
from tracker.models import OxygenDevice, VitalSigns
from tracker.services import Recorded
from tracker.views.banner import banner_of, infusion_time

#: So long a slip of the finger is put right without the long way; it is a correction all the same.
FIX_WITHIN = timedelta(minutes=2)
#: What is told in the result as received late.
RECEIVED_LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SignLine:
    """One sign of the set just saved, with how it stands."""

    title: str
    text: str
    unit: str
    state: str


def result(entry: Entry, recorded: Recorded[VitalSigns], outcome: Outcome, **more: Any) -> HttpResponse:
    """The panel in the place of the form."""
    infusion, now, row = entry.infusion, entry.now, recorded.row
    alerts = sorted(outcome.alerts, key=lambda alert: (alert.condition != Condition.ACTIVE, -alert.priority))
    told = Delivery.objects.filter(alert__in=[alert.pk for alert in alerts]).select_related("recipient")
    names = sorted({str(delivery.recipient) for delivery in told if delivery.recipient})
    watch = Watch.objects.filter(pk=infusion.pk).first()
    lines = sign_lines(row, outcome.signs)
    context = {
        "banner": banner_of(entry.actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "recorded": recorded,
        "row": row,
        "elapsed": infusion_time(infusion, row.measured_at),
        "outcome": outcome,
        "state": str(outcome.state),
        "signs": [line for line in lines if line.text],
        "blank": [line.title for line in lines if not line.text],
        "crs": crs_line(row, outcome),
        "alerts": alerts,
        "told": names,
        "next_due_at": outcome.next_due_at or (watch.next_set_due_at if watch else None),
        "is_tightened": TIGHTENED in (outcome.next_due_reason, watch.next_set_reason if watch else ""),
        "fix_until": fix_until(row),
        "is_late": row.recorded_at - row.measured_at > RECEIVED_LATE,
        "rigor": running_rigor(infusion),
        "now": now,
        **more,
    }
    return render(entry.request, "monitoring/saved.html", context)


def fix_until(row: VitalSigns) -> datetime:
    """Until when a typing error is put right in place."""
    return row.recorded_at + FIX_WITHIN


def sign_lines(row: VitalSigns, signs: Mapping[str, Any]) -> list[SignLine]:
    """Every sign of a set as people read it; empty text where it was not measured."""
    return [
        SignLine(str(title), value_text(row, key), unit, state_of(key, signs))
        for key, (title, unit) in TITLES.items()
    ]


def crs_line(row: VitalSigns, outcome: Outcome) -> str:
    """The ASTCT grade that the watch proposes now, with the three signs that it rests on, in one line."""
    grade = outcome.grades.get("astct_crs")
    if grade is None:
        return ""
    lowest, highest = int(grade["lowest"]), int(grade["highest"])
    if lowest != highest:
        said = _("grade %(lowest)s to %(highest)s") % {"lowest": lowest, "highest": highest}
    elif lowest == 0:
        said = _("no grade")
    else:
        said = _("grade %s") % lowest
    parts = "; ".join([_fever(row), _pressure(row, outcome.signs), _oxygen(row, outcome.signs)])
    line = _("ASTCT: %(grade)s (%(parts)s)") % {"grade": said, "parts": parts}
    if missing := [label(name).lower() for name in grade["missing"]]:
        line += " · " + _("not known: %s") % ", ".join(missing)
    return line


def _fever(row: VitalSigns) -> str:
    if row.temperature_c is None:
        return _("temperature not measured")
    value = digits(row.temperature_c, 1)
    return _("fever %s") % value if row.temperature_c >= FEVER_C else _("no fever %s") % value


def _pressure(row: VitalSigns, signs: Mapping[str, Any]) -> str:
    text = value_text(row, "pressure")
    if not text:
        return _("pressure not measured")
    state = state_of("pressure", signs)
    if state == "normal":
        return _("pressure fine")
    return _("pressure %s") % text


def _oxygen(row: VitalSigns, signs: Mapping[str, Any]) -> str:
    words = _("oxygen support not said")
    if row.oxygen_device == OxygenDevice.ROOM_AIR:
        words = _("no oxygen")
    elif row.oxygen_device:
        words = oxygen_text(row)
    if row.spo2_percent is not None and state_of("spo2_percent", signs) not in ("normal", "unknown"):
        words = _("SpO₂ %s %%") % digits(row.spo2_percent) + ", " + words
    return words
