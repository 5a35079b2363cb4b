"""The doors of the grades: a body in, its grade out. Nothing is read of any patient, and nothing stored."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.api.grade_examples import EXAMPLES, TERMS
from monitoring.grading import SCALES, Scale, ctcae_terms
from monitoring.grading.answers import TermOut
from tracker.api.problems import Problem
from tracker.api.schema import STORES_NOTHING, reference
from tracker.api.wire import MEDIA_TYPE, read
from tracker.errors import FieldError, Refused

View = TypeVar("View", bound=Callable[..., Any])


class Grade(APIView):
    """One scale. Whoever may call the API at all may ask it."""

    scale: ClassVar[Scale]

    def answer(self, request: Request) -> Response:
        """The grade of what the body says.

        Raises: Problem 415 when it is not JSON, 400 that names every element at fault.
        """
        if request._request.content_type != MEDIA_TYPE:
            raise Problem.of_status(415, _("Send JSON, as application/json."))
        body = read(request._request.body, self.scale.takes)
        try:
            return Response(self.scale.grade(body))
        except Refused as refusal:
            detail = _("These values cannot be graded.")
            raise Problem(400, "invalid", detail, errors=refusal.errors) from refusal


def _described(name: str, summary: str) -> Callable[[View], View]:
    """A decorator: the operation of that scale, with examples."""
    scale = SCALES[name]
    described: Callable[[View], View] = extend_schema(
        operation_id=f"grade_{name.replace('-', '_')}",
        summary=summary,
        request={"application/json": reference(scale.takes)},
        responses={(200, "application/json"): reference(scale.gives)},
        examples=EXAMPLES[name],
        extensions={STORES_NOTHING: True},
    )
    return described


class CrsGrade(Grade):
    """CRS after ASTCT 2019."""

    scale = SCALES["astct-crs"]

    @_described("astct-crs", "The grade of a cytokine release syndrome (ASTCT 2019)")
    def post(self, request: Request) -> Response:
        """Fever opens the gate, the worse of hypotension and hypoxia counts; parts left out leave a range."""
        return self.answer(request)


class IcansGrade(Grade):
    """ICANS after ASTCT 2019."""

    scale = SCALES["icans"]

    @_described("icans", "The grade of neurotoxicity (ICANS, ASTCT 2019), with ICE")
    def post(self, request: Request) -> Response:
        """The worst of five domains counts. ICE is for patients from 12 years."""
        return self.answer(request)


class News2Grade(Grade):
    """NEWS2."""

    scale = SCALES["news2"]

    @_described("news2", "The National Early Warning Score of the Royal College of Physicians (NEWS2)")
    def post(self, request: Request) -> Response:
        """The total, its parts, the risk and how often to take a set. From 16 years, not in pregnancy."""
        return self.answer(request)


class CtcaeGrade(Grade):
    """CTCAE v5.0 and v6.0."""

    scale = SCALES["ctcae"]

    @_described("ctcae", "The grade of a term of CTCAE v5.0 or v6.0")
    def post(self, request: Request) -> Response:
        """The version is always named: the same number is another grade in another version."""
        return self.answer(request)

    @extend_schema(
        operation_id="grade_ctcae_terms",
        summary="The terms of CTCAE that are graded here",
        parameters=[
            OpenApiParameter("version", OpenApiTypes.STR, description="5.0 or 6.0; both without it.")
        ],
        responses={
            (200, "application/json"): {
                "type": "object",
                "required": ["next", "previous", "results"],
                "properties": {
                    "next": {"type": "null"},
                    "previous": {"type": "null"},
                    "results": {"type": "array", "items": reference(TermOut)},
                },
            }
        },
        examples=TERMS,
    )
    def get(self, request: Request) -> Response:
        """Each term with its grades in words and the inputs that it reads, all on one page."""
        for name in request.query_params:
            if name != "version":
                raise Problem.at(f"?{name}", "unknown", _("There is no such filter here."))
        try:
            terms = ctcae_terms(request.query_params.get("version"))
        except Refused as refusal:
            faults = [FieldError(f"?{each.field}", each.code, each.detail) for each in refusal.errors]
            raise Problem(400, "invalid", _("A filter cannot be read."), errors=faults) from refusal
        return Response({"next": None, "previous": None, "results": terms})
