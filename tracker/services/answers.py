"""What a service answers, and what it wants to know of the door that asks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from accounts.models import ClientKind
from accounts.permissions import Actor
from tracker.models import Observed

Kind = TypeVar("Kind", bound=Observed)


class Door(StrEnum):
    """Who stands at the door: a person is asked, a machine never loses a set for one bad part."""

    FORM = "form"
    MACHINE = "machine"


_ASKED = frozenset({ClientKind.BEDSIDE, ClientKind.DIARY})


def door_of(actor: Actor) -> Door:
    """The door that the actor's client is: people at the bedside and at home can be asked."""
    return Door.FORM if actor.client.kind in _ASKED else Door.MACHINE


@dataclass(frozen=True)
class Warning:
    """Something the sender should know of what was stored."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class Recorded(Generic[Kind]):
    """What became of an observation: the row that stands for it, new or already there."""

    row: Kind
    created: bool
    warnings: tuple[Warning, ...] = ()
    #: The infusions whose record changed, ascending.
    infusion_ids: tuple[int, ...] = ()
    #: False when no watch window holds the moment.
    watched: bool = True
