"""`kill -9` of worker, web and PostgreSQL at random moments under all the load there can be."""

import random
import time

import pytest

from tests.stack.feed import Feed
from tests.stack.load import Load, check_stored, check_verified
from tests.stack.shape import FEBRIS, Shape, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.soak]

VICTIMS = ("web", "worker-watch", "postgres")
#: Between two kills, so that some hit a running start and some a busy server.
BETWEEN_S = (0.5, 3.0)


def test_ten_kills_of_each_lose_nothing(shape: Shape) -> None:
    chance = random.Random(10)
    feed = Feed.at(shape, infusions=12)
    # Each infusion's third reading is a fever and the others are not: one alert each, whatever dies.
    with Load(feed, feed.infusions, fever_at_turn=2) as load:
        for victim in chance.sample(VICTIMS * 10, k=len(VICTIMS) * 10):
            time.sleep(chance.uniform(*BETWEEN_S))
            shape.kill(victim)
            time.sleep(chance.uniform(0, 0.5))
            shape.revive()
            wait_for("an answer", lambda: shape.status("/health/live") == 200)
        before = len(load.promised)
        wait_for("readings after the last kill", lambda: len(load.promised) > before + 50)
    shape.revive()
    shape.wait_healthy("postgres", *FEBRIS)
    wait_for("the end of all that was owed", feed.is_settled)
    check_stored(shape, load, feed.infusions)
    for infusion in feed.infusions:
        assert len(feed.alerts(infusion)) == 1, infusion
    check_verified(shape)
