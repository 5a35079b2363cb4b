"""Who is asking, as the API tells them: their roles, where those hold, and what each allows."""

from uuid import UUID

import msgspec

from accounts.permissions import Act, Actor
from tracker.api.entry import is_machine
from tracker.models import Site, Study


class GrantShown(msgspec.Struct):
    """A role somewhere. No site: everywhere. A study: that study's rows alone."""

    role: str
    site: UUID | None
    study: UUID | None
    identified: bool
    may: list[str]


class Caller(msgspec.Struct):
    """Who is asking."""

    user: UUID | None
    name: str | None
    client: UUID
    client_name: str
    is_machine: bool
    places: list[GrantShown]


def caller(actor: Actor) -> Caller:
    """The actor as the API shows it: roles and places by their public ids, and the acts that each allows."""
    sites = dict(
        Site.objects.filter(pk__in={grant.site_id for grant in actor.memberships}).values_list("pk", "uuid")
    )
    studies = dict(
        Study.objects.filter(pk__in={grant.study_id for grant in actor.memberships}).values_list("pk", "uuid")
    )
    return Caller(
        user=actor.user.uuid if actor.user else None,
        name=actor.user.name if actor.user else None,
        client=actor.client.uuid,
        client_name=actor.client.name,
        is_machine=is_machine(actor),
        places=[
            GrantShown(
                role=grant.role.value,
                site=sites.get(grant.site_id) if grant.site_id else None,
                study=studies.get(grant.study_id) if grant.study_id else None,
                identified=grant.identified,
                may=[
                    act.value
                    for act in Act
                    if grant.allows(act) and (actor.scopes is None or act.value in actor.scopes)
                ],
            )
            for grant in actor.memberships
        ],
    )
