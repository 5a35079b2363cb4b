"""A doorbell never blocks and never raises: what it loses the sweep finds."""

import threading

import pytest

from monitoring import doorbell
from tracker.signals import record_changed


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What the broker was handed; each hand-over sets `handed`."""
    got: list[list[int]] = []
    monkeypatch.setattr(doorbell, "publish", got.append)
    return got


def wait_for(condition: object) -> None:
    for _ in range(3_000):
        if condition():  # type: ignore[operator]
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not happen")


def test_a_changed_record_rings_for_its_infusions(published: list[list[int]]) -> None:
    record_changed.send(sender=None, infusion_ids=(3, 5))
    wait_for(lambda: sorted(number for batch in published for number in batch) == [3, 5])


def test_whoever_evaluates_at_once_does_not_ring(published: list[list[int]]) -> None:
    with doorbell.silenced():
        record_changed.send(sender=None, infusion_ids=(3,))
    record_changed.send(sender=None, infusion_ids=(4,))
    wait_for(lambda: published == [[4]])


def test_a_frozen_broker_costs_the_caller_nothing_and_a_full_queue_drops_rings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen = threading.Event()
    monkeypatch.setattr(doorbell, "publish", lambda batch: frozen.wait(60))
    doorbell.ring([1])
    wait_for(lambda: doorbell._rings.empty())
    try:
        assert doorbell.ring(range(doorbell.WAITING + 10)) == doorbell.WAITING
    finally:
        while not doorbell._rings.empty():
            doorbell._rings.get_nowait()
        frozen.set()


def test_a_broker_that_refuses_does_not_end_the_ringing(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[list[int]] = []

    def refuse(batch: list[int]) -> None:
        tried.append(batch)
        raise ConnectionError("no broker")

    monkeypatch.setattr(doorbell, "publish", refuse)
    doorbell.ring([1])
    wait_for(lambda: tried == [[1]])
    doorbell.ring([2])
    wait_for(lambda: tried == [[1], [2]])
