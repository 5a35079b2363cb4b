"""The door of the figures: closed unless a token is set, and open to who brings it."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.actors import bearer_token
from config import clock
from monitoring.metrics import exposition


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures. Without METRICS_TOKEN the page is not there; without its token it is refused."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(bearer_token(request) or "", settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(clock.now(), clock.real_now()), content_type=CONTENT_TYPE_LATEST)
