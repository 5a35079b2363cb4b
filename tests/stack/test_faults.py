"""One thing after another fails under a steady load of readings, and promises are kept all the while.

Every reading that was answered 201 is stored once; every alert that the record implies exists once; everybody
who was due was told, and nobody after somebody had answered; and while the watch was impaired, it said so.
"""

import random
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from tests.stack.faults import FAILED, FAULTS, MORE_FAULTS, SAID_WITHIN_S, Fault
from tests.stack.feed import Feed
from tests.stack.load import Answered, Load, check_stored, check_verified
from tests.stack.shape import FEBRIS, Shape, wait_for
from tests.stack.sinks import moment

pytestmark = pytest.mark.stack

#: Infusions with nothing but calm readings, and how often each of four senders sends.
STEADY, EVERY_S = 8, 0.5
#: Between the look whether a message is still wanted and its first word to the mail server.
IN_FLIGHT = timedelta(seconds=2)


@dataclass
class Story:
    """What happened so far: which alerts somebody answered, and how soon each fault was said, in seconds."""

    shape: Shape
    feed: Feed
    load: Load
    fresh: Iterator[str]
    fevers: list[str] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    said: dict[str, float] = field(default_factory=dict)

    def endure(self, fault: Fault, *, in_full: bool = False) -> None:
        """One fault from its beginning to its end, with a fever that is answered and one that is not."""
        wait_for(f"readiness before {fault.name}", self._is_ready, 120)
        began = time.monotonic()
        fault.begin(self.shape)
        patients = [threading.Thread(target=self._fever, args=(number,)) for number in range(2)]
        for patient in patients:
            patient.start()
        wait_for(f"a word about {fault.name}", lambda: self._is_said(fault), SAID_WITHIN_S + 30)
        self.said[fault.name] = time.monotonic() - began
        if in_full:
            time.sleep(max(0.0, fault.lasts_s - self.said[fault.name]))
        fault.end(self.shape)
        for patient in patients:
            patient.join(60)
            assert not patient.is_alive(), fault.name

    def _is_ready(self) -> bool:
        """True when nothing is wrong but that messages had to be given up, which a person sends again."""
        reasons = self.shape.reasons()
        return reasons is not None and reasons <= {FAILED}

    def _fever(self, number: int) -> None:
        """A high alert; the first of each two is answered as soon as somebody can."""
        infusion = next(self.fresh)
        self.fevers.append(infusion)
        if self.load.promise(f"fever-{infusion}", infusion, temperature_c=39.5) is None or number:
            return
        alert = wait_for("the fever's alert", lambda: self._alert_of(infusion), 120)
        until = moment() + timedelta(minutes=9)
        body = {"commitment": "at_bedside", "until": until.isoformat(), "practitioner": self.feed.nurse}
        if self.load.until_answered(f"alerts/{alert}/acknowledge/", body) is not None:
            self.answered.append(Answered.now(alert))

    def _alert_of(self, infusion: str) -> str | None:
        """The fever's alert; None while it is not there, or nobody can say."""
        found = self.shape.try_query(
            "SELECT a.uuid::text FROM monitoring_alert a JOIN tracker_infusion i ON i.id = a.infusion_id"
            " WHERE i.uuid = %s AND a.problem = 'fever'",
            infusion,
        )
        return found[0][0] if found else None

    def _is_said(self, fault: Fault) -> bool:
        """True when whoever asks, and whoever looks at the board, learns of it."""
        reasons = self.shape.reasons()
        if not fault.says:
            return reasons is None
        if reasons is None or not reasons & fault.says:
            return False
        return "database_silent" in reasons or self.shape.board_says(self.feed.session)

    def check(self) -> None:
        """Every promise, over all that happened."""
        self._send_again()
        wait_for("the end of all that was owed", self.feed.is_settled, 180)
        wait_for("readiness at the end", lambda: self.shape.reasons() == set(), 120)
        check_stored(self.shape, self.load, self.feed.infusions)
        for infusion in self.fevers:
            assert len(self.feed.alerts(infusion)) == 1, infusion
        self._check_everybody_was_told()
        self._check_nobody_was_told_after_the_answer()
        self._check_the_other_system_was_told()
        check_verified(self.shape)
        assert {name: took for name, took in self.said.items() if took > SAID_WITHIN_S} == {}

    def _send_again(self) -> None:
        """A person has sent again what was given up, wherever somebody still needs to know."""
        for (given_up,) in self.shape.query(
            "SELECT d.uuid::text FROM monitoring_delivery d JOIN monitoring_alert a ON a.id = d.alert_id"
            " JOIN tracker_site s ON s.id = a.site_id WHERE d.failed_at IS NOT NULL AND s.code = %s",
            self.feed.site,
        ):
            assert self.feed.post(f"deliveries/{given_up}/send-again/", {}).status in {200, 409}

    def _check_the_other_system_was_told(self) -> None:
        """Each line of the log of the site's alerts was taken by the webhook, signed, and in its order."""
        lines = [
            line
            for (line,) in self.shape.query(
                "SELECT 'msg_' || l.epoch || '_' || l.xid || '_' || l.id FROM monitoring_alertlog l"
                " JOIN monitoring_alert a ON a.id = l.alert_id JOIN tracker_site s ON s.id = a.site_id"
                " WHERE s.code = %s ORDER BY l.epoch, l.xid, l.id",
                self.feed.site,
            )
        ]

        def taken() -> list[str]:
            ours = (headers["webhook-id"] for headers, _ in list(self.shape.receiver.taken))
            return list(dict.fromkeys(each for each in ours if each in set(lines)))

        wait_for("the webhook's last line", lambda: len(taken()) == len(lines), 180)
        assert taken() == lines
        headers, body = next(
            each for each in reversed(self.shape.receiver.taken) if each[0]["webhook-id"] == lines[-1]
        )
        Webhook(self.feed.webhook_secret).verify(body, headers)

    def _messages(self) -> dict[str, tuple[str, str]]:
        """The alert and the person of each message, by its uuid."""
        return {
            delivery: (alert, person)
            for delivery, alert, person in self.shape.query(
                "SELECT d.uuid::text, a.uuid::text, u.username FROM monitoring_delivery d"
                " JOIN monitoring_alert a ON a.id = d.alert_id JOIN accounts_user u ON u.id = d.recipient_id"
            )
        }

    def _check_everybody_was_told(self) -> None:
        """Everybody whom the log says to have been told of an unanswered fever has had it in the mail."""
        messages = self._messages()
        had = {messages[mail.delivery] for mail in self.shape.mail.taken if mail.delivery in messages}
        answered = {answer.alert for answer in self.answered}
        due = {
            (alert, person)
            for alert, people in self.shape.query(
                "SELECT a.uuid::text, l.detail->'told' FROM monitoring_alertlog l"
                " JOIN monitoring_alert a ON a.id = l.alert_id"
                " JOIN tracker_infusion i ON i.id = a.infusion_id"
                " WHERE i.uuid = ANY(%s::uuid[]) AND l.detail ? 'told'",
                self.fevers,
            )
            for person in people
            if alert not in answered
        }
        assert len({alert for alert, _ in due}) == len(self.fevers) - len(answered)
        assert due - had == set()

    def _check_nobody_was_told_after_the_answer(self) -> None:
        messages = self._messages()
        answered = {answer.alert: answer.at for answer in self.answered}
        late = [
            (mail.subject, mail.recipient, mail.began_at - answered[alert])
            for mail in self.shape.mail.taken
            for alert, _ in [messages.get(mail.delivery, ("", ""))]
            if alert in answered and mail.began_at > answered[alert] + IN_FLIGHT
        ]
        assert late == []


def tell(shape: Shape, faults: Iterable[Fault], *, in_full: bool = False) -> Story:
    """The story of the faults, each after the one before has healed."""
    chosen = list(faults)
    feed = Feed.at(shape, infusions=STEADY + 2 * len(chosen), begun_minutes=5)
    steady, fresh = feed.infusions[:STEADY], iter(feed.infusions[STEADY:])
    with Load(feed, steady, every_s=EVERY_S) as load:
        story = Story(shape, feed, load, fresh)
        for fault in chosen:
            story.endure(fault, in_full=in_full)
        before = len(load.promised)
        wait_for("readings after the last fault", lambda: len(load.promised) > before + 8)
    shape.wait_healthy("postgres", "redis", *FEBRIS)
    for name, took in story.said.items():
        print(f"{name:24} said after {took:5.1f} s")  # noqa: T201 - figures for `pytest -rP`
    story.check()
    return story


def test_whatever_fails_nothing_is_lost_and_it_is_said(shape: Shape) -> None:
    tell(shape, FAULTS)


@pytest.mark.soak
def test_five_rounds_of_every_fault_lose_nothing_and_are_said(shape: Shape) -> None:
    chance = random.Random(5)
    for _ in range(5):
        tell(shape, chance.sample(FAULTS + MORE_FAULTS, k=len(FAULTS + MORE_FAULTS)), in_full=True)


@pytest.mark.soak
def test_every_fault_is_said_within_a_minute_at_the_pace_of_a_ward(unhurried_shape: Shape) -> None:
    tell(unhurried_shape, FAULTS + MORE_FAULTS)


def test_a_client_whose_clock_is_ten_minutes_wrong_is_refused_aloud_or_believed(shape: Shape) -> None:
    """What a clock ahead sends is refused to its face, and people learn that the feed is not heard; what a
    clock behind sends is stored and judged like any other.
    """
    feed = Feed.at(shape, infusions=2, begun_minutes=30)
    wrong = timedelta(minutes=10)
    ahead, behind = feed.infusions

    def fever(infusion: str, at: timedelta) -> dict[str, object]:
        return feed.reading(infusion, temperature_c=39.5) | {"measured_at": (moment() + at).isoformat()}

    refused = feed.post("vitals/", fever(ahead, wrong))
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/measured_at")
    for _ in range(2):
        assert feed.post("vitals/bulk/", {"readings": [fever(ahead, wrong)]}).status == 400
    assert feed.alerts(ahead) == []
    wait_for("a word about the feed", lambda: shape.mailed_about(feed.site, "feed_refused"), SAID_WITHIN_S)

    answer = feed.post("vitals/", fever(behind, -wrong))
    assert (answer.status, answer.body["watch"]["state"]) == (201, "evaluated")
    assert [alert["late"] for alert in answer.body["alerts"] if alert["problem"] == "fever"] == [False]
    assert len(feed.alerts(behind)) == 1
    check_verified(shape)
