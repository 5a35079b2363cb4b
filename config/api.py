"""In front of the ASGI application: a body that is too large is cut off before Django spools it to the disk.

Under WSGI the server hands over no more than Content-Length says, which the API's gate looks at.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def limit_bodies(application: Application, largest: int) -> Application:
    """The application, whose requests may have at most so many bytes of body."""

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await application(scope, receive, send)
        received, answering = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message if received <= largest else {"type": "http.disconnect"}

        async def sent(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await application(scope, counted, sent)
        if received > largest and not answering:
            await _refuse(scope, send, largest)
        return None

    return limited


async def _refuse(scope: Message, send: Send, largest: int) -> None:
    document = {
        "type": "urn:febris:problem:request_entity_too_large",
        "title": "Request Entity Too Large",
        "status": 413,
        "detail": f"The body may have at most {largest} bytes.",
        "instance": scope.get("path", ""),
        "errors": [],
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
