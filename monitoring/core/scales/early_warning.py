"""NEWS2 of a set of vital signs: its total, and whether one part alone gives 3.

The score is of a set: between two sets it says nothing. Only the points are counted here; reasons, risk and
monitoring are for those who ask for a grade.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.core.findings import Reading
from monitoring.core.grading.answer import Graded, Span
from monitoring.core.grading.news2 import MOST, SOURCE, points_of
from monitoring.core.moment import Moment, Scale
from monitoring.core.truth import Truth

SCALE_2 = "spo2_target_88_92"
TOLD_BY: Mapping[str, str] = {"on_oxygen": "oxygen_device"}
"""The part of a set that tells what the score asks for, where it has another name."""

PARTS = tuple(points_of(None, None, 1, None, None, None, None, None))
UNKNOWN = Graded(0, 20, tuple(TOLD_BY.get(part, part) for part in PARTS), (), SOURCE)
SINGLE_UNKNOWN = Graded(0, 1, UNKNOWN.missing, (), SOURCE)


def news2(now: Moment) -> Graded:
    """The total, 0 to 20."""
    if now.observation is None:
        return UNKNOWN
    points, missing = _points(now)
    lowest, highest = 0, 0
    for low, high in points.values():
        lowest += low
        highest += high
    return Graded(lowest, highest, missing, (), SOURCE)


def news2_single_parameter_3(now: Moment) -> Graded:
    """1 where one part alone gives 3, else 0."""
    if now.observation is None:
        return SINGLE_UNKNOWN
    points, missing = _points(now)
    lowest = int(any(low == MOST for low, _ in points.values()))
    highest = int(any(high == MOST for _, high in points.values()))
    return Graded(lowest, highest, missing if lowest != highest else (), (), SOURCE)


def _points(now: Moment) -> tuple[Mapping[str, Span], tuple[str, ...]]:
    """The points that each part may give, and the parts of the set that are missing.

    Scale 2 of the saturation is for a documented target of 88 to 92 %.
    """
    known = (
        now.number("respiratory_rate_per_min"),
        now.number("spo2_percent"),
        2 if now.baseline.get(SCALE_2) else 1,
        _on_oxygen(now),
        now.number("systolic_mmhg"),
        now.number("heart_rate_bpm"),
        now.word("consciousness"),
        now.number("temperature_c"),
    )
    if None not in known:
        return points_of(*known), ()
    values = (*known[:2], *known[3:])
    lacking = (part for part, value in zip(PARTS, values, strict=True) if value is None)
    return points_of(*known), tuple(TOLD_BY.get(part, part) for part in lacking)


def _on_oxygen(now: Moment) -> Truth:
    """True under a device that gives oxygen, or while any is recorded as running, whatever it is for."""
    running = next((act for act in now.acts.running if act.kind == "oxygen"), None)
    if running is not None:
        now.parts.append(("oxygen", Reading(running.key, running.at, running.detail or running.kind)))
        return True
    device = now.word("oxygen_device")
    return None if device is None else device != "room_air"


SCALES: Mapping[str, Scale] = {"news2": news2, "news2_single_parameter_3": news2_single_parameter_3}
