"""What each synthetic patient's monitor shows at a moment. Pure: the same moment shows the same numbers.

Time is real time since the start of the demo, negative before it. The turn comes at two minutes.
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

TURN = timedelta(minutes=2)
#: How soon after the turn a change has reached its full size.
RISE = timedelta(minutes=6)
#: How often a bedside monitor sends.
EVERY = timedelta(seconds=30)


class Story(StrEnum):
    """What happens to a patient at the turn."""

    CALM = "calm"
    FEVER = "fever"
    PRESSURE = "pressure"
    QUIET = "quiet"


def reading(story: Story, player: int, since_start: timedelta) -> Mapping[str, object] | None:
    """The vitals set that a monitor sends at the moment, or None when it sends nothing."""
    after = since_start - TURN
    turned = after >= timedelta(0)
    if story is Story.QUIET and turned:
        return None
    grown = min(max(after / RISE, 0.0), 1.0)
    temperature = 36.7 + 0.1 * (player % 4) + 0.1 * _wave(player, since_start, 7)
    systolic = 118 + 3 * (player % 5) + 3 * _wave(player, since_start, 5)
    heart_rate = 70 + 2 * (player % 6) + 3 * _wave(player, since_start, 3)
    if story is Story.FEVER and turned:
        temperature, heart_rate = 38.6 + 1.0 * grown, heart_rate + 22 + 10 * grown
    if story is Story.PRESSURE and turned:
        systolic, heart_rate = 86 - 6 * grown, heart_rate + 30 + 10 * grown
    return {
        "temperature_c": Decimal(f"{temperature:.1f}"),
        "temperature_site": "tympanic",
        "systolic_mmhg": Decimal(round(systolic)),
        "diastolic_mmhg": Decimal(round(systolic * 0.62)),
        "position": "semi_recumbent",
        "heart_rate_bpm": Decimal(round(heart_rate)),
        "respiratory_rate_per_min": Decimal(round(15 + _wave(player, since_start, 4))),
        "spo2_percent": Decimal(round(97 + _wave(player, since_start, 6))),
        "oxygen_device": "room_air",
        "consciousness": "A",
        "rigors": "none",
    }


def due(player: int, last: timedelta, until: timedelta, every: timedelta = EVERY) -> list[timedelta]:
    """The moments after `last` and up to `until` at which the monitor of a player sends.

    They lie on a grid that holds the turn itself, so that the change shows at the turn and not after it.
    """
    first = math.floor((last - TURN) / every) + 1
    final = math.floor((until - TURN) / every)
    return [TURN + number * every for number in range(first, final + 1)]


def _wave(player: int, since_start: timedelta, minutes: float) -> float:
    """A slow wave between -1 and 1, another for each player."""
    return math.sin(since_start.total_seconds() / (60 * minutes) + player * 1.7)
