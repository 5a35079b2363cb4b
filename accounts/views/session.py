"""The lock of a session that was left alone: saying that somebody is there, locking, and unlocking in place.

Only the person whose session it is can open it; anybody else signs out first.
"""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts import doors, idle, signin, ward
from accounts.models import User
from config.clock import real_now


def closed(request: HttpRequest) -> HttpResponse:
    """404: a way to sign in or sign up that we do not offer."""
    raise Http404


@require_POST
def active(request: HttpRequest) -> HttpResponse:
    """Somebody is there: the middleware has noted it. Answers when the session would lock."""
    return JsonResponse({"locks_at": idle.locks_at(request.session, real_now()).isoformat()})


@require_POST
@doors.while_locked
def lock(request: HttpRequest) -> HttpResponse:
    """Locks the session at once, as its owner leaves."""
    idle.lock(request.session)
    if doors.wants_json(request):
        return HttpResponse(status=204)
    return render(request, "accounts/locked.html", {"next": "/"}, status=423)


@require_GET
@never_cache
@doors.while_locked
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for a passkey of the person whose session it is."""
    return JsonResponse({"request_options": passkeys.begin_authentication(_owner(request))})


@require_POST
@never_cache
@sensitive_post_parameters("password", "pin", "credential")
@doors.while_locked
def unlock(request: HttpRequest) -> HttpResponse:
    """Opens the session again for its owner, by password, PIN or passkey, and leaves everything as it was."""
    owner = _owner(request)
    if not _proves(request, owner):
        return _refused(request, owner)
    idle.note_activity(request.session, real_now())
    if doors.wants_json(request):
        return JsonResponse({"locks_at": idle.locks_at(request.session, real_now()).isoformat()})
    onward = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = settings.LOGIN_REDIRECT_URL
    return redirect(onward)


def _owner(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _proves(request: HttpRequest, owner: User) -> bool:
    """True when whoever is there is the owner of the session; a failed password counts as at sign-in, a wrong
    PIN among the five of the device.
    """
    if "pin" in request.POST:
        return ward.unlocks(request, owner, request.POST["pin"][:50], real_now())
    if "credential" in request.POST:
        return _is_passkey_of(owner, request.POST["credential"])
    proved = authenticate(request, username=owner.username, password=request.POST.get("password", ""))
    return proved is not None and proved.pk == owner.pk


def _is_passkey_of(owner: User, credential: str) -> bool:
    try:
        answer: dict[str, Any] = json.loads(credential)
        used = passkeys.complete_authentication(owner, passkeys.parse_authentication_response(answer))
    except (ValidationError, ValueError, TypeError, AttributeError, KeyError):
        return False
    assert isinstance(used, Authenticator)
    used.record_usage()
    return True


def _refused(request: HttpRequest, owner: User) -> HttpResponse:
    until = signin.locked_until(owner.username, signin.client_address(request))
    if until is not None:
        return signin.locked_out(request, {"username": owner.username})
    why = _("That was not right. The page stays locked.")
    if doors.wants_json(request):
        return doors.problem(400, _("Not unlocked"), why)
    return render(
        request, "accounts/locked.html", {"next": request.POST.get("next"), "error": why}, status=400
    )
