from decimal import Decimal

import pytest

from monitoring.core.escalation import DEFAULT_LADDER, parse_ladder
from monitoring.core.findings import Priority
from monitoring.core.rule_book import RuleBook
from monitoring.core.rule_set import RuleSetError, with_thresholds
from monitoring.core.sentences import plain, sentence, title

from .builders import START, a_course, a_full_set, default_rules, minute, the_episode, watched


def said(problem: str, language: str, **parts: object) -> str:
    episode = the_episode(problem, watched([*a_course(), a_full_set(10, **parts)]))
    return sentence(default_rules().rules[problem], episode.priority, episode.evidence, language)


def test_a_sentence_names_the_value_and_the_limit_in_both_languages() -> None:
    assert said("fever", "en", temperature_c="38.4") == "Fever: temperature 38.4 °C, 38.0 or more."
    assert said("fever", "es", temperature_c="38.4") == "Fiebre: temperatura de 38,4 °C, 38,0 o más."


def test_a_sentence_names_the_limit_that_an_override_has_set() -> None:
    rules = with_thresholds(default_rules(), {"temperature_38": Decimal("38.5")})
    found = watched([*a_course(), a_full_set(10, temperature_c="38.6")], book=RuleBook.of([(START, rules)]))
    episode = the_episode("fever", found)
    spoken = sentence(rules.rules["fever"], episode.priority, episode.evidence, "en")
    assert spoken == "Fever: temperature 38.6 °C, 38.5 or more."


def test_a_value_just_below_its_limit_is_not_rounded_up_to_it() -> None:
    spoken = said("hypotension", "en", systolic_mmhg="110.05", diastolic_mmhg="42.45")
    assert "mean pressure 64.98 mmHg, below 65" in spoken


def test_a_sentence_speaks_of_the_highest_priority_only() -> None:
    assert said("fever", "en", temperature_c="39.5") == "Fever: temperature 39.5 °C, 39.0 or more."


def test_a_language_that_a_rule_does_not_speak_falls_back_to_english() -> None:
    assert title(default_rules().rules["fever"], "fr") == "Fever"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(Decimal("38.0"), "38.0", id="as it was measured"),
        pytest.param(Decimal(185) / 3, "61.7", id="worked out: to one decimal"),
        pytest.param("high_flow", "high flow", id="a word"),
    ],
)
def test_a_value_is_written_as_people_write_it(value: Decimal | str, text: str) -> None:
    assert plain(value) == text


def test_a_ladder_says_whom_each_rung_tells_and_repeats_its_last() -> None:
    assert DEFAULT_LADDER.roles(Priority.HIGH, 0) == ("assigned_nurse", "charge_nurse")
    assert DEFAULT_LADDER.roles(Priority.HIGH, 9) == DEFAULT_LADDER.roles(Priority.HIGH, 3)
    assert DEFAULT_LADDER.due_at(Priority.HIGH, minute(0), 5) == minute(22)
    assert DEFAULT_LADDER.due_at(Priority.MEDIUM, minute(0), 3) is None


def test_a_climb_that_begins_on_a_higher_rung_rings_it_at_once() -> None:
    assert DEFAULT_LADDER.due_at(Priority.HIGH, minute(40), 2, rung_from=2) == minute(40)
    assert DEFAULT_LADDER.due_at(Priority.HIGH, minute(40), 3, rung_from=2) == minute(46)


def test_rungs_out_of_order_are_refused() -> None:
    rungs = [{"after_minutes": 5, "roles": ["nurse"]}, {"after_minutes": 5, "roles": ["charge_nurse"]}]
    with pytest.raises(RuleSetError, match="/high/rungs/1/after_minutes: must be later"):
        parse_ladder({"name": "x", "high": {"rungs": rungs}})


def test_a_small_worked_out_number_keeps_the_digits_that_tell_it_from_the_next_limit() -> None:
    assert plain(Decimal(97) / Decimal("99.7")) == "0.97"
    assert plain(Decimal(194) / 3) == "64.7"
