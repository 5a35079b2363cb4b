"""A draft's document as fields: what can be changed, and what changing it leaves as it was."""

from decimal import Decimal
from typing import Any

import pytest

from monitoring import rule_editing
from monitoring.core import rule_set
from monitoring.core.leaves import Compare
from monitoring.core.rule_checks import check
from monitoring.core.rule_places import at
from monitoring.rule_drafts import KINDS
from tests.core.builders import a_rule, document

HOT = {
    "compare": {"id": "hot", "signal": "temperature_c", "op": ">=", "value": "39.0", "says": {"en": "hot"}}
}
LATER = {"sustained": {"condition": HOT, "for_minutes": 30}}


def of(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**document(), "rules": list(rules), **more}


def fields(written: dict[str, Any], problem: str = "test") -> dict[str, rule_editing.Field]:
    part = rule_editing.part_of(rule_set.parse(written), written, problem, "en")
    return {each.pointer: each for each in part.fields()}


def test_every_field_of_what_ships_leads_to_what_it_shows() -> None:
    written = document()
    for problem in ["", *rule_set.parse(written).rules]:
        for pointer, each in fields(written, problem).items():
            assert rule_editing.shown(at(written, pointer)) == each.value, pointer


def test_sending_every_field_back_changes_nothing() -> None:
    written = document()
    for problem in ["", *rule_set.parse(written).rules]:
        sent = {pointer: f" {each.value} " for pointer, each in fields(written, problem).items()}
        assert rule_editing.changed(written, sent) == written


def test_a_figure_of_one_id_is_a_field_once_and_is_changed_everywhere() -> None:
    written = of(a_rule(high=HOT, medium=LATER), a_rule("other", low=HOT))
    place = "/rules/0/priorities/high/compare/value"
    assert [pointer for pointer in fields(written) if pointer.endswith("/value")] == [place]
    found = rule_editing.changed(written, {place: "39,5"})
    assert str(found).count("'39.5'") == 3
    assert str(written).count("'39.0'") >= 3


def test_the_line_of_a_fever_is_one_figure_of_the_whole_default_set() -> None:
    written = document()
    place = "/rules/0/priorities/medium/compare/value"
    found = rule_editing.changed(written, {place: "38.3"})
    assert at(written, place) == "38.0"
    values = {
        condition.value
        for rule in rule_set.parse(found).rules.values()
        for condition in rule.conditions()
        if condition.id == "temperature_38" and isinstance(condition, Compare)
    }
    assert values == {Decimal("38.3")}


def test_the_default_rules_wait_only_for_what_the_record_knows() -> None:
    found = check(rule_set.parse(document()), document(), kinds=KINDS)
    assert [remark for remark in found if "known_kind" in remark.code] == []


def test_words_of_one_id_are_changed_everywhere() -> None:
    written = of(a_rule(high=HOT), a_rule("other", low=HOT))
    found = rule_editing.changed(written, {"/rules/0/priorities/high/compare/says/en": "very hot"})
    assert str(found).count("very hot") == 2


@pytest.mark.parametrize(
    ("old", "text", "new"),
    [
        pytest.param("39.0", "39,50", "39.50", id="text stays text, with its digits"),
        pytest.param(39, "40", 40, id="a whole number"),
        pytest.param(39, "39.5", Decimal("39.5"), id="a whole number that gets decimals"),
        pytest.param(Decimal("0.5"), "1", 1, id="a decimal"),
        pytest.param("39.0", "warm", "warm", id="no number is left for the parser to refuse"),
    ],
)
def test_what_is_typed_becomes_what_stood_there(old: Any, text: str, new: Any) -> None:
    written = of(a_rule(high={"compare": {**HOT["compare"], "value": old}}))
    place = "/rules/0/priorities/high/compare/value"
    found = at(rule_editing.changed(written, {place: text}), place)
    assert (found, type(found)) == (new, type(new))


def test_a_place_that_is_not_there_is_left_alone() -> None:
    written = of(a_rule(high=HOT))
    assert rule_editing.changed(written, {"/rules/9/title/en": "x", "/nothing": "y"}) == written


def test_minutes_are_fields_in_minutes() -> None:
    found = fields(of(a_rule(high=LATER)))["/rules/0/priorities/high/sustained/for_minutes"]
    assert (found.value, found.unit) == ("30", "min")
