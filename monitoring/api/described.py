"""The doors that are plain views, described by hand: the event stream and the two health doors."""

from typing import Any

_STREAM = {
    "get": {
        "operationId": "events",
        "tags": ["events"],
        "summary": "Server-sent events",
        "description": (
            "`alert` (a change of an alert), `reading` (rows of an infusion) and `heartbeat` (every 15 s). "
            "Come back with the last `id` as Last-Event-ID: nothing is missed; drop repeats by their `row`."
        ),
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "The last id that was read.",
                "schema": {"type": "string"},
            }
        ],
        "security": [{"token": []}, {"session": []}],
        "responses": {
            "200": {
                "description": "The stream; it ends after ten minutes, come back then.",
                "content": {
                    "text/event-stream": {
                        "schema": {"type": "string"},
                        "example": 'event: reading\nid: MS4yLjAuMA\ndata: {"row":"2-1-7","infusion":"…"}\n\n',
                    }
                },
            }
        },
    }
}


def describe_plain_doors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The document with the doors that no framework describes."""
    result["paths"]["/api/v1/events/"] = _STREAM
    for name, text in {
        "live": "200 while the process answers at all.",
        "ready": "200 when evaluation, delivery and the timetable ran lately; else 503 with `reasons`.",
    }.items():
        result["paths"][f"/health/{name}"] = {
            "get": {
                "operationId": f"health_{name}",
                "tags": ["health"],
                "summary": text,
                "security": [],
                "responses": {
                    "200": {
                        "description": "Well.",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"status": {"type": "string"}}},
                                "example": {"status": name},
                            }
                        },
                    }
                },
            }
        }
    result["paths"]["/health/ready"]["get"]["responses"]["503"] = {
        "description": "Nobody should rely on the watch now.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return result
