"""The doors of infusions: their plan, what happens to them, and everything about one on one time axis."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import signin
from accounts.countersigning import NotCountersigned, countersign, countersigner
from accounts.models import User
from accounts.permissions import Act
from config.clock import now, real_now
from monitoring.api import temperatures, timeline
from monitoring.api.answers import Watched
from monitoring.api.recording import store_and_watch
from tracker import services
from tracker.api import bodies, filters, observed_rows, rows
from tracker.api.door import Answer, Door, sent
from tracker.api.schema import STORES_NOTHING, reference, takes
from tracker.errors import Refused
from tracker.models import Bag, Infusion, InfusionEvent, Subject

#: Address -> what the body may say, and the service that does it.
EVENTS: Mapping[str, tuple[type[bodies.EventIn], Callable[..., services.Happened]]] = {
    "start": (bodies.StartIn, services.start_infusion),
    "pause": (bodies.EventIn, services.pause_infusion),
    "resume": (bodies.ResumeIn, services.resume_infusion),
    "rate": (bodies.RateIn, services.set_rate),
    "stop": (bodies.StopIn, services.stop_infusion),
    "cancel": (bodies.EventIn, services.cancel_infusion),
    "discharge": (bodies.DischargeIn, services.discharge_infusion),
    "readmit": (bodies.EventIn, services.readmit_infusion),
    "end": (bodies.EventIn, services.end_infusion),
}
_NOT_COUNTERSIGNED = {
    "unknown": gettext_lazy("Nobody gave this countersignature."),
    "for_something_else": gettext_lazy("This countersignature was given for another act or reason."),
    "expired": gettext_lazy("This countersignature is over; the second person gives a new one."),
}
_HAPPENED = {
    "allOf": [
        {"$ref": "#/components/schemas/InfusionRow"},
        {
            "type": "object",
            "required": ["event", "overridden"],
            "properties": {
                "event": {"type": "object", "additionalProperties": True},
                "overridden": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
            },
        },
        reference(Watched),
    ]
}


class Infusions(Door[Infusion]):
    """Infusions of the caller's sites, newest first."""

    queryset = Infusion.objects.select_related("subject", "patient", "site", "study", "bag")
    serializer_class = rows.InfusionRow
    filterset_class = filters.InfusionFilter

    @takes(bodies.InfusionIn)
    def create(self, request: Request) -> HttpResponse | Response:
        """Plans the subject's next infusion."""
        body = self.read(bodies.InfusionIn)

        def write() -> Answer:
            values = self._with_bag(sent(body))
            subject = self.named(Subject, values.pop("subject"), "subject")
            infusion = services.plan_infusion(self.actor, subject, now=now(), **values)
            return 201, self.shown(self.get_queryset().get(pk=infusion.pk))

        return self.once(write)

    @takes(bodies.InfusionChange)
    def partial_update(self, request: Request, id: Any) -> Response:
        """Changes the plan."""
        changes = self._with_bag(sent(self.read(bodies.InfusionChange)))
        return self.change(
            lambda infusion: services.update_infusion(self.actor, infusion, now=now(), **changes)
        )

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "since", OpenApiTypes.DATETIME, description="Only what was true at or after this time."
            ),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="Opaque; taken from `next`."),
        ],
        responses={(200, "application/json"): timeline.SCHEMA},
    )
    @action(detail=True, methods=["get"])
    def timeline(self, request: Request, id: Any) -> Response:
        """Readings, symptoms, treatments, events and alerts on one time axis, oldest first."""
        infusion = self.get_object()
        return Response(timeline.page(self.actor, infusion, request))

    @extend_schema(responses={(200, "application/json"): temperatures.SCHEMA})
    @action(detail=True, methods=["get"], url_path="temperature-log")
    def temperature_log(self, request: Request, id: Any) -> Response:
        """Every temperature of the watch, in a set or alone, with what is due next and what was missed."""
        return Response(temperatures.log(self.actor, self.get_object(), now()))

    def happened(self, request: Request, kind: str) -> HttpResponse:
        """Stores what happened to the infusion and answers where it now stands."""
        shape, service = EVENTS[kind]
        values = sent(self.read(shape))
        countersignature = values.pop("countersignature", "")
        infusion = self.get_object()
        overridden: list[dict[str, str]] = []

        def store(at: datetime) -> services.Recorded[InfusionEvent]:
            if countersignature:
                values["second_person"] = self._second_person(countersignature, infusion, kind, values, at)
            found = service(self.actor, infusion, now=at, **values)
            overridden.extend(
                {"gate": each.gate.value, "detail": str(each.detail)} for each in found.overridden
            )
            return services.Recorded(found.event, True, found.warnings, found.infusion_ids)

        def show(stored: services.Recorded[InfusionEvent]) -> Mapping[str, Any]:
            events = InfusionEvent.objects.select_related(*observed_rows.EventRow.joins)
            return {
                **self.shown(self.get_object()),
                "event": observed_rows.EventRow(events.get(pk=stored.row.pk)).data,
                "overridden": overridden,
            }

        return store_and_watch(
            request._request, self.actor, store, show, lambda uuid: InfusionEvent.objects.get(uuid=uuid)
        )

    @extend_schema(extensions={STORES_NOTHING: True})
    @takes(bodies.CountersignIn, reference(bodies.Countersigned))
    @action(detail=True, methods=["post"])
    def countersign(self, request: Request, id: Any) -> Response:
        """A second person's word, by their own password, for one start or discharge and its reason.

        Good for five minutes, for that alone: its sender puts it beside `override_reason`. A wrong password
        counts as at sign-in.
        """
        body = self.read(bodies.CountersignIn)
        infusion = self.get_object()
        self.actor.require(Act.OVERRIDE_START, infusion.site_id, infusion.study_id)
        second = signin.second_person(request._request, body.username, body.password)
        if second is None:
            raise Refused.at("password", "not_signed_in", _("This person could not be signed in."))
        services.require_second_person(self.actor, infusion, second, now(), "username")
        text, until = countersign(second, body.act, infusion.uuid, body.override_reason, real_now())
        return Response(msgspec.structs.asdict(bodies.Countersigned(text, second.uuid, second.name, until)))

    @takes(bodies.StartCheckIn, reference(bodies.StartChecked), 201)
    @action(detail=True, methods=["post"])
    def checks(self, request: Request, id: Any) -> HttpResponse | Response:
        """Compares what is on the patient and on the bag with the record, or keeps what lies ready.

        An identity that does not agree is kept too, and answered with `agreed` false.
        """
        body = self.read(bodies.StartCheckIn)

        def write() -> Answer:
            infusion = self.get_object()
            if body.kind == "drugs":
                checked = services.check_drugs(self.actor, infusion, body.at_hand, now=now())
            else:
                checked = services.check_identity(
                    self.actor,
                    infusion,
                    patient_identifier=body.patient_identifier,
                    bag_label=body.bag_label,
                    now=now(),
                )
            row, by = checked.row, checked.row.checked_by
            said = bodies.StartChecked(
                id=row.uuid,
                kind=row.kind,
                checked_by=str(by.uuid) if by else None,
                found=row.found,
                missing=row.missing,
                agreed=row.agreed,
                details=list(checked.details),
                recorded_at=row.recorded_at,
            )
            return 201, msgspec.to_builtins(said)

        return self.once(write)

    def _second_person(
        self, text: str, infusion: Infusion, kind: str, values: Mapping[str, Any], at: datetime
    ) -> User:
        try:
            second = countersigner(text, kind, infusion.uuid, values["override_reason"], real_now())
        except NotCountersigned as error:
            raise Refused.at("countersignature", error.code, str(_NOT_COUNTERSIGNED[error.code])) from error
        services.require_second_person(self.actor, infusion, second, at, "countersignature")
        return second

    def _with_bag(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("bag") is not None:
            values["bag"] = self.named(Bag, values["bag"], "bag")
        return values


def _action(kind: str) -> Callable[..., HttpResponse]:
    def happens(self: Infusions, request: Request, id: Any) -> HttpResponse:
        return self.happened(request, kind)

    happens.__name__ = kind
    happens.__doc__ = f"Stores the event `{kind}` and answers where the infusion now stands."
    return action(detail=True, methods=["post"], url_path=kind)(happens)


for _kind in EVENTS:
    setattr(Infusions, _kind, _action(_kind))
extend_schema_view(**{kind: takes(shape, _HAPPENED, 201) for kind, (shape, _) in EVENTS.items()})(Infusions)
