"""How the doors describe themselves in OpenAPI 3.1: bodies from their structs, answers from the rows.

What all doors share (who may come in, problems, keys, examples) is said once, over the finished document.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema

View = TypeVar("View", bound=Callable[..., Any])
Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
#: Every struct that some door takes or gives.
_shapes: dict[str, type[msgspec.Struct]] = {}

_PROBLEM: Schema = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body; `?name` names a query parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "suggestion": {"type": "string"},
                },
            },
        },
    },
}
_PROBLEMS = {
    "400": "The request cannot be read, or its values cannot be stored; `errors` names each.",
    "401": "No good token and no session.",
    "403": "The caller may not do this here.",
    "404": "Nothing here that the caller may see.",
    "405": "Not a method of this address.",
    "409": "Same key with other content, or a request with the same Idempotency-Key still runs.",
    "412": "The row has changed since it was read.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "Readable, but not now or not here; or the Idempotency-Key was used for another body.",
    "423": "The session was left alone and is locked.",
    "428": "If-Match is missing.",
    "429": "Too many requests; Retry-After says when to come back.",
    "503": "The database does not answer; Retry-After says when to come back.",
}
_ALWAYS = ("400", "401", "403", "404", "405", "423", "429", "503")
_BY_METHOD = {"post": ("409", "413", "415", "422"), "patch": ("409", "412", "413", "415", "422", "428")}
#: The mark of a POST that only works something out: nobody needs to name it, and it can contradict nothing.
STORES_NOTHING = "x-stores-nothing"
_HEADERS = {
    "post": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names this request: sent again, it is done once. Required of integrations.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    "patch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the row as it was read.",
        "schema": {"type": "string"},
    },
}
_ID = "019aab5e-6c00-7d10-9f00-3a5b8c1d2e4f"
_SAMPLES: dict[str, Any] = {
    "measured_at": "2026-11-22T14:05:00+01:00",
    "temperature_c": 38.4,
    "temperature_f": 101.1,
    "systolic_mmhg": 118,
    "diastolic_mmhg": 72,
    "map_mmhg": 87,
    "heart_rate_bpm": 96,
    "respiratory_rate_per_min": 18,
    "spo2_percent": 97,
    "oxygen_flow_l_min": 2,
    "fio2_percent": 28,
    "symptoms": ["chills"],
    "absent": {},
    "raw": {},
    "verified": [],
    "confirmed": [],
    "identifiers": {"urn:mrn": "4711"},
    "time_zone": "Europe/Berlin",
    "languages": ["en"],
    "analyte": "crp",
    "kind": "chills",
}


class Operation(AutoSchema):
    """One operation, described from its view."""

    def get_tags(self) -> list[str]:
        """The noun under which the documentation lists the operation."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]


class EntryScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways in."""

    target_class = "tracker.api.entry.Entry"
    name = ["token", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[Schema]:
        """A bearer token, or the cookie of a signed-in session."""
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        ]


def takes(shape: type[msgspec.Struct], gives: Any = None, *statuses: int) -> Callable[[View], View]:
    """A decorator: the operation reads `shape`, and answers `gives` (by default the view's own rows)."""
    described: dict[str, Any] = {"request": {"application/json": reference(shape)}}
    if gives is not None:
        described["responses"] = {(status, "application/json"): gives for status in statuses or (200,)}
    return extend_schema(**described)


def reference(shape: type[msgspec.Struct]) -> Schema:
    """Where the document describes the struct."""
    _shapes[shape.__name__] = shape
    return {"$ref": _REF.format(name=shape.__name__)}


def say_what_all_doors_share(result: Schema, **_: Any) -> Schema:
    """The document with the structs, the problems, the headers and an example of every body."""
    _out, described = msgspec.json.schema_components(_shapes.values(), ref_template=_REF)
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {name: _as_numbers(schema) for name, schema in described.items()}
    schemas["Problem"] = _PROBLEM
    components["responses"] = {
        f"Problem{status}": {
            "description": text,
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
        for status, text in _PROBLEMS.items()
    }
    for address, path in result["paths"].items():
        for method, operation in path.items():
            if address.startswith("/api/"):
                _complete(method, operation, schemas)
    return result


def _complete(method: str, operation: Schema, schemas: Schema) -> None:
    stores = not operation.pop(STORES_NOTHING, False)
    further = _BY_METHOD.get(method, ()) if stores else ("413", "415")
    for status in (*_ALWAYS, *further):
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    if method in _HEADERS and stores:
        operation.setdefault("parameters", []).append(_HEADERS[method])
    bodies = [operation.get("requestBody", {})]
    bodies += [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for body in bodies:
        for kind, content in body.get("content", {}).items():
            if (
                kind == "application/json"
                and "schema" in content
                and not content.keys() & {"example", "examples"}
            ):
                content["example"] = example(content["schema"], schemas)


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """A value that the schema describes."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, name)
    if name in _SAMPLES and "enum" not in schema:
        return _SAMPLES[name]
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return example(schema[combined][0], schemas, name)
    if "enum" in schema:
        return next((word for word in schema["enum"] if word), None)
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {key: example(part, schemas, key) for key, part in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {}), schemas, name)]
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "number":
            return 1.5
        case "boolean":
            return False
        case "null":
            return None
    return _text(schema, name)


def _text(schema: Mapping[str, Any], name: str) -> str:
    match schema.get("format"):
        case "uuid":
            return _ID
        case "date-time":
            return "2026-11-22T13:05:00Z"
        case "date":
            return "2026-11-22"
        case "uri":
            return "https://febris.example/api/v1/…"
    return name.replace("_", " ") or "text"


def _as_numbers(schema: Any) -> Any:
    """The schema with Decimals as what they are on our wire: JSON numbers."""
    if isinstance(schema, Mapping):
        if schema.get("format") == "decimal":
            return {key: value for key, value in schema.items() if key != "format"} | {"type": "number"}
        return {key: _as_numbers(value) for key, value in schema.items()}
    return [_as_numbers(part) for part in schema] if isinstance(schema, list) else schema
