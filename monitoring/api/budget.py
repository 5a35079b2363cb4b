"""The door of the alert budget: the figures of its page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import actor_of
from config.clock import now
from monitoring import budget
from monitoring.budget import Asked, Figures, Met
from monitoring.models import Priority
from tracker.api.problems import Problem
from tracker.api.schema import reference
from tracker.models import Site


class WaitedShown(msgspec.Struct):
    """How often it happened, and after how many seconds in half and in nine tenths of the cases."""

    count: int
    p50_s: float | None
    p90_s: float | None


class FiguresShown(msgspec.Struct):
    """What is known of a group of alerts. `key` is a problem, a priority, a site's id or an hour."""

    key: str
    alerts: int
    patient_hours: float
    alerts_per_patient_hour: float | None
    outcomes: dict[str, int]
    share_not_actionable: float | None
    seen: WaitedShown
    acknowledged: WaitedShown
    assessed: WaitedShown


class MetShown(msgspec.Struct):
    """An alert by what a line says of it."""

    id: UUID
    problem: str
    priority: str
    at: datetime


class OptedOutShown(msgspec.Struct):
    """An escalation that was stopped, and the higher alert that followed within 6 hours."""

    alert: MetShown
    by: str
    reason: str
    followed_by: MetShown | None


class BudgetShown(msgspec.Struct):
    """The alert budget of a period."""

    since: datetime
    until: datetime
    total: FiguresShown
    by_problem: list[FiguresShown]
    by_priority: list[FiguresShown]
    by_site: list[FiguresShown]
    by_hour: list[FiguresShown]
    nobody_acts_on: list[str]
    opt_outs: list[OptedOutShown]
    opt_outs_followed: int


class AlertBudget(APIView):
    """How often alerts ring, how soon they are answered, and how many were worth it."""

    @extend_schema(
        operation_id="alert_budget",
        summary="The alert budget of a period",
        parameters=[
            OpenApiParameter("days", OpenApiTypes.INT, description="7, 30 or 90; 30 without it."),
            OpenApiParameter(
                "site", OpenApiTypes.UUID, description="One site; without it all of the caller's."
            ),
        ],
        responses={(200, "application/json"): reference(BudgetShown)},
    )
    def get(self, request: Request) -> Response:
        """The figures over the sites for which the caller keeps the rules, in each of their own time."""
        actor = actor_of(request._request)
        if actor is None or not actor.may_anywhere(budget.READS):
            raise Problem.of_status(403)
        asked = _asked(request, now())
        report = budget.budget(actor, asked)
        keys = [int(one.key) for one in report.groups["site"]]
        sites = {str(pk): str(site.uuid) for pk, site in Site.objects.in_bulk(keys).items()}
        words = {str(int(each)): each.name.lower() for each in Priority}
        return Response(
            {
                "since": asked.since,
                "until": asked.until,
                "total": _shown(report.total),
                "by_problem": [_shown(one) for one in report.groups["problem"]],
                "by_priority": [_shown(one, words[one.key]) for one in report.groups["priority"]],
                "by_site": [_shown(one, sites[one.key]) for one in report.groups["site"]],
                "by_hour": [_shown(one) for one in report.groups["hour"]],
                "nobody_acts_on": [one.key for one in report.unheeded],
                "opt_outs": [
                    {
                        "alert": _met(each.alert),
                        "by": each.by,
                        "reason": each.reason,
                        "followed_by": _met(each.followed_by) if each.followed_by else None,
                    }
                    for each in report.opt_outs
                ],
                "opt_outs_followed": report.followed,
            }
        )


def _asked(request: Request, at: datetime) -> Asked:
    """The period and site that the question names.

    Raises: Problem naming the parameter.
    """
    given = request.query_params
    for name in given:
        if name not in ("days", "site"):
            raise Problem.at(f"?{name}", "unknown", _("There is no such filter here."))
    if (days := given.get("days", str(budget.PERIOD))) not in {str(each) for each in budget.PERIODS}:
        raise Problem.at("?days", "choice", _("7, 30 or 90 days."))
    try:
        site = UUID(given["site"]) if "site" in given else None
    except ValueError:
        raise Problem.at("?site", "uuid", _("The id of a site is needed.")) from None
    return Asked(since=at - timedelta(days=int(days)), until=at, site=site)


def _shown(one: Figures, key: str | None = None) -> dict[str, Any]:
    rate, share = one.per_hour, one.share_not_actionable
    return {
        "key": one.key if key is None else key,
        "alerts": one.alerts,
        "patient_hours": float(round(one.hours, 3)),
        "alerts_per_patient_hour": None if rate is None else float(round(rate, 5)),
        "outcomes": dict(one.outcomes),
        "share_not_actionable": None if share is None else float(round(share, 4)),
        **{what: _waited(one, what) for what in budget.ANSWERS},
    }


def _waited(one: Figures, what: str) -> dict[str, Any]:
    waited = one.waited.get(what)
    return {
        "count": one.answered.get(what, 0),
        "p50_s": waited.p50.total_seconds() if waited else None,
        "p90_s": waited.p90.total_seconds() if waited else None,
    }


def _met(alert: Met) -> dict[str, Any]:
    return {
        "id": alert.uuid,
        "problem": alert.problem,
        "priority": Priority(alert.priority).name.lower(),
        "at": alert.at,
    }
