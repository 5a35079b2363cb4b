"""The doors of what is observed: stored, watched at once, and answered with what the watch made of it.

A person's set is asked about (form rules); a sending system's is never lost for one bad part (machine rules).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request

from accounts.permissions import Act, Actor
from accounts.statements import fetch_one
from monitoring import laboratory_words
from monitoring.api import bulk
from monitoring.api.answers import Moved, Watched, moved
from monitoring.api.recording import Stored, store_and_watch
from tracker import ingest, services
from tracker.api import observed_rows
from tracker.api.bodies import Reason, changes_of
from tracker.api.door import Door, sent
from tracker.api.entry import admit, is_machine
from tracker.api.filters import ObservedFilter
from tracker.api.problems import Problem, problem_of
from tracker.api.schema import reference, takes
from tracker.api.wire import MEDIA_TYPE, read
from tracker.errors import Refused
from tracker.models import (
    Infusion,
    Intervention,
    LabResult,
    NeuroAssessment,
    Patient,
    Phase,
    ResponseAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)


class Observed(Door[Any]):
    """One observed noun: listed, recorded, amended, voided."""

    order = "-measured_at"
    filterset_class = ObservedFilter
    serializer_class: type[observed_rows.ObservedRow[Any]]
    #: What a body may say, and the service that stores it.
    shape: ClassVar[type[ingest.ObservedIn]]
    service: ClassVar[Callable[..., Stored]]

    def __init_subclass__(cls, **options: Any) -> None:
        """Describes the bodies of the noun."""
        super().__init_subclass__(**options)
        if not hasattr(cls, "shape"):
            return
        row = {"$ref": f"#/components/schemas/{cls.serializer_class.__name__}"}
        stored = {"allOf": [row, reference(Watched)]}
        corrected = {"allOf": [*stored["allOf"], reference(Moved)]}
        extend_schema_view(
            create=takes(cls.shape, stored, 201, 200),
            amend=takes(changes_of(cls.shape), corrected, 201, 200),
            void=takes(Reason, corrected, 201, 200),
        )(cls)

    def write(self, actor: Actor, body: Any, at: datetime) -> Stored:
        """Has the service store what the body says of an infusion."""
        infusion = _infusion(actor, body)
        stored = type(self).service(actor, infusion, body, now=at, door=door_by_role(actor))
        if isinstance(body, ingest.ReadingIn) and stored.created and not body.symptoms:
            stored.row._prefetched_objects_cache = {"symptom_reports": _no_symptoms()}
        return _with_what_is_known(stored, actor, infusion.patient, infusion)

    @property
    def short_ways(self) -> Mapping[str, Callable[[HttpRequest, Actor], HttpResponse]]:
        """The actions that machines send all day, past the framework."""
        return {"create": self.recorded}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer, for recordings by the short way."""
        short = self.short_ways.get(self.action_map.get("post", "")) if request.method == "POST" else None
        if short is not None:
            try:
                actor = admit(request)
                if request.content_type != MEDIA_TYPE:
                    raise Problem.of_status(415, _("Send JSON, as application/json."))
                return short(request, actor)
            except Exception as error:
                return problem_of(error, request).response(request)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """The rows that the actor may see, with all that is shown of them."""
        return self.joined(super().get_queryset())

    def filter_queryset(self, queryset: Any) -> Any:
        """The rows asked for; those that stand, unless the query says otherwise."""
        found = super().filter_queryset(queryset)
        return found if self.detail or "current" in self.request.query_params else found.current()

    def create(self, request: Request) -> HttpResponse:
        """Stores what was observed and answers what the watch makes of it.

        201 with the stored row; 200 with the first row when the same content came before under its key.
        """
        raise NotImplementedError("a recording takes the short way")

    def recorded(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        """The stored row and what the watch makes of it."""
        body = read(request.body, self.shape)
        return store_and_watch(
            request,
            actor,
            lambda at: self.write(actor, body, at),
            lambda stored: self.shown(stored.row),
            self.found,
        )

    @action(detail=True, methods=["post"])
    def amend(self, request: Request, id: Any) -> HttpResponse:
        """Stores a correction: what is named replaces what stood. Says which alerts that moves."""
        values = sent(self.read(changes_of(self.shape)))
        reason = values.pop("reason")
        door = door_by_role(self.actor)
        return self.corrects(
            lambda row, at: services.amend(self.actor, row, values, reason=reason, now=at, door=door)
        )

    @action(detail=True, methods=["post"])
    def void(self, request: Request, id: Any) -> HttpResponse:
        """Stores that the row never was true. Says which alerts that retracts."""
        reason = self.read(Reason).reason
        return self.corrects(lambda row, at: services.void(self.actor, row, reason=reason, now=at))

    def corrects(self, write: Callable[[Any, datetime], Stored]) -> HttpResponse:
        """The correcting row, and what the watch makes of it."""
        row = self.get_object()
        return store_and_watch(
            self.request._request,
            self.actor,
            lambda at: write(row, at),
            lambda stored: self.shown(stored.row),
            self.found,
            moved,
        )

    def found(self, uuid: str) -> Any:
        """The stored row of that id."""
        return self.rows().get(uuid=uuid)

    def shown(self, row: Any) -> dict[str, Any]:
        """The row as the API shows it, with all that is shown of it."""
        if "patient" not in row._state.fields_cache:
            row = self.joined(self.rows()).get(pk=row.pk)
        return _shower(self.serializer_class).to_representation(row)

    def rows(self) -> Any:
        """Every row of the noun."""
        return cast(Any, self).queryset.all()

    def joined(self, queryset: Any) -> Any:
        """The rows, with all that is shown of them."""
        return queryset.select_related(*self.serializer_class.joins).prefetch_related(
            *self.serializer_class.lists
        )


@cache
def _shower(row: type[observed_rows.ObservedRow[Any]]) -> observed_rows.ObservedRow[Any]:
    """One serializer for the life of the process: building its fields takes longer than showing a row."""
    return row()


@cache
def _no_symptoms() -> Any:
    """The symptoms of a set without any, found once: even an empty query is composed before it answers."""
    found = SymptomReport.objects.none()
    bool(found)
    return found


def _with_what_is_known(stored: Stored, actor: Actor, patient: Patient, infusion: Infusion | None) -> Stored:
    """The same, a new row knowing whose it is: showing it then reads nothing again."""
    row = stored.row
    if stored.created and row.amends_id is None:
        row.patient, row.infusion, row.client, row.author = patient, infusion, actor.client, actor.user
        row._state.fields_cache["amended_by"] = None
    return stored


def _infusion(actor: Actor, body: ingest.ObservedIn) -> Infusion:
    """The infusion that the body names.

    Raises: Refused when it names none; Problem 404 for one not to be seen, 422 for a cancelled one.
    """
    if body.infusion is None:
        raise Refused.at("infusion", "required", _("This is needed."))
    found = _infusion_by_uuid(body.infusion)
    if found is None or not actor.may(Act.READ, found.site_id, found.study_id):
        raise Problem.at(
            "/infusion", "not_found", _("There is no infusion of this id that you may see."), 404
        )
    if found.phase == Phase.CANCELLED:
        raise Problem.at("/infusion", "cancelled", _("This infusion was cancelled."), 422)
    return found


#: What a recording must know of an infusion before its record is locked and read.
_OF_AN_INFUSION = ["id", "uuid", "patient_id", "site_id", "study_id", "phase"]
_INFUSION_BY_UUID = f"""
    SELECT p.uuid, {", ".join(f"i.{name}" for name in _OF_AN_INFUSION)}
      FROM tracker_infusion i JOIN tracker_patient p ON p.id = i.patient_id WHERE i.uuid = %s
"""  # noqa: S608 - our own columns


def _infusion_by_uuid(uuid: UUID) -> Infusion | None:
    """The infusion with its patient, by a fixed statement: composing one would cost more than running it."""
    found = fetch_one(_INFUSION_BY_UUID, [uuid])
    if found is None:
        return None
    infusion = Infusion.from_db("default", _OF_AN_INFUSION, found[1:])
    infusion.patient = Patient.from_db("default", ["id", "uuid"], [infusion.patient_id, found[0]])
    return infusion


def _patient(actor: Actor, body: ingest.LabIn | ingest.ResponseIn) -> tuple[Patient, Infusion | None]:
    """The patient that the body names, or whose infusion it names; and that infusion."""
    infusion = _infusion(actor, body) if body.infusion is not None or body.patient is None else None
    if body.patient is None:
        assert infusion is not None
        return infusion.patient, infusion
    patient = Patient.objects.visible_to(actor).filter(uuid=body.patient).first()
    if patient is None:
        raise Problem.at("/patient", "not_found", _("There is no patient of this id that you may see."), 404)
    return patient, infusion


def door_by_role(actor: Actor) -> services.Door:
    """By which rules the actor's values are judged."""
    return services.Door.MACHINE if is_machine(actor) else services.Door.FORM


class ObservedOfPatient(Observed):
    """A noun that may name its patient alone."""

    def write(self, actor: Actor, body: Any, at: datetime) -> Stored:
        """Has the service store what the body says of a patient."""
        patient, infusion = _patient(actor, body)
        stored = type(self).service(actor, patient, body, now=at, infusion=infusion, door=door_by_role(actor))
        return _with_what_is_known(stored, actor, patient, infusion)


class Vitals(Observed):
    """Sets of vital signs."""

    queryset = VitalSigns.objects.all()
    serializer_class = observed_rows.VitalsRow
    shape = ingest.ReadingIn
    service = staticmethod(services.record_vitals)

    @property
    def short_ways(self) -> Mapping[str, Callable[[HttpRequest, Actor], HttpResponse]]:
        """Single sets, and many at once."""
        return {**super().short_ways, "bulk": bulk.record}

    @takes(bulk.Batch, reference(bulk.BatchShown), 201, 200)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> HttpResponse:
        """Stores up to 5,000 sets; the watch looks when the doorbell has rung, not before the answer."""
        raise NotImplementedError("a recording takes the short way")


class TemperatureLogs(Observed):
    """Temperatures taken without a set."""

    queryset = TemperatureLog.objects.all()
    serializer_class = observed_rows.TemperatureRow
    shape = ingest.TemperatureIn
    service = staticmethod(services.record_temperature)


class Symptoms(Observed):
    """Symptoms that were present, began or ended."""

    queryset = SymptomReport.objects.all()
    serializer_class = observed_rows.SymptomRow
    shape = ingest.SymptomIn
    service = staticmethod(services.record_symptom)


class Interventions(Observed):
    """What was given, begun or ended, and for what."""

    queryset = Intervention.objects.all()
    serializer_class = observed_rows.InterventionRow
    shape = ingest.InterventionIn
    service = staticmethod(services.record_intervention)


class Neuro(Observed):
    """Neurological assessments."""

    queryset = NeuroAssessment.objects.all()
    serializer_class = observed_rows.NeuroRow
    shape = ingest.NeuroIn
    service = staticmethod(services.record_neuro)


class Labs(ObservedOfPatient):
    """Laboratory results with the unit and limits of their laboratory."""

    queryset = LabResult.objects.all()
    serializer_class = observed_rows.LabRow
    shape = ingest.LabIn
    service = staticmethod(services.record_lab)

    def write(self, actor: Actor, body: Any, at: datetime) -> Stored:
        """Has the service store the result; one that the watch cannot read says so."""
        return _as_read(super().write(actor, body, at))

    def corrects(self, write: Callable[[Any, datetime], Stored]) -> HttpResponse:
        """The same of a correction."""
        return super().corrects(lambda row, at: _as_read(write(row, at)))


def _as_read(stored: Stored) -> Stored:
    """The same, with a warning where the watch cannot read the result."""
    warning = laboratory_words.warning(stored.row)
    return stored if warning is None else replace(stored, warnings=(*stored.warnings, warning))


class Responses(ObservedOfPatient):
    """How the disease answered."""

    queryset = ResponseAssessment.objects.all()
    serializer_class = observed_rows.ResponseRow
    shape = ingest.ResponseIn
    service = staticmethod(services.record_response)
