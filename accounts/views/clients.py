"""Set-up of sending systems, their tokens, and wall displays; and the door by which a display comes in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import people
from accounts.actors import DISPLAY_COOKIE
from accounts.forms import ClientForm, TokenForm
from accounts.models import ApiToken, Client, ClientKind
from accounts.permissions import Actor
from accounts.tokens import InvalidToken, authenticate
from config.clock import real_now

from .people import managing

_YEAR = 365 * 24 * 60 * 60


@require_GET
def clients_list(request: HttpRequest) -> HttpResponse:
    """The sending systems and displays of the sites that the actor manages."""
    actor = managing(request)
    clients = Client.objects.visible_to(actor).select_related("site").order_by("site_id", "kind", "name")
    return render(request, "accounts/clients.html", {"clients": clients})


@require_http_methods(["GET", "POST"])
def client_new(request: HttpRequest) -> HttpResponse:
    """A form for a new sending system or display."""
    actor = managing(request)
    form = ClientForm(actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.save_client(actor, form.instance)
        return redirect("client", form.instance.uuid)
    return render(request, "accounts/client_new.html", {"form": form})


@require_GET
def client(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One sending system and its tokens."""
    actor = managing(request)
    return _client_page(request, _client(actor, uuid))


@require_POST
def client_switch(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Lets a sending system connect, or no longer."""
    actor = managing(request)
    found = _client(actor, uuid)
    found.is_active = not found.is_active
    people.save_client(actor, found)
    messages.success(request, _("It may connect.") if found.is_active else _("It may no longer connect."))
    return redirect("client", uuid)


@require_POST
@never_cache
def token_new(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new token or display link, shown once."""
    actor = managing(request)
    found = _client(actor, uuid)
    form = TokenForm(found, request.POST)
    if not form.is_valid():
        return _client_page(request, found, form)
    scopes = form.cleaned_data["scopes"] or None
    _token, raw = people.issue_token(actor, found, real_now(), scopes=scopes, days=form.cleaned_data["days"])
    link = request.build_absolute_uri(reverse("display", args=[raw])) if _is_display(found) else None
    return render(request, "accounts/token.html", {"client": found, "raw": raw, "link": link})


@require_POST
def token_revoke(request: HttpRequest, uuid: UUID, token: UUID) -> HttpResponse:
    """Shuts a token for good."""
    actor = managing(request)
    found = get_object_or_404(ApiToken, uuid=token, client=_client(actor, uuid))
    people.revoke_token(actor, found, real_now())
    messages.success(request, _("The token opens nothing any more."))
    return redirect("client", uuid)


@require_GET
@never_cache
@login_not_required
def display(request: HttpRequest, key: str) -> HttpResponse:
    """Opens the board on a wall: keeps the key in the display's browser and goes to the board."""
    try:
        actor = authenticate(key, real_now())
    except InvalidToken:
        return render(request, "accounts/display_refused.html", status=403)
    if not _is_display(actor.client):
        return render(request, "accounts/display_refused.html", status=403)
    response = redirect(settings.LOGIN_REDIRECT_URL)
    response.set_cookie(
        DISPLAY_COOKIE,
        key,
        max_age=_YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _client(actor: Actor, uuid: UUID) -> Client:
    return get_object_or_404(Client.objects.visible_to(actor), uuid=uuid)


def _is_display(found: Client) -> bool:
    return found.kind == ClientKind.DISPLAY


def _client_page(request: HttpRequest, found: Client, form: TokenForm | None = None) -> HttpResponse:
    context = {
        "client": found,
        "is_display": _is_display(found),
        "tokens": found.tokens.order_by("revoked_at", "-created_at"),
        "form": form or TokenForm(found) if found.role else None,
        "now": real_now(),
    }
    return render(request, "accounts/client.html", context)
