"""Sending systems that have gone quiet: a device, an HL7 sender, an EHR, each a client, by its agreed time.

Off until somebody agrees a time. Either its readings count, which are expected while an infusion of its site
is watched and from the moment on at which that began; or any call does, at any time, for clients that fetch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Client, ClientKind
from accounts.permissions import Act, Actor
from monitoring import alerts
from monitoring.core.findings import Priority
from monitoring.models import Alert, Condition
from monitoring.models.feeds import Hears, QuietAgreement
from tracker.errors import Refused

FEED_QUIET = "feed_quiet"
SHORTEST_MIN, LONGEST_MIN = 1, 7 * 24 * 60

#: For each agreement when its client last made itself heard. Readings of the watched infusions alone are
#: looked at, the newest of each by the index on the infusion; `since` is when the oldest of them began.
HEARD = """
SELECT q.client_id,
       (SELECT max(t.last_used_at) FROM accounts_apitoken t WHERE t.client_id = q.client_id),
       read.at, read.since
  FROM monitoring_quietagreement q JOIN accounts_client c ON c.id = q.client_id
  LEFT JOIN LATERAL (
       SELECT max(newest.recorded_at) AS at, min(i.started_at) AS since
         FROM tracker_infusion i
         LEFT JOIN LATERAL (
              SELECT v.recorded_at FROM tracker_vitalsigns v
               WHERE v.infusion_id = i.id AND v.client_id = q.client_id
               ORDER BY v.measured_at DESC LIMIT 1) AS newest ON true
        WHERE i.phase IN ('infusing', 'paused', 'observing', 'home')
          AND (c.site_id IS NULL OR i.site_id = c.site_id) AND NOT i.historical AND NOT i.is_canary
          AND (i.stopped_at IS NULL OR i.stopped_at + make_interval(hours => i.watch_hours) > %(now)s)
       ) AS read ON q.hears = 'readings'
 WHERE q.client_id = ANY(%(clients)s)
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a client with an agreement. `waits_since`: when its silence began to count; None while
    nothing is expected of it.
    """

    agreement: QuietAgreement
    last_at: datetime | None
    waits_since: datetime | None
    at: datetime

    @property
    def quiet_for(self) -> timedelta:
        """How long it has been expected and not heard."""
        return self.at - self.waits_since if self.waits_since is not None else timedelta()

    @property
    def is_quiet(self) -> bool:
        """True when it has been quiet for longer than agreed."""
        return self.quiet_for > timedelta(minutes=self.agreement.after_minutes)


def known_to(actor: Actor) -> Q:
    """The clients that send or fetch by themselves, of the sites where the actor reads or manages them."""
    reach = actor.within(Act.READ) | actor.within(Act.MANAGE_PEOPLE)
    return reach & Q(kind__in=(ClientKind.INTEGRATION, ClientKind.IMPORT))


def agreement_of(client: Client) -> QuietAgreement | None:
    """What is agreed of the client's silence; load it with the client."""
    found: QuietAgreement | None = getattr(client, "quiet_agreement", None)
    return found


def heard(agreements: list[QuietAgreement], now: datetime, real_now: datetime) -> list[Heard]:
    """When each client was last heard, in one statement for all. Readings have clinical time, calls real."""
    with connection.cursor() as cursor:
        cursor.execute(HEARD, {"now": now, "clients": [row.client_id for row in agreements]})
        known = {client_id: rest for client_id, *rest in cursor.fetchall()}
    found = []
    for row in agreements:
        called_at, read_at, watched_since = known.get(row.client_id, (None, None, None))
        if row.hears == Hears.CALLS:
            moments, at = [row.agreed_at, called_at], real_now
        elif watched_since is None:
            moments, at = [], now
        else:
            # The agreement's moment is real time: carried onto the clinical clock, which may be simulated.
            moments, at = [watched_since, now - (real_now - row.agreed_at), read_at], now
        last_at = called_at if row.hears == Hears.CALLS else read_at
        found.append(Heard(row, last_at, max((each for each in moments if each), default=None), at))
    return found


def listen(now: datetime, real_now: datetime) -> int:
    """How many clients are quiet for longer than was agreed; each is an alert of its site while it is so."""
    rows = QuietAgreement.objects.filter(client__is_active=True).select_related("client__site")
    quiet = [each for each in heard(list(rows), now, real_now) if each.is_quiet]
    for each in quiet:
        client = each.agreement.client
        alerts.raise_system_alert(
            FEED_QUIET,
            about=str(client.uuid),
            site=client.site,
            detail={"names": [client.name]},
            now=now,
            priority=Priority.MEDIUM,
        )
    said = {str(each.agreement.client.uuid) for each in quiet}
    standing = Alert.objects.filter(
        problem=FEED_QUIET, patient__isnull=True, condition=Condition.ACTIVE
    ).values_list("about", flat=True)
    for about in set(standing) - said:
        alerts.clear_system_alert(FEED_QUIET, about=about, now=now)
    return len(quiet)


def agree(
    actor: Actor, client: Client, *, after_minutes: int | None, hears: str, real_now: datetime
) -> QuietAgreement | None:
    """What is agreed with whoever runs the client from now on; None: its silence is nobody's alert.

    Raises: NotPermitted; Refused naming the field.
    """
    actor.require(Act.MANAGE_PEOPLE, client.site_id)
    if after_minutes is None:
        QuietAgreement.objects.filter(client=client).delete()
        return None
    if not SHORTEST_MIN <= after_minutes <= LONGEST_MIN:
        limits = {"low": SHORTEST_MIN, "high": LONGEST_MIN}
        detail = _("A silence is agreed from %(low)d to %(high)d minutes.") % limits
        raise Refused.at("quiet_after_minutes", "out_of_range", detail)
    if hears not in Hears.values:
        raise Refused.at("hears", "unknown", _("What counts is one of: %s.") % ", ".join(Hears.values))
    row, _made = QuietAgreement.objects.update_or_create(
        client=client, defaults={"after_minutes": after_minutes, "hears": hears, "agreed_at": real_now}
    )
    return row
