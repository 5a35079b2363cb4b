"""The backtest of a rule set as a part of its page: asked for, watched while it runs, read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.permissions import Act, Actor
from config import clock
from monitoring import backtests
from monitoring.core.rule_set import RuleSetError
from monitoring.models import Backtest, RuleSet
from monitoring.rule_sets import RulesRefused
from tracker.views.door import is_fragment, page

FRAGMENT = "monitoring/_backtest.html"


@require_POST
@page(Act.DRAFT_RULES)
def start(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The part of the page with a backtest that now waits for a worker; without JavaScript the whole page."""
    rule_set = get_object_or_404(RuleSet.objects.visible_to(actor), uuid=uuid)
    context: dict[str, Any] = {"rule_set": rule_set, "backtest": None, "refused": ""}
    try:
        context["backtest"] = backtests.start(actor, rule_set, now=clock.now())
    except (RulesRefused, RuleSetError) as refusal:
        context["refused"] = str(refusal)
    if not is_fragment(request):
        if context["refused"]:
            messages.error(request, context["refused"])
        return redirect("monitoring:rule_set", uuid=rule_set.uuid)
    return render(request, FRAGMENT, context)


@page(Act.DRAFT_RULES)
def backtest(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The same part of the page, as far as the backtest has come by now."""
    rows = Backtest.objects.select_related("rule_set", "against", "asked_by")
    found = get_object_or_404(rows, uuid=uuid)
    if not backtests.may_read(actor, found):
        raise Http404
    return render(request, FRAGMENT, {"rule_set": found.rule_set, "backtest": found})
