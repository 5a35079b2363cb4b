"""What endpoints are sent: settled rows of the log alone, each in its turn, from where the endpoint stands.

An endpoint that does not take a message is asked again after ever longer, and gets nothing else before. After
a day of that it is disabled, and the system says so. `at` is real time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from monitoring import log
from monitoring.channels import Gone
from monitoring.channels.webhook import Letter
from monitoring.deliveries.sessions import Crew, Job, Outcome
from monitoring.log import Cursor, Entry
from monitoring.models import WebhookEndpoint
from monitoring.models.webhooks import PLACE

LEASE = 4 * settings.TICK
FIRST_PAUSE, LONGEST_PAUSE = settings.TICK / 3, timedelta(hours=1)
DISABLED_AFTER = timedelta(hours=24)
DISABLED = "webhook_disabled"
PAGE = 500


class Post:
    """One run's view of the endpoints: which have had everything, and which message each has before it."""

    def __init__(self) -> None:
        self._done: set[int] = set()

    def hand(self, crew: Crew, at: datetime) -> int:
        """How many messages were put on their way: the next one of each endpoint that is free."""
        slots = crew.free().get("webhook", 0)
        handed = 0
        for number in self._due(at) if slots else ():
            if handed == slots:
                break
            handed += self._hand_next(crew, number, at)
        return handed

    def settle(self, outcome: Outcome, at: datetime, now: datetime) -> int:
        """One when the endpoint took the message: the next row of the log is its turn."""
        assert isinstance(outcome.job.message, Letter)
        rows = WebhookEndpoint.objects.filter(pk=outcome.job.to)
        if outcome.error is not None:
            _refused(rows.get(), outcome.error, at, now)
            return 0
        rows.update(
            **_standing(outcome.job.message.place),
            attempts=0,
            lease_until=None,
            next_at=None,
            failing_since=None,
            last_error="",
            last_accepted_at=at,
        )
        return 1

    def _due(self, at: datetime) -> list[int]:
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=at)
        due = Q(next_at__isnull=True) | Q(next_at__lte=at)
        rows = WebhookEndpoint.objects.filter(free, due, enabled=True).exclude(pk__in=self._done)
        return list(rows.order_by("pk").values_list("pk", flat=True))

    def _hand_next(self, crew: Crew, number: int, at: datetime) -> bool:
        with transaction.atomic():
            free = Q(lease_until__isnull=True) | Q(lease_until__lte=at)
            rows = WebhookEndpoint.objects.select_for_update(skip_locked=True, of=("self",))
            endpoint = rows.filter(free, pk=number, enabled=True).first()
            if endpoint is None:
                return False
            entry = self._next(endpoint)
            if entry is None:
                self._done.add(number)
                return False
            WebhookEndpoint.objects.filter(pk=number).update(lease_until=at + LEASE)
        crew.send(Job(letter_of(endpoint, entry, at), (), number))
        return True

    def _next(self, endpoint: WebhookEndpoint) -> Entry | None:
        """The next row for the endpoint. What is passed over on the way is not looked at again."""
        for entry, place in _unread(endpoint):
            if entry is not None:
                return entry
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**_standing(place))
        return None


def letter_of(endpoint: WebhookEndpoint, entry: Entry, at: datetime) -> Letter:
    """The row of the log as the endpoint gets it."""
    place = entry.cursor
    body = {
        "type": f"alert.{entry.body['kind']}",
        "timestamp": entry.body["at"],
        "data": entry.body["alert"],
    }
    is_overlapping = endpoint.previous_until is not None and at < endpoint.previous_until
    return Letter(
        key=f"msg_{place.epoch}_{place.xid}_{place.id}",
        place=(place.epoch, place.xid, place.source, place.id),
        url=endpoint.url,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        secrets=(endpoint.secret, endpoint.previous_secret) if is_overlapping else (endpoint.secret,),
        at=at,
    )


def _unread(endpoint: WebhookEndpoint) -> Iterator[tuple[Entry | None, Cursor]]:
    """The rows of its site that it has not taken, and in between how far nothing was for it."""
    after = Cursor(*(getattr(endpoint, name) for name in PLACE))
    while True:
        page = log.settled(after, limit=PAGE)
        for entry in page.entries:
            is_wanted = not endpoint.events or entry.body["kind"] in endpoint.events
            if entry.site_id == endpoint.site_id and is_wanted:
                yield entry, entry.cursor
        if page.cursor != after:
            yield None, page.cursor
        if not page.more:
            return
        after = page.cursor


def _standing(place: tuple[int, int, int, int]) -> dict[str, int]:
    return dict(zip(PLACE, place, strict=True))


def _refused(endpoint: WebhookEndpoint, error: Exception, at: datetime, now: datetime) -> None:
    """Asks again later; after a day of refusals, or when it says that it is gone, it is disabled."""
    from monitoring.alerts import raise_system_alert

    said = str(error) if isinstance(error, ConnectionError | Gone) else type(error).__name__
    since = endpoint.failing_since or at
    is_over = isinstance(error, Gone) or at - since >= DISABLED_AFTER
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            attempts=endpoint.attempts + 1,
            lease_until=None,
            next_at=at + min(FIRST_PAUSE * 3 ** min(endpoint.attempts, 10), LONGEST_PAUSE),
            failing_since=since,
            last_error=said[:200],
            enabled=not is_over,
            disabled_because=said[:200] if is_over else "",
        )
        if is_over:
            raise_system_alert(DISABLED, about=endpoint.name, site=endpoint.site, now=now)
