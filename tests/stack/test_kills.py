"""`kill -9` of worker, web and PostgreSQL under load: every 201 is still there, every alert once."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tests.stack.feed import Feed
from tests.stack.shape import FEBRIS, Shape, wait_for

pytestmark = pytest.mark.stack

VICTIMS = ("web", "worker-watch", "postgres")
THREADS = 4
#: Between two kills, so that some hit a running start and some a busy server.
BETWEEN_S = (0.5, 3.0)


@dataclass
class Load:
    """Threads that post without pause; a sender whose answer was lost asks again with the same key."""

    feed: Feed
    promised: dict[str, str] = field(default_factory=dict)
    refused: list[Any] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=self._post, args=(n,), daemon=True) for n in range(THREADS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def _post(self, number: int) -> None:
        mine = self.feed.infusions[number::THREADS]
        sent = 0
        while not self.stopping.is_set():
            infusion = mine[sent % len(mine)]
            # Each infusion's third reading is a fever and the others are not: one alert each, whatever dies.
            temperature = 39.5 if sent // len(mine) == 2 else 37.0
            source_id = f"{number}-{sent}"
            body = self.feed.reading(infusion, temperature_c=temperature, source_id=source_id)
            self._until_answered(body, source_id)
            sent += 1

    def _until_answered(self, body: dict[str, Any], source_id: str) -> None:
        key = uuid4().hex
        while True:
            try:
                answer = self.feed.post("vitals/", body, key, patience_s=10)
            except OSError:
                answer = None
            if answer is not None and answer.status == 201:
                self.promised[source_id] = answer.body["id"]
                return
            if answer is not None and answer.status < 500 and answer.status != 409:
                self.refused.append((answer.status, answer.body))
                return
            if self.stopping.is_set():
                return
            time.sleep(0.1)


def revive(shape: Shape) -> None:
    """What a container's restart policy does."""
    for name in ("postgres", *FEBRIS):
        process = shape.running.get(name)
        if process is not None and process.poll() is not None:
            del shape.running[name]
    shape.start(*(name for name in ("postgres", *FEBRIS) if name not in shape.running))


def kill_at_random(shape: Shape, times: int) -> Load:
    """The load that was on while each victim was killed `times` times."""
    chance = random.Random(times)
    feed = Feed.at(shape, infusions=12)
    with Load(feed) as load:
        for victim in chance.sample(VICTIMS * times, k=len(VICTIMS) * times):
            time.sleep(chance.uniform(*BETWEEN_S))
            shape.kill(victim)
            time.sleep(chance.uniform(0, 0.5))
            revive(shape)
            wait_for("an answer", lambda: shape.status("/health/live") == 200)
        before = len(load.promised)
        wait_for("readings after the last kill", lambda: len(load.promised) > before + 50)
    revive(shape)
    shape.wait_healthy("postgres", *FEBRIS)
    wait_for("the end of all that was owed", feed.is_settled)
    return load


def check_promises(shape: Shape, load: Load) -> None:
    assert load.refused == []
    stored = {
        source_id: str(uuid)
        for source_id, uuid in shape.query(
            "SELECT v.source_id, v.uuid FROM tracker_vitalsigns v"
            " JOIN tracker_infusion i ON i.id = v.infusion_id WHERE i.uuid = ANY(%s::uuid[])",
            list(load.feed.infusions),
        )
    }
    lost = {source_id for source_id, uuid in load.promised.items() if stored.get(source_id) != uuid}
    assert lost == set()
    for infusion in load.feed.infusions:
        assert len(load.feed.alerts(infusion)) == 1, infusion


def verify(shape: Shape) -> None:
    """`manage.py verify` over everything; its status says so."""
    shape.run("web", "python", "manage.py", "verify", patience_s=300)


def test_kills_at_random_moments_lose_nothing(shape: Shape) -> None:
    load = kill_at_random(shape, times=2)
    check_promises(shape, load)
    verify(shape)


@pytest.mark.soak
def test_ten_kills_of_each_lose_nothing(shape: Shape) -> None:
    load = kill_at_random(shape, times=10)
    check_promises(shape, load)
    verify(shape)
