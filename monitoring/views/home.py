"""The patient's page at home, opened by the code of a link: one number, what is felt, what is due next.

The code is in no address that a server sees: the printed link carries it behind the `#`, the page sends it by
POST, and a cookie keeps it. No name is read here, and nobody who signs in has any business here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.identifiers import uuid7
from accounts.trail import acting
from config import clock
from monitoring import doorbell
from monitoring.bedside import watch_at_once
from monitoring.home import call_from_c, home_log, in_unit, plausible_c, reasons_to_call
from tracker import services
from tracker.errors import Refused, Unprocessable
from tracker.forms.home import FELT, HomeForm
from tracker.models.home_link import LONGEST_LIFE, HomeLink
from tracker.services import Knock

CODE_COOKIE = "febris_home"
LANGUAGE_COOKIE = "febris_home_language"
_TICKET = "monitoring.home"
_SHOWN = 6
#: A page left open for longer than this is asked to be opened anew.
_TICKET_AGE = timedelta(days=8)

View = Callable[..., HttpResponse]


def patient_page(view: View) -> View:
    """A page for nobody who signs in: kept by no cache, found by no search, its address told to nobody.

    Django's own check of forms wants an Origin, which a page without a referrer does not send. Here a form
    carries a signed ticket of its link, and the browser itself says that it was not sent from another site.
    """

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = request.COOKIES.get(LANGUAGE_COOKIE, "")
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in _OWN:
            response = _closed(request, Knock(None, ""))
        else:
            with _speaking(language):
                response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return guarded


_OWN = ("same-origin", "none")


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """The language of the cookie, or of the link, or the browser's own."""
    if language in dict(settings.LANGUAGES):
        with translation.override(language):
            yield
    else:
        yield


def _chosen(request: HttpRequest, link: HomeLink) -> str:
    language = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return language if language in dict(settings.LANGUAGES) else link.language


@patient_page
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The code, typed or taken from the link by the page's script; on POST a cookie and the way on."""
    if request.method != "POST":
        return _page(request, "home/enter.html", {"no_cookies": "opened" in request.GET})
    if not _may_guess(request, dry_run=True):
        return _too_often(request, Knock(None, ""))
    knocked = services.knock(request.POST.get("code", "")[:80], clock.now())
    if knocked.link is None:
        _may_guess(request)
        return _closed(request, knocked)
    services.note_opened(knocked.link, clock.now())
    response = redirect(f"{reverse('monitoring:home')}?opened")
    _remember(response, CODE_COOKIE, services.plain_code(request.POST["code"]))
    return response


@patient_page
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The form, what is due and what was sent; on POST everything is stored and judged at once."""
    if CODE_COOKIE not in request.COOKIES:
        return redirect(f"{reverse('monitoring:home_enter')}{'?opened' if 'opened' in request.GET else ''}")
    now = clock.now()
    knocked = _knock(request, now)
    if isinstance(knocked, HttpResponse):
        return knocked
    with translation.override(_chosen(request, knocked)):
        if request.method == "POST":
            return _send(request, knocked, now)
        return _ask(request, knocked, now, _form(knocked, now, initial={"unit": _last_unit(knocked)}))


@patient_page
@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest, token: UUID) -> HttpResponse:
    """What came of one page that was sent: to call now, or thanks and what is next."""
    now = clock.now()
    knocked = _knock(request, now)
    if isinstance(knocked, HttpResponse):
        return knocked
    log = home_log(knocked.infusion, now)
    told = [one for one in log.told if one.form_token == str(token)]
    if not told:
        return redirect("monitoring:home")
    with translation.override(_chosen(request, knocked)):
        begins_at = call_from_c(knocked.infusion, told[0].measured_at)
        reasons = [reasons_to_call(one.temperature_c, one.symptoms, begins_at) for one in told]
        felt = [kind for reason in reasons for kind in reason.symptoms]
        context = _about(knocked, now) | {
            "log": log,
            "told": told,
            "call": any(reasons),
            "is_fever": any(reason.is_fever for reason in reasons),
            "call_for": [word for kind, word in FELT if kind in felt],
        }
        return _page(request, "home/sent.html", context)


@patient_page
@require_POST
def speak(request: HttpRequest) -> HttpResponse:
    """The page again, in the other language."""
    onward = "monitoring:home" if CODE_COOKIE in request.COOKIES else "monitoring:home_enter"
    response = redirect(onward)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        _remember(response, LANGUAGE_COOKIE, language)
    return response


def _send(request: HttpRequest, link: HomeLink, now: datetime) -> HttpResponse:
    form_token = _ticket_of(request, link)
    if form_token is None:
        return _ask(request, link, now, _form(link, now, request.POST), again=True)
    form = _form(link, now, _taking(request))
    if not ratelimit.consume(request, app="allauth.account", action="home_entry", key=str(link.uuid)):
        return _too_often(request, Knock(link, link.infusion.site.phone))
    if form.is_valid():
        actor = services.home_actor(link.infusion)
        try:
            with acting(actor, request=str(getattr(request, "request_id", ""))), doorbell.silenced():
                stored = services.record_home(link, form.entry(form_token), now=now)
                watch_at_once(link.infusion_id, stored.infusion_ids, now)
        except Refused as refusal:
            form.refuse(refusal.errors)
        except Unprocessable:
            return _closed(request, Knock(None, link.infusion.site.phone))
        else:
            return redirect("monitoring:home_sent", form_token)
    return _ask(request, link, now, form, form_token=form_token)


def _taking(request: HttpRequest) -> Any:
    """What was typed, with the number that the page proposed where the patient said that it was meant."""
    if not (meant := request.POST.get("use", "")):
        return request.POST
    data = request.POST.copy()
    number, _gap, unit = meant.partition(" ")
    data["temperature"] = number[:12]
    if unit in ("°C", "°F"):
        data["unit"] = unit[1]
    return data


def _form(link: HomeLink, now: datetime, data: Any = None, **options: Any) -> HomeForm:
    infusion = link.infusion
    zone = ZoneInfo(infusion.site.time_zone)
    return HomeForm(data, now=now, zone=zone, since=infusion.started_at, **options)


def _ask(
    request: HttpRequest,
    link: HomeLink,
    now: datetime,
    form: HomeForm,
    *,
    form_token: UUID | None = None,
    again: bool = False,
) -> HttpResponse:
    """The form. On a fault it keeps what was typed, and says at once when that is a reason to call."""
    begins_at = call_from_c(link.infusion, now)
    typed = plausible_c(form.typed, form.typed_unit) if form.typed else None
    reasons = reasons_to_call(typed, form.felt, begins_at)
    log = home_log(link.infusion, now)
    context = _about(link, now) | {
        "form": form,
        "ticket": signing.dumps([str(form_token or uuid7()), link.pk], salt=_TICKET),
        "log": log,
        "told": log.told[:_SHOWN],
        "again": again,
        "limit_c": begins_at,
        "limit_f": in_unit(begins_at, "F"),
        "call": bool(reasons),
        "is_fever": reasons.is_fever,
        "call_for": [word for kind, word in FELT if kind in reasons.symptoms],
    }
    return _page(request, "home/home.html", context, status=422 if form.is_bound else 200)


def _about(link: HomeLink, now: datetime) -> dict[str, Any]:
    return {
        "phone": link.infusion.site.phone,
        "zone": ZoneInfo(link.infusion.site.time_zone),
        "now": now,
        "until": link.infusion.watch_ends_at,
    }


def _last_unit(link: HomeLink) -> str:
    return next((one.unit for one in services.told_from_home(link.infusion) if one.unit), "C")


def _ticket_of(request: HttpRequest, link: HomeLink) -> UUID | None:
    """The form that was sent, if we made it for this link."""
    try:
        token, owner = signing.loads(request.POST.get("ticket", ""), salt=_TICKET, max_age=_TICKET_AGE)
        return UUID(token) if owner == link.pk else None
    except (signing.BadSignature, ValueError, TypeError):
        return None


def _knock(request: HttpRequest, now: datetime) -> HomeLink | HttpResponse:
    """The link behind the cookie, or the one plain page for every code that opens nothing."""
    knocked = services.knock(request.COOKIES.get(CODE_COOKIE, "")[:80], now)
    if knocked.link is not None:
        return knocked.link
    if not _may_guess(request):
        return _too_often(request, knocked)
    return _closed(request, knocked)


def _may_guess(request: HttpRequest, *, dry_run: bool = False) -> bool:
    """False for an address from which too many codes came that open nothing."""
    usage = ratelimit.consume(
        request, app="allauth.account", action="home_code", dry_run=dry_run, limit_get=True
    )
    return usage is not None


def _closed(request: HttpRequest, knocked: Knock) -> HttpResponse:
    language = request.COOKIES.get(LANGUAGE_COOKIE, "") or knocked.language
    with _speaking(language):
        response = _page(request, "home/closed.html", {"phone": knocked.phone}, status=404)
    response.delete_cookie(CODE_COOKIE, path=_path())
    return response


def _too_often(request: HttpRequest, knocked: Knock) -> HttpResponse:
    return _page(request, "home/too_often.html", {"phone": knocked.phone}, status=429)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    shown = context | {"languages": settings.LANGUAGES, "language": translation.get_language()}
    return render(request, template, shown, status=status)


def _path() -> str:
    return reverse("monitoring:home")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=LONGEST_LIFE,
        path=_path(),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
