"""Figures of the watch for Prometheus, each asked of the database at the scrape.

Any number of web processes may answer: none of them counts anything itself, so all give the same figures, and
one that has just started misses nothing. What only grows is a count of rows that only grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from monitoring import health
from monitoring.models import Heartbeat

#: Each is one row of figures, or one row for each of its labels; all by an index or over what is under way.
WATCHED = """
SELECT count(*), count(*) FILTER (WHERE w.overdue_since IS NOT NULL)
  FROM tracker_infusion i LEFT JOIN monitoring_watch w ON w.infusion_id = i.id
 WHERE i.phase IN ('infusing', 'paused', 'observing', 'home') AND NOT i.historical AND NOT i.is_canary
"""
RECORDS = """
SELECT coalesce(sum(r.version), 0), coalesce(sum(w.seen_version), 0),
       count(*) FILTER (WHERE r.version > coalesce(w.seen_version, 0))
  FROM tracker_record r LEFT JOIN monitoring_watch w ON w.infusion_id = r.infusion_id
"""
ALERTS = """
SELECT CASE priority WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END, condition, response,
       CASE WHEN patient_id IS NULL THEN 'system' ELSE 'patient' END, count(*)
  FROM monitoring_alert
 WHERE response <> 'closed' AND condition <> 'retracted' AND problem <> 'canary'
 GROUP BY 1, 2, 3, 4
"""
FAULTS = """
SELECT problem, count(*) FROM monitoring_alert
 WHERE response <> 'closed' AND condition = 'active' AND patient_id IS NULL AND problem <> 'canary'
 GROUP BY problem
"""
OWED = """
SELECT channel, count(*), extract(epoch FROM %(now)s - min(created_at))::float FROM monitoring_delivery
 WHERE delivered_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL AND reason <> 'canary'
 GROUP BY channel
"""
GIVEN_UP = "SELECT count(*) FROM monitoring_delivery WHERE failed_at > %(hour_ago)s"


def exposition(now: datetime, real_now: datetime) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Watch(now, real_now))
    return generate_latest(registry)


class _Watch:
    """Collects the figures of one scrape."""

    def __init__(self, now: datetime, real_now: datetime) -> None:
        self.asked = {"now": now, "hour_ago": real_now - timedelta(hours=1)}
        self.real_now = real_now

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield from self._parts()
        yield from self._record()
        yield from self._alerts()
        yield from self._messages()

    def _parts(self) -> Iterator[Metric]:
        reasons = health.readiness(self.real_now)
        yield GaugeMetricFamily(
            "febris_ready", "1 when every part of the watch is at work, as /health/ready says", not reasons
        )
        yield _labelled(
            "febris_not_ready", "1 for each reason why it is not", ["reason"], [(r.code, 1) for r in reasons]
        )
        beats = Heartbeat.objects.order_by("name").values_list("name", "at", "detail")
        yield _labelled(
            "febris_heartbeat_age_seconds",
            "Since a part last finished its work; canary: since its last completed pass",
            ["part"],
            [(name, (self.real_now - at).total_seconds()) for name, at, _ in beats],
        )
        took = {name: detail.get("took_s") for name, _, detail in beats}.get("canary")
        if took is not None:
            yield GaugeMetricFamily(
                "febris_canary_pass_seconds", "From the canary's reading to the receipt of its message", took
            )

    def _record(self) -> Iterator[Metric]:
        ((watched, overdue),) = self._rows(WATCHED)
        yield GaugeMetricFamily("febris_infusions_watched", "Infusions under watch", watched)
        yield GaugeMetricFamily("febris_infusions_overdue", "Of them with an overdue observation", overdue)
        ((versions, seen, behind),) = self._rows(RECORDS)
        yield CounterMetricFamily("febris_record_versions", "Changes of the record of any infusion", versions)
        yield CounterMetricFamily("febris_record_versions_seen", "Of them looked at by an evaluation", seen)
        yield GaugeMetricFamily("febris_infusions_behind", "Infusions with changes not looked at yet", behind)

    def _alerts(self) -> Iterator[Metric]:
        labels = ["priority", "condition", "response", "about"]
        yield _labelled("febris_alerts", "Alerts that nobody has closed", labels, self._rows(ALERTS))
        yield _labelled(
            "febris_system_alerts", "Standing faults of the watch itself", ["problem"], self._rows(FAULTS)
        )

    def _messages(self) -> Iterator[Metric]:
        owed = self._rows(OWED)
        yield _labelled(
            "febris_deliveries_owed",
            "Messages that no channel has accepted yet",
            ["channel"],
            [(channel, count) for channel, count, _ in owed],
        )
        yield _labelled(
            "febris_deliveries_oldest_owed_seconds",
            "Age of the oldest of them, on the clinical clock",
            ["channel"],
            [(channel, age) for channel, _, age in owed],
        )
        ((given_up,),) = self._rows(GIVEN_UP)
        yield GaugeMetricFamily(
            "febris_deliveries_given_up_last_hour", "Messages given up in the last hour", given_up
        )

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self.asked)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


def _labelled(name: str, documentation: str, labels: list[str], rows: Any) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for *values, figure in rows:
        family.add_metric(values, figure)
    return family
