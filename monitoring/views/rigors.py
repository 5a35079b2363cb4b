"""The rigor timer: one tap begins a rigor, the next one ends it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Act, Actor
from config import clock
from monitoring import doorbell
from monitoring.bedside import watch_at_once
from monitoring.outcome import Outcome
from monitoring.views.entry import running_rigor
from tracker import services
from tracker.models import Infusion, Rigors, Severity, SymptomKind, SymptomMark
from tracker.views.door import at_bedside, find, page, require

START, STOP = SymptomMark.START.value, SymptomMark.STOP.value
#: What a set calls mild or shaking, as a symptom says it.
_SEVERITIES = {Rigors.MILD.value: Severity.MILD.value, Rigors.SHAKING.value: Severity.SHAKING.value}


@require_POST
@page(Act.RECORD_READINGS)
def timer(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Begins or ends, then goes back to the infusion."""
    infusion = find(Infusion.objects.select_related("patient", "site", "study"), actor, uuid)
    require(actor, Act.RECORD_READINGS, infusion.site_id, infusion.study_id)
    mark = request.POST.get("rigor", START)
    outcome = time_rigor(actor, infusion, mark, clock.now(), request.POST.get("rigors", ""))
    if outcome is not None and outcome.state == "pending":
        messages.warning(
            request, _("Saved, NOT yet checked. Judge it yourself; the rules will be tried again.")
        )
    else:
        messages.success(request, _("Rigor begun.") if mark == START else _("Rigor ended."))
    return redirect("monitoring:infusion", uuid=infusion.uuid)


def time_rigor(
    actor: Actor, infusion: Infusion, mark: str, now: datetime, severity: str = ""
) -> Outcome | None:
    """What the watch says after the tap; None where nothing is left to do: one begins once and ends once."""
    running = running_rigor(infusion)
    if (mark == START) == (running is not None):
        return None
    values = {"kind": SymptomKind.RIGORS.value, "mark": mark, "measured_at": now}
    if running is not None:
        values["starts"] = str(running.uuid)
        values["source_id"] = f"{running.uuid}:stop"
    elif severity in _SEVERITIES:
        values["severity"] = _SEVERITIES[severity]
    with doorbell.silenced():
        recorded = services.record_symptom(at_bedside(actor, infusion.site_id), infusion, values, now=now)
    return watch_at_once(infusion.pk, recorded.infusion_ids, now)
