"""NEWS2 of a set of vital signs: its total, and whether one part alone gives 3.

The score is of a set: between two sets it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitoring.core.findings import Reading
from monitoring.core.grading.answer import Graded
from monitoring.core.grading.news2 import News2, score_news2
from monitoring.core.moment import Moment, Scale
from monitoring.core.truth import Truth

UNKNOWN = score_news2()
SCALE_2 = "spo2_target_88_92"


def news2(now: Moment) -> Graded:
    """The total, 0 to 20."""
    total = (UNKNOWN if now.observation is None else _score(now)).total
    return replace(total, missing=_asks(total.missing)) if total.missing else total


def news2_single_parameter_3(now: Moment) -> Graded:
    """1 where one part alone gives 3, else 0."""
    score = UNKNOWN if now.observation is None else _score(now)
    single = score.single_parameter_3
    missing = () if single is not None else _asks(score.total.missing)
    return Graded(int(single is True), int(single is not False), missing, (), score.total.source)


def _score(now: Moment) -> News2:
    """The score of what is known at this moment; scale 2 where a target of 88 to 92 % is documented."""
    return score_news2(
        respiratory_rate_per_min=now.number("respiratory_rate_per_min"),
        spo2_percent=now.number("spo2_percent"),
        spo2_scale=2 if now.baseline.get(SCALE_2) else 1,
        on_oxygen=_on_oxygen(now),
        systolic_mmhg=now.number("systolic_mmhg"),
        heart_rate_bpm=now.number("heart_rate_bpm"),
        consciousness=now.word("consciousness"),
        temperature_c=now.number("temperature_c"),
    )


def _asks(missing: tuple[str, ...]) -> tuple[str, ...]:
    """The missing parts by the names of a set: whether oxygen is given is told by the device."""
    return tuple("oxygen_device" if part == "on_oxygen" else part for part in missing)


def _on_oxygen(now: Moment) -> Truth:
    """True under a device that gives oxygen, or while any is recorded as running, whatever it is for."""
    running = next((act for act in now.acts.running if act.kind == "oxygen"), None)
    if running is not None:
        now.parts.append(("oxygen", Reading(running.key, running.at, running.detail or running.kind)))
        return True
    device = now.word("oxygen_device")
    return None if device is None else device != "room_air"


SCALES: Mapping[str, Scale] = {"news2": news2, "news2_single_parameter_3": news2_single_parameter_3}
