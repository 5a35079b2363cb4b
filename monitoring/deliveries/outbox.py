"""Which messages go out next: claimed, looked at once more and marked as sent in one short transaction.

High alerts first, each at once. Where others come in a flood, they wait for each other and go out as one.
`now` is real time here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from monitoring.deliveries.wanted import why_not
from monitoring.models import Channel, Delivery, Priority, Withdrawn

#: A minute, and in it more than any channel is waited for: nobody sends what somebody else is still sending.
LEASE = 4 * settings.TICK
#: After each failure it is tried again so much later (5 s, 15 s, 45 s, 2 and 5 minutes); after the last the
#: message is given up.
RETRIES = tuple(settings.TICK * thirds / 3 for thirds in (1, 3, 9, 24, 60))
ATTEMPTS = len(RETRIES) + 1
#: So many messages of less than high priority to one point go out as one.
TOGETHER_FROM = 3
#: They wait until none has come for so long, but never longer than that.
QUIET = timedelta(seconds=3)
LONGEST_HELD = timedelta(seconds=60)
#: So many rows are looked at to choose from: enough for the flood of one ward.
LOOKED_AT = 2000

LOCK = """
SELECT d.id, d.reason, a.condition, a.response, a.snoozed_until
  FROM monitoring_delivery d JOIN monitoring_alert a ON a.id = d.alert_id
 WHERE d.id = ANY(%(ids)s) AND d.delivered_at IS NULL AND d.failed_at IS NULL AND d.withdrawn_at IS NULL
   AND (d.lease_until IS NULL OR d.lease_until <= %(now)s)
 ORDER BY d.id
   FOR UPDATE OF d SKIP LOCKED
   FOR SHARE OF a SKIP LOCKED
"""
"""An alert that is being answered this moment is left alone: what it has become is known a moment later."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries that go out as one message to one point."""

    channel: str
    ids: tuple[int, ...]


@dataclass(slots=True)
class _Group:
    """What is owed to one point below high, oldest first."""

    channel: str
    rows: list[Delivery]

    def is_flood(self) -> bool:
        return len(self.rows) >= TOGETHER_FROM or any(row.held_since for row in self.rows)

    def is_complete(self, now: datetime) -> bool:
        held = [row.held_since or now for row in self.rows]
        return now - max(held) >= QUIET or now - min(held) >= LONGEST_HELD


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was claimed, and whether something was left alone because it is being changed this moment."""

    batches: list[Batch]
    is_busy: bool


def show_on_screens(now: datetime) -> int:
    """How many messages to screens are done: what they show is the log row, committed with the message."""
    return (
        Delivery.objects.owed()
        .filter(channel=Channel.SCREEN)
        .update(sent_at=now, delivered_at=now, attempts=F("attempts") + 1)
    )


def claim(now: datetime, free: Mapping[str, int]) -> Claimed:
    """The next messages that nobody holds, at most so many a channel; ours until the lease runs out."""
    with transaction.atomic():
        wanted = _choose(now, {channel: slots for channel, slots in free.items() if slots > 0})
        locked = _lock([number for batch in wanted for number in batch.ids], now)
        batches, unwanted = list[Batch](), dict[str, list[int]]()
        for batch in wanted:
            ours = tuple(number for number in batch.ids if number in locked)
            for number in ours:
                if why := locked[number]:
                    unwanted.setdefault(why, []).append(number)
            if going := tuple(number for number in ours if not locked[number]):
                batches.append(Batch(batch.channel, going))
        for why, ids in unwanted.items():
            _withdraw(ids, now, why)
        Delivery.objects.filter(pk__in=[number for batch in batches for number in batch.ids]).update(
            lease_until=now + LEASE, attempts=F("attempts") + 1, sent_at=now
        )
    asked = sum(len(batch.ids) for batch in wanted)
    return Claimed(batches, len(locked) < asked)


def _choose(now: datetime, free: Mapping[str, int]) -> list[Batch]:
    """What should go out next by what can be seen, worst and oldest first; nothing is locked for it."""
    if not free:
        return []
    owed = Delivery.objects.owed().filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), channel__in=list(free)
    )
    columns = ("id", "channel", "point_id", "alert_id", "priority", "held_since")
    rows = _newest_of_each(owed.order_by("-priority", "id").only(*columns)[:LOOKED_AT], now)
    left, chosen, groups = dict(free), list[Batch](), dict[int | None, _Group]()
    for row in rows:
        if row.priority < Priority.HIGH:
            groups.setdefault(row.point_id, _Group(row.channel, [])).rows.append(row)
        elif left[row.channel]:
            left[row.channel] -= 1
            chosen.append(Batch(row.channel, (row.pk,)))
    for group in groups.values():
        if not group.is_flood():
            for row in group.rows[: left[group.channel]]:
                left[group.channel] -= 1
                chosen.append(Batch(row.channel, (row.pk,)))
            continue
        if group.is_complete(now) and left[group.channel]:
            left[group.channel] -= 1
            chosen.append(Batch(group.channel, tuple(row.pk for row in group.rows)))
        elif new := [row.pk for row in group.rows if row.held_since is None]:
            Delivery.objects.filter(pk__in=new).update(held_since=now)
    return chosen


def _newest_of_each(rows: Iterable[Delivery], now: datetime) -> list[Delivery]:
    """The rows without those that a newer message of the same alert to the same point makes needless."""
    kept, needless = dict[tuple[int | None, int], Delivery](), list[int]()
    found = sorted(rows, key=lambda row: row.pk)
    for row in found:
        key = (row.point_id, row.alert_id)
        if key in kept:
            needless.append(kept[key].pk)
        kept[key] = row
    if needless:
        _withdraw(needless, now, Withdrawn.NEWER)
    return sorted(kept.values(), key=lambda row: (-row.priority, row.pk))


def _lock(ids: list[int], now: datetime) -> dict[int, str]:
    """Those of the rows that are ours now, each with why it must not go out: empty where it must."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"ids": ids, "now": now})
        return {number: why_not(*facts) for number, *facts in cursor.fetchall()}


def _withdraw(ids: list[int], now: datetime, why: str) -> None:
    Delivery.objects.owed().filter(pk__in=ids).update(
        withdrawn_at=now, withdrawn_because=why, lease_until=None
    )
