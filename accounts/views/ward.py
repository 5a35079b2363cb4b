"""A shared tablet's own pages: who is here, their PIN, changing places, and the list of such devices."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import doors, pins, signin, ward
from accounts.forms import PinForm, WardDeviceForm
from accounts.models import KEEPERS, Pin, User, WardDevice
from accounts.permissions import NotPermitted
from accounts.views.people import the_actor
from config.clock import real_now

#: Marks the address of a page to which somebody has called a colleague.
_CALLED = "colleague=yes"


@require_GET
@never_cache
@login_not_required
@doors.while_locked
def who(request: HttpRequest) -> HttpResponse:
    """Everybody who may come back to this device by PIN, and the ways of everybody else."""
    now = real_now()
    device = ward.device_of(request, now)
    if device is None:
        return redirect_to_login(_onward(request.GET.get("next")))
    onward = _onward(request.GET.get("next"))
    context = {
        "device": device,
        "present": ward.present(device, now),
        "next": onward,
        "redirect_field": format_html('<input type="hidden" name="next" value="{}">', onward),
        "hours": int(settings.WARD_SHIFT.total_seconds() // 3600),
        "tries": ward.WRONG_PINS,
    }
    return render(request, "accounts/ward.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("pin")
@login_not_required
@doors.while_locked
def pin(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The PIN of one of them; the right one signs in and leads back to where they were."""
    now = real_now()
    device = ward.device_of(request, now)
    if device is None:
        return redirect_to_login("/")
    if request.user.is_authenticated:
        return redirect("ward")
    wrong = ""
    if request.method == "POST":
        user = ward.come_back(request, device, uuid, request.POST.get("pin", "")[:50], now)
        if user is not None:
            return _came_back(request, user)
        wrong = _("That did not open it. After five wrong PINs the password is asked for.")
    presence = ward.find(device, uuid, now)
    if presence is None:
        messages.error(request, _("No PIN opens this here any more. Sign in with your password."))
        return redirect("ward")
    context = {"presence": presence, "next": _onward(request.POST.get("next") or request.GET.get("next"))}
    return render(request, "accounts/ward_pin.html", context | {"error": wrong}, status=400 if wrong else 200)


@require_POST
@never_cache
@doors.while_locked
def switch(request: HttpRequest) -> HttpResponse:
    """Leaves the device to the next person: nothing of this one stays on it, and they may come back. A
    colleague who is called for one page (`colleague`) comes to that page.
    """
    if ward.device_of(request, real_now()) is None:
        messages.error(request, _("This browser is not a shared device of a ward. Sign out instead."))
        return redirect("me")
    here = _onward(request.POST.get("next"))
    ward.keep(request, request.POST.get("kept", ""), here)
    logout(request)
    if "colleague" in request.POST:
        return redirect(f"{reverse('ward')}?{urlencode({'next': f'{here}?{_CALLED}'})}")
    return redirect("ward")


@require_POST
@never_cache
def kept(request: HttpRequest) -> HttpResponse:
    """What the person had typed before somebody else took the device; handed over once."""
    return HttpResponse(ward.take_kept(request) or "{}", content_type="application/json")


@require_http_methods(["GET", "POST"])
@never_cache
def devices(request: HttpRequest) -> HttpResponse:
    """The shared devices of one's sites, and the form that makes this browser one."""
    actor, now = the_actor(request), real_now()
    if actor.user is None or not any(actor.may_anywhere(act) for act in KEEPERS):
        raise NotPermitted(actor, KEEPERS[0], None)
    form = WardDeviceForm(actor, request.POST or None)
    if request.method == "POST" and ward.is_quick(request):
        form.add_error(None, _("Sign in with your password for this: a PIN is not enough."))
    elif request.method == "POST" and form.is_valid():
        site, name = form.cleaned_data["site"], form.cleaned_data["name"]
        _device, key = ward.register(actor, site, name, now)
        messages.success(request, _("This browser is shared on the ward now: %(name)s.") % {"name": name})
        response = redirect("ward_devices")
        ward.put_key(response, key)
        return response
    rows = WardDevice.objects.visible_to(actor).select_related("site", "created_by").order_by("-created_at")
    context = {"form": form, "devices": rows, "here": ward.device_of(request, now), "now": now}
    return render(request, "accounts/ward_devices.html", context, status=422 if form.errors else 200)


@require_POST
def device_revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ends a device and everybody's session on it: it was lost, or is not shared any more."""
    actor = the_actor(request)
    device = get_object_or_404(WardDevice.objects.visible_to(actor), uuid=uuid)
    ward.revoke(actor, device, real_now())
    messages.success(
        request, _("%(name)s is revoked and everybody signed out there.") % {"name": device.name}
    )
    return redirect("ward_devices")


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password", "pin", "again")
def my_pin(request: HttpRequest) -> HttpResponse:
    """One's own PIN: set or removed after a full sign-in, with the password once more."""
    owner, now = request.user, real_now()
    assert isinstance(owner, User)
    form = PinForm(owner, request.POST or None)
    if request.method == "POST" and ward.is_quick(request):
        form.add_error(None, _("Sign in with your password for this: a PIN is not enough."))
    elif request.method == "POST" and form.is_valid():
        proved = authenticate(request, username=owner.username, password=form.cleaned_data["password"])
        if signin.locked_until(owner.username, signin.client_address(request)) is not None:
            return signin.locked_out(request, {"username": owner.username})
        if proved is None or proved.pk != owner.pk:
            form.add_error("password", _("This is not your password."))
        elif "remove" in request.POST:
            pins.remove_pin(owner)
            ward.note_pin(request, False)
            messages.success(request, _("Your PIN is removed."))
            return redirect("me")
        else:
            pins.set_pin(owner, form.cleaned_data["pin"], now)
            ward.note_pin(request, True)
            messages.success(request, _("Your PIN is set."))
            return redirect("me")
    context = {"form": form, "has_pin": Pin.objects.filter(user=owner).exists(), "most": pins.LONGEST}
    return render(request, "accounts/my_pin.html", context, status=422 if form.errors else 200)


def _came_back(request: HttpRequest, user: User) -> HttpResponse:
    """To where the person was; an emergency, and a page to which a colleague called them, go before."""
    onward, asked = _onward(ward.way_back(request)), _onward(request.POST.get("next"))
    if onward == "/" or asked == reverse("monitoring:emergency") or asked.endswith(f"?{_CALLED}"):
        onward = asked
    response = redirect(onward)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
    return response


def _onward(address: str | None) -> str:
    """The address, when it is a path of ours; else the board."""
    is_ours = url_has_allowed_host_and_scheme(address or "", allowed_hosts=None)
    return address if address and is_ours and address.startswith("/") else settings.LOGIN_REDIRECT_URL
