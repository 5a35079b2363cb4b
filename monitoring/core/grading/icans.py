"""ICE and the grade of neurotoxicity (ICANS) after ASTCT 2019: five domains, and the worst of them counts.

ICE is for patients of 12 years and older; below that CAPD takes its place, which is not here. Sedation,
tremor, myoclonus and intracranial haemorrhage are not graded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from monitoring.core.grading.answer import Contradiction, Graded, Reason, Span, range_of

Word = TypeVar("Word")

SOURCE = (
    "ASTCT consensus grading of ICANS: Lee et al., Biol Blood Marrow Transplant 2019;25:625-638, "
    "doi 10.1016/j.bbmt.2018.12.758"
)
DEATH = 5

ICE_ITEMS: Mapping[str, int] = {"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}
"""The points that each item of ICE can give."""

ICE_MOST = sum(ICE_ITEMS.values())

ICE_STEPS: tuple[tuple[int, int], ...] = ((10, 0), (7, 1), (3, 2), (0, 3))
"""The least ICE of each grade. 0 of a patient who cannot be roused is grade 4, by consciousness."""

CONSCIOUSNESS: Mapping[str, int] = {"spontaneous": 0, "voice": 2, "tactile": 3, "unarousable": 4}
"""What wakes the patient. Waking spontaneously goes with grade 1 but does not make it: awake, ICE 10 is 0."""

SEIZURE: Mapping[str, int] = {"none": 0, "resolves_rapidly": 3, "prolonged_or_repetitive": 4}
"""Longer than 5 minutes, or repeated without return to the baseline in between, is grade 4."""

WEAKNESS: Mapping[bool, int] = {False: 0, True: 4}
"""Deep focal motor weakness: hemiparesis or paraparesis."""

CEREBRAL_EDEMA: Mapping[str, int] = {"none": 0, "focal": 3, "diffuse_or_herniation_signs": 4}
"""Focal oedema on imaging; diffuse oedema, posturing, palsy of nerve VI, papilloedema or Cushing's triad."""


def ice_score(ice: int | None = None, items: Mapping[str, int | None] | None = None) -> Span:
    """The lowest and the highest ICE that the total or its items allow.

    Raises: Contradiction where the total cannot be what the items add up to.
    """
    known = {name: points for name, points in (items or {}).items() if points is not None}
    least = sum(known.values())
    most = least + sum(points for name, points in ICE_ITEMS.items() if name not in known)
    if ice is None:
        return least, most
    if not least <= ice <= most:
        raise Contradiction("ice", "its items")
    return ice, ice


def grade_icans(
    *,
    ice: int | None = None,
    items: Mapping[str, int | None] | None = None,
    consciousness: str | None = None,
    seizure: str | None = None,
    deep_focal_motor_weakness: bool | None = None,
    cerebral_edema: str | None = None,
    death: bool = False,
) -> Graded:
    """The grade, 0 where no domain shows anything. None is a domain that was not examined.

    Raises: Contradiction; KeyError naming a word that is not in the tables.
    """
    least, most = ice_score(ice, items)
    if death:
        return Graded(DEATH, DEATH, (), (Reason("icans_death"),), SOURCE)
    domains: dict[str, Span] = {
        "ice": (_grade_of_ice(most), _grade_of_ice(least)),
        "consciousness": _span(CONSCIOUSNESS, consciousness),
        "seizure": _span(SEIZURE, seizure),
        "deep_focal_motor_weakness": _span(WEAKNESS, deep_focal_motor_weakness),
        "cerebral_edema": _span(CEREBRAL_EDEMA, cerebral_edema),
    }
    lowest, highest, narrowing = range_of(lambda *grades: max(grades), domains)
    missing = [name for domain in narrowing for name in _inputs(domain, items)]
    said = {
        "consciousness": consciousness,
        "seizure": seizure,
        "deep_focal_motor_weakness": deep_focal_motor_weakness,
        "cerebral_edema": cerebral_edema,
    }
    reasons = [Reason("ice", {"ice": Decimal(least)})] if least == most and least < ICE_MOST else []
    reasons += [
        Reason(name if isinstance(word, bool) else f"{name}_{word}")
        for name, word in said.items()
        if word is not None and domains[name][0] > 0
    ]
    if highest == 0:
        reasons.append(Reason("no_neurotoxicity"))
    reasons += [Reason(f"{name}_missing") for name in missing]
    return Graded(lowest, highest, tuple(missing), tuple(reasons), SOURCE)


def _grade_of_ice(ice: int) -> int:
    """The grade of the ICE domain alone."""
    return next(grade for begins, grade in ICE_STEPS if ice >= begins)


def _span(table: Mapping[Word, int], word: Word | None) -> Span:
    """The grade of a word in its table, or all that the table has."""
    if word is None:
        return 0, max(table.values())
    return table[word], table[word]


def _inputs(domain: str, items: Mapping[str, int | None] | None) -> list[str]:
    """What to ask for: of ICE only those items that are lacking, where some were given."""
    given = items or {}
    lacking = [name for name in ICE_ITEMS if given.get(name) is None]
    return lacking if domain == "ice" and 0 < len(lacking) < len(ICE_ITEMS) else [domain]
