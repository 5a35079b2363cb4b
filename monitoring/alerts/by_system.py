"""The system's own alerts: faults of the watch itself, one standing alert for each fault and thing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from monitoring.alert_rows import put, value_of
from monitoring.alerts.by_time import let_time_act
from monitoring.alerts.ringing import ring, roster_of
from monitoring.alerts.writing import LIVE, due_of, log, save
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.core.decisions import Clear, Reactivate
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import Refusal
from monitoring.models import Alert, LogKind
from tracker.models import Infusion, Site, Study


def raise_system_alert(
    problem: str,
    *,
    about: str = "",
    site: Site | None = None,
    study: Study | None = None,
    infusion: Infusion | None = None,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
    priority: Priority = Priority.HIGH,
) -> Alert:
    """The standing alert about a fault of the watch itself; the one that stands already when there is one."""
    with transaction.atomic():
        row = Alert(
            problem=problem,
            about=about,
            infusion=infusion,
            site=infusion.site if infusion is not None else site,
            study=infusion.study if infusion is not None else study,
            priority=int(priority),
            told_priority=int(priority),
            raised_at=now,
            detected_at=now,
            climbs_from=now,
            detail=dict(detail or {}),
        )
        roster = roster_of(row, now)
        row.ladder_id = roster.ladder_id
        rung = ring(row, value_of(row), [0], now, roster)
        value = rung.value
        put(value, row).escalates_at = due_of(value, row)
        Alert.objects.bulk_create([row], ignore_conflicts=True)
        standing = (
            Alert.objects.for_display()
            .select_for_update(of=("self",))
            .get(patient=None, problem=problem, about=about, response__in=LIVE)
        )
        named_anew = standing.detail.get("names") != row.detail.get("names")
        if named_anew:
            standing.detail = row.detail
        if standing.uuid == row.uuid:
            log(standing, LogKind.RAISED, now, detail=rung.detail)
            rung.tell(standing, LogKind.RAISED, now)
        elif standing.condition != core.Condition.ACTIVE:
            again = lifecycle.apply(value_of(standing), Reactivate(str(standing.pk), "true_again"), now)
            if not isinstance(again, Refusal):
                save(put(again, standing), LogKind.REACTIVATED, now)
                let_time_act(standing, now)
        elif named_anew:
            save(standing, LogKind.CHANGED, now, detail={"reason": "names"})
    return standing


def clear_system_alert(problem: str, *, about: str = "", now: datetime) -> int:
    """How many standing alerts about that fault are cleared now: one or none."""
    with transaction.atomic():
        rows = (
            Alert.objects.for_display()
            .select_for_update(of=("self",))
            .filter(patient__isnull=True, problem=problem, about=about, condition=core.Condition.ACTIVE)
        )
        for row in rows:
            value = lifecycle.apply(value_of(row), Clear(str(row.pk), now, "over"), now)
            assert not isinstance(value, Refusal)
            save(put(value, row), LogKind.CLEARED, now)
            let_time_act(row, now)
        return len(rows)
