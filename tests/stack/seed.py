"""What a sending system finds: run as `python -m tests.stack.seed COUNT`, prints JSON."""

import json
import os
import sys
from datetime import timedelta

import django


def main(count: int) -> None:
    """A site with `count` infusions that began an hour ago, and a token that may write their readings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from accounts import tokens
    from accounts.models import Client, ClientKind
    from accounts.permissions import Role
    from config.clock import now, real_now
    from tests import builders
    from tracker.models import Site

    number = Site.objects.count() + 1
    site = builders.make_site(f"STACK{number}")
    study = builders.make_study(site, number=f"STACK{number}")
    infusions = [
        builders.make_infusion(
            builders.make_subject(site=site, study=study, subject_number=f"{number}-{each}"),
            started_at=now() - timedelta(hours=1),
        )
        for each in range(count)
    ]
    feed = Client.objects.create(
        site=site, name="feed", kind=ClientKind.INTEGRATION, role=Role.INTEGRATION, identified=False
    )
    _, raw = tokens.issue(feed, real_now())
    json.dump({"token": raw, "infusions": [str(each.uuid) for each in infusions]}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
