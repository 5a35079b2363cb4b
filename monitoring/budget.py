"""The alert budget: how often alerts ring, how soon somebody looks and answers, and how many were worth it.

Only reads. Counted are alerts of patients that somebody was watching: not the system's own, not those of
historical imports and not the canary's. A low figure is no aim in itself; a rule that nobody ever acts on is
a question to whoever keeps the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, Exists, F, Func, IntegerField, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy

from accounts.permissions import Act, Actor, NotPermitted
from monitoring.core.alert import Outcome
from monitoring.models import Alert, AlertLog, Delivery, LogKind, Watch
from monitoring.models.alerts import AlertQuerySet

#: Whoever may change the rules sees what they cost: investigators and coordinators, of their own sites.
READS = Act.DRAFT_RULES
PERIODS = (7, 30, 90)
PERIOD = 30
#: A rule with so many alerts, none of which anybody acted upon, is one that nobody acts on. To be confirmed.
MANY = 5
FOLLOWED_WITHIN = timedelta(hours=6)
SHOWN_OPT_OUTS = 100
NOT_ACTIONABLE = (Outcome.NOT_ACTIONABLE.value, Outcome.ARTEFACT.value)
ANSWERS = {
    "seen": gettext_lazy("seen"),
    "acknowledged": gettext_lazy("acknowledged"),
    "assessed": gettext_lazy("assessed"),
}

FIGURES = """
WITH chosen AS ({alerts}),
answered AS (
    SELECT a.problem, a.priority, a.site_id, a.outcome, a.rule_set_id,
           extract(hour FROM a.detected_at AT TIME ZONE s.time_zone)::int AS hour,
           extract(epoch FROM least(a.seen_at, r.seen_at) - a.detected_at) AS seen_s,
           extract(epoch FROM l.acknowledged_at - a.detected_at) AS acknowledged_s,
           extract(epoch FROM l.assessed_at - a.detected_at) AS assessed_s
      FROM chosen c JOIN monitoring_alert a ON a.id = c.id JOIN tracker_site s ON s.id = a.site_id
      LEFT JOIN LATERAL (
        SELECT min(at) FILTER (WHERE kind = 'acknowledged') AS acknowledged_at,
               min(at) FILTER (WHERE kind <> 'acknowledged' AND actor_id IS NOT NULL) AS assessed_at
          FROM monitoring_alertlog
         WHERE alert_id = c.id AND kind IN ('acknowledged', 'assessed', 'closed')
           AND id NOT IN (SELECT (undone.detail->>'log')::bigint FROM monitoring_alertlog undone
                           WHERE undone.alert_id = c.id AND undone.kind = 'undone')) l ON true
      LEFT JOIN LATERAL (
        SELECT min(seen_at) AS seen_at FROM monitoring_delivery WHERE alert_id = c.id) r ON true
)
SELECT CASE WHEN grouping(problem) = 0 THEN 'problem' WHEN grouping(priority) = 0 THEN 'priority'
            WHEN grouping(site_id) = 0 THEN 'site' WHEN grouping(hour) = 0 THEN 'hour' ELSE 'all' END,
       coalesce(problem, priority::text, site_id::text, hour::text, ''),
       count(*), count(seen_s), count(acknowledged_s), count(assessed_s),
       count(*) FILTER (WHERE outcome = 'actioned'), count(*) FILTER (WHERE outcome = 'expected'),
       count(*) FILTER (WHERE outcome = 'other_cause'), count(*) FILTER (WHERE outcome = 'not_actionable'),
       count(*) FILTER (WHERE outcome = 'artefact'),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seen_s),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY acknowledged_s),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY assessed_s), max(rule_set_id)
  FROM answered
 GROUP BY GROUPING SETS ((), (problem), (priority), (site_id), (hour))
"""

#: A patient whose watches overlap is one patient for that time.
PATIENT_HOURS = """
WITH watched AS ({watches}),
spans AS (
    SELECT site_id, zone, unnest(range_agg(tstzrange(greatest(opened_at, %s), least(closes_at, %s)))) AS span
      FROM watched GROUP BY site_id, zone, patient_id
),
hours AS (
    SELECT site_id, extract(hour FROM h AT TIME ZONE zone)::int AS hour,
           extract(epoch FROM least(upper(span), h + interval '1 hour') - greatest(lower(span), h)) AS seconds
      FROM spans, generate_series(date_trunc('hour', lower(span), zone), upper(span), interval '1 hour') h
)
SELECT CASE WHEN grouping(site_id) = 0 THEN 'site' WHEN grouping(hour) = 0 THEN 'hour' ELSE 'all' END,
       coalesce(site_id::text, hour::text, ''), sum(seconds)::numeric
  FROM hours WHERE seconds > 0 GROUP BY GROUPING SETS ((), (site_id), (hour))
"""

#: What followed: the first alert of the same patient that began, or rose, to a higher priority; after a high
#: one, another high one.
OPT_OUTS = """
WITH chosen AS ({alerts}),
ranks (word, rank) AS (VALUES ('low', 1), ('medium', 2), ('high', 3))
SELECT l.at, u.username, l.note, s.code, s.time_zone, a.uuid, a.problem, k.rank, a.rule_set_id,
       f.at, f.uuid, f.problem, f.rank, f.rule_set_id
  FROM chosen c
  JOIN monitoring_alert a ON a.id = c.id
  JOIN monitoring_alertlog l ON l.alert_id = a.id AND l.kind = 'opted_out'
  JOIN ranks k ON k.word = l.snapshot ->> 'priority'
  JOIN tracker_site s ON s.id = a.site_id
  LEFT JOIN accounts_user u ON u.id = l.actor_id
  LEFT JOIN LATERAL (
    SELECT n.at, b.uuid, b.problem, h.rank, b.rule_set_id
      FROM monitoring_alert b
      JOIN monitoring_alertlog n ON n.alert_id = b.id AND n.kind IN ('raised', 'worsened')
      JOIN ranks h ON h.word = n.snapshot ->> 'priority'
     WHERE b.patient_id = a.patient_id AND n.at > l.at AND n.at <= l.at + %s
       AND (h.rank > k.rank OR (k.rank = 3 AND h.rank = 3 AND b.id <> a.id))
     ORDER BY n.at, n.id LIMIT 1) f ON true
 ORDER BY l.at DESC, l.id DESC
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which alerts are meant: those detected in a period; `answered` is a word of `ANSWERS`."""

    since: datetime
    until: datetime
    site: UUID | None = None
    problem: str = ""
    priority: int | None = None
    hour: int | None = None
    outcome: str = ""
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Waited:
    """How long it took in half and in nine tenths of the cases where it happened."""

    p50: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a group of alerts. `hours` are the patient-hours in which they could have rung."""

    key: str
    rule_set_id: int | None = None
    alerts: int = 0
    hours: Decimal = Decimal(0)
    answered: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    waited: Mapping[str, Waited | None] = field(default_factory=dict)

    @property
    def per_hour(self) -> Decimal | None:
        """Alerts per patient-hour; None where nobody was watched."""
        return Decimal(self.alerts) / self.hours if self.hours else None

    @property
    def judged(self) -> int:
        """How many were assessed with an outcome."""
        return sum(self.outcomes.values())

    @property
    def not_actionable(self) -> int:
        """How many came to nothing: nothing to be done, or an artefact."""
        return sum(self.outcomes.get(word, 0) for word in NOT_ACTIONABLE)

    @property
    def share_not_actionable(self) -> Decimal | None:
        """The share of the assessed that came to nothing; None where none was assessed."""
        return Decimal(self.not_actionable) / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Met:
    """An alert by what a line says of it."""

    uuid: UUID
    problem: str
    priority: int
    rule_set_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OptedOut:
    """An escalation that somebody stopped, why, and the higher alert that followed within 6 hours."""

    alert: Met
    by: str
    reason: str
    site: str
    zone: str
    followed_by: Met | None


@dataclass(frozen=True, slots=True)
class Budget:
    """The whole report of a period."""

    asked: Asked
    total: Figures
    groups: Mapping[str, Sequence[Figures]]
    unheeded: Sequence[Figures]
    opt_outs: Sequence[OptedOut]

    @property
    def followed(self) -> int:
        """How many of the stopped escalations a higher alert followed."""
        return sum(each.followed_by is not None for each in self.opt_outs)


def alerts_of(actor: Actor, asked: Asked) -> AlertQuerySet:
    """The alerts that a figure counts."""
    rows = Alert.objects.filter(
        actor.within(READS, site="site_id", study="study_id"),
        patient__isnull=False,
        silent=False,
        infusion__historical=False,
        infusion__is_canary=False,
        detected_at__gte=asked.since,
        detected_at__lt=asked.until,
    )
    if asked.site is not None:
        rows = rows.filter(site__uuid=asked.site)
    if asked.problem:
        rows = rows.filter(problem=asked.problem)
    if asked.priority is not None:
        rows = rows.filter(priority=asked.priority)
    if asked.hour is not None:
        zone = F("site__time_zone")
        local = Func(zone, F("detected_at"), function="timezone", output_field=DateTimeField())
        hour = Func(local, template="extract(hour FROM %(expressions)s)::int", output_field=IntegerField())
        rows = rows.alias(hour=hour).filter(hour=asked.hour)
    if asked.outcome == "assessed":
        rows = rows.exclude(outcome="")
    elif asked.outcome:
        rows = rows.filter(outcome__in=NOT_ACTIONABLE if asked.outcome == "none" else (asked.outcome,))
    return rows.filter(_answered(asked.answered)) if asked.answered else rows


def budget(actor: Actor, asked: Asked) -> Budget:
    """The report of a period over the sites for which the actor keeps the rules.

    Raises: NotPermitted where there is no such site.
    """
    if not actor.may_anywhere(READS):
        raise NotPermitted(actor, READS, None)
    hours = _patient_hours(actor, asked)
    groups: dict[str, list[Figures]] = {"all": [], "problem": [], "priority": [], "site": [], "hour": []}
    for by, key, *counted in _rows(FIGURES, actor, asked):
        every = hours.get(("all", ""), Decimal(0))
        here = hours.get((by, key), Decimal(0)) if by in ("site", "hour") else every
        groups[by].append(_figures(key, here, counted))
    total = groups.pop("all")[0]
    groups["problem"].sort(key=lambda one: (-one.alerts, one.key))
    groups["priority"].sort(key=lambda one: -int(one.key))
    groups["hour"].sort(key=lambda one: int(one.key))
    unheeded = [one for one in groups["problem"] if one.alerts >= MANY and not one.outcomes.get("actioned")]
    return Budget(asked, total, groups, unheeded, _opt_outs(actor, asked))


def _answered(what: str) -> Q:
    log = AlertLog.objects.filter(alert=OuterRef("pk"))
    if what == "seen":
        receipts = Delivery.objects.filter(alert=OuterRef("pk"), seen_at__isnull=False)
        return Q(seen_at__isnull=False) | Q(Exists(receipts))
    if what == "acknowledged":
        undone = AlertLog.objects.filter(alert=OuterRef("alert"), kind=LogKind.UNDONE)
        taken_back = undone.annotate(undoes=Cast(KeyTextTransform("log", "detail"), BigIntegerField()))
        answers = log.filter(~Exists(taken_back.filter(undoes=OuterRef("pk"))), kind=LogKind.ACKNOWLEDGED)
        return Q(Exists(answers))
    ends = (LogKind.ASSESSED, LogKind.CLOSED)
    return Q(Exists(log.filter(kind__in=ends, actor__isnull=False)))


def _patient_hours(actor: Actor, asked: Asked) -> dict[tuple[str, str], Decimal]:
    watches = Watch.objects.filter(
        actor.within(READS, site="infusion__site_id", study="infusion__study_id"),
        Q(closes_at__isnull=True) | Q(closes_at__gt=asked.since),
        infusion__historical=False,
        infusion__is_canary=False,
        opened_at__lt=asked.until,
    )
    if asked.site is not None:
        watches = watches.filter(infusion__site__uuid=asked.site)
    chosen = watches.values_list(
        "infusion__patient_id", "infusion__site_id", "infusion__site__time_zone", "opened_at", "closes_at"
    )
    text, given = chosen.query.sql_with_params()
    named = f"SELECT * FROM ({text}) w (patient_id, site_id, zone, opened_at, closes_at)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(PATIENT_HOURS.format(watches=named), [*given, asked.since, asked.until])
        found = cursor.fetchall()
    return {(by, key): Decimal(seconds) / 3600 for by, key, seconds in found if seconds}


def _rows(statement: str, actor: Actor, asked: Asked, *more: Any) -> list[tuple[Any, ...]]:
    text, given = alerts_of(actor, asked).order_by().values_list("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(alerts=text), [*given, *more])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _figures(key: str, hours: Decimal, counted: Sequence[Any]) -> Figures:
    alerts, seen, acknowledged, assessed, *outcomes, seen_s, acknowledged_s, assessed_s, rule_set_id = counted
    words = ("actioned", "expected", "other_cause", "not_actionable", "artefact")
    return Figures(
        key=key,
        rule_set_id=rule_set_id,
        alerts=alerts,
        hours=hours,
        answered={"seen": seen, "acknowledged": acknowledged, "assessed": assessed},
        outcomes=dict(zip(words, outcomes, strict=True)),
        waited={
            "seen": _waited(seen_s),
            "acknowledged": _waited(acknowledged_s),
            "assessed": _waited(assessed_s),
        },
    )


def _waited(seconds: Iterable[float] | None) -> Waited | None:
    if seconds is None:
        return None
    p50, p90 = (timedelta(seconds=max(0.0, float(each))) for each in seconds)
    return Waited(p50, p90)


def _opt_outs(actor: Actor, asked: Asked) -> list[OptedOut]:
    found = []
    for row in _rows(OPT_OUTS, actor, asked, FOLLOWED_WITHIN)[:SHOWN_OPT_OUTS]:
        at, by, reason, site, zone, uuid, problem, rank, rules, then, other, of, higher, its_rules = row
        alert = Met(uuid, problem, rank, rules, at)
        after = None if other is None else Met(other, of, higher, its_rules, then)
        found.append(OptedOut(alert, by or "", reason, site, zone, after))
    return found
