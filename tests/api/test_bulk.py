"""Many sets come in at once, all of them or each for itself."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from config.clock import now
from monitoring.models import Alert
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_vitals import reading
from tracker.models import Infusion, KeptMessage, VitalSigns

pytestmark = pytest.mark.django_db


def batch(infusion: Infusion, *values: dict[str, Any], mode: str = "atomic") -> dict[str, Any]:
    """A body for `vitals/bulk/`, one set a minute."""
    start = now() - timedelta(minutes=50)
    rows = [reading(infusion, start + timedelta(minutes=n), **each) for n, each in enumerate(values)]
    return {"readings": rows, "mode": mode}


def test_many_sets_are_stored_at_once(feed: Api, infusion: Infusion) -> None:
    answer = feed.post("vitals/bulk/", batch(infusion, *({"heart_rate_bpm": 70 + n} for n in range(20))))
    assert answer.status_code == 201, answer.content
    assert (answer.json()["created"], answer.json()["refused"]) == (20, 0)
    assert VitalSigns.objects.count() == 20
    assert {each["id"] for each in answer.json()["results"]} == {
        str(uuid) for uuid in VitalSigns.objects.values_list("uuid", flat=True)
    }


def test_a_batch_again_stores_nothing_new(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70, "source_id": "a"}, {"heart_rate_bpm": 71, "source_id": "b"})
    feed.post("vitals/bulk/", body)
    again = feed.post("vitals/bulk/", body)
    assert again.status_code == 200, again.content
    assert (again.json()["created"], again.json()["repeated"]) == (0, 2)
    assert VitalSigns.objects.count() == 2


def test_one_unreadable_row_keeps_an_atomic_batch_out(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70}, {"heart_rate_bpm": "x", "nonsense": 1})
    found = problem(feed.post("vitals/bulk/", body), 400)
    assert {each["pointer"] for each in found["errors"]} == {
        "/readings/1/heart_rate_bpm",
        "/readings/1/nonsense",
    }
    assert not VitalSigns.objects.exists()
    assert "nonsense" in KeptMessage.objects.get().body


def test_one_unreadable_row_is_named_and_the_others_stored(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70}, {"heart_rate_bpm": "x"}, mode="each")
    answer = feed.post("vitals/bulk/", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["created"], answer.json()["refused"]) == (1, 1)
    assert answer.json()["results"][1]["errors"][0]["pointer"] == "/readings/1/heart_rate_bpm"
    assert VitalSigns.objects.count() == 1


def test_two_refusals_in_a_row_are_an_alert_about_the_feed(feed: Api, infusion: Infusion) -> None:
    bad, good = batch(infusion, {"heart_rate_bpm": "x"}), batch(infusion, {"heart_rate_bpm": 70})
    feed.post("vitals/bulk/", bad)
    feed.post("vitals/bulk/", good)
    feed.post("vitals/bulk/", bad)
    assert not Alert.objects.filter(problem="feed_refused").exists()
    feed.post("vitals/bulk/", bad)
    assert Alert.objects.get(problem="feed_refused").condition == "active"
    feed.post("vitals/bulk/", batch(infusion, {"heart_rate_bpm": 71}))
    assert Alert.objects.get(problem="feed_refused").condition == "cleared"


def test_a_batch_has_a_largest_size(feed: Api, infusion: Infusion) -> None:
    row = reading(infusion, heart_rate_bpm=70)
    found = problem(feed.post("vitals/bulk/", {"readings": [row] * 5001}), 400)
    assert found["errors"][0]["pointer"] == "/readings"


def test_a_batch_again_with_its_key_is_the_first_answer(feed: Api, infusion: Infusion) -> None:
    body, key = batch(infusion, {"heart_rate_bpm": 70}), uuid4().hex
    first = feed.post("vitals/bulk/", body, Idempotency_Key=key)
    second = feed.post("vitals/bulk/", body, Idempotency_Key=key)
    assert second.json() == first.json()
    assert VitalSigns.objects.count() == 1
