"""Two versions of a rule set side by side."""

from copy import deepcopy
from typing import Any

import pytest

from monitoring.core import rule_set
from monitoring.core.findings import Priority
from monitoring.core.rule_diff import Difference, differences

from .builders import a_rule, default_rules, document, rules_with


def compare(value: str, *, id: str = "", **more: Any) -> dict[str, Any]:
    named = {"id": id} if id else {}
    return {"compare": {"signal": "temperature_c", "op": ">=", "value": value, **named, **more}}


def low(value: str) -> dict[str, Any]:
    return {"compare": {"signal": "systolic_mmhg", "op": "<", "value": value}}


def between(before: dict[str, Any], after: dict[str, Any], **more: Any) -> list[Difference]:
    return list(differences(rules_with(before), rules_with(after), **more))


def test_a_set_does_not_differ_from_itself() -> None:
    assert differences(default_rules(), rule_set.parse(document())) == ()


def test_a_new_version_alone_is_no_difference() -> None:
    assert differences(default_rules(), rule_set.parse({**document(), "version": 9})) == ()


def test_a_limit_that_moved_is_shown_old_and_new() -> None:
    (found,) = between(a_rule(medium=compare("38.0")), a_rule(medium=compare("38.5")))
    assert found == Difference(
        "/rules/0/priorities/medium",
        "limit",
        "test",
        Priority.MEDIUM,
        before="temperature 38.0 °C or more",
        after="temperature 38.5 °C or more",
    )


def test_it_is_shown_in_the_readers_language() -> None:
    (found,) = between(a_rule(medium=compare("38.0")), a_rule(medium=compare("38.5")), language="es")
    assert found.after == "temperatura 38,5 °C o más"


def test_a_limit_deep_inside_is_shown_alone() -> None:
    def rule(limit: str) -> dict[str, Any]:
        lasting = {"sustained": {"condition": low(limit), "for_minutes": 5}}
        return a_rule(high={"any": [{"all": [{"not": compare("40")}, lasting]}, compare("39")]})

    (found,) = between(rule("90"), rule("85"))
    assert (found.what, found.before, found.after) == (
        "limit",
        "systolic pressure below 90 mmHg",
        "systolic pressure below 85 mmHg",
    )


def test_alternatives_are_matched_whatever_their_order() -> None:
    one = {"any": [compare("39", id="hot"), low("90")]}
    other = {"any": [low("90"), compare("39.5", id="hot")]}
    (found,) = between(a_rule(high=one), a_rule(high=other))
    assert (found.what, found.after) == ("limit", "temperature 39.5 °C or more")


def test_alternatives_that_were_added_and_removed_are_told_apart() -> None:
    found = between(a_rule(high={"any": [compare("39"), low("90")]}), a_rule(high={"any": [compare("39")]}))
    assert [(each.what, each.before, each.after) for each in found] == [
        ("condition", "systolic pressure below 90 mmHg", "")
    ]
    found = between(a_rule(high={"any": [compare("39")]}), a_rule(high={"any": [compare("39"), low("90")]}))
    assert [(each.what, each.before, each.after) for each in found] == [
        ("condition", "", "systolic pressure below 90 mmHg")
    ]


def test_another_kind_of_condition_is_shown_whole() -> None:
    (found,) = between(
        a_rule(high=compare("39")),
        a_rule(high={"sustained": {"condition": compare("39"), "for_minutes": 30}}),
    )
    assert (found.what, found.after) == ("condition", "temperature 39 °C or more, for 30 min or longer")


def test_another_duration_is_shown_whole() -> None:
    def rule(minutes: int) -> dict[str, Any]:
        return a_rule(high={"sustained": {"condition": compare("39"), "for_minutes": minutes}})

    (found,) = between(rule(30), rule(60))
    assert (found.before, found.after) == (
        "temperature 39 °C or more, for 30 min or longer",
        "temperature 39 °C or more, for 1 h or longer",
    )


def test_priorities_added_and_removed_are_named() -> None:
    found = between(a_rule(high=compare("39")), a_rule(medium=compare("39")))
    assert [(each.what, each.priority, each.before, each.after) for each in found] == [
        ("priority", Priority.HIGH, "temperature 39 °C or more", ""),
        ("priority", Priority.MEDIUM, "", "temperature 39 °C or more"),
    ]


def test_rules_added_and_removed_are_named_by_their_place_in_their_own_set() -> None:
    before = rules_with(a_rule("one", high=compare("39")), a_rule("two", high=low("90")))
    after = rules_with(a_rule("one", high=compare("39")), a_rule("three", high=low("80")))
    assert [(each.pointer, each.before, each.after) for each in differences(before, after)] == [
        ("/rules/1", "", "three"),
        ("/rules/1", "two", ""),
    ]


@pytest.mark.parametrize(
    ("field", "value", "what", "pointer"),
    [
        pytest.param("phases", ["home"], "phases", "/rules/0/phases", id="phases"),
        pytest.param("source", "another", "source", "/rules/0/source", id="source"),
        pytest.param("title", {"en": "Test"}, "title", "/rules/0/title/en", id="title"),
        pytest.param("sentence", {"en": "Now {because}"}, "sentence", "/rules/0/sentence/en", id="sentence"),
        pytest.param("steps", {"temperature_c": 1}, "step", "/rules/0/steps/temperature_c", id="step"),
        pytest.param(
            "reopens_after_minutes",
            {"high": 30},
            "reopening",
            "/rules/0/reopens_after_minutes/high",
            id="reopens",
        ),
        pytest.param("clears", {"assessment": {}}, "clearing", "/rules/0/clears", id="clearing"),
    ],
)  # fmt: skip
def test_every_part_of_a_rule_is_compared(field: str, value: Any, what: str, pointer: str) -> None:
    rule = a_rule(high=compare("39"))
    found = between(rule, {**rule, field: value})
    assert {(each.what, each.pointer) for each in found} == {(what, pointer)}
    assert all(each.before != each.after for each in found)


def test_words_of_a_condition_are_compared_by_language() -> None:
    said = a_rule(high=compare("39", id="hot", says={"en": "hot", "es": "caliente"}))
    (found,) = between(said, a_rule(high=compare("39", id="hot", says={"en": "very hot", "es": "caliente"})))
    assert (found.what, found.about, found.before, found.after) == ("words", "hot (en)", "hot", "very hot")


def test_what_a_rule_explains_is_compared_whatever_the_order() -> None:
    rules = [a_rule("two", high=low("90")), a_rule("three", high=low("80"))]
    one = rules_with({**a_rule("one", high=compare("39")), "explains": ["two", "three"]}, *rules)
    same = rules_with({**a_rule("one", high=compare("39")), "explains": ["three", "two"]}, *rules)
    less = rules_with({**a_rule("one", high=compare("39")), "explains": ["two"]}, *rules)
    assert differences(one, same) == ()
    (found,) = differences(one, less)
    assert (found.what, found.before, found.after) == ("explains", "two, three", "two")


def test_the_set_itself_and_its_schedule_are_compared() -> None:
    changed = deepcopy(document())
    changed["source"] = "another"
    changed["title"]["en"] = "Others"
    changed["schedule"]["while_running"]["every_minutes"] = 10
    found = {each.what: each for each in differences(default_rules(), rule_set.parse(changed))}
    assert set(found) == {"source", "title", "schedule"}
    assert found["schedule"].after == "While the infusion runs: vital signs every 10 min, 5 min of grace."
