"""The doors of people, cells and studies. The doors that need the watch are in `monitoring.api`."""

from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Actor
from config.clock import now
from tracker import services
from tracker.api import asking, bodies, filters, rows
from tracker.api.door import Answer, Door, sent
from tracker.api.schema import reference, takes
from tracker.models import Arm, CellProduct, Patient, Site, Study, Subject


class Me(APIView):
    """Who is asking, and what they may do where."""

    @extend_schema(operation_id="me", responses={(200, "application/json"): reference(asking.Caller)})
    def get(self, request: Request) -> Response:
        """Who the token or the session stands for, with roles, sites and acts."""
        return Response(asking.caller(cast(Actor, request.auth)))


class Sites(Door[Site]):
    """Sites that the caller may read."""

    queryset = Site.objects.all()
    serializer_class = rows.SiteRow


class Studies(Door[Study]):
    """Studies that run at the caller's sites."""

    queryset = Study.objects.prefetch_related("arms")
    serializer_class = rows.StudyRow


class Patients(Door[Patient]):
    """Patients of the caller's sites."""

    queryset = Patient.objects.select_related("site")
    serializer_class = rows.PatientRow
    filterset_class = filters.PatientFilter

    def get_queryset(self) -> Any:
        """The patients; their names are read only for a caller who may see some."""
        patients = super().get_queryset()
        if self.actor.is_system or any(grant.identified for grant in self.actor.memberships):
            return patients.select_related("identity").prefetch_related("identifiers")
        return patients

    @takes(bodies.PatientIn)
    def create(self, request: Request) -> HttpResponse | Response:
        """Stores a patient."""
        body = self.read(bodies.PatientIn)

        def write() -> Answer:
            values = sent(body)
            site = self.named(Site, values.pop("site"), "site")
            patient = services.create_patient(self.actor, site, now=now(), **values)
            return 201, self.shown(self.get_queryset().get(pk=patient.pk))

        return self.once(write)

    @takes(bodies.PatientChange)
    def partial_update(self, request: Request, id: Any) -> Response:
        """Changes a patient."""
        changes = sent(self.read(bodies.PatientChange))
        return self.change(lambda patient: services.update_patient(self.actor, patient, now=now(), **changes))


class Subjects(Door[Subject]):
    """Patients in studies."""

    queryset = Subject.objects.select_related("study", "patient", "site", "arm")
    serializer_class = rows.SubjectRow
    filterset_class = filters.SubjectFilter

    @takes(bodies.SubjectIn)
    def create(self, request: Request) -> HttpResponse | Response:
        """Puts a patient into a study."""
        body = self.read(bodies.SubjectIn)

        def write() -> Answer:
            values = self._with_arm(sent(body))
            study = self.named(Study, values.pop("study"), "study")
            patient = self.named(Patient, values.pop("patient"), "patient")
            number = values.pop("subject_number")
            subject = services.enrol_subject(self.actor, study, patient, number, now=now(), **values)
            return 201, self.shown(self.get_queryset().get(pk=subject.pk))

        return self.once(write)

    @takes(bodies.SubjectChange)
    def partial_update(self, request: Request, id: Any) -> Response:
        """Changes a subject."""
        changes = self._with_arm(sent(self.read(bodies.SubjectChange)))
        return self.change(lambda subject: services.update_subject(self.actor, subject, now=now(), **changes))

    def _with_arm(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("arm") is not None:
            values["arm"] = self.named(Arm, values["arm"], "arm")
        return values


class Products(Door[CellProduct]):
    """Cells, from their collection to the bags."""

    queryset = CellProduct.objects.select_related("subject", "patient").prefetch_related("bags")
    serializer_class = rows.ProductRow
    filterset_class = filters.ProductFilter

    @takes(bodies.ProductIn)
    def create(self, request: Request) -> HttpResponse | Response:
        """Stores a collection, with its bags if there are any yet."""
        body = self.read(bodies.ProductIn)

        def write() -> Answer:
            values = sent(body)
            bags = values.pop("bags", [])
            subject = self.named(Subject, values.pop("subject"), "subject")
            product = services.create_product(self.actor, subject, now=now(), **values)
            self._add(product, bags)
            return 201, self.shown(self.get_queryset().get(pk=product.pk))

        return self.once(write)

    @takes(bodies.ProductChange)
    def partial_update(self, request: Request, id: Any) -> Response:
        """Changes a product; the bags named are added."""
        changes = sent(self.read(bodies.ProductChange))
        bags = changes.pop("bags", [])

        def write(product: CellProduct) -> CellProduct:
            if changes:
                product = services.update_product(self.actor, product, now=now(), **changes)
            self._add(product, bags)
            return product

        return self.change(write)

    def _add(self, product: CellProduct, bags: list[bodies.BagIn]) -> None:
        for bag in bags:
            services.add_bag(self.actor, product, now=now(), **sent(bag))
