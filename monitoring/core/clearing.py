"""How a problem clears: by normal sets, by its stop, by a person's assessment, or by a set that comes.

Only what a rule says about it; what it does to an episode is in `episodes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from monitoring.core.condition import Condition, Parse
from monitoring.core.document import Node
from monitoring.core.happenings import Happened


@dataclass(frozen=True, slots=True)
class BySets:
    """A sign clears by some normal sets, each some time after the one before; at home by other numbers.

    While `masked_by` holds (an antipyretic in the last hours) a normal set shows nothing. Without a baseline
    a fall can never be judged: `absolute_without_baseline` says that sets which are normal by the absolute
    limits then do.
    """

    sets: int
    apart: timedelta
    sets_at_home: int
    apart_at_home: timedelta
    masked_by: Happened | None = None
    absolute_without_baseline: bool = False

    def needs(self, *, at_home: bool) -> tuple[int, timedelta]:
        """How many normal sets, and how far apart."""
        return (self.sets_at_home, self.apart_at_home) if at_home else (self.sets, self.apart)


@dataclass(frozen=True, slots=True)
class ByStop:
    """A symptom clears when nothing of its kind runs any more, or when a set says that it is over."""

    kinds: tuple[str, ...]
    or_when: Condition | None = None


@dataclass(frozen=True, slots=True)
class ByAssessment:
    """Only a person clears it, and only the evidence that they name."""


@dataclass(frozen=True, slots=True)
class ByComing:
    """What was overdue clears when it comes."""


Clearing = BySets | ByStop | ByAssessment | ByComing


def parse(node: Node, condition: Parse) -> Clearing:
    """How a rule clears: an object with one member, named for the way.

    Raises: RuleSetError naming the place.
    """
    members = list(node.members())
    if len(members) != 1 or members[0][0] not in WAYS:
        raise node.fault(f"must hold exactly one of {', '.join(WAYS)}")
    way, inner = members[0]
    return WAYS[way](inner, condition)


def _by_sets(node: Node, condition: Parse) -> Clearing:
    parts = node.fields(
        required=("normal", "apart_minutes", "normal_at_home", "apart_minutes_at_home"),
        optional=("masked_by", "absolute_without_baseline"),
    )
    masked_by = condition(parts["masked_by"]) if "masked_by" in parts else None
    if masked_by is not None and not isinstance(masked_by, Happened):
        raise parts["masked_by"].fault("must be an event")
    return BySets(
        parts["normal"].whole(at_least=1, at_most=10),
        parts["apart_minutes"].minutes(at_most=24 * 60),
        parts["normal_at_home"].whole(at_least=1, at_most=10),
        parts["apart_minutes_at_home"].minutes(at_most=24 * 60),
        masked_by,
        parts["absolute_without_baseline"].truth() if "absolute_without_baseline" in parts else False,
    )


def _by_stop(node: Node, condition: Parse) -> Clearing:
    parts = node.fields(required=("kinds",), optional=("or_when",))
    return ByStop(parts["kinds"].words(), condition(parts["or_when"]) if "or_when" in parts else None)


def _by_assessment(node: Node, condition: Parse) -> Clearing:
    node.fields()
    return ByAssessment()


def _by_coming(node: Node, condition: Parse) -> Clearing:
    node.fields()
    return ByComing()


WAYS: Mapping[str, Callable[[Node, Parse], Clearing]] = {
    "sets": _by_sets,
    "stop": _by_stop,
    "assessment": _by_assessment,
    "coming": _by_coming,
}
