"""What a sending system finds: run as `python -m tests.stack.seed COUNT MINUTES URL`, prints JSON."""

import json
import os
import sys
from datetime import timedelta

import django

#: As short as a ladder may be, so that nobody's answer rings the next rung soon.
LADDER = {
    "name": "stack",
    "high": {
        "rungs": [
            {"after_minutes": 0, "roles": ["assigned_nurse", "charge_nurse"]},
            {"after_minutes": 1, "roles": ["investigator_on_call"]},
        ],
        "repeat_every_minutes": 5,
    },
}


def main(count: int, minutes: int, url: str) -> None:
    """A site with people who have addresses and a webhook, `count` infusions that began so many minutes ago,
    and a token that may write their readings.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.test import Client as Browser

    from accounts import tokens
    from accounts.actors import system_actor
    from accounts.models import Client, ClientKind
    from accounts.permissions import Role
    from config.clock import now, real_now
    from monitoring import webhooks
    from monitoring.models import Ladder
    from tests import builders
    from tracker.models import Site

    number = Site.objects.count() + 1
    site = builders.make_site(f"STACK{number}")
    Ladder.objects.create(site=site, version=1, document=LADDER, author=None, recorded_at=now())
    people = [
        builders.make_actor(
            role, site, user=builders.make_user(f"{role}{number}", email=f"{role}{number}@stack.example")
        )
        for role in (Role.NURSE, Role.CHARGE_NURSE, Role.INVESTIGATOR)
    ]
    browser = Browser()
    browser.force_login(people[1].user, backend="allauth.account.auth_backends.AuthenticationBackend")
    study = builders.make_study(site, number=f"STACK{number}")
    infusions = [
        builders.make_infusion(
            builders.make_subject(site=site, study=study, subject_number=f"{number}-{each}"),
            started_at=now() - timedelta(minutes=minutes),
        )
        for each in range(count)
    ]
    _, secret = webhooks.create(system_actor("seed"), site, name="sink", url=url, events=[], now=real_now())
    feed = Client.objects.create(
        site=site, name="feed", kind=ClientKind.INTEGRATION, role=Role.INTEGRATION, identified=False
    )
    _, raw = tokens.issue(feed, real_now())
    made = {
        "token": raw,
        "infusions": [str(each.uuid) for each in infusions],
        "nurse": f"{Role.NURSE}{number}",
        "site": site.code,
        "webhook_secret": secret,
        "session": browser.cookies["sessionid"].value,
    }
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
