"""ICANS of a neurological examination, its parts carried where the rules allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitoring.core.events import Observation
from monitoring.core.grading.answer import Contradiction, Graded, Reason
from monitoring.core.grading.icans import ICE_ITEMS, grade_icans
from monitoring.core.moment import Moment, Scale
from monitoring.core.signals import EXAMINED

UNKNOWN = grade_icans()

RESTS_ON: Mapping[str, frozenset[str]] = {"icans": frozenset(EXAMINED)}
"""The signals without any of which the scale knows nothing."""

SIGNALS: Mapping[str, str] = {
    "consciousness": "arousal",
    **{item: f"ice_{item}" for item in ICE_ITEMS},
}
"""The signals of those inputs that have another name."""


def icans(now: Moment) -> Graded:
    """The grade, 0 to 4, of what was examined at this moment."""
    if now.observation is None or not _may_be_known(now.observation, now):
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


def _may_be_known(observation: Observation, now: Moment) -> bool:
    """True when some part was examined now or before: most sets have none to carry."""
    names = RESTS_ON["icans"]
    return not (names.isdisjoint(observation.values) and names.isdisjoint(now.latest))


def _points(now: Moment, signal: str) -> int | None:
    points = now.number(signal)
    return None if points is None else int(points)


SCALES: Mapping[str, Scale] = {"icans": icans}
