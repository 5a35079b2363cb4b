"""CTCAE's terms about reactions to the infusion and to the cells, in both versions.

Source: NCI workbook of CTCAE v6.0, sheets "Clean Copy" and "v5.0 to v6.0 Mapping" [V].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitoring.core.grading.ctcae.criteria import Aside, any_one, number
from monitoring.core.grading.ctcae.inputs import Ladder
from monitoring.core.grading.ctcae.term import Soc, Term, Version, begins, both

REACTION = Ladder("course", ("absent", "mild_transient", "prompt_response", "prolonged_or_recurrent"))


def _infusion_related_reaction() -> Iterator[Term]:
    yield from both(
        Term(
            id="infusion_related_reaction",
            version=Version.V5,
            title="Infusion related reaction",
            soc=Soc.INJURY,
            llt=10051792,
            grades={
                1: "mild and passing; the infusion goes on and nothing is given for it",
                2: "treated or interrupted, and answers promptly; preventive medicine for up to 24 h",
                3: "lasts although treated, or comes back after it got better, or hospital is indicated",
                4: "life is in danger, urgent intervention indicated",
                5: "death",
            },
            begins=begins(
                {
                    1: REACTION.reaches("mild_transient"),
                    2: REACTION.reaches("prompt_response"),
                    3: any_one(
                        REACTION.reaches("prolonged_or_recurrent"), Aside("hospitalization_indicated")
                    ),
                    4: Aside("life_threatening"),
                }
            ),
            choices=REACTION.choice,
            note="An allergic reaction is not reported beside it.",
        )
    )


PRESSURE = Ladder("hypotension", ("none", "no_vasopressor", "one_vasopressor", "multiple_vasopressors"))
OXYGEN = Ladder("oxygen", ("none", "low_flow", "high_flow", "positive_pressure"))


def _cytokine_release_syndrome() -> Iterator[Term]:
    """The oxygen arm is a concentration in v5.0 and a device in v6.0."""
    fever = number("temperature_c", ">=", "38.0")
    term = Term(
        id="cytokine_release_syndrome",
        version=Version.V5,
        title="Cytokine release syndrome",
        soc=Soc.IMMUNE,
        llt=10052015,
        grades={
            1: "fever, with or without general symptoms",
            2: "low pressure that answers to fluids; or hypoxia that answers to less than 40 % oxygen",
            3: "low pressure held by one vasopressor; or hypoxia that needs 40 % oxygen or more",
            4: "life is in danger, urgent intervention indicated",
            5: "death",
        },
        begins=begins(
            {
                1: fever,
                2: any_one(PRESSURE.reaches("no_vasopressor"), number("fio2_percent", ">", "21")),
                3: any_one(PRESSURE.reaches("one_vasopressor"), number("fio2_percent", ">=", "40")),
                4: Aside("life_threatening", asked_when=PRESSURE.reaches("multiple_vasopressors")),
            }
        ),
        choices=PRESSURE.choice,
        note=(
            "This is CTCAE's own grade, which differs from ASTCT's. `fio2_percent` is the oxygen given for"
            " hypoxia; 21 is room air. More than one vasopressor has no place in the table: at least grade 3,"
            " and 4 where life is in danger [I]."
        ),
    )
    yield term
    yield replace(
        term,
        version=Version.V6,
        grades={
            **term.grades,
            2: "low pressure that answers to fluids; or hypoxia on low-flow oxygen",
            3: "low pressure held by one vasopressor; or hypoxia on high-flow oxygen or a mask",
        },
        begins=begins(
            {
                1: fever,
                2: any_one(PRESSURE.reaches("no_vasopressor"), OXYGEN.reaches("low_flow")),
                3: any_one(PRESSURE.reaches("one_vasopressor"), OXYGEN.reaches("high_flow")),
                4: Aside(
                    "life_threatening",
                    asked_when=any_one(
                        PRESSURE.reaches("multiple_vasopressors"), OXYGEN.reaches("positive_pressure")
                    ),
                ),
            }
        ),
        choices={**PRESSURE.choice, **OXYGEN.choice},
        note=(
            "This is CTCAE's own grade, which differs from ASTCT's. More than one vasopressor and positive"
            " pressure: at least grade 3, and 4 where life is in danger [I]."
        ),
    )


def _icans() -> Iterator[Term]:
    """New in v6.0: the ICE score alone, and danger to life."""
    yield Term(
        id="icans",
        version=Version.V6,
        title="Immune effector cell-associated neurotoxicity syndrome",
        soc=Soc.NERVOUS,
        llt=10083347,
        grades={
            1: "ICE 7 to 9",
            2: "ICE 3 to 6",
            3: "ICE 0 to 2",
            4: "life is in danger, urgent intervention indicated",
            5: "death",
        },
        begins=begins(
            {
                1: number("ice", "<=", "9"),
                2: number("ice", "<=", "6"),
                3: number("ice", "<=", "2"),
                4: Aside("life_threatening"),
            }
        ),
        choices={},
        note="ASTCT's ICANS also asks for consciousness, seizures, weakness and oedema.",
    )


CHILLS = Ladder("severity", ("absent", "mild", "moderate", "severe"))


def _chills() -> Iterator[Term]:
    yield from both(
        Term(
            id="chills",
            version=Version.V5,
            title="Chills",
            soc=Soc.GENERAL,
            llt=10008531,
            grades={
                1: "a mild feeling of cold, shivering, chattering teeth",
                2: "the whole body trembles moderately; an opioid is indicated",
                3: "severe or prolonged, and an opioid does not help",
            },
            begins=begins(
                {
                    1: CHILLS.reaches("mild"),
                    2: any_one(CHILLS.reaches("moderate"), Aside("narcotics_indicated")),
                    3: any_one(CHILLS.reaches("severe"), Aside("no_response_to_narcotics")),
                }
            ),
            choices=CHILLS.choice,
        )
    )


TERMS: tuple[Term, ...] = (
    *_chills(),
    *_infusion_related_reaction(),
    *_cytokine_release_syndrome(),
    *_icans(),
)
"""The terms about reactions."""
