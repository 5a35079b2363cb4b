"""How Febris reaches you: everybody's own page of contact points. Each counts once a code has verified it."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import contacts
from accounts.models import ContactKind, ContactPoint, User
from config import clock
from monitoring import deliveries
from monitoring.channels import apprise, guarded, webpush
from monitoring.forms.contacts import AppriseForm, CodeForm, EmailForm, PhoneForm

#: What the one service worker of this address does, each in a file of its own.
WORKERS = ("push-worker", "offline-worker")


@require_GET
@never_cache
def reached(request: HttpRequest) -> HttpResponse:
    """One's own points: where messages go, what is still to be verified, what has failed."""
    return _page(request)


@require_POST
@sensitive_post_parameters("url")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Adds a point and sends its code; what is wrong stands beside its field."""
    if kind == ContactKind.EMAIL:
        return _added(request, EmailForm(request.POST), AppriseForm())
    if kind == ContactKind.APPRISE:
        return _added(request, EmailForm(), AppriseForm(request.POST))
    raise Http404


@require_POST
@sensitive_post_parameters("phone")
def phone(request: HttpRequest) -> HttpResponse:
    """The number on which colleagues call; what is wrong stands beside it."""
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, phone=form, status=422)
    contacts.set_phone(_me(request), form.cleaned_data["phone"])
    said = _("Colleagues see your number where alerts say whom to call.")
    messages.success(request, said if form.cleaned_data["phone"] else _("Removed."))
    return redirect("monitoring:contacts")


@require_POST
@sensitive_post_parameters("subscription")
def add_browser(request: HttpRequest) -> HttpResponse:
    """Adds this browser by the subscription that its script asked for, and pushes its code to it."""
    try:
        found = webpush.subscription(request.POST.get("subscription", "")[:4000])
        label = request.POST.get("label", "").strip()[:60] or _("This browser")
        point = contacts.add(
            _me(request), ContactKind.WEBPUSH, label=label, secret=json.dumps(found), now=clock.real_now()
        )
    except (webpush.NotASubscription, contacts.ContactRefused) as refusal:
        messages.error(request, str(refusal))
    except (guarded.NotAllowed, OSError):
        messages.error(request, _("The push service of this browser cannot be reached from here."))
    else:
        return _code_sent(request, point)
    return redirect("monitoring:contacts")


@require_http_methods(["GET", "POST"])
@never_cache
def verify(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The code that came to the point makes it count. A message's link brings it along; a person presses."""
    point = _mine(request, uuid)
    form = CodeForm(request.POST or None, initial={"code": request.GET.get("code", "")[:6]})
    if request.method == "POST" and form.is_valid():
        try:
            contacts.verify(point, form.cleaned_data["code"], clock.real_now())
        except contacts.ContactRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, _("Messages go to %(label)s from now on.") % {"label": point.label})
            return redirect("monitoring:contacts")
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/contact_verify.html", {"point": point, "form": form}, status=status)


@require_POST
def code(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Sends another code."""
    return _code_sent(request, _mine(request, uuid))


@require_POST
def test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Sends a test message to a point that counts."""
    point = _mine(request, uuid)
    if not point.reaches:
        messages.error(request, _("Verify it first: nothing is sent there yet."))
        return redirect("monitoring:contacts")
    try:
        deliveries.test_message(_me(request), point)
    except deliveries.CodeNotSent as failure:
        messages.error(request, _("It was not accepted: %(why)s") % {"why": failure})
    else:
        messages.success(request, _("The test message was accepted. Look whether it has come."))
    return redirect("monitoring:contacts")


@require_POST
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Nothing goes there any more."""
    contacts.remove(_mine(request, uuid), clock.real_now())
    messages.success(request, _("Removed."))
    return redirect("monitoring:contacts")


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """What works while no page is open: push messages, and the form without a network; for every page."""
    response = HttpResponse(
        "".join(f'importScripts("{static(f"monitoring/{name}.js")}");' for name in WORKERS),
        content_type="text/javascript",
    )
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


def _added(request: HttpRequest, email: EmailForm, messenger: AppriseForm) -> HttpResponse:
    form = email if email.is_bound else messenger
    if form.is_valid():
        given = form.cleaned_data
        try:
            if form is email:
                address = given["address"]
                point = contacts.add(
                    _me(request), ContactKind.EMAIL, label=address[:60], address=address, now=clock.real_now()
                )
            else:
                label = given["label"] or apprise.checked(given["url"])
                point = contacts.add(
                    _me(request),
                    ContactKind.APPRISE,
                    label=label[:60],
                    secret=given["url"],
                    now=clock.real_now(),
                )
        except contacts.ContactRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _code_sent(request, point)
    return _page(request, email, messenger, status=422)


def _code_sent(request: HttpRequest, point: ContactPoint) -> HttpResponse:
    if point.reaches:
        messages.info(request, _("Messages go there already."))
        return redirect("monitoring:contacts")
    try:
        deliveries.send_code(point, clock.real_now())
    except contacts.ContactRefused as refusal:
        messages.error(request, str(refusal))
    except deliveries.CodeNotSent as failure:
        messages.error(request, _("The code was not accepted there: %(why)s") % {"why": failure})
        return redirect("monitoring:contacts")
    return redirect("monitoring:contact_verify", point.uuid)


def _page(
    request: HttpRequest,
    email: EmailForm | None = None,
    messenger: AppriseForm | None = None,
    phone: PhoneForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "points": ContactPoint.objects.kept().filter(user=_me(request)).order_by("pk"),
        "email_form": email or EmailForm(),
        "messenger_form": messenger or AppriseForm(),
        "phone_form": phone or PhoneForm(initial={"phone": _me(request).phone}),
        "push_key": webpush.public_key(),
        "sends_email": settings.SENDS_EMAIL,
    }
    return render(request, "monitoring/contacts.html", context, status=status)


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door lets nobody else in
    return request.user


def _mine(request: HttpRequest, uuid: UUID) -> ContactPoint:
    point = ContactPoint.objects.kept().filter(user=_me(request), uuid=uuid).select_related("user").first()
    if point is None:
        raise Http404
    return point
