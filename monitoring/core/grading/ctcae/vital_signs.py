"""CTCAE's terms about temperature, pressure, heart rate and oxygen, in both versions.

Vital signs alone can only suggest many of these: where CTCAE asks what was done about it, so does the term.
Source: NCI workbook of CTCAE v6.0, sheets "Clean Copy" and "v5.0 to v6.0 Mapping" [V].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from monitoring.core.grading.ctcae.amount import Amount
from monitoring.core.grading.ctcae.criteria import Aside, Asked, Under, any_one, every, number
from monitoring.core.grading.ctcae.inputs import Ladder
from monitoring.core.grading.ctcae.term import Follows, Soc, Term, Version, begins, both

DEATH = {5: "death"}
URGENT = {4: "life is in danger, urgent intervention indicated"}


def _fever() -> Iterator[Term]:
    """38.0 itself is grade 1, 39.0 still is, and 40.0 is still grade 2."""
    yield from both(
        Term(
            id="fever",
            version=Version.V5,
            title="Fever",
            soc=Soc.GENERAL,
            llt=10016558,
            grades={
                1: "38.0 to 39.0 °C",
                2: "above 39.0, up to 40.0 °C",
                3: "above 40.0 °C for up to 24 h",
                4: "above 40.0 °C for longer than 24 h",
                **DEATH,
            },
            begins=begins(
                {
                    1: number("temperature_c", ">=", "38.0"),
                    2: number("temperature_c", ">", "39.0"),
                    3: number("temperature_c", ">", "40.0"),
                    4: number("hours_above_40c", ">", "24"),
                }
            ),
            choices={},
            follows=(Follows("hours_above_40c", Amount(Decimal(0)), number("temperature_c", "<=", "40.0")),),
        )
    )


def _hypothermia() -> Iterator[Term]:
    """There is no grade 1. Each printed lower end belongs to the next grade: 32.0 °C is grade 3."""
    yield from both(
        Term(
            id="hypothermia",
            version=Version.V5,
            title="Hypothermia",
            soc=Soc.GENERAL,
            llt=10021113,
            grades={
                2: "35.0 °C, down to above 32.0",
                3: "32.0 °C, down to above 28.0",
                4: "28.0 °C or below; or life is in danger",
                **DEATH,
            },
            begins=begins(
                {
                    2: number("temperature_c", "<=", "35.0"),
                    3: number("temperature_c", "<=", "32.0"),
                    4: any_one(number("temperature_c", "<=", "28.0"), Aside("life_threatening")),
                }
            ),
            choices={},
        )
    )


HYPOTENSION = Ladder("intervention", ("absent", "not_indicated", "non_urgent", "hospital", "urgent"))


def _hypotension() -> Iterator[Term]:
    """No pressure is printed: the grade is what was done about it."""
    yield from both(
        Term(
            id="hypotension",
            version=Version.V5,
            title="Hypotension",
            soc=Soc.VASCULAR,
            llt=10021097,
            grades={
                1: "no symptoms, nothing done about it",
                2: "medical intervention indicated, not urgent",
                3: "medical intervention or hospital indicated",
                **URGENT,
                **DEATH,
            },
            begins=begins(
                {
                    1: HYPOTENSION.reaches("not_indicated"),
                    2: HYPOTENSION.reaches("non_urgent"),
                    3: any_one(HYPOTENSION.reaches("hospital"), Aside("hospitalization_indicated")),
                    4: any_one(HYPOTENSION.reaches("urgent"), Aside("life_threatening")),
                }
            ),
            choices=HYPOTENSION.choice,
            note="CTCAE prints no pressure for this term; a low pressure alone is no grade of it.",
        )
    )


def _hypertension() -> Iterator[Term]:
    """For adults. v6.0 has no grade 1, and asks whether it lasted for longer than one hour."""
    steps = {
        systolic: any_one(number("systolic_mmhg", ">=", systolic), number("diastolic_mmhg", ">=", diastolic))
        for systolic, diastolic in (("120", "80"), ("140", "90"), ("160", "100"), ("180", "110"))
    }
    more = any_one(
        Aside("recurrent_or_persistent_24h"), Aside("symptomatic_rise"), Aside("one_drug_indicated")
    )
    drugs, danger = Aside("more_intensive_therapy_indicated"), Aside("life_threatening")
    term = Term(
        id="hypertension",
        version=Version.V5,
        title="Hypertension",
        soc=Soc.VASCULAR,
        llt=10020772,
        grades={
            1: "systolic 120 to 139 or diastolic 80 to 89 mmHg",
            2: (
                "systolic 140 to 159 or diastolic 90 to 99 mmHg; or it recurs or lasts 24 h or longer; or it"
                " rises with symptoms; or one drug, or a change of the usual treatment, is indicated"
            ),
            3: "systolic 160 or diastolic 100 mmHg or more; or several drugs or a stronger one are indicated",
            4: "life is in danger (hypertensive crisis, neurological deficit), urgent intervention indicated",
            **DEATH,
        },
        begins=begins(
            {
                1: steps["120"],
                2: any_one(steps["140"], more),
                3: any_one(steps["160"], drugs),
                4: danger,
            }
        ),
        choices={},
        note="For adults.",
    )
    yield term
    lasting = Asked("persisting_over_1h")
    rise = any_one(
        number("systolic_rise_mmhg", ">", "20", aside=True), number("map_rise_mmhg", ">", "15", aside=True)
    )
    yield replace(
        term,
        version=Version.V6,
        grades={
            2: term.grades[2],
            3: (
                "systolic 160 to 179 or diastolic 100 to 109 mmHg for longer than 1 h; or systolic above 140"
                " with a rise of more than 20, or of the mean by more than 15 mmHg; or several drugs or a"
                " stronger one are indicated"
            ),
            4: "systolic 180 or diastolic 110 mmHg or more for longer than 1 h; or life is in danger",
            **DEATH,
        },
        begins=begins(
            {
                2: any_one(steps["140"], more),
                3: any_one(
                    every(steps["160"], lasting),
                    every(number("systolic_mmhg", ">", "140"), rise),
                    drugs,
                ),
                4: any_one(every(steps["180"], lasting), danger),
            }
        ),
        note="For adults. That drugs and danger to life raise the grade is carried over from v5.0 [I].",
    )


OXYGEN_NEED = Ladder("oxygen_need", ("none", "intermittent", "continuous"))


def _hypoxia() -> Iterator[Term]:
    """v5.0 begins at grade 2; v6.0 adds grade 1, below the site's own lower limit."""
    at_rest = any_one(number("spo2_percent", "<", "88"), number("pao2_mmhg", "<=", "55", aside=True))
    on_exercise = number("spo2_on_exercise_percent", "<", "88", aside=True)
    term = Term(
        id="hypoxia",
        version=Version.V5,
        title="Hypoxia",
        soc=Soc.RESPIRATORY,
        llt=10021143,
        grades={
            2: "SpO2 below 88 % on exercise; or oxygen is needed now and then",
            3: "SpO2 below 88 % at rest, or PaO2 55 mmHg or below",
            4: "the airway is in danger, urgent intervention indicated",
            **DEATH,
        },
        begins=begins(
            {
                2: any_one(at_rest, on_exercise, OXYGEN_NEED.reaches("intermittent")),
                3: at_rest,
                4: Aside("life_threatening"),
            }
        ),
        choices=OXYGEN_NEED.choice,
        note="`spo2_percent` is read as taken at rest.",
    )
    yield term
    yield replace(
        term,
        version=Version.V6,
        grades={
            1: "no symptoms, SpO2 below the site's own lower limit",
            **term.grades,
            3: "SpO2 below 88 % at rest, or PaO2 55 mmHg or below; or oxygen is needed all the time",
        },
        begins=begins(
            {
                1: any_one(
                    Under("spo2_percent", "lower_limit_percent"),
                    number("spo2_percent", "<", "88"),
                ),
                2: any_one(at_rest, on_exercise, OXYGEN_NEED.reaches("intermittent")),
                3: any_one(at_rest, OXYGEN_NEED.reaches("continuous")),
                4: Aside("life_threatening"),
            }
        ),
    )


TACHYCARDIA = Ladder("intervention", ("not_indicated", "non_urgent", "urgent"))


def _sinus_tachycardia() -> Iterator[Term]:
    """A rate above 100/min is some grade of it; which one, only symptoms and their treatment say."""
    fast = number("heart_rate_bpm", ">", "100")
    yield from both(
        Term(
            id="sinus_tachycardia",
            version=Version.V5,
            title="Sinus tachycardia",
            soc=Soc.CARDIAC,
            llt=10040752,
            grades={
                1: "above 100/min, no symptoms, nothing done about it",
                2: "above 100/min with symptoms, medical intervention indicated, not urgent",
                3: "above 100/min, urgent medical intervention indicated",
            },
            begins=begins(
                {
                    1: fast,
                    2: every(fast, TACHYCARDIA.reaches("non_urgent")),
                    3: every(fast, TACHYCARDIA.reaches("urgent")),
                }
            ),
            choices=TACHYCARDIA.choice,
        )
    )


TERMS: tuple[Term, ...] = (
    *_fever(),
    *_hypothermia(),
    *_hypotension(),
    *_hypertension(),
    *_hypoxia(),
    *_sinus_tachycardia(),
)
"""The terms about vital signs."""
