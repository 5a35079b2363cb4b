"""What a row of the board says beside the signs: grade, interval, who has promised what, who sleeps on it.

Reads rows that are already there and the rules in force; asks for no row of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django.db.models import Q
from django.utils.translation import gettext as _

from monitoring import rule_sets
from monitoring.core.rule_set import RuleSet
from monitoring.core.schedule import TIGHTENED
from monitoring.core.template import HOME, WARD
from monitoring.models import Alert, AlertLog, Assignment, Watch
from monitoring.models.alerts import LogKind
from tracker.models import Infusion, Phase

CRS = "astct_crs"


@dataclass(frozen=True, slots=True)
class Grade:
    """The CRS grade of the newest set, or the range in which it lies."""

    lowest: int
    highest: int

    @property
    def text(self) -> str:
        """2, 1–3, a dash where there is none."""
        if self.lowest != self.highest:
            return f"{self.lowest}–{self.highest}"
        return str(self.lowest) if self.lowest else "–"

    @property
    def is_range(self) -> bool:
        """True while it is not known which."""
        return self.lowest != self.highest


@dataclass(frozen=True, slots=True)
class Snooze:
    """Until when an alert is silent, because of whom, and why."""

    until: datetime
    by: str
    reason: str


def crs_of(watch: Watch | None) -> Grade | None:
    """The grade that the watch gave the newest set; None where it said nothing."""
    sign = watch.signs.get(CRS) if watch else None
    graded = sign.get("grade") if isinstance(sign, Mapping) else None
    return Grade(int(graded["lowest"]), int(graded["highest"])) if graded else None


def rules_of(watch: Watch | None) -> RuleSet | None:
    """The newest rule set of the watch's book; kept in memory, for rules never change."""
    newest = _newest_rules(watch)
    return None if newest is None else rule_sets.parsed(newest)


def steps_of(watch: Watch | None) -> Mapping[str, Decimal]:
    """By how much each signal must move before anybody calls it a change."""
    newest = _newest_rules(watch)
    return {} if newest is None else _steps(newest)


def _newest_rules(watch: Watch | None) -> int | None:
    if watch is None or not watch.rule_book:
        return None
    return max(rule_sets.rule_set_ids(watch.rule_book), default=None)


@lru_cache(maxsize=128)
def _steps(rule_set_id: int) -> Mapping[str, Decimal]:
    steps: dict[str, Decimal] = {}
    for rule in rule_sets.parsed(rule_set_id).rules.values():
        for signal, step in rule.steps.items():
            steps[signal] = min(step, steps.get(signal, step))
    return steps


def interval_of(
    infusion: Infusion, watch: Watch | None, rules: RuleSet | None, now: datetime
) -> timedelta | None:
    """How often something is to be taken now: by the schedule, or sooner after an alarm."""
    if rules is None or infusion.started_at is None:
        return None
    schedule = rules.schedule
    place = HOME if infusion.phase == Phase.HOME else WARD
    since_the_end = now - infusion.stopped_at if infusion.stopped_at and infusion.stopped_at <= now else None
    every = schedule.while_running.asked.every
    if since_the_end is not None:
        stretches = list(schedule.after_the_end(place))
        holds = (one for one in stretches if one.until is None or since_the_end < one.until)
        every = next(holds, stretches[-1] if stretches else schedule.while_running).asked.every
    if watch is not None and watch.next_set_reason == TIGHTENED and schedule.tightened is not None:
        asked = schedule.tightened.asked.get(place)
        every = min(every, asked.every) if asked is not None else every
    return every


def snoozes_of(alerts: Iterable[Alert], now: datetime) -> dict[int, Snooze]:
    """Who put which of the alerts to sleep, and why; one query where there is one, else none."""
    asleep = {alert.pk: until for alert in alerts if (until := alert.snoozed_until) and until > now}
    if not asleep:
        return {}
    rows = AlertLog.objects.filter(alert__in=asleep, kind=LogKind.SNOOZED).order_by("pk")
    found: dict[int, Snooze] = {}
    for alert_id, name, username, note in rows.values_list(
        "alert_id", "actor__name", "actor__username", "note"
    ):
        found[alert_id] = Snooze(asleep[alert_id], name or username or _("Febris"), note)
    return found


def nurses_of(infusion_ids: Iterable[int], now: datetime) -> dict[int, str]:
    """Whose patient each is at this moment."""
    rows = Assignment.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), infusion__in=list(infusion_ids), starts_at__lte=now
    )
    return {
        infusion_id: name or username
        for infusion_id, name, username in rows.values_list("infusion_id", "nurse__name", "nurse__username")
    }


def initials(name: str) -> str:
    """A. L. of "LINDQVIST, Astrid" and of "Astrid Lindqvist"."""
    family, comma, given = name.partition(",")
    words = [*given.split()[:1], family.strip()] if comma else [*name.split()[:1], *name.split()[1:][-1:]]
    return " ".join(f"{word[0].upper()}." for word in words if word)
