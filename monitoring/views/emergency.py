"""Emergency access: opening it for a reason, ending it, and the list of uses that a second person reviews."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts import emergency as service
from accounts.models import SHORTEST_REASON, EmergencyAccess
from accounts.permissions import Act, Actor
from config import clock
from monitoring import emergencies as told
from tracker.models import Site
from tracker.views.door import page, posted

SHOWN = 100


class EmergencyForm(forms.Form):
    """Which site, and why."""

    site = forms.ModelChoiceField(
        label=gettext_lazy("Site"),
        queryset=Site.objects.order_by("name"),
        empty_label=gettext_lazy("Choose …"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why you need it now"),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("At least 10 characters, without a patient's name. It is reviewed."),
    )


class ReviewForm(forms.Form):
    """What a second person made of a use."""

    justified = forms.TypedChoiceField(
        label=gettext_lazy("It was"),
        choices=[("yes", gettext_lazy("justified")), ("no", gettext_lazy("not justified"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed where it was not justified."),
    )


@require_http_methods(["GET", "POST"])
@page(*Act)
def emergency(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form that opens emergency access; what lasts already is shown with its end."""
    if not service.may_open(actor):
        raise PermissionDenied
    form = EmergencyForm(posted(request))
    if form.is_valid():
        site, reason, now = form.cleaned_data["site"], form.cleaned_data["reason"], clock.real_now()
        try:
            access = service.open_access(actor, request.session, site, reason, now)
        except service.EmergencyRefused as refusal:
            form.add_error("reason", str(refusal))
        else:
            told.tell(access, clock.now())
            messages.warning(request, _("Emergency access is open. The site has been told."))
            return redirect("monitoring:patients")
    status = 422 if form.errors else 200
    return render(request, "monitoring/emergency.html", {"form": form}, status=status)


@require_POST
@page(*Act)
def end_emergency(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ends it before its time."""
    service.end(request.session, clock.real_now())
    messages.success(request, _("Emergency access has ended."))
    return redirect("/")


@page(Act.REVIEW_EMERGENCY, Act.READ_AUDIT)
def emergencies(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every use of the reader's sites, those that nobody has reviewed first."""
    seen = EmergencyAccess.objects.visible_to(actor)
    rows = seen.select_related("user", "site", "reviewed_by").annotate(opened=Count("steps"))
    context = {
        "open": rows.unreviewed().order_by("opened_at"),
        "reviewed": rows.exclude(reviewed_at=None).order_by("-opened_at")[:SHOWN],
        "now": clock.real_now(),
        "shown": SHOWN,
    }
    return render(request, "monitoring/emergencies.html", context)


@require_http_methods(["GET", "POST"])
@page(Act.REVIEW_EMERGENCY, Act.READ_AUDIT)
def use(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One use: who, why, what was opened and sent; a second person reviews it once it is over."""
    rows = EmergencyAccess.objects.visible_to(actor).select_related("user", "site", "reviewed_by")
    access = rows.filter(uuid=uuid).first()
    if access is None:
        raise Http404
    now = clock.real_now()
    is_over = access.over_at <= now
    may_review = (
        actor.may(Act.REVIEW_EMERGENCY, access.site_id)
        and access.reviewed_at is None
        and is_over
        and actor.user != access.user
    )
    form = ReviewForm(posted(request))
    if request.method == "POST" and not may_review:
        messages.error(request, _("This use cannot be reviewed by you, or not now."))
        return redirect("monitoring:emergency_use", uuid)
    if form.is_valid():
        try:
            service.review(actor, access, now, **form.cleaned_data)
        except service.EmergencyRefused as refusal:
            form.add_error("note", str(refusal))
        else:
            told.settle(access, clock.now())
            messages.success(request, _("The review is stored."))
            return redirect("monitoring:emergencies")
    context = {
        "access": access,
        "steps": told.steps(access, actor.may(Act.READ, access.site_id)),
        "form": form if may_review else None,
        "is_over": is_over,
    }
    return render(request, "monitoring/emergency_use.html", context, status=422 if form.errors else 200)
