"""Writes about people and sending systems: each function asks the actor's permission and does one thing.

An administrator never gets a clinical write: nobody is an administrator and clinical at once, and nobody
changes their own memberships.
"""

import secrets
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import contacts, signin, tokens
from accounts.models import ApiToken, Client, ClientKind, Membership, User
from accounts.permissions import CLINICAL, Act, Actor, NotPermitted, Role

#: What a person can be; integrations and displays are clients.
ROLES_OF_PEOPLE = tuple(role for role in Role if role not in (Role.INTEGRATION, Role.WALL_DISPLAY))
_WORDS = "bcdfghjkmnpqrstvwxz23456789"


@transaction.atomic
def create_user(actor: Actor, user: User, now: datetime) -> str:
    """Stores the new user and answers a first password, to be seen once and changed by its owner."""
    _manages_somewhere(actor)
    password = _first_password()
    user.set_password(password)
    user.save()
    contacts.propose(user, now)
    return password


@transaction.atomic
def change_user(actor: Actor, user: User, now: datetime) -> None:
    """Stores what was changed of name, addresses and language, and whether the user may sign in."""
    _manages(actor, user)
    if not user.is_active and actor.user == user:
        raise ValidationError({"is_active": _("You cannot deactivate yourself.")})
    before = User.objects.values_list("email", flat=True).get(pk=user.pk)
    user.save()
    contacts.propose(user, now, instead_of=before)


def measure_in(user: User, unit: str) -> None:
    """The person's next forms ask for a temperature in that unit: their own choice, made by typing in it."""
    if user.temperature_unit != unit:
        user.temperature_unit = unit
        user.save(update_fields=["temperature_unit"])


def reset_password(actor: Actor, user: User) -> str:
    """A new first password for somebody who has lost theirs; the old one is gone."""
    _manages(actor, user)
    password = _first_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def remove_second_factors(actor: Actor, user: User) -> int:
    """The number of second factors removed, for somebody who has lost their phone or key."""
    _manages(actor, user)
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    return removed


def unlock_user(actor: Actor, user: User, now: datetime) -> None:
    """Lets somebody who failed too often try again at once."""
    if not any(actor.may(Act.UNLOCK_USER, site) for site in _sites_of(user, now)):
        raise NotPermitted(actor, Act.UNLOCK_USER, None)
    signin.unlock(user)


@transaction.atomic
def add_membership(actor: Actor, membership: Membership, now: datetime) -> None:
    """Stores the membership.

    Raises: ValidationError when it would make an administrator clinical, or change one's own rights.
    """
    actor.require(Act.MANAGE_PEOPLE, membership.site_id)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    if actor.user == user:
        raise ValidationError(_("You cannot change your own memberships."))
    held = {Role(role) for role in user.memberships.unended(now).values_list("role", flat=True)}
    held.add(Role(membership.role))
    if Role.ADMINISTRATOR in held and held & CLINICAL:
        raise ValidationError(_("An administrator never writes clinical data: use a second account."))
    membership.full_clean()
    membership.save()


def end_membership(actor: Actor, membership: Membership, now: datetime) -> None:
    """Ends the membership now; it stays on record."""
    actor.require(Act.MANAGE_PEOPLE, membership.site_id)
    if actor.user is not None and actor.user.pk == membership.user_id:
        raise ValidationError(_("You cannot change your own memberships."))
    membership.ends_at = now
    membership.save(update_fields=["ends_at"])


def save_client(actor: Actor, client: Client) -> None:
    """Stores a new or changed sending system or display."""
    actor.require(Act.MANAGE_PEOPLE, client.site_id)
    if client.kind == ClientKind.DISPLAY:
        client.role, client.identified = Role.WALL_DISPLAY, False
    client.full_clean()
    client.save()


def issue_token(
    actor: Actor, client: Client, now: datetime, *, scopes: list[str] | None, days: int | None
) -> tuple[ApiToken, str]:
    """A new token of the client and its key, to be seen once."""
    actor.require(Act.MANAGE_PEOPLE, client.site_id)
    return tokens.issue(client, now, scopes=scopes, days=days, created_by=actor.user)


def revoke_token(actor: Actor, token: ApiToken, now: datetime) -> None:
    """Shuts a token for good."""
    actor.require(Act.MANAGE_PEOPLE, token.client.site_id)
    tokens.revoke(token, now)


def _manages_somewhere(actor: Actor) -> None:
    if not actor.may_anywhere(Act.MANAGE_PEOPLE):
        raise NotPermitted(actor, Act.MANAGE_PEOPLE, None)


def _manages(actor: Actor, user: User) -> None:
    """One who manages a site manages those whose every membership lies within the sites they manage."""
    _manages_somewhere(actor)
    for site_id in user.memberships.values_list("site_id", flat=True).distinct():
        actor.require(Act.MANAGE_PEOPLE, site_id)


def _sites_of(user: User, now: datetime) -> list[int | None]:
    return list(user.memberships.in_force(now).values_list("site_id", flat=True)) or [None]


def _first_password() -> str:
    return "-".join("".join(secrets.choice(_WORDS) for _letter in range(5)) for _group in range(4))
