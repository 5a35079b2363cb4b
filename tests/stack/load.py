"""A steady load of readings from senders who never give up: a lost answer is asked for again with its key."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.stack.feed import Answer, Feed
from tests.stack.shape import Shape
from tests.stack.sinks import moment

THREADS = 4


@dataclass
class Load:
    """Threads that post, each to infusions of its own; `every_s` is from one reading of a thread to the next.

    `promised` holds the uuid that each 201 named, by the sender's id; `refused` what else was answered.
    """

    feed: Feed
    infusions: tuple[str, ...]
    every_s: float = 0.0
    #: The turn at which each infusion has a fever; every other reading is calm.
    fever_at_turn: int | None = None
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
        mine = self.infusions[number::THREADS]
        sent = 0
        due = time.monotonic()
        while not self.stopping.is_set():
            infusion = mine[sent % len(mine)]
            temperature = 39.5 if sent // len(mine) == self.fever_at_turn else 37.0
            self.promise(f"{number}-{sent}", infusion, temperature_c=temperature)
            sent += 1
            # What a fault held back is not made up for: a monitor that was not heard goes on with the next.
            due = max(due + self.every_s, time.monotonic() - self.every_s)
            self.stopping.wait(max(0.0, due - time.monotonic()))

    def promise(self, source_id: str, infusion: str, **values: Any) -> Answer | None:
        """The 201 to a reading, asked for until it comes; None where it was refused or the load ended."""
        body = self.feed.reading(infusion, source_id=source_id, **values)
        answer = self.until_answered("vitals/", body)
        if answer is not None and answer.status == 201:
            self.promised[source_id] = answer.body["id"]
            return answer
        return None

    def until_answered(self, path: str, body: dict[str, Any]) -> Answer | None:
        """The answer to a POST, asked again with one key while nobody answers or the answer is a fault."""
        key = uuid4().hex
        while True:
            try:
                answer = self.feed.post(path, body, key, patience_s=5)
            except OSError:
                answer = None
            if answer is not None and answer.status < 300:
                return answer
            if answer is not None and answer.status < 500 and answer.status != 409:
                self.refused.append((path, answer.status, answer.body))
                return answer
            if self.stopping.is_set():
                return None
            time.sleep(0.1)


def check_stored(shape: Shape, load: Load, infusions: tuple[str, ...]) -> None:
    """Every reading that was answered 201 is stored, once."""
    assert load.refused == []
    rows = shape.query(
        "SELECT v.source_id, v.uuid::text FROM tracker_vitalsigns v"
        " JOIN tracker_infusion i ON i.id = v.infusion_id WHERE i.uuid = ANY(%s::uuid[])",
        list(infusions),
    )
    stored = dict(rows)
    assert len(stored) == len(rows)
    assert {name for name, uuid in load.promised.items() if stored.get(name) != uuid} == set()


def check_verified(shape: Shape) -> None:
    """`manage.py verify` over everything; its status says so."""
    shape.run("web", "python", "manage.py", "verify", patience_s=300)


@dataclass(frozen=True)
class Answered:
    """An alert and when somebody's acknowledgement of it was confirmed."""

    alert: str
    at: datetime

    @classmethod
    def now(cls, alert: str) -> "Answered":
        """Confirmed just now."""
        return cls(alert, moment())
