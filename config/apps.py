"""The wiring that needs Django's registry: rights of the application's role after each migrate, and how each
connection reads times.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


def grant(using: str, **_: Any) -> None:
    """Give the application's role its rights: append-only tables may only be read and added to."""
    from accounts.trail import grant_application_role

    if settings.ONE_ROLE:
        return
    with transaction.atomic(using), connections[using].cursor() as cursor:
        grant_application_role(cursor, settings.APPLICATION_ROLE)


def read_times(connection: Any, **_: Any) -> None:
    """Have a new connection read times as all of ours are: a page reads hundreds, a flowsheet thousands."""
    from accounts.statements import Moment

    connection.connection.adapters.register_loader("timestamptz", Moment)


class FebrisConfig(AppConfig):
    """Holds no models; wires the apps together."""

    name = "config"

    def ready(self) -> None:
        """Grant once for each migrate: the first app's signal comes after all migrations have run."""
        connection_created.connect(read_times, dispatch_uid="febris.times")
        post_migrate.connect(grant, sender=apps.get_app_config("accounts"), dispatch_uid="febris.grant")
