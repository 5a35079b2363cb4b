"""CTCAE's terms about symptoms, in both versions: a person says how bad it is, and no number can.

Source: NCI workbook of CTCAE v6.0, sheets "Clean Copy" and "v5.0 to v6.0 Mapping" [V]; the grades of malaise
and dizziness [K].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitoring.core.grading.ctcae.criteria import Aside, Asked, any_one, every, number
from monitoring.core.grading.ctcae.inputs import Ladder
from monitoring.core.grading.ctcae.term import Begin, Soc, Term, Version, begins, both

SEVERITY = Ladder("severity", ("absent", "mild", "moderate", "severe"))
INSTRUMENTAL = "limits what one does to run a household (shopping, cooking, the telephone)"
SELF_CARE = "limits caring for oneself (washing, dressing, eating)"


def _by_severity(id: str, title: str, soc: Soc, llt: int, mild: str) -> Iterator[Term]:
    """A symptom of three grades: mild, moderate, severe."""
    yield from both(
        Term(
            id=id,
            version=Version.V5,
            title=title,
            soc=soc,
            llt=llt,
            grades={1: mild, 2: f"moderate; {INSTRUMENTAL}", 3: f"severe; {SELF_CARE}"},
            begins=begins(
                {
                    1: SEVERITY.reaches("mild"),
                    2: SEVERITY.reaches("moderate"),
                    3: SEVERITY.reaches("severe"),
                }
            ),
            choices=SEVERITY.choice,
        )
    )


def _if_present(id: str, title: str, llt: int, grade: int, text: str) -> Iterator[Term]:
    """A symptom of the nervous system that has one grade: it is there or not."""
    yield from both(
        Term(
            id=id,
            version=Version.V5,
            title=title,
            soc=Soc.NERVOUS,
            llt=llt,
            grades={grade: text},
            begins=(Begin(grade, Asked("present")),),
            choices={},
        )
    )


FATIGUE = Ladder("limits", ("absent", "relieved_by_rest", "instrumental_adl", "self_care_adl"))


def _fatigue() -> Iterator[Term]:
    yield from both(
        Term(
            id="fatigue",
            version=Version.V5,
            title="Fatigue",
            soc=Soc.GENERAL,
            llt=10016256,
            grades={
                1: "rest relieves it",
                2: f"rest does not relieve it; {INSTRUMENTAL}",
                3: f"rest does not relieve it; {SELF_CARE}",
            },
            begins=begins(
                {
                    1: FATIGUE.reaches("relieved_by_rest"),
                    2: FATIGUE.reaches("instrumental_adl"),
                    3: FATIGUE.reaches("self_care_adl"),
                }
            ),
            choices=FATIGUE.choice,
        )
    )


INTAKE = Ladder("intake", ("absent", "less_appetite", "eats_less", "inadequate"))


def _nausea() -> Iterator[Term]:
    term = Term(
        id="nausea",
        version=Version.V5,
        title="Nausea",
        soc=Soc.GASTROINTESTINAL,
        llt=10028813,
        grades={
            1: "less appetite, eats as usual",
            2: "eats and drinks less, without losing much weight or fluid",
            3: "food or fluid is not enough; tube feeding, nutrition by vein or hospital indicated",
        },
        begins=begins(
            {
                1: INTAKE.reaches("less_appetite"),
                2: INTAKE.reaches("eats_less"),
                3: any_one(INTAKE.reaches("inadequate"), Aside("hospitalization_indicated")),
            }
        ),
        choices=INTAKE.choice,
    )
    yield term
    yield replace(
        term,
        version=Version.V6,
        grades={**term.grades, 2: f"{term.grades[2]}; or something by vein is indicated"},
        begins=begins(
            {
                1: INTAKE.reaches("less_appetite"),
                2: any_one(INTAKE.reaches("eats_less"), Aside("iv_intervention_indicated")),
                3: any_one(INTAKE.reaches("inadequate"), Aside("hospitalization_indicated")),
            }
        ),
    )


VOMITING = Ladder("intervention", ("absent", "not_indicated", "outpatient", "hospital", "urgent"))


def _vomiting() -> Iterator[Term]:
    yield from both(
        Term(
            id="vomiting",
            version=Version.V5,
            title="Vomiting",
            soc=Soc.GASTROINTESTINAL,
            llt=10047700,
            grades={
                1: "nothing is indicated",
                2: "fluid by vein without a stay, or another medical intervention, is indicated",
                3: "tube feeding, nutrition by vein or hospital indicated",
                4: "life is in danger",
                5: "death",
            },
            begins=begins(
                {
                    1: VOMITING.reaches("not_indicated"),
                    2: VOMITING.reaches("outpatient"),
                    3: any_one(VOMITING.reaches("hospital"), Aside("hospitalization_indicated")),
                    4: any_one(VOMITING.reaches("urgent"), Aside("life_threatening")),
                }
            ),
            choices=VOMITING.choice,
        )
    )


EXERTION = Ladder("exertion", ("absent", "moderate", "minimal", "at_rest"))


def _dyspnea() -> Iterator[Term]:
    yield from both(
        Term(
            id="dyspnea",
            version=Version.V5,
            title="Dyspnea",
            soc=Soc.RESPIRATORY,
            llt=10013963,
            grades={
                1: "short of breath on moderate exertion",
                2: f"short of breath on minimal exertion; {INSTRUMENTAL}",
                3: f"short of breath at rest; {SELF_CARE}",
                4: "life is in danger, urgent intervention indicated",
                5: "death",
            },
            begins=begins(
                {
                    1: EXERTION.reaches("moderate"),
                    2: EXERTION.reaches("minimal"),
                    3: EXERTION.reaches("at_rest"),
                    4: Aside("life_threatening"),
                }
            ),
            choices=EXERTION.choice,
        )
    )


RASH = Ladder("symptoms", ("none", "mild", "moderate", "severe"))


def _rash() -> Iterator[Term]:
    """v5.0 grades by the skin that is covered, v6.0 by what it does to the patient."""
    term = Term(
        id="rash_maculo_papular",
        version=Version.V5,
        title="Rash maculo-papular",
        soc=Soc.SKIN,
        llt=10037868,
        grades={
            1: "less than 10 % of the body's surface",
            2: "10 to 30 % of the surface; or more, with at most mild symptoms",
            3: "more than 30 % of the surface, with moderate or severe symptoms",
        },
        begins=begins(
            {
                1: number("bsa_percent", ">", "0"),
                2: number("bsa_percent", ">=", "10"),
                3: every(number("bsa_percent", ">", "30"), RASH.reaches("moderate")),
            }
        ),
        choices=RASH.choice,
    )
    yield term
    yield replace(
        term,
        version=Version.V6,
        grades={
            1: "there, without symptoms",
            2: "mild symptoms",
            3: "more than 50 % of the surface; or moderate or severe symptoms",
            4: "life is in danger, urgent intervention indicated",
            5: "death",
        },
        begins=begins(
            {
                1: any_one(number("bsa_percent", ">", "0"), RASH.reaches("mild")),
                2: RASH.reaches("mild"),
                3: any_one(number("bsa_percent", ">", "50"), RASH.reaches("moderate")),
                4: Aside("life_threatening"),
            }
        ),
    )


TERMS: tuple[Term, ...] = (
    *_fatigue(),
    *_by_severity("myalgia", "Myalgia", Soc.MUSCULOSKELETAL, 10028411, "mild pain"),
    *_by_severity("headache", "Headache", Soc.NERVOUS, 10019211, "mild pain"),
    *_by_severity("malaise", "Malaise", Soc.GENERAL, 10025482, "uneasy or unwell"),
    *_by_severity("dizziness", "Dizziness", Soc.NERVOUS, 10013573, "mildly unsteady, or a sense of moving"),
    *_if_present("presyncope", "Presyncope", 10036653, 2, "there: close to fainting"),
    *_if_present("syncope", "Syncope", 10042772, 3, "there: fainted, or collapsed on standing"),
    *_nausea(),
    *_vomiting(),
    *_dyspnea(),
    *_rash(),
)
"""The terms about symptoms."""
