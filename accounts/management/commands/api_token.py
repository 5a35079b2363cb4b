"""manage.py api_token NAME --role R --site S: a token of a sending system, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.actors import system_actor
from accounts.models import Client, ClientKind, Membership
from accounts.permissions import Role
from accounts.tokens import UnknownScope, issue
from accounts.trail import acting
from config.clock import real_now

_KINDS = {Role.INTEGRATION: ClientKind.INTEGRATION, Role.WALL_DISPLAY: ClientKind.DISPLAY}


class Command(BaseCommand):
    """Makes the sending system if there is none of that name at the site, and a token for it."""

    help = "Print a new API token once. The sending system is made if the site has none of that name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what the token is for."""
        parser.add_argument("name", help="the sending system's name")
        parser.add_argument(
            "--role", required=True, choices=[r.value for r in Role if r != Role.ADMINISTRATOR]
        )
        parser.add_argument("--site", required=True, help="the site's code")
        parser.add_argument("--days", type=int, help="valid for so many days (default: until revoked)")
        parser.add_argument("--scope", action="append", help="limit the token; may be repeated")
        parser.add_argument("--identified", action="store_true", help="the system may see names")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the token alone, so that a script can take it."""
        role = Role(options["role"])
        site = Membership._meta.get_field("site").related_model._default_manager.filter(code=options["site"])
        found = site.first()
        if found is None:
            raise CommandError(f"There is no site with the code {options['site']!r}.")
        with acting(system_actor("api_token")), transaction.atomic():
            client, _ = Client.objects.get_or_create(
                site_id=found.pk,
                name=options["name"],
                defaults={
                    "kind": _KINDS.get(role, ClientKind.INTEGRATION),
                    "role": role,
                    "identified": options["identified"],
                },
            )
            if client.role != role:
                raise CommandError(
                    f"{client.name} exists at this site with the role {client.role!r}, not {role!r}."
                )
            try:
                _token, raw = issue(client, real_now(), scopes=options["scope"], days=options["days"])
            except UnknownScope as error:
                raise CommandError(str(error)) from error
        self.stdout.write(raw)
