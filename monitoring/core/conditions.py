"""The kinds of condition by the names that a rule set calls them.

To add a kind, write one class beside its like (`leaves`, `happenings`, `combinations`, `lasting`) and name it
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition, Parse
from monitoring.core.document import Node
from monitoring.core.grades import Grade, Missing
from monitoring.core.happenings import Absence, Happened, Overdue
from monitoring.core.lasting import Seen, Still, Sustained
from monitoring.core.leaves import Change, Compare

DEPTH_LIMIT = 8

KINDS: Mapping[str, Callable[[Node, Parse], Condition]] = {
    "compare": Compare.parsed,
    "change": Change.parsed,
    "event": Happened.parsed,
    "grade": Grade.parsed,
    "missing": Missing.parsed,
    "absence": Absence.parsed,
    "overdue": Overdue.parsed,
    "sustained": Sustained.parsed,
    "seen": Seen.parsed,
    "still": Still.parsed,
    "all": AllOf.parsed,
    "any": AnyOf.parsed,
    "not": Not.parsed,
    "unless": Unless.parsed,
}


def parse(node: Node, depth: int = 1) -> Condition:
    """The condition that a document describes: an object with one member, named for its kind.

    Raises: RuleSetError naming the place.
    """
    members = list(node.members())
    if len(members) != 1 or members[0][0] not in KINDS:
        raise node.fault(f"must hold exactly one of {', '.join(KINDS)}")
    if depth > DEPTH_LIMIT:
        raise node.fault(f"conditions are nested more than {DEPTH_LIMIT} deep")
    kind, inner = members[0]
    return KINDS[kind](inner, lambda part: parse(part, depth + 1))
