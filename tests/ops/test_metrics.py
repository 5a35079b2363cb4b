"""Figures for Prometheus: shut unless a token is set, true of the database, and cheap."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from config.clock import real_now
from monitoring import heartbeat, metrics, rule_sets
from monitoring.evaluate import evaluate_infusion
from tests.builders import NOW, make_infusion, minutes, record_set

pytestmark = pytest.mark.django_db

TOKEN = "a token of sixteen or more"


def figures(now: Any = NOW) -> dict[tuple[str, ...], float]:
    """Every sample: its name and the values of its labels."""
    found = {}
    for family in text_string_to_metric_families(metrics.exposition(now, now).decode()):
        for sample in family.samples:
            found[(sample.name, *sample.labels.values())] = sample.value
    return found


@pytest.mark.parametrize(
    ("set_to", "sent", "status"),
    [
        pytest.param("", TOKEN, 404, id="without a token set there is no such page"),
        pytest.param(TOKEN, "", 401, id="without the token"),
        pytest.param(TOKEN, "another", 401, id="with another"),
        pytest.param(TOKEN, TOKEN, 200, id="with the token"),
    ],
)
def test_the_page_is_shut_unless_the_token_is_set_and_brought(
    client: Browser, settings: Any, set_to: str, sent: str, status: int
) -> None:
    settings.METRICS_TOKEN = set_to
    headers = {"Authorization": f"Bearer {sent}"} if sent else {}
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert (b"febris_ready" in answer.content) == (status == 200)


def test_the_figures_are_those_of_the_database() -> None:
    rule_sets.load_shipped()
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(1), temperature_c="39.5")
    assert figures()[("febris_infusions_behind",)] == 1
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    heartbeat.alive(heartbeat.CANARY, NOW - timedelta(seconds=30), took_s=1.5)
    found = figures(NOW + minutes(1))
    assert found[("febris_infusions_watched",)] == 1
    assert found[("febris_infusions_behind",)] == 0
    assert found[("febris_record_versions_total",)] == found[("febris_record_versions_seen_total",)] == 1
    assert found[("febris_alerts", "patient", "active", "high", "open")] == 1
    assert found[("febris_heartbeat_age_seconds", "canary")] == 90
    assert found[("febris_canary_pass_seconds",)] == 1.5
    assert found[("febris_deliveries_owed", "screen")] > 0
    assert found[("febris_ready",)] == 0
    assert found[("febris_not_ready", "beat_stale")] == 1


def test_nobody_is_named() -> None:
    rule_sets.load_shipped()
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(1), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(1))
    text = metrics.exposition(NOW, real_now()).decode()
    assert str(infusion.uuid) not in text
    assert infusion.subject.subject_number not in text


def test_a_scrape_asks_as_much_of_many_patients_as_of_one() -> None:
    make_infusion(started_at=NOW)
    with CaptureQueriesContext(connection) as one:
        metrics.exposition(NOW, NOW)
    for _ in range(5):
        make_infusion(started_at=NOW)
    with CaptureQueriesContext(connection) as many:
        metrics.exposition(NOW, NOW)
    assert len(many) == len(one)
