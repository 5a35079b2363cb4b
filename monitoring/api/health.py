"""Whether Febris lives, and whether anybody should rely on its watch now. No token, no patient."""

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.clock import real_now
from monitoring.health import Reason, readiness
from tracker.api.problems import Problem


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "live"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when evaluation, delivery and the timetable ran lately; else 503 with every reason."""
    try:
        reasons = readiness(real_now())
    except (OperationalError, InterfaceError):
        reasons = [Reason("database_silent", _("the database does not answer"))]
    if not reasons:
        return JsonResponse({"status": "ready"})
    found = [{"code": reason.code, "detail": str(reason.detail)} for reason in reasons]
    raise Problem(503, "not_ready", _("The watch does not run."), more={"reasons": found})
