"""What holds on the flowsheet until it changes: the oxygen that was given, the grade of a syndrome, and for
how long a reading holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from monitoring.charts.runs import LongestGap
from monitoring.charts.sheet import Panel, Step
from monitoring.core.episodes import Episode
from monitoring.views.latest import oxygen_text
from monitoring.views.story import CRS, Story, Told, set_of
from tracker.models import OxygenDevice

#: With no schedule to say otherwise, readings further apart than this are not joined.
USUAL_GAP = timedelta(minutes=30)
#: Oxygen that has no flow, or whose flow says little: as high as the strip goes.
MUCH_OXYGEN = {
    OxygenDevice.HIGH_FLOW,
    OxygenDevice.CPAP,
    OxygenDevice.BIPAP,
    OxygenDevice.VENTILATOR,
    OxygenDevice.NON_REBREATHER,
}


def gap_by_schedule(dues: Sequence[datetime]) -> LongestGap:
    """Twice the distance between the due times around a moment; a line never spans more."""

    def longest(at: datetime) -> timedelta:
        if len(dues) < 2:
            return USUAL_GAP
        next_due = min(bisect_right(dues, at), len(dues) - 2)
        return max(2 * (dues[next_due + 1] - dues[next_due]), USUAL_GAP)

    return longest


def oxygen(story: Story, longest_gap: LongestGap) -> Iterator[Step]:
    """What oxygen the sets say the patient had. A set that does not say leaves it; where sets stop, so does
    what is known.
    """
    before: Told | None = None
    said = ""
    for row in story.sets:
        if before is not None and said and row.measured_at - before.measured_at > USUAL_GAP:
            known_until = before.measured_at + longest_gap(before.measured_at)
            if row.measured_at > known_until:
                yield Step(before.measured_at, None)
                said = ""
        before = row
        if not row.oxygen_device:
            continue
        now_said = f"{row.oxygen_device} {row.oxygen_flow_l_min} {row.fio2_percent}"
        if now_said != said:
            said = now_said
            yield Step(row.measured_at, _level(row), oxygen_text(set_of(row)))
    if before is not None and said:
        yield Step(before.measured_at + longest_gap(before.measured_at), None)


def _level(row: Told) -> Decimal:
    if row.oxygen_device == OxygenDevice.ROOM_AIR:
        return Decimal(0)
    if row.oxygen_device in MUCH_OXYGEN:
        return Decimal(15)
    return row.oxygen_flow_l_min if row.oxygen_flow_l_min is not None else Decimal(5)


def syndrome(story: Story) -> Iterator[Panel]:
    """The grade of the cytokine release syndrome as the watch has it: nothing before the watch has looked."""
    begin, end = story.infusion.started_at, story.judged_to
    if begin is None or end is None:
        return
    steps = list(_grades(story.syndromes, begin))
    last = steps[-1].text or "0"
    steps.append(Step(max(end, steps[-1].at), None))
    highest = max((step for step in steps if step.level is not None), key=lambda step: step.level or 0)
    yield Panel(
        key="crs",
        title=_("CRS"),
        name=_("Grade of cytokine release syndrome, proposed"),
        unit="ASTCT",
        low=Decimal(0),
        high=Decimal(4),
        height=56,
        steps=tuple(steps),
        summary=_("highest %(highest)s, now %(now)s") % {"highest": highest.text or "0", "now": last},
        last=last,
        last_at=_("proposed"),
    )


def _grades(episodes: Sequence[Episode], begin: datetime) -> Iterator[Step]:
    """The grade from moment to moment. The rules raise a syndrome at grade 2; a fever alone is grade 1."""
    graded = [one for one in episodes if one.problem == CRS]
    fevers = [one for one in episodes if one.problem != CRS]
    moments = {
        begin,
        *(one.raised_at for one in fevers),
        *(at for one in graded for at, _low, _high in one.grades),
    }
    moments |= {one.cleared_at for one in episodes if one.cleared_at is not None}
    said: Step | None = None
    for at in sorted(moment for moment in moments if moment >= begin):
        known = [grade for one in graded if _lasts(one, at) for grade in one.grades if grade[0] <= at]
        step = Step(at, Decimal(0))
        if known:
            _at, low, high = known[-1]
            step = Step(at, Decimal(low), f"G{low}" if low == high else f"G{low}–{high}")
        elif any(_lasts(one, at) for one in fevers):
            step = Step(at, Decimal(1), _("G1 (fever)"))
        if said is None or (step.level, step.text) != (said.level, said.text):
            yield step
        said = step


def _lasts(episode: Episode, at: datetime) -> bool:
    return episode.raised_at <= at and (episode.cleared_at is None or at < episode.cleared_at)
