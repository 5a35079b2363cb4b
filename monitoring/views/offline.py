"""What a browser needs to keep sets while there is no network, and to send them for the same person alone."""

from __future__ import annotations

import base64

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User


@require_GET
@never_cache
def opening(request: HttpRequest) -> HttpResponse:
    """Who is signed in here now, the key to what this person has not sent yet, and leave to send it.

    The browser keeps the key as one that cannot be read out, and forgets it when this person leaves.
    """
    assert isinstance(request.user, User)  # the door lets nobody else in
    return JsonResponse(
        {"user": str(request.user.uuid), "key": key_of(request.user), "csrf": get_token(request)}
    )


def key_of(user: User) -> str:
    """The person's own AES-256 key for sets that wait in a browser: the same each time, stored nowhere."""
    digest = salted_hmac("febris.unsent", str(user.uuid), algorithm="sha256").digest()
    return base64.b64encode(digest).decode()
