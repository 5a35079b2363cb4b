"""Errors as `application/problem+json` (RFC 9457): every error under /api/ and /health leaves through here.

Turns an exception of any layer into one shape, with a trace id that the log holds too; never a stack trace.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.identifiers import uuid7
from accounts.permissions import NotPermitted
from tracker.errors import Conflict, FieldError, GatesClosed, Refused, Unprocessable

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TRACE_HEADER = "X-Request-Id"


class Problem(Exception):
    """An error as the client will read it. `code` ends its type; `errors` name the elements at fault."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or code)
        self.status, self.code, self.detail = status, code, detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    @classmethod
    def of_status(cls, status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> "Problem":
        """The problem that says no more than its status."""
        return cls(status, HTTPStatus(status).name.lower(), detail, headers=headers)

    @classmethod
    def at(cls, pointer: str, code: str, detail: str, status: int = 400) -> "Problem":
        """The problem of one element; a pointer that begins with `?` names a query parameter."""
        return cls(status, "invalid", detail, errors=[FieldError(pointer, code, detail)])

    def document(self, request: HttpRequest) -> dict[str, object]:
        """The problem as RFC 9457 writes it."""
        return {
            "type": f"urn:febris:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self.detail) or _sentence(self.status),
            "instance": request.path,
            "errors": [_element(each) for each in self.errors],
            "trace_id": trace_id(request),
            **self.more,
        }

    def response(self, request: HttpRequest) -> HttpResponse:
        """The answer to send."""
        body = msgspec.json.encode(self.document(request), enc_hook=str)
        headers = {"Cache-Control": "no-store", TRACE_HEADER: trace_id(request), **self.headers}
        answer = HttpResponse(body, status=self.status, content_type=MEDIA_TYPE, headers=headers)
        answer.is_problem = True  # type: ignore[attr-defined]
        return answer


def _sentence(status: int) -> str:
    match status:
        case 403:
            return _("You may not do this here.")
        case 404:
            return _("There is nothing here that you may see.")
        case 423:
            return _("This session was left alone and is locked.")
    return _("The request cannot be answered.")


def trace_id(request: HttpRequest) -> str:
    """The name of this request in the answer, the log and the trail."""
    if not hasattr(request, "request_id"):
        request.request_id = str(uuid7())  # type: ignore[attr-defined]
    return cast(str, request.request_id)  # type: ignore[attr-defined]


def problem_of(error: Exception, request: HttpRequest) -> Problem:
    """The problem that an exception of any layer means; what nobody foresaw is logged and becomes a 500."""
    match error:
        case Problem():
            return error
        case Refused():
            return Problem(400, "refused", _("These values cannot be stored."), errors=error.errors)
        case Conflict():
            first = {"first": error.first.uuid} if error.first is not None else None
            return Problem(409, "conflict", error.detail, more=first)
        case GatesClosed():
            return Problem(422, error.code, _("Gates are closed."), more={"gates": _gates(error)})
        case Unprocessable():
            return Problem(422, error.code, error.detail)
        case IntegrityError():
            log.warning(
                "refused by the database (trace %s): %s", trace_id(request), type(error.__cause__).__name__
            )
            return Problem(409, "conflict", _("This contradicts what is stored already."))
        case NotPermitted() | PermissionDenied() | exceptions.PermissionDenied():
            return Problem.of_status(403)
        case Http404() | ObjectDoesNotExist():
            return Problem.of_status(404)
        case exceptions.ValidationError():
            return Problem(400, "invalid", _("The request is not valid."), errors=faults_of(error.detail))
        case RequestDataTooBig():
            return Problem.of_status(413, _("The body is too large."))
        case exceptions.APIException():
            return _of_framework(error)
        case SuspiciousOperation():
            return Problem.of_status(400, _("The request is not valid."))
        case OperationalError() | InterfaceError():
            log.exception("the database did not answer (trace %s)", trace_id(request))
            return Problem.of_status(503, _("The database does not answer; try again."), {"Retry-After": "5"})
    name = f"{request.method} {request.path}"
    log.error("unforeseen error in %s (trace %s)", name, trace_id(request), exc_info=error)
    return Problem.of_status(500, _("Something went wrong here; the trace id finds it in our log."))


def _element(fault: FieldError) -> dict[str, str]:
    element = {"pointer": fault.pointer, "code": fault.code, "detail": str(fault.detail)}
    return element | {"suggestion": fault.suggestion} if fault.suggestion is not None else element


def _gates(error: GatesClosed) -> list[dict[str, object]]:
    return [
        {
            "gate": found.gate.value,
            "code": found.code,
            "detail": str(found.detail),
            "may_be_overridden": not found.absolute,
            "needs_second_person": found.needs_second_person,
        }
        for found in error.gates
    ]


def _of_framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="febris"'
    return Problem.of_status(error.status_code, str(error.detail), headers)


def faults_of(detail: Any, place: str = "") -> list[FieldError]:
    """The faults that REST framework names, each at its place."""
    if isinstance(detail, Mapping):
        return [
            fault
            for name, inner in detail.items()
            for fault in faults_of(inner, place if name == "non_field_errors" else f"{place}/{name}")
        ]
    if isinstance(detail, list):
        return [
            fault
            for index, inner in enumerate(detail)
            for fault in faults_of(inner, place if isinstance(inner, str) else f"{place}/{index}")
        ]
    return [FieldError(place, getattr(detail, "code", "invalid"), str(detail))]


def framework_handler(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception hook: the same problems as everywhere."""
    request = context["request"]._request
    problem = problem_of(error, request)
    if isinstance(error, exceptions.MethodNotAllowed):
        problem.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return cast(Response, problem.response(request))


@login_not_required
def nothing_here(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """The answer of every address below `/api/` and `/health/` that is none."""
    return Problem.of_status(404).response(request)
