"""Lists in pages by keyset: a page starts after a row, never after a count, so late rows shift nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from tracker.api.problems import Problem

PAGE_SIZE = 50
LARGEST_PAGE = 500


class Cursor(msgspec.Struct, array_like=True):
    """Between which rows a page begins: the ordering column of a row, its key, and which way to go."""

    value: str
    key: int
    back: bool = False


class Keyset(BasePagination):
    """Pages of a list in the view's `order`: one column, ties broken by the key in the same direction."""

    parameters = ("cursor", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page that the query asks for."""
        self.request, self.order = request, view.order
        self.place = self._asked_place()
        back = self.place is not None and self.place.back
        size = self._asked_size()
        rows = list(_beyond(queryset, self.order, self.place)[: size + 1])
        self.has_more, page = len(rows) > size, rows[:size]
        if back:
            page.reverse()
        self.page = page
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """The page between the addresses of its neighbours."""
        back = self.place is not None and self.place.back
        has_next = bool(self.page) and (self.has_more or back)
        has_previous = bool(self.page) and (self.has_more if back else self.place is not None)
        return Response(
            {
                "next": self._address(self.page[-1], False) if has_next else None,
                "previous": self._address(self.page[0], True) if has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How the page looks to OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The query parameters of every list."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Opaque; taken from `next` or `previous`.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "description": f"Rows per page; at most {LARGEST_PAGE} are given.",
                "schema": {"type": "integer", "minimum": 1, "default": PAGE_SIZE},
            },
        ]

    def _asked_size(self) -> int:
        text = self.request.query_params.get("page_size", str(PAGE_SIZE))
        if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < 1:
            raise Problem.at("?page_size", "number", _("A whole number above 0 is needed."))
        return min(int(text), LARGEST_PAGE)

    def _asked_place(self) -> Cursor | None:
        text = self.request.query_params.get("cursor")
        if text is None:
            return None
        try:
            return msgspec.json.decode(urlsafe_b64decode(text.encode() + b"=="), type=Cursor)
        except ValueError as error:
            raise Problem.at("?cursor", "cursor", _("This cursor was not given by this list.")) from error

    def _address(self, row: Model, back: bool) -> str:
        column = self.order.lstrip("-")
        value = getattr(row, column)
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        place = urlsafe_b64encode(msgspec.json.encode(Cursor(text, row.pk, back))).rstrip(b"=")
        return replace_query_param(self.request.build_absolute_uri(), "cursor", place.decode())


def _beyond(queryset: QuerySet[Any], order: str, place: Cursor | None) -> QuerySet[Any]:
    """The rows on the far side of the place, in the direction of reading."""
    column, down = order.lstrip("-"), order.startswith("-") is not (place is not None and place.back)
    sign, than = ("-", "lt") if down else ("", "gt")
    keys = [f"{sign}{column}"] if column == "pk" else [f"{sign}{column}", f"{sign}pk"]
    queryset = queryset.order_by(*keys)
    if place is None:
        return queryset
    if column == "pk":
        return queryset.filter(**{f"pk__{than}": place.key})
    try:
        value = queryset.model._meta.get_field(column).to_python(place.value)
    except Exception as error:
        raise Problem.at("?cursor", "cursor", _("This cursor was not given by this list.")) from error
    beyond = Q(**{f"{column}__{than}": value}) | Q(**{column: value, f"pk__{than}": place.key})
    return queryset.filter(beyond, **{f"{column}__{than}e": value})
