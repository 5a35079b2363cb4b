"""Small builders: what matters is named in the test, the rest is filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.actors import actor_of_user
from accounts.models import Client, ClientKind, Membership, User
from accounts.permissions import Actor, Role
from config.clock import real_now
from tracker.models import Site

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "lantern-under-snow"


def make_site(code: str) -> Site:
    return Site.objects.create(code=code, name=f"Ward {code}", time_zone="Europe/Berlin", languages=["en"])


def make_user(username: str, *, membership: tuple[Role, Any] | None = None, **fields: Any) -> User:
    user = User.objects.create_user(username, PASSWORD, **{"name": username.title(), **fields})
    if membership:
        make_membership(user, *membership)
    return user


def make_membership(user: User, role: Role, site: Any, **fields: Any) -> Membership:
    return Membership.objects.create(user=user, role=role, site=site, **fields)


def make_client(name: str = "EHR", *, site: Any, role: Role = Role.INTEGRATION, **fields: Any) -> Client:
    fields.setdefault("kind", ClientKind.INTEGRATION)
    return Client.objects.create(name=name, site=site, role=role, **fields)


def acts_as(user: User, now: datetime | None = None) -> Actor:
    return actor_of_user(user, now or real_now())


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
