"""Every default rule has what a clinician must find: words in two languages, a source, causes, a clearing."""

import re
from decimal import Decimal

import pytest

from monitoring.core.clearing import ByComing
from monitoring.core.combinations import AllOf, AnyOf, Unless
from monitoring.core.condition import Condition
from monitoring.core.grades import SCALES, Grade
from monitoring.core.leaves import Change, Compare
from monitoring.core.rule_set import WATCHED_PHASES, Rule
from monitoring.core.watch import Watched

from .builders import a_course, a_full_set, default_rules, given, watched

LANGUAGES = {"en", "es"}
RULES = [pytest.param(rule, id=problem) for problem, rule in default_rules().rules.items()]

PROBLEMS = {
    "fever",
    "sustained_fever",
    "recurrent_fever",
    "temperature_watch",
    "hypothermia",
    "rigors",
    "rigors_persisting",
    "hypotension",
    "dizziness",
    "hypertension",
    "hypoxia",
    "respiratory_rate",
    "heart_rate",
    "shock_index",
    "consciousness",
    "news2",
    "crs",
    "icans",
    "parts_missing",
    "concern",
    "steroid",
    "cytokine_support",
    "febrile_neutropenia",
    "blood_counts",
    "gvhd_watch",
    "missing_baseline",
    "overdue_vitals",
    "overdue_temperature",
}


def speaks(condition: Condition) -> bool:
    """True when the condition says something to people whichever way it comes to be true."""
    if condition.says:
        return True
    match condition:
        case AllOf():
            return any(speaks(part) for part in condition.parts)
        case AnyOf():
            return all(speaks(part) for part in condition.parts)
        case Unless():
            return speaks(condition.condition)
    return False


def test_the_whole_default_set_is_there() -> None:
    assert set(default_rules().rules) == PROBLEMS


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_title_a_sentence_and_a_source_with_its_tag(rule: Rule) -> None:
    assert set(rule.title) == set(rule.sentence) == LANGUAGES
    assert all("{because}" in text for text in rule.sentence.values())
    assert re.search(r"\[[VKI]\]", rule.source)
    assert rule.phases == frozenset(WATCHED_PHASES)


@pytest.mark.parametrize("rule", RULES)
def test_whatever_can_be_true_says_so_in_both_languages(rule: Rule) -> None:
    assert all(speaks(condition) for condition in rule.priorities.values())
    for condition in rule.conditions():
        assert not condition.says or (set(condition.says) == LANGUAGES and condition.id)


@pytest.mark.parametrize("rule", RULES)
def test_the_same_places_are_filled_in_in_both_languages(rule: Rule) -> None:
    for condition in rule.conditions():
        places = {language: set(re.findall(r"\{(\w+)\}", text)) for language, text in condition.says.items()}
        assert len({frozenset(found) for found in places.values()}) <= 1
        filled = [text.format(value="38.4", threshold="38.0") for text in condition.says.values()]
        assert not any("{" in text or "}" in text for text in filled)


@pytest.mark.parametrize("rule", RULES)
def test_what_is_held_against_a_figure_says_the_reading_and_the_figure(rule: Rule) -> None:
    for condition in rule.conditions():
        held = condition.value if isinstance(condition, Compare) else None
        if condition.says and (isinstance(condition, Change) or isinstance(held, Decimal)):
            assert all("{value}" in text and "{threshold}" in text for text in condition.says.values())


#: What a sentence calls each number that it is about.
CALLED = {
    "temperature_c": ("°C", "°C"),
    "systolic_mmhg": ("systolic", "sistólica"),
    "diastolic_mmhg": ("diastolic", "diastólica"),
    "map_mmhg": ("mean pressure", "presión media"),
    "heart_rate_bpm": ("beats a minute", "latidos por minuto"),
    "respiratory_rate_per_min": ("breaths a minute", "respiraciones por minuto"),
    "spo2_percent": ("SpO2", "SpO2"),
    "oxygen_flow_l_min": ("L/min", "L/min"),
    "shock_index": ("heart rate over systolic", "frecuencia cardíaca entre presión sistólica"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_sentence_names_the_signal_that_its_condition_reads(rule: Rule) -> None:
    for condition in rule.conditions():
        if isinstance(condition, Compare | Change) and condition.says and condition.signal in CALLED:
            en, es = CALLED[condition.signal]
            assert (en in condition.says["en"], es in condition.says["es"]) == (True, True)


@pytest.mark.parametrize("rule", RULES)
def test_every_problem_can_clear(rule: Rule) -> None:
    assert isinstance(rule.clears, ByComing) == rule.problem.startswith("overdue")


def test_no_problem_explains_itself_however_far_round() -> None:
    explains = {problem: set(rule.explains) for problem, rule in default_rules().rules.items()}
    for problem in explains:
        reached: set[str] = set()
        more = explains[problem]
        while more - reached:
            reached |= more
            more = set().union(*(explains[other] for other in more))
        assert problem not in reached


@pytest.mark.parametrize(
    ("cause", "explained"),
    [
        ("crs", {"fever", "hypotension", "hypoxia"}),
        ("febrile_neutropenia", {"fever", "sustained_fever"}),
        ("cytokine_support", {"fever", "rigors"}),
        ("fever", {"heart_rate", "shock_index", "news2", "temperature_watch"}),
        ("hypotension", {"dizziness", "news2"}),
        ("icans", {"consciousness"}),
        ("rigors_persisting", {"rigors"}),
        ("recurrent_fever", {"fever"}),
        ("overdue_vitals", {"overdue_temperature"}),
    ],
)
def test_problems_are_grouped_by_their_cause(cause: str, explained: set[str]) -> None:
    assert explained <= set(default_rules().rules[cause].explains)


def test_nothing_explains_away_a_high_pressure() -> None:
    assert not any("hypertension" in rule.explains for rule in default_rules().rules.values())


def test_every_scale_that_is_named_is_known() -> None:
    named = {
        part.scale
        for rule in default_rules().rules.values()
        for part in rule.conditions()
        if isinstance(part, Grade)
    }
    assert named <= set(SCALES)


def ringing(found: Watched) -> set[str]:
    """The problems that tell somebody: low ones stay in the inbox."""
    return {episode.problem for episode in found.episodes if episode.priority.word != "low"}


def test_one_fever_rings_once() -> None:
    sets = [a_full_set(at, temperature_c="38.4", heart_rate_bpm=105) for at in (10, 25, 40, 70, 100)]
    assert ringing(watched([*a_course(), given(5, "il2"), *sets])) == {"fever"}
