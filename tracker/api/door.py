"""The one base of the REST doors: read the request, call one service, answer. Rules live in the services."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

import msgspec
from django.db import models, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import Actor
from config.clock import now
from tracker.api.idempotency import REPLAYED, claim
from tracker.api.paging import Keyset
from tracker.api.problems import Problem, faults_of
from tracker.api.wire import MEDIA_TYPE, encode, number, read
from tracker.errors import FieldError, Refused
from tracker.models import MeasuredField

M = TypeVar("M", bound=models.Model)
N = TypeVar("N", bound=models.Model)
Shape = TypeVar("Shape", bound=msgspec.Struct)

#: What a write answers: its status and its body.
Answer = tuple[int, Mapping[str, Any]]


class Number(serializers.DecimalField):
    """A measured number on its way out, without trailing zeros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"max_digits": None, "decimal_places": None, "coerce_to_string": False})

    def to_representation(self, value: Any) -> Any:
        """The number."""
        return number(value)


class Moment(serializers.DateTimeField):
    """A time on its way out; the wire writes it."""

    def to_representation(self, value: Any) -> Any:
        """The time itself."""
        return value


class Row(serializers.ModelSerializer[M]):
    """A row as the API shows it: its public id, never its number; blank texts as null."""

    id = serializers.UUIDField(source="uuid", read_only=True)

    #: The parts that are never null.
    always_there: ClassVar[frozenset[str]] = frozenset()

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Moment,
        MeasuredField: Number,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Says of a part that may be blank that it may be null: null it is on the wire."""
        built, options = super().build_standard_field(field_name, model_field)
        if options.pop("allow_blank", False) or field_name not in self.always_there:
            options["allow_null"] = True
        return built, options | {"read_only": True}

    @cached_property
    def _showers(self) -> list[tuple[str, Callable[[M], Any]]]:
        """How each part is shown, found out once: the framework would do so for every part of every row."""
        return [(str(field.field_name), _shower(field)) for field in self._readable_fields]

    def to_representation(self, instance: M) -> dict[str, Any]:
        """The row; nothing written is null, never an empty text."""
        shown = ((name, show(instance)) for name, show in self._showers)
        return {name: None if value == "" else value for name, value in shown}


#: The parts that are shown as they are.
_AS_THEY_ARE = (
    Moment,
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.IntegerField,
    serializers.JSONField,
    serializers.UUIDField,
)


def _shower(field: Any) -> Callable[[Any], Any]:
    """What shows one part of a row."""
    if isinstance(field, serializers.SerializerMethodField):
        method: Callable[[Any], Any] = getattr(field.parent, str(field.method_name))
        return method
    read = attrgetter(field.source)
    if isinstance(field, Named):
        return lambda row: None if (named := read(row)) is None else named.uuid
    if isinstance(field, Number):
        return lambda row: number(read(row))
    if isinstance(field, _AS_THEY_ARE):
        return read
    return lambda row: None if (value := field.get_attribute(row)) is None else field.to_representation(value)


class Named(serializers.SlugRelatedField[Any]):
    """Another row, by its public id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="uuid", read_only=True, **options)


class Door(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet[M]):
    """A noun at its address: a list in pages and single rows, of the sites that the actor may read."""

    lookup_field = "uuid"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    pagination_class = Keyset
    order: ClassVar[str] = "-pk"
    #: Query parameters of the list beside the filter's own and the paging's.
    parameters: ClassVar[tuple[str, ...]] = ()

    @property
    def actor(self) -> Actor:
        """Who is asking."""
        return cast(Actor, self.request.auth)

    def get_queryset(self) -> Any:
        """The rows that the actor may see."""
        return cast(Any, super().get_queryset()).visible_to(self.actor)

    def filter_queryset(self, queryset: Any) -> Any:
        """The rows asked for; a filter that is not known would answer everybody's, so it is refused."""
        if self.detail:
            return queryset
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        known = {*filters, *self.parameters, *Keyset.parameters}
        for name in self.request.query_params:
            if name not in known:
                raise Problem.at(f"?{name}", "unknown", _("There is no such filter here."))
        try:
            return super().filter_queryset(queryset)
        except serializers.ValidationError as error:
            found = [
                FieldError(f"?{fault.field}", fault.code, fault.detail) for fault in faults_of(error.detail)
            ]
            raise Problem(400, "invalid", _("A filter cannot be read."), errors=found) from error

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One row, with its ETag."""
        return self.tagged(self.shown(self.get_object()))

    def shown(self, row: M) -> Mapping[str, Any]:
        """The row as the API shows it."""
        return cast(Mapping[str, Any], self.get_serializer(row).data)

    def read(self, shape: type[Shape]) -> Shape:
        """The body of the request.

        Raises: Problem 415 when it is not JSON, 400 that names every element that cannot be read.
        """
        kind = self.request._request.content_type
        if kind != MEDIA_TYPE:
            raise Problem.of_status(415, _("Send JSON, as application/json."))
        return read(self.request._request.body, shape)

    def named(self, model: type[N], uuid: UUID, field: str) -> N:
        """The row of that public id, if the actor may see it.

        Raises: Refused naming the field.
        """
        rows = cast(Any, model._default_manager).visible_to(self.actor)
        found: N | None = rows.filter(uuid=uuid).first()
        if found is None:
            raise Refused.at(field, "not_found", _("There is nothing of this id that you may see."))
        return found

    def once(self, write: Callable[[], Answer]) -> HttpResponse | Response:
        """The answer of `write`, done in one transaction with the request's Idempotency-Key."""
        with transaction.atomic():
            use = claim(self.request._request, self.actor)
            if use.kept is not None:
                return replay(use.kept.status, use.kept.response)
            status, body = write()
            use.keep(status, body, now())
        return Response(body, status=status)

    def tagged(self, body: Mapping[str, Any], status: int = 200) -> Response:
        """The row as an answer with its ETag; 304 when the caller has it already."""
        tag = etag(body)
        if self.request.method in {"GET", "HEAD"} and tag in _tags(
            self.request.headers.get("If-None-Match", "")
        ):
            return Response(status=304, headers={"ETag": tag})
        return Response(body, status=status, headers={"ETag": tag})

    def require_match(self, row: M) -> None:
        """Lets a change pass that was made to the row as it stands.

        Raises: Problem 428 without If-Match, 412 when the row has changed since it was read.
        """
        wanted = self.request.headers.get("If-Match", "")
        if not wanted:
            raise Problem(428, "precondition_required", _("Send the ETag that you read as If-Match."))
        if wanted.strip() != "*" and etag(self.shown(row)) not in _tags(wanted):
            raise Problem(412, "precondition_failed", _("The row has changed since you read it."))

    def change(self, write: Callable[[M], M]) -> Response:
        """The row after `write`, which is given the row locked and as the caller read it."""
        with transaction.atomic():
            self.get_queryset().select_for_update(of=("self",), no_key=True).filter(
                uuid=self.kwargs["id"]
            ).first()
            row = self.get_object()
            self.require_match(row)
            write(row)
        return self.tagged(self.shown(self.get_object()))


def sent(body: msgspec.Struct) -> dict[str, Any]:
    """What a PATCH names, without what it leaves alone."""
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}


def etag(body: Mapping[str, Any]) -> str:
    """The tag of a row as it is shown."""
    return f'"{hashlib.sha256(encode(body)).hexdigest()[:32]}"'


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def replay(status: int, response: str) -> HttpResponse:
    """The answer that was given before."""
    return HttpResponse(response, status=status, content_type=MEDIA_TYPE, headers={REPLAYED: "true"})
