"""With worker and Redis gone or frozen the watch goes on, and what is owed happens once."""

from collections.abc import Iterator

import pytest

from tests.stack.feed import Feed
from tests.stack.shape import Shape, wait_for

pytestmark = pytest.mark.stack

WORKERS = ("worker-watch", "worker-slow", "beat")


@pytest.fixture
def whole(shape: Shape) -> Iterator[Shape]:
    """Whatever the test stops runs again afterwards."""
    yield shape
    if "redis" in shape.running:
        shape.thaw("redis")
    shape.restart("redis", *WORKERS)


def problems(body: dict[str, object]) -> list[str]:
    alerts = body["alerts"]
    assert isinstance(alerts, list)
    return [alert["problem"] for alert in alerts]


def test_a_fever_is_answered_with_its_alert_while_worker_and_redis_are_stopped(whole: Shape) -> None:
    feed = Feed.at(whole, infusions=3)
    whole.stop(*WORKERS, "redis")
    for infusion in feed.infusions:
        answer = feed.post_fever(infusion)
        assert answer.status == 201, answer.body
        assert answer.body["watch"]["state"] == "evaluated"
        assert "fever" in problems(answer.body)
        assert answer.seconds < 5
    whole.restart("redis", *WORKERS)
    wait_for("the end of all that was owed", feed.is_settled)
    for infusion in feed.infusions:
        assert len(feed.alerts(infusion)) == 1


def test_a_fever_is_answered_with_its_alert_while_redis_is_frozen(whole: Shape) -> None:
    feed = Feed.at(whole, infusions=20)
    whole.freeze("redis")
    slowest = 0.0
    for infusion in feed.infusions:
        answer = feed.post_fever(infusion)
        assert answer.status == 201, answer.body
        assert "fever" in problems(answer.body)
        slowest = max(slowest, answer.seconds)
    # One ring inside a request would have waited for Redis: 5 s.
    assert slowest < 3
    whole.thaw("redis")
    wait_for("the end of all that was owed", feed.is_settled)
    for infusion in feed.infusions:
        assert len(feed.alerts(infusion)) == 1


def test_what_a_machine_poured_in_meanwhile_is_evaluated_once_they_are_back(whole: Shape) -> None:
    feed = Feed.at(whole, infusions=3)
    whole.stop(*WORKERS, "redis")
    readings = [feed.reading(infusion, temperature_c=39.5) for infusion in feed.infusions]
    answer = feed.post("vitals/bulk/", {"readings": readings})
    assert answer.status in {200, 201}, answer.body
    whole.restart("redis", *WORKERS)
    wait_for("the alerts", lambda: all(len(feed.alerts(infusion)) == 1 for infusion in feed.infusions))
    wait_for("the end of all that was owed", feed.is_settled)
    for infusion in feed.infusions:
        assert len(feed.alerts(infusion)) == 1


@pytest.mark.soak
def test_a_frozen_redis_slows_no_request(whole: Shape) -> None:
    feed = Feed.at(whole, infusions=1)

    def p99(count: int = 500) -> float:
        seconds = []
        for _ in range(count):
            answer = feed.post("vitals/", feed.reading(feed.infusions[0], heart_rate_bpm=80))
            assert answer.status == 201
            seconds.append(answer.seconds)
        return sorted(seconds)[int(count * 0.99)]

    p99(100)
    with_all_up = p99()
    whole.freeze("redis")
    frozen = p99()
    whole.thaw("redis")
    assert frozen <= 1.2 * with_all_up
