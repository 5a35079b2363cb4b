"""ICANS of a neurological examination, its parts carried where the rules allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitoring.core.grading.answer import Contradiction, Graded, Reason
from monitoring.core.grading.icans import ICE_ITEMS, grade_icans
from monitoring.core.moment import Moment, Scale
from monitoring.core.signals import EXAMINED

UNKNOWN = grade_icans()

SIGNALS: Mapping[str, str] = {
    "consciousness": "arousal",
    **{item: f"ice_{item}" for item in ICE_ITEMS},
}
"""The signals of those inputs that have another name."""


def icans(now: Moment) -> Graded:
    """The grade, 0 to 4, of what was examined at this moment."""
    if now.observation is None or not _is_known(now):
        return UNKNOWN
    ice = _points(now, "ice")
    items = None if ice is not None else {item: _points(now, f"ice_{item}") for item in ICE_ITEMS}
    weakness = now.part("deep_focal_motor_weakness")
    try:
        graded = grade_icans(
            ice=ice,
            items=items,
            consciousness=now.word("arousal"),
            seizure=now.word("seizure"),
            deep_focal_motor_weakness=None if weakness is None else bool(weakness.value),
            cerebral_edema=now.word("cerebral_edema"),
        )
    except Contradiction as error:
        return replace(UNKNOWN, reasons=(Reason("contradiction", {"says": str(error)}),))
    return replace(graded, missing=tuple(SIGNALS.get(name, name) for name in graded.missing))


def _is_known(now: Moment) -> bool:
    """True when some part was examined now, or may be carried."""
    assert now.observation is not None
    return not EXAMINED.keys().isdisjoint(now.observation.values) or any(
        name in now.carry and name in now.latest for name in EXAMINED
    )


def _points(now: Moment, signal: str) -> int | None:
    points = now.number(signal)
    return None if points is None else int(points)


SCALES: Mapping[str, Scale] = {"icans": icans}
