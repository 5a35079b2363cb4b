"""What a browser needs to keep sets while there is no network, to send them for the same person alone, and to
give one up that the record will not take.
"""

from __future__ import annotations

import base64

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import doors
from accounts.actors import actor_of
from accounts.models import Membership, User
from accounts.permissions import Act, Actor, NotPermitted
from config import clock
from config.clock import real_now
from monitoring import unsent


class DiscardForm(forms.Form):
    """One set as the browser kept it, whose it is, and why it is given up."""

    owner = forms.UUIDField()
    iv = forms.CharField(max_length=100)
    sealed = forms.CharField(max_length=100_000)
    reason = forms.CharField(min_length=3, max_length=200)

    def clean_iv(self) -> bytes:
        """The bytes."""
        return _bytes(self.cleaned_data["iv"])

    def clean_sealed(self) -> bytes:
        """The bytes."""
        return _bytes(self.cleaned_data["sealed"])


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise forms.ValidationError(_("This is not base64.")) from error


@require_GET
@never_cache
def opening(request: HttpRequest) -> HttpResponse:
    """Who is signed in here now, the key to what this person has not sent yet, and leave to send it.

    The browser keeps the key as one that cannot be read out, and forgets it when this person leaves.
    """
    assert isinstance(request.user, User)  # the door lets nobody else in
    key = base64.b64encode(unsent.key_of(request.user)).decode()
    return JsonResponse({"user": str(request.user.uuid), "key": key, "csrf": get_token(request)})


@require_POST
@never_cache
def give_up(request: HttpRequest) -> HttpResponse:
    """204 once a set that will not be stored is kept with who gave it up and why: the browser may drop it.

    One's own; somebody else's only for who may unlock that person's sign-in. Twice is once.
    """
    actor = actor_of(request)
    assert actor is not None
    form = DiscardForm(request.POST)
    owner = User.objects.filter(uuid=form.cleaned_data["owner"]).first() if form.is_valid() else None
    if owner is None:
        why = form.errors.as_text() or _("The owner is nobody who is known here.")
        return doors.problem(400, _("Not discarded"), why)
    if owner != request.user and not _cares_for(actor, owner):
        raise NotPermitted(actor, Act.UNLOCK_USER, None)
    iv, sealed, reason = (form.cleaned_data[name] for name in ("iv", "sealed", "reason"))
    unsent.keep_given_up(actor, owner, iv, sealed, reason, clock.now())
    return HttpResponse(status=204)


def _cares_for(actor: Actor, owner: User) -> bool:
    """True for who may unlock the sign-in of that person at a site of theirs."""
    theirs = Membership.objects.in_force(real_now()).filter(user=owner, site__isnull=False)
    return any(actor.may(Act.UNLOCK_USER, site_id) for site_id in theirs.values_list("site_id", flat=True))
