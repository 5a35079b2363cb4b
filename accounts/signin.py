"""How django-allauth and django-axes sign people in here: no open sign-up, a lock per name and address."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.core import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import doors, emergency, ward
from accounts.models import User
from config.clock import real_now


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; nobody signs up."""

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """The way on, in the language of whoever has signed in; a ward's device notes that they are there."""
        ward.arrived(request, user, real_now())
        response: HttpResponse = super().post_login(request, user, **more)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response

    def logout(self, request: HttpRequest) -> None:
        """Signs out for good: no PIN brings the person back to this device, and an emergency ends."""
        now = real_now()
        ward.left(request, now)
        emergency.end(request.session, now)
        super().logout(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password. A forgotten password is helped by a person who knows whom they help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail address")
        self.fields["password"].help_text = _("Forgotten? An administrator of your site gives you a new one.")


class _CodeIsGuessedRarely:
    """Counts wrong codes per person and address: axes sees passwords alone."""

    user: User

    def clean_code(self) -> str:
        """The code, when it is right and there were not too many wrong ones."""
        from allauth.core import context

        request = context.request
        key = f"{self.user.pk}@{client_address(request)}"
        if not ratelimit.consume(request, action="mfa_code", key=key):
            raise AccountAdapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc]
        ratelimit.clear(request, action="mfa_code", key=key)
        return code


class CodeForm(_CodeIsGuessedRarely, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(_CodeIsGuessedRarely, ReauthenticateForm):  # type: ignore[misc]
    """The code once more, before a change to one's own account."""


def client_address(request: HttpRequest) -> str | None:
    """The address of the person, past the proxies that we run ourselves and no others."""
    address: str | None = get_client_ip(request)
    return address


def canonical_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str | None:
    """The user name under which failures are counted: one person, by name or e-mail, in any case."""
    given = credentials or {}
    typed = given.get("username") or given.get("email") or (request and request.POST.get("login")) or ""
    if not typed:
        return None
    known = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).first()
    return known.username if known else str(typed).lower()[:150]


def second_person(request: HttpRequest, login: str, password: str) -> User | None:
    """Who has just proved themselves beside the person signed in; None when nobody did.

    By user name or e-mail address. A failure counts as at sign-in; the session stays as it was.
    """
    known = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).first() if login else None
    proved = authenticate(request, username=known.username if known else login, password=password)
    return proved if isinstance(proved, User) else None


def locked_until(username: str, address: str | None = None) -> datetime | None:
    """Until when signing in as that user is refused (from that address); None when it is not."""
    since = real_now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(username=username, attempt_time__gte=since)
    if address is not None:
        attempts = attempts.filter(ip_address=address)
    worst = (
        attempts.values("ip_address")
        .annotate(failures=Sum("failures_since_start"), latest=Max("attempt_time"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
        .order_by("-latest")
        .first()
    )
    return worst["latest"] + settings.AXES_COOLOFF_TIME if worst else None


def unlock(user: User) -> int:
    """The number of counts of failures forgotten: the person may try again from everywhere."""
    forgotten: int = AxesProxyHandler.reset_attempts(username=user.username)
    return forgotten


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None, *_more: Any) -> HttpResponse:
    """The answer to somebody who failed too often: until when, and who can help sooner."""
    name = canonical_name(request, credentials)
    until = locked_until(name, client_address(request)) if name else None
    if doors.wants_json(request):
        moment = until.isoformat() if until else None
        return doors.problem(429, _("Too many failures"), _("Signing in is locked for now."), until=moment)
    return render(request, "accounts/locked_out.html", {"until": until}, status=429)
