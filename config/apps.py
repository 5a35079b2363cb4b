"""The wiring that needs Django's registry: rights of the application's role after each migrate."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, transaction
from django.db.models.signals import post_migrate


def grant(using: str, **_: Any) -> None:
    """Give the application's role its rights: append-only tables may only be read and added to."""
    from accounts.trail import grant_application_role

    if settings.ONE_ROLE:
        return
    with transaction.atomic(using), connections[using].cursor() as cursor:
        grant_application_role(cursor, settings.APPLICATION_ROLE)


class FebrisConfig(AppConfig):
    """Holds no models; wires the apps together."""

    name = "config"

    def ready(self) -> None:
        """Grant once for each migrate: the first app's signal comes after all migrations have run."""
        post_migrate.connect(grant, sender=apps.get_app_config("accounts"), dispatch_uid="febris.grant")
