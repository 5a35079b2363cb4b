"""Set-up of people: who they are, what they are where, and help for those who are locked out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import contacts, emergency, people, signin
from accounts.actors import actor_of
from accounts.forms import MembershipForm, PersonChangeForm, PersonForm, add_errors
from accounts.models import KEEPERS, ContactPoint, EmergencyAccess, Membership, User
from accounts.permissions import Act, Actor, NotPermitted
from config.clock import real_now


@dataclass(frozen=True)
class Row:
    """One person in the list."""

    user: User
    memberships: list[Membership]
    locked_until: datetime | None
    channels: list[str]


def the_actor(request: HttpRequest) -> Actor:
    """Who is asking; the door has let nobody else in."""
    actor = actor_of(request)
    assert actor is not None
    return actor


def managing(request: HttpRequest) -> Actor:
    """Who is asking, when they manage people somewhere.

    Raises: NotPermitted.
    """
    actor = the_actor(request)
    if not actor.may_anywhere(Act.MANAGE_PEOPLE):
        raise NotPermitted(actor, Act.MANAGE_PEOPLE, None)
    return actor


@require_GET
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody of the actor's sites, with what they are there and whether they are locked out."""
    actor, now = the_actor(request), real_now()
    if not (actor.may_anywhere(Act.MANAGE_PEOPLE) or actor.may_anywhere(Act.UNLOCK_USER)):
        raise NotPermitted(actor, Act.UNLOCK_USER, None)
    shown = Membership.objects.visible_to(actor).in_force(now).select_related("site", "study")
    by_user: dict[int, list[Membership]] = {}
    for membership in shown.order_by("site_id", "role"):
        by_user.setdefault(membership.user_id, []).append(membership)
    channels = contacts.channels_by_person()
    rows = [
        Row(user, by_user.get(user.pk, []), signin.locked_until(user.username), channels.get(user.pk, []))
        for user in User.objects.visible_to(actor).order_by("-is_active", "name")
    ]
    return render(
        request, "accounts/people.html", {"rows": rows, "manages": actor.may_anywhere(Act.MANAGE_PEOPLE)}
    )


@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """A form for a new person; stored, it leads to their page with the first password on it."""
    actor = managing(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = people.create_user(actor, form.instance, real_now())
        return _secret(request, form.instance, password)
    return render(request, "accounts/person_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One person: their facts, memberships, and what can be done for them."""
    actor = managing(request)
    user = get_object_or_404(User.objects.visible_to(actor), uuid=uuid)
    form = PersonChangeForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        try:
            people.change_user(actor, form.instance, real_now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("person", uuid)
    return _person_page(request, actor, user, form, MembershipForm(actor, user))


@require_POST
def membership_new(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Gives the person a role; what is wrong stands beside its field on their page."""
    actor = managing(request)
    user = get_object_or_404(User.objects.visible_to(actor), uuid=uuid)
    form = MembershipForm(actor, user, request.POST)
    if form.is_valid():
        try:
            people.add_membership(actor, form.instance, real_now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The role was given."))
            return redirect("person", uuid)
    return _person_page(request, actor, user, PersonChangeForm(instance=user), form)


@require_POST
def membership_end(request: HttpRequest, uuid: UUID, pk: int) -> HttpResponse:
    """Ends a role."""
    actor = managing(request)
    membership = get_object_or_404(Membership.objects.visible_to(actor), pk=pk, user__uuid=uuid)
    try:
        people.end_membership(actor, membership, real_now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The role has ended."))
    return redirect("person", uuid)


@require_POST
def person_unlock(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Lets somebody who failed to sign in too often try again."""
    actor = the_actor(request)
    user = get_object_or_404(User.objects.visible_to(actor), uuid=uuid)
    people.unlock_user(actor, user, real_now())
    messages.success(request, _("%(name)s may try again now.") % {"name": user})
    return redirect("people")


@require_POST
def person_password(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new first password, shown once."""
    actor = managing(request)
    user = get_object_or_404(User.objects.visible_to(actor), uuid=uuid)
    return _secret(request, user, people.reset_password(actor, user))


@require_POST
def person_second_factors(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Removes the second factors of somebody who has lost theirs."""
    actor = managing(request)
    user = get_object_or_404(User.objects.visible_to(actor), uuid=uuid)
    people.remove_second_factors(actor, user)
    messages.success(request, _("The second factors were removed."))
    return redirect("person", uuid)


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's own account: roles, and the way to password, second factor and passkeys."""
    actor = the_actor(request)
    assert actor.user is not None
    mine = actor.user.memberships.in_force(real_now()).select_related("site", "study")
    may_review = any(actor.may_anywhere(act) for act in (Act.REVIEW_EMERGENCY, Act.READ_AUDIT))
    context = {
        "memberships": mine.order_by("site_id", "role"),
        "may_share": any(actor.may_anywhere(act) for act in KEEPERS),
        "may_open": emergency.may_open(actor),
        "may_review": may_review,
        "unreviewed": EmergencyAccess.objects.visible_to(actor).unreviewed().count() if may_review else 0,
    }
    return render(request, "accounts/me.html", context)


def _person_page(
    request: HttpRequest, actor: Actor, user: User, form: PersonChangeForm, membership_form: MembershipForm
) -> HttpResponse:
    memberships = Membership.objects.visible_to(actor).filter(user=user).select_related("site", "study")
    stored = User.objects.get(pk=user.pk)
    context = {
        "person": stored,
        "form": form,
        "membership_form": membership_form,
        "memberships": memberships.order_by("ends_at", "site_id", "role"),
        "is_self": actor.user == user,
        "locked_until": signin.locked_until(stored.username),
        "points": ContactPoint.objects.kept().filter(user=user).order_by("pk"),
        "now": real_now(),
    }
    return render(request, "accounts/person.html", context)


@never_cache
def _secret(request: HttpRequest, user: User, password: str) -> HttpResponse:
    return render(request, "accounts/first_password.html", {"person": user, "password": password})
