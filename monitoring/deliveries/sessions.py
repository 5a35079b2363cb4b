"""The hands that send: a few threads a channel, each with its own connection, so that what hangs holds back
only itself. They are handed plain messages and touch no database.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.channels import Message, Opener
from monitoring.channels.webhook import Letter

log = logging.getLogger(__name__)

#: So many messages of a channel are on their way at a time in one process.
SLOTS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """One message, the deliveries that it settles, and the number of the point or endpoint it goes to."""

    message: Message | Letter
    ids: tuple[int, ...]
    to: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job; no error: the channel accepted it."""

    job: Job
    error: Exception | None


class Session(threading.Thread):
    """Sends one message after another over one open channel, until it is told that there are no more."""

    def __init__(
        self, opener: Opener, channel: str, results: queue.SimpleQueue[tuple[Session, Outcome]]
    ) -> None:
        super().__init__(name=f"send-{channel}", daemon=True)
        self.channel = channel
        self._opener = opener
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._results = results

    def hand(self, job: Job | None) -> None:
        """Gives it the next message; nothing: that was the last."""
        self._inbox.put(job)

    def run(self) -> None:
        """Sends until the last; closing the channel afterwards keeps nobody waiting."""
        try:
            with self._opener() as send:
                while (job := self._inbox.get()) is not None:
                    try:
                        send(job.message)
                    except Exception as error:
                        self._results.put((self, Outcome(job, error)))
                    else:
                        self._results.put((self, Outcome(job, None)))
        except Exception as error:
            log.warning("closing the channel %s failed: %s", self.channel, type(error).__name__)


class Crew:
    """The sessions of one process. Those that hang when a run ends are met again by the next."""

    _resting: deque[Crew] = deque()

    def __init__(self, openers: Mapping[str, Opener]) -> None:
        self._openers = openers
        self._results: queue.SimpleQueue[tuple[Session, Outcome]] = queue.SimpleQueue()
        self._idle: list[Session] = []
        self._busy: set[Session] = set()

    @classmethod
    def gather(cls, openers: Mapping[str, Opener]) -> Crew:
        """The crew that a run before has left with messages still on their way, else a new one."""
        try:
            crew = cls._resting.popleft()
        except IndexError:
            return cls(openers)
        crew._openers = openers
        return crew

    @property
    def is_busy(self) -> bool:
        """True while messages are on their way."""
        return bool(self._busy)

    def free(self) -> dict[str, int]:
        """How many more messages each channel takes now."""
        taken = [session.channel for session in self._busy]
        return {channel: SLOTS - taken.count(channel) for channel in self._openers}

    def send(self, job: Job) -> None:
        """Puts the message on its way."""
        channel = job.message.channel
        session = next((each for each in self._idle if each.channel == channel), None)
        if session is None:
            session = Session(self._openers[channel], channel, self._results)
            session.start()
        else:
            self._idle.remove(session)
        self._busy.add(session)
        session.hand(job)

    def finished(self, wait_s: float) -> list[Outcome]:
        """What has come of messages, after waiting so long at most for the first."""
        found = list[Outcome]()
        try:
            session, outcome = self._results.get(timeout=wait_s)
            while True:
                self._busy.discard(session)
                self._idle.append(session)
                found.append(outcome)
                session, outcome = self._results.get_nowait()
        except queue.Empty:
            return found

    def leave(self) -> None:
        """Ends who is idle. Who still waits for an answer is met again by the next run of this process."""
        for session in self._idle:
            session.hand(None)
        self._idle.clear()
        if self._busy:
            self._resting.append(self)
