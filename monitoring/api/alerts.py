"""The doors of alerts: what is true, what people did, and doing it. `monitoring.alerts` alone changes one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import django_filters
import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from msgspec import Meta
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.models import User
from config.clock import now, rate
from monitoring import alerts
from monitoring import log as alert_log
from monitoring.api.answers import AlertShown, alerts_shown
from monitoring.models import Alert, AlertLog, Condition, Priority
from monitoring.models import Response as People
from tracker.api.door import Answer, Door
from tracker.api.filters import read_moment
from tracker.api.problems import Problem
from tracker.api.schema import reference, takes
from tracker.errors import Refused
from tracker.ingest import Moment

Note = Annotated[str, Meta(max_length=2000)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
#: The user name of the person on whose behalf a sending system acts; needed of one, refused of people.
Practitioner = Annotated[str, Meta(min_length=1, max_length=150)]


class _Move(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every answer to an alert may say."""

    note: Note = ""
    practitioner: Practitioner | None = None


class Acknowledge(_Move, kw_only=True):
    """Somebody looks after it, in which way and until when."""

    commitment: Word
    until: Moment


class TakeBack(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The acknowledgement given a moment ago does not count; nothing needs to be said."""

    practitioner: Practitioner | None = None


class Outcome(_Move, kw_only=True):
    """What it turned out to be."""

    outcome: Word


class Snooze(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Silence until a time, and why."""

    until: Moment
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class OptOut(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why nobody further is to be told."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class HandOver(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who of the site takes over what nobody watches any more, by user name."""

    to: Annotated[str, Meta(min_length=1, max_length=150)]
    note: Note = ""


class AlertFilter(django_filters.FilterSet):
    """Alerts by whose they are, what is true and what people did."""

    infusion = django_filters.UUIDFilter(method="of_infusion")
    patient = django_filters.UUIDFilter(field_name="patient__uuid")
    condition = django_filters.ChoiceFilter(choices=Condition.choices, empty_label=None)
    response = django_filters.ChoiceFilter(choices=People.choices, empty_label=None)
    priority = django_filters.ChoiceFilter(
        method="of_priority", choices=[(each.name.lower(), each.label) for each in Priority], empty_label=None
    )
    problem = django_filters.CharFilter(max_length=60)

    def of_priority(self, rows: Any, name: str, value: str) -> Any:
        """The alerts of that priority."""
        return rows.filter(priority=Priority[value.upper()])

    def of_infusion(self, rows: Any, name: str, value: Any) -> Any:
        """The alerts that hang on the infusion, or concern it too."""
        return rows.filter(infusion__uuid=value) | rows.filter(also_infusions__contains=[value])


_SHOWN = {(200, "application/json"): reference(AlertShown)}


@extend_schema_view(
    list=extend_schema(
        responses={(200, "application/json"): reference(AlertShown)},
        parameters=[
            OpenApiParameter(
                "updated_after",
                OpenApiTypes.STR,
                description="A time, or `updated_after` of an earlier answer: what changed since.",
            )
        ],
    ),
    retrieve=extend_schema(responses=_SHOWN),
    acknowledge=takes(Acknowledge, reference(AlertShown)),
    undo=takes(TakeBack, reference(AlertShown)),
    assess=takes(Outcome, reference(AlertShown)),
    close=takes(Outcome, reference(AlertShown)),
    snooze=takes(Snooze, reference(AlertShown)),
    opt_out=takes(OptOut, reference(AlertShown)),
    hand_over=takes(HandOver, reference(AlertShown)),
)
class Alerts(Door[Alert]):
    """Alerts of the caller's sites, newest first."""

    queryset = Alert.objects.all()
    filterset_class = AlertFilter
    parameters = ("updated_after",)
    order = "-raised_at"

    def get_queryset(self) -> Any:
        """The alerts that the actor may see, with all that is shown of them."""
        return super().get_queryset().for_display()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Alerts in pages; with `updated_after`, what changed since, in an order that misses nothing."""
        rows = self.filter_queryset(self.get_queryset())
        if "updated_after" in request.query_params:
            return self.changed(rows, request.query_params["updated_after"])
        page = self.paginate_queryset(rows)
        assert page is not None
        return self.get_paginated_response(alerts_shown(page))

    def changed(self, rows: Any, after: str) -> Response:
        """The alerts that settled rows of the log name, and where to ask on."""
        page = alert_log.settled(_place(after), limit=500)
        named = [entry.body["alert"]["id"] for entry in page.entries]
        latest = list(dict.fromkeys(reversed(named)))[::-1]
        found = {str(alert.uuid): alert for alert in rows.filter(uuid__in=latest)}
        cursor = str(page.cursor)
        here = self.request.build_absolute_uri()
        return Response(
            {
                "next": replace_query_param(here, "updated_after", cursor) if page.more else None,
                "previous": None,
                "results": alerts_shown(found[each] for each in latest if each in found),
                "updated_after": cursor,
            }
        )

    def shown(self, row: Alert) -> dict[str, Any]:
        """The alert with its log."""
        return alerts_shown([row])[0]

    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, id: Any) -> HttpResponse | Response:
        """Says who looks after the alert, how, and until when."""
        body = self.read(Acknowledge)
        return self.moved(
            lambda alert, at: alerts.acknowledge(
                self.actor,
                alert,
                commitment=body.commitment,
                until=body.until,
                note=body.note,
                now=at,
                practitioner=_named(body.practitioner),
            )
        )

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: Any) -> HttpResponse | Response:
        """Takes back an acknowledgement within 10 s of giving it, by whoever gave it; the alert climbs on."""
        body = self.read(TakeBack)
        return self.moved(
            lambda alert, at: alerts.undo(
                self.actor, alert, now=at, rate=rate(), practitioner=_named(body.practitioner)
            )
        )

    @action(detail=True, methods=["post"])
    def assess(self, request: Request, id: Any) -> HttpResponse | Response:
        """Says what the alert turned out to be."""
        return self.settled(alerts.assess)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: Any) -> HttpResponse | Response:
        """Closes the alert; refused while it is true."""
        return self.settled(alerts.close)

    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, id: Any) -> HttpResponse | Response:
        """Keeps the alert silent until a time."""
        body = self.read(Snooze)
        return self.moved(
            lambda alert, at: alerts.snooze(self.actor, alert, until=body.until, reason=body.reason, now=at)
        )

    @action(detail=True, methods=["post"], url_path="opt-out")
    def opt_out(self, request: Request, id: Any) -> HttpResponse | Response:
        """Tells nobody further of the alert, with a reason; what gets worse rings again."""
        body = self.read(OptOut)
        return self.moved(lambda alert, at: alerts.opt_out(self.actor, alert, reason=body.reason, now=at))

    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, id: Any) -> HttpResponse | Response:
        """Hands over to a person of the site what nobody watches any more."""
        body = self.read(HandOver)
        to = _person(body.to, "to")
        return self.moved(
            lambda alert, at: alerts.hand_over(self.actor, alert, to=to, note=body.note, now=at)
        )

    def settled(self, move: Callable[..., Alert]) -> HttpResponse | Response:
        """The alert after a move that gives its outcome."""
        body = self.read(Outcome)
        return self.moved(
            lambda alert, at: move(
                self.actor,
                alert,
                outcome=body.outcome,
                note=body.note,
                now=at,
                practitioner=_named(body.practitioner),
            )
        )

    def moved(self, move: Callable[[Alert, datetime], Alert]) -> HttpResponse | Response:
        """The alert after somebody's move."""
        alert = self.get_object()

        def write() -> Answer:
            try:
                changed = move(alert, now())
            except alerts.AlertRefused as refusal:
                status = _STATUS.get(refusal.reason, 409)
                raise Problem(status, refusal.reason, str(refusal.detail)) from refusal
            return 200, self.shown(self.get_queryset().get(pk=changed.pk))

        return self.once(write)


#: What is wrong with the words sent rather than with the moment.
_STATUS = {
    "unknown_word": 400,
    "until_is_not_in_the_future": 422,
    "until_is_too_late": 422,
    "needs_a_reason": 422,
    "needs_a_named_person": 422,
}


def _named(username: str | None) -> User | None:
    """The person on whose behalf a sending system acts."""
    return None if username is None else _person(username, "practitioner")


def _person(username: str, field: str) -> User:
    found: User | None = User.objects.filter(username__iexact=username, is_active=True).first()
    if found is None:
        raise Refused.at(field, "not_found", _("There is nobody of this user name."))
    return found


def _place(text: str) -> alert_log.Cursor:
    """The place in the log that a time or a cursor names."""
    moment = read_moment(text)
    if moment is None:
        try:
            return alert_log.Cursor.parse(text)
        except alert_log.CursorError as error:
            detail = _("A time with its offset, or an `updated_after` of an earlier answer, is needed.")
            raise Problem.at("?updated_after", "cursor", detail) from error
    first = AlertLog.objects.filter(at__gte=moment).order_by("epoch", "xid", "id").first()
    return alert_log.horizon() if first is None else alert_log.Cursor(first.epoch, first.xid, 0, 0)
