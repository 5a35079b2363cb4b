"""What an observation schedule asks for: data of a rule set, the same for every infusion that it watches.

No due times here; `schedule` counts those on the clock of one infusion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from monitoring.core import signals
from monitoring.core.document import Node

BASELINE = "baseline"
VITAL_SIGNS = "vital_signs"
TEMPERATURE = "temperature"
WITHOUT_TEMPERATURE = "vital_signs_without_temperature"
"""What is taken, never what is asked for: a set in which the temperature was left out."""

ANSWERED_BY = {
    VITAL_SIGNS: (VITAL_SIGNS, WITHOUT_TEMPERATURE),
    TEMPERATURE: (VITAL_SIGNS, TEMPERATURE),
}
"""A set is also a temperature where it holds one; a temperature is no set."""

WARD = "ward"
HOME = "home"

STRETCHES_LIMIT = 20
DAY_MINUTES = 24 * 60
WATCH_MINUTES_LIMIT = 72 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What is due how often, and how long a due observation may take to come."""

    what: str
    every: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of a schedule.

    `until` counts from the end of the infusion; None is "while it runs", and afterwards "to the end of the
    watch". `where` is "" for anywhere.
    """

    asked: Asked
    until: timedelta | None = None
    where: str = ""

    def holds_at(self, place: str) -> bool:
        """True where it is asked for."""
        return self.where in ("", place)


@dataclass(frozen=True, slots=True)
class Tightening:
    """What is asked for, if less would be asked otherwise, from a high finding on.

    So it is from any finding of some `problems` on, until so many complete sets in a row were normal.
    `complete` says by place which signals a set must hold to count.
    """

    problems: frozenset[str]
    until_normal_sets: int
    asked: Mapping[str, Asked]
    complete: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """The baseline: so many sets, taken within some time before the start."""

    readings: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Template:
    """An observation schedule."""

    while_running: Stretch
    afterwards: tuple[Stretch, ...]
    tightened: Tightening | None = None
    baseline: BeforeStart | None = None

    def sets_every(self, place: str, since_the_end: timedelta | None) -> timedelta | None:
        """How often a set of vital signs is due there, this long after the infusion (None: while it runs).

        None where none is due, as at home.
        """
        stretches = [self.while_running] if since_the_end is None else self.after_the_end(place)
        for stretch in stretches:
            if since_the_end is None or stretch.until is None or since_the_end < stretch.until:
                return stretch.asked.every if stretch.asked.what == VITAL_SIGNS else None
        return None

    def after_the_end(self, place: str) -> Iterator[Stretch]:
        """The stretches after the infusion, for one who is there all the time; the last has no end."""
        return (stretch for stretch in self.afterwards if stretch.holds_at(place))


def parse_template(node: Node) -> Template:
    """The schedule that a document describes.

    Raises: RuleSetError naming the place. Nobody who is watched may be without a next due observation, so the
    last stretch of each place lasts to the end of the watch, however long that is.
    """
    parts = node.fields(required=("while_running", "afterwards"), optional=("tightened", "baseline"))
    stretches = [_afterwards(item) for item in parts["afterwards"].items(at_least=1, at_most=STRETCHES_LIMIT)]
    for place in (WARD, HOME):
        _check_ends(parts["afterwards"], [each.until for each in stretches if each.holds_at(place)], place)
    return Template(
        Stretch(_asked(parts["while_running"].fields(required=ASKED))),
        tuple(stretches),
        _tightening(parts["tightened"]) if "tightened" in parts else None,
        _before_start(parts["baseline"]) if "baseline" in parts else None,
    )


ASKED = ("what", "every_minutes", "grace_minutes")


def _asked(parts: Mapping[str, Node]) -> Asked:
    return Asked(
        parts["what"].text(among=(VITAL_SIGNS, TEMPERATURE)),
        parts["every_minutes"].minutes(at_most=DAY_MINUTES),
        parts["grace_minutes"].minutes(at_most=DAY_MINUTES),
    )


def _afterwards(node: Node) -> Stretch:
    parts = node.fields(required=ASKED, optional=("until_minutes", "where"))
    return Stretch(
        _asked(parts),
        parts["until_minutes"].minutes(at_most=WATCH_MINUTES_LIMIT) if "until_minutes" in parts else None,
        parts["where"].text(among=(WARD, HOME)) if "where" in parts else "",
    )


def _check_ends(node: Node, ends: Sequence[timedelta | None], place: str) -> None:
    """Refuses a schedule with a hole at its end, or with a stretch that another one hides."""
    if not ends or ends[-1] is not None:
        raise node.fault(f"the last stretch ({place}) must last to the end of the watch: no until_minutes")
    known = [end for end in ends[:-1] if end is not None]
    if len(known) < len(ends) - 1:
        raise node.fault(f"only the last stretch ({place}) may last to the end of the watch")
    if any(later <= earlier for earlier, later in pairwise(known)):
        raise node.fault(f"until_minutes must rise from stretch to stretch ({place})")


def _tightening(node: Node) -> Tightening:
    parts = node.fields(required=("until_normal_sets", WARD, HOME), optional=("problems",))
    asked, complete = {}, {}
    for place in (WARD, HOME):
        inner = parts[place].fields(required=(*ASKED, "complete"))
        asked[place] = _asked(inner)
        complete[place] = inner["complete"].words(among=signals.RAW)
    return Tightening(
        frozenset(parts["problems"].words()) if "problems" in parts else frozenset(),
        parts["until_normal_sets"].whole(at_least=1, at_most=10),
        asked,
        complete,
    )


def _before_start(node: Node) -> BeforeStart:
    parts = node.fields(required=("readings", "within_minutes"))
    return BeforeStart(
        parts["readings"].whole(at_least=1, at_most=10), parts["within_minutes"].minutes(at_most=60)
    )
