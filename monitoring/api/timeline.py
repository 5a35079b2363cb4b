"""Everything about one infusion on one time axis: readings, doses, events, alerts, and what was missed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from accounts.permissions import Actor
from config import clock
from monitoring.api.answers import alerts_shown
from monitoring.core.schedule import Due
from monitoring.core.slots import Fate, Slot
from monitoring.due import readings_of, slots_of, taken_by
from monitoring.models import Alert, Watch
from tracker.api import observed_rows
from tracker.api.filters import read_moment
from tracker.api.problems import Problem
from tracker.models import Infusion

PAGE = 500
#: Readings so long before the start are its baseline.
BEFORE_START = timedelta(minutes=60)

#: The kinds of entry, in the order in which they stand when they have the same time.
OBSERVED: tuple[tuple[str, type[observed_rows.ObservedRow[Any]]], ...] = (
    ("event", observed_rows.EventRow),
    ("vitals", observed_rows.VitalsRow),
    ("temperature", observed_rows.TemperatureRow),
    ("symptom", observed_rows.SymptomRow),
    ("intervention", observed_rows.InterventionRow),
    ("neuro", observed_rows.NeuroRow),
    ("lab", observed_rows.LabRow),
    ("response", observed_rows.ResponseRow),
)
ALERT, MISSED = len(OBSERVED), len(OBSERVED) + 1
SCHEMA = {
    "type": "object",
    "required": ["next", "previous", "results", "missed", "next_due_at", "next_due_reason"],
    "properties": {
        "missed": {"type": "integer", "description": "How many due observations nobody ever took."},
        "next_due_at": {"type": ["string", "null"], "format": "date-time"},
        "next_due_reason": {"enum": ["tightened", None]},
        "next": {"type": ["string", "null"], "format": "uri"},
        "previous": {"type": "null"},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "kind", "row"],
                "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "kind": {"enum": [*(kind for kind, _row in OBSERVED), "alert", "missed"]},
                    "row": {"type": "object", "additionalProperties": True},
                },
            },
        },
    },
}


class Cursor(msgspec.Struct, array_like=True):
    """After which entry a page begins."""

    at: datetime
    kind: int
    key: int


def page(actor: Actor, infusion: Infusion, request: Request) -> dict[str, Any]:
    """One page of the axis; the number of queries does not grow with it."""
    for name in request.query_params:
        if name not in {"since", "cursor"}:
            raise Problem.at(f"?{name}", "unknown", _("There is no such filter here."))
    since, place = _since(request), _place(request)
    found: list[tuple[datetime, int, int, Any]] = []
    for index, (_kind, shower) in enumerate(OBSERVED):
        model = cast(Any, shower).Meta.model
        whose = _whose(infusion, by_patient=index > 0)
        standing = model.objects.visible_to(actor).current().filter(whose)
        standing = standing.select_related(*shower.joins).prefetch_related(*shower.lists)
        found += [
            (row.measured_at, index, row.pk, row)
            for row in _after(standing, "measured_at", index, since, place)
        ]
    alerts = Alert.objects.visible_to(actor).standing().for_display()
    alerts = alerts.filter(Q(infusion=infusion) | Q(also_infusions__contains=[infusion.uuid]))
    found += [
        (alert.raised_at, ALERT, alert.pk, alert)
        for alert in _after(alerts, "raised_at", ALERT, since, place)
    ]
    now = clock.now()
    slots = slots_of(infusion, taken_by(readings_of(actor, infusion)), now)
    missed = [slot for slot in slots if slot.fate is Fate.MISSED]
    found += _missed(missed, since, place)
    found.sort(key=lambda each: each[:3])
    here, has_more = found[:PAGE], len(found) > PAGE
    return {
        "next": _address(request, Cursor(*here[-1][:3])) if has_more else None,
        "previous": None,
        "results": _shown(here),
        "missed": len(missed),
        **next_due(infusion),
    }


def next_due(infusion: Infusion) -> dict[str, Any]:
    """What is due next, and why so soon where the schedule alone would ask for it later."""
    due = Watch.objects.filter(pk=infusion.pk).values("next_set_due_at", "next_set_reason").first()
    return {
        "next_due_at": due["next_set_due_at"] if due else None,
        "next_due_reason": due["next_set_reason"] or None if due else None,
    }


def _missed(
    missed: list[Slot], since: datetime | None, place: Cursor | None
) -> Iterable[tuple[datetime, int, int, Slot]]:
    """Observations that were due and that nobody took, each at the moment at which it was due."""
    for number, slot in enumerate(missed):
        entry = (slot.due.due_at, MISSED, number)
        if (since is None or slot.due.due_at >= since) and (
            place is None or entry > (place.at, place.kind, place.key)
        ):
            yield (*entry, slot)


def _whose(infusion: Infusion, *, by_patient: bool) -> Q:
    """A reading belongs to the patient: each of the watch window, whatever infusion the sender named."""
    named = Q(infusion=infusion)
    if not by_patient or infusion.started_at is None:
        return named
    window = Q(patient_id=infusion.patient_id, measured_at__gte=infusion.started_at - BEFORE_START)
    if infusion.watch_ends_at is not None:
        window &= Q(measured_at__lte=infusion.watch_ends_at)
    return named | window


def _after(queryset: Any, column: str, index: int, since: datetime | None, place: Cursor | None) -> Any:
    if since is not None:
        queryset = queryset.filter(**{f"{column}__gte": since})
    if place is not None and index < place.kind:
        queryset = queryset.filter(**{f"{column}__gt": place.at})
    elif place is not None and index > place.kind:
        queryset = queryset.filter(**{f"{column}__gte": place.at})
    elif place is not None:
        queryset = queryset.filter(
            Q(**{f"{column}__gt": place.at}) | Q(**{column: place.at, "pk__gt": place.key})
        )
    return queryset.order_by(column, "pk")[: PAGE + 1]


def _shown(found: list[tuple[datetime, int, int, Any]]) -> list[dict[str, Any]]:
    showers = [shower() for _kind, shower in OBSERVED]
    alerts: list[Model] = [row for _at, kind, _key, row in found if kind == ALERT]
    shown = iter(alerts_shown(alerts))  # type: ignore[arg-type]

    def entry(kind: int, row: Any) -> dict[str, Any]:
        if kind == MISSED:
            return {"kind": "missed", "row": due_shown(row.due)}
        if kind == ALERT:
            return {"kind": "alert", "row": next(shown)}
        return {"kind": OBSERVED[kind][0], "row": showers[kind].to_representation(row)}

    return [{"at": at, **entry(kind, row)} for at, kind, _key, row in found]


def due_shown(due: Due) -> dict[str, Any]:
    """A due observation as the API shows it."""
    return {
        "what": due.what,
        "due_at": due.due_at,
        "opens_at": due.opens_at,
        "overdue_at": due.overdue_at,
        "reason": due.reason or None,
    }


def _since(request: Request) -> datetime | None:
    text = request.query_params.get("since")
    if text is None:
        return None
    moment = read_moment(text)
    if moment is None:
        raise Problem.at("?since", "offset_missing", _("A time with its offset is needed."))
    return moment


def _place(request: Request) -> Cursor | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(text.encode() + b"=="), type=Cursor)
    except ValueError as error:
        raise Problem.at("?cursor", "cursor", _("This cursor was not given by this list.")) from error


def _address(request: Request, place: Cursor) -> str:
    cursor = urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor)
