"""Rules in words: what a rule does, said so that a clinician can check it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitoring.core import conditions, rule_words, signals
from monitoring.core.conditions import KINDS
from monitoring.core.document import Node
from monitoring.core.findings import Priority
from monitoring.core.grades import SCALES
from monitoring.core.leaves import SITES
from monitoring.core.rule_set import WATCHED_PHASES
from monitoring.core.rule_vocabulary import WORDS, known, word

from .builders import a_rule, default_rules, rules_with

HOT = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}
LOW = {"compare": {"signal": "systolic_mmhg", "op": "<", "value": 90}}
LOW_BEFORE = {"compare": {"signal": "systolic_mmhg", "op": "<", "value": 100, "of": "baseline"}}
RIGORS = {"event": {"family": "symptom", "kinds": ["rigors"]}}
DOSE = {"event": {"family": "intervention", "kinds": ["meperidine"], "running": False, "within_minutes": 60}}


def change(**fields: Any) -> dict[str, Any]:
    given = {"signal": "systolic_mmhg", "direction": "fall", "op": ">", "by": 30, "unit": "percent"}
    return {"change": {**given, "from": "baseline", **fields}}


@pytest.mark.parametrize(
    ("condition", "english", "spanish"),
    [
        pytest.param(HOT, "temperature 38.0 °C or more", "temperatura 38,0 °C o más", id="compare"),
        pytest.param(
            {"compare": {**HOT["compare"], "by_site": {"axillary": "37.5"}}},
            "temperature 38.0 °C or more (axillary 37.5)",
            "temperatura 38,0 °C o más (axilar 37,5)",
            id="by site",
        ),
        pytest.param(
            {"compare": {**HOT["compare"], "sites": ["axillary", "temporal"]}},
            "temperature (axillary or temporal) 38.0 °C or more",
            "temperatura (axilar o temporal) 38,0 °C o más",
            id="at some sites",
        ),
        pytest.param(
            LOW_BEFORE,
            "baseline systolic pressure below 100 mmHg",
            "presión sistólica basal por debajo de 100 mmHg",
            id="of the baseline",
        ),
        pytest.param(
            {"compare": {"signal": "oxygen_device", "op": "in", "value": ["cpap", "ventilator"]}},
            "oxygen device: CPAP or ventilator",
            "dispositivo de oxígeno: CPAP o ventilador",
            id="words",
        ),
        pytest.param(
            {"compare": {"signal": "concern", "op": "=", "value": True}},
            "somebody at the bedside is concerned",
            "alguien junto al paciente está preocupado",
            id="statement",
        ),
        pytest.param(
            change(),
            "systolic pressure fallen by more than 30 % from baseline",
            "descenso de presión sistólica de más de 30 % respecto al valor basal",
            id="fall in percent",
        ),
        pytest.param(
            change(
                **{"direction": "rise", "op": ">=", "by": 20, "unit": "abs", "from": {"window_minutes": 90}}
            ),
            "systolic pressure risen by 20 mmHg or more within 1 h 30 min",
            "subida de presión sistólica de 20 mmHg o más en 1 h 30 min",
            id="rise in a window",
        ),
        pytest.param(RIGORS, "rigors, now", "escalofríos con temblor, ahora", id="symptom"),
        pytest.param(
            DOSE,
            "meperidine, begun in the last 1 h",
            "meperidina, con inicio hace menos de 1 h",
            id="given within",
        ),
        pytest.param(
            {"grade": {"scale": "news2", "at_least": 5}}, "NEWS2 5 or more", "NEWS2 5 o más", id="grade"
        ),
        pytest.param(
            {"overdue": {"what": "vital_signs", "in_a_row": 2}},
            "vital signs overdue, 2 in a row",
            "constantes vitales: fuera de plazo, 2 seguidas",
            id="overdue",
        ),
        pytest.param(
            {"sustained": {"condition": HOT, "for_minutes": 60}},
            "temperature 38.0 °C or more, for 1 h or longer",
            "temperatura 38,0 °C o más, durante 1 h o más",
            id="sustained",
        ),
        pytest.param(
            {"sustained": {"condition": HOT, "readings": 3, "within_minutes": 45}},
            "temperature 38.0 °C or more, in 3 readings within 45 min",
            "temperatura 38,0 °C o más, en 3 lecturas en 45 min",
            id="sustained over readings",
        ),
        pytest.param(
            {"seen": {"condition": {"any": [HOT, LOW]}, "within_minutes": 30}},
            "(temperature 38.0 °C or more, or systolic pressure below 90 mmHg),"
            " at some time in the last 30 min",
            "(temperatura 38,0 °C o más, o presión sistólica por debajo de 90 mmHg),"
            " en algún momento hace menos de 30 min",
            id="seen",
        ),
        pytest.param(
            {"still": {"condition": RIGORS, "after": DOSE, "minutes": 15}},
            "rigors, now, still 15 min after meperidine",
            "escalofríos con temblor, ahora, todavía 15 min después de meperidina",
            id="still",
        ),
        pytest.param(
            {"absence": {"signals": ["systolic_mmhg", "position"], "since": DOSE, "minutes": 10}},
            "no set with systolic pressure and position in the 10 min after meperidine",
            "ninguna medición con presión sistólica y posición en los 10 min después de meperidina",
            id="absence",
        ),
        pytest.param(
            {"unless": {"condition": LOW, "exception": {"all": [LOW_BEFORE, {"not": RIGORS}]}}},
            "systolic pressure below 90 mmHg, unless baseline systolic pressure below 100 mmHg"
            " and without rigors, now",
            "presión sistólica por debajo de 90 mmHg, salvo si presión sistólica basal por debajo de 100 mmHg"
            " y sin escalofríos con temblor, ahora",
            id="unless",
        ),
        pytest.param(
            {"not": HOT}, "temperature below 38.0 °C", "temperatura por debajo de 38,0 °C", id="not"
        ),
        pytest.param(
            {"not": {"compare": {"signal": "oxygen_device", "op": "=", "value": "room_air"}}},
            "oxygen device other than room air",
            "dispositivo de oxígeno distinto de aire ambiente",
            id="other than a word",
        ),
        pytest.param(
            {"not": {"any": [LOW, RIGORS]}},
            "not (systolic pressure below 90 mmHg, or rigors, now)",
            "no (presión sistólica por debajo de 90 mmHg, o escalofríos con temblor, ahora)",
            id="not either",
        ),
    ],
)
def test_a_condition_is_said_in_two_languages(condition: Any, english: str, spanish: str) -> None:
    held = conditions.parse(Node(condition))
    assert rule_words.condition(held, "en") == english
    assert rule_words.condition(held, "es") == spanish


def test_a_language_that_nobody_wrote_is_english() -> None:
    assert rule_words.condition(conditions.parse(Node(HOT)), "fr-CH") == "temperature 38.0 °C or more"
    assert (known("es-MX"), known("de")) == ("es", "en")


def test_every_kind_of_condition_has_words_of_its_own() -> None:
    said = {say.__name__ for say in rule_words._SAY.values()}
    assert len(said) == len(rule_words._SAY)
    classes = {parsed.__self__ for parsed in KINDS.values()}  # type: ignore[attr-defined]
    assert {each.__name__ for each in classes - set(rule_words._SAY)} == set()


def test_everything_that_a_rule_can_name_has_words() -> None:
    names = {*signals.MEASURED, *signals.DERIVED, *signals.FACTS, *SITES, *WATCHED_PHASES}
    names |= {each for words in signals.WORDS.values() for each in words}
    names |= {f"scale:{scale}" for scale in SCALES if not scale.startswith("ctcae:")}
    assert sorted(names - WORDS.keys()) == []


def test_a_grade_of_a_ctcae_term_is_said_by_its_term() -> None:
    assert word("scale:ctcae:neutrophil_count_decreased", "en") == "CTCAE grade of neutrophil count decreased"


def test_what_ships_is_said_without_a_name_of_the_code() -> None:
    for rule in default_rules().rules.values():
        for language in rule_words.PHRASES:
            for priority in rule.priorities.values():
                for said in rule_words.alternatives(priority, language):
                    assert "_" not in said
                    assert "timedelta" not in said


@pytest.mark.parametrize(
    ("clears", "said"),
    [
        pytest.param(
            {"sets": {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240,
                      "masked_by": DOSE, "absolute_without_baseline": True}},
            "Clears by 2 normal sets at least 15 min apart; at home by 2, at least 4 h apart."
            " A normal set shows nothing while this holds: meperidine, begun in the last 1 h."
            " Without a baseline, sets that are normal by the absolute limits count.",
            id="sets",
        ),
        pytest.param(
            {"stop": {"kinds": ["rigors", "chills"], "or_when": {"not": HOT}}},
            "Clears when no rigors or chills are running any more. Also when a set says:"
            " temperature below 38.0 °C.",
            id="stop",
        ),
        pytest.param({"assessment": {}}, "Clears by a person's assessment alone.", id="assessment"),
    ],
)  # fmt: skip
def test_the_way_that_a_rule_clears_is_said(clears: dict[str, Any], said: str) -> None:
    (rule,) = rules_with(a_rule(high=HOT, clears=clears)).rules.values()
    assert " ".join(rule_words.clearing(rule.clears)) == said
    assert rule_words.clearing(rule.clears, "es")


def test_phases_are_said_in_their_order() -> None:
    (rule,) = rules_with({**a_rule(high=HOT), "phases": ["home", "infusing"]}).rules.values()
    assert rule_words.phases(rule) == "while the infusion runs, at home"
    assert rule_words.phases(replace(rule, phases=frozenset(WATCHED_PHASES))) == "at any time of the watch"


def test_the_schedule_is_said_stretch_by_stretch() -> None:
    said = rule_words.schedule(default_rules().schedule)
    assert "While the infusion runs: vital signs every 15 min, 5 min of grace." in said
    assert any(line.startswith("At home, to the end of the watch: ") for line in said)
    assert len(said) == len(rule_words.schedule(default_rules().schedule, "es"))


def test_a_kind_without_words_is_said_by_its_name_and_fields() -> None:
    held = conditions.parse(Node(LOW))
    said = rule_words._by_name(held, rule_words.Voice("en"))
    assert said.startswith("compare (signal systolic_mmhg, op <, value 90")


def test_alternatives_are_the_conditions_of_which_one_is_enough() -> None:
    (rule,) = rules_with(a_rule(high={"any": [HOT, {"any": [LOW, RIGORS]}]})).rules.values()
    assert rule_words.alternatives(rule.priorities[Priority.HIGH]) == [
        "temperature 38.0 °C or more",
        "systolic pressure below 90 mmHg",
        "rigors, now",
    ]


@pytest.mark.parametrize(("minutes", "said"), [(5, "5 min"), (60, "1 h"), (90, "1 h 30 min"), (2880, "48 h")])
def test_a_length_of_time_is_said(minutes: int, said: str) -> None:
    assert rule_words.span(timedelta(minutes=minutes)) == said
