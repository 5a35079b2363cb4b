"""The terms of each version by their names, and what took the place of those that a version dropped."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.core.grading.ctcae import counts, reactions, symptoms, vital_signs
from monitoring.core.grading.ctcae.term import NotInThisVersion, Term, UnknownTerm, UnknownVersion, Version

_TERMS = (*counts.TERMS, *reactions.TERMS, *symptoms.TERMS, *vital_signs.TERMS)
BOOK: Mapping[Version, Mapping[str, Term]] = {
    version: {
        term.id: term for term in sorted(_TERMS, key=lambda term: term.title) if term.version is version
    }
    for version in Version
}
"""Every term by version and name."""

SUCCESSORS: Mapping[str, str] = {
    "lymphocyte_count_decreased": "lymphopenia",
    "platelet_count_decreased": "thrombocytopenia",
}
"""Terms of v5.0 that v6.0 has deleted, each with the term in its place. Source: sheet "Mapping" [V]."""

_PREDECESSORS = {new: old for old, new in SUCCESSORS.items()}


def read_version(version: str) -> Version:
    """The version of that name.

    Raises: UnknownVersion.
    """
    try:
        return Version(version)
    except ValueError:
        raise UnknownVersion(version) from None


def terms(version: str) -> tuple[Term, ...]:
    """Every term of a version, by title.

    Raises: UnknownVersion.
    """
    return tuple(BOOK[read_version(version)].values())


def term(version: str, id: str) -> Term:
    """One term as a version prints it.

    Raises: UnknownVersion, UnknownTerm, NotInThisVersion.
    """
    wanted = read_version(version)
    if id in BOOK[wanted]:
        return BOOK[wanted][id]
    if not any(id in others for others in BOOK.values()):
        raise UnknownTerm(id)
    raise NotInThisVersion(id, wanted, SUCCESSORS.get(id) or _PREDECESSORS.get(id))


def id_in(version: str, id: str) -> str | None:
    """The name under which a version grades what the term grades; None where it has no such term.

    Raises: UnknownVersion, UnknownTerm.
    """
    try:
        return term(version, id).id
    except NotInThisVersion as error:
        return error.instead
