"""What the synthetic monitors show before and at the turn."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring.demo.cast import PLAYERS
from monitoring.demo.stories import EVERY, TURN, Story, due, reading

BEFORE, AFTER = TURN - timedelta(seconds=1), TURN + timedelta(minutes=30)


def shown(story: Story, since_start: timedelta) -> dict[str, object]:
    values = reading(story, 1, since_start)
    assert values is not None
    return dict(values)


def test_the_fever_stands_at_the_turn_itself_and_grows() -> None:
    assert shown(Story.FEVER, BEFORE)["temperature_c"] < Decimal(38)  # type: ignore[operator]
    assert Decimal("38.0") < shown(Story.FEVER, TURN)["temperature_c"] < Decimal(39)  # type: ignore[operator]
    assert shown(Story.FEVER, AFTER)["temperature_c"] >= Decimal(39)  # type: ignore[operator]


def test_the_pressure_drops_at_the_turn_itself() -> None:
    assert shown(Story.PRESSURE, BEFORE)["systolic_mmhg"] > Decimal(100)  # type: ignore[operator]
    assert shown(Story.PRESSURE, TURN)["systolic_mmhg"] < Decimal(90)  # type: ignore[operator]


def test_the_quiet_one_sends_until_the_turn_and_never_after() -> None:
    assert reading(Story.QUIET, 3, BEFORE) is not None
    assert reading(Story.QUIET, 3, TURN) is None
    assert reading(Story.QUIET, 3, AFTER) is None


@pytest.mark.parametrize("player", [each.number for each in PLAYERS])
def test_the_uneventful_stay_clear_of_every_limit(player: int) -> None:
    for minute in range(-60, 600):
        values = reading(Story.CALM, player, timedelta(minutes=minute))
        assert values is not None
        assert Decimal(36) < values["temperature_c"] < Decimal("37.5")  # type: ignore[operator]
        assert Decimal(101) < values["systolic_mmhg"] < Decimal(150)  # type: ignore[operator]
        assert Decimal(51) < values["heart_rate_bpm"] <= Decimal(90)  # type: ignore[operator]
        assert Decimal(12) <= values["respiratory_rate_per_min"] <= Decimal(20)  # type: ignore[operator]
        assert Decimal(96) <= values["spo2_percent"]  # type: ignore[operator]


def test_the_turn_is_a_moment_at_which_every_monitor_sends() -> None:
    assert due(1, TURN - EVERY / 2, TURN) == [TURN]


def test_moments_missed_are_made_up_and_none_comes_twice() -> None:
    moments = due(1, timedelta(0), timedelta(minutes=5))
    assert len(moments) == len(set(moments)) == 10
    assert due(1, moments[-1], timedelta(minutes=5)) == []


def test_each_story_of_the_turn_is_told_once() -> None:
    told = [player.story for player in PLAYERS if player.story is not Story.CALM]
    assert sorted(told) == [Story.FEVER, Story.PRESSURE, Story.QUIET]
