"""What every kind of condition offers, and how the common parts of one are read.

The kinds themselves stand by their nouns in other modules; `conditions` names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Protocol

from monitoring.core.document import Node
from monitoring.core.moment import Judge

LONGEST_LOOK_BACK = timedelta(days=3)

Thresholds = Mapping[str, Decimal]
Parse = Callable[[Node], "Condition"]


class Condition(Protocol):
    """A statement about a moment that is true, false or unknown."""

    @property
    def id(self) -> str:
        """The name by which evidence, sentences and overrides know it; may be empty."""

    @property
    def says(self) -> Mapping[str, str]:
        """What it says to people when it is true, by language."""

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions inside it."""

    @property
    def look_back(self) -> timedelta:
        """How far back the events lie that can still change its answer."""

    def judge(self, place: str) -> Judge:
        """The closure that judges it; `place` is where it stands in its rule."""

    def with_thresholds(self, values: Thresholds) -> Condition:
        """This condition with some named thresholds replaced."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition that looks at one thing and has no parts."""

    parts: ClassVar[tuple[Condition, ...]] = ()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and all that is inside it."""
    yield condition
    for part in condition.parts:
        yield from walk(part)


NAMING = ("id", "says")
"""The fields that any condition may have."""

PLACES = ("value", "threshold")
"""What a condition's sentence may name in braces."""


def naming(parts: Mapping[str, Node]) -> tuple[str, Mapping[str, str]]:
    """A condition's id and sentences, empty where the document gives none."""
    name = parts["id"].name() if "id" in parts else ""
    return name, parts["says"].texts(places=PLACES) if "says" in parts else {}


def duration(node: Node) -> timedelta:
    """This many minutes, no more than the longest look-back that a state is kept for."""
    return node.minutes(at_most=int(LONGEST_LOOK_BACK.total_seconds()) // 60)
