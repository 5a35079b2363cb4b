"""What a rule set's document may say, and how a fault in it is named."""

import json
from decimal import Decimal
from typing import Any

import pytest

from monitoring.core import rule_set
from monitoring.core.rule_book import RuleBook
from monitoring.core.rule_set import RuleSetError

from .builders import START, a_course, a_full_set, a_rule, a_set, default_rules, document, rules_with, watched

WARM = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}


def nested(depth: int) -> dict[str, Any]:
    return WARM if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("rule", "pointer", "reason"),
    [
        pytest.param(a_rule(high={}), "/rules/0/priorities/high", "exactly one of", id="no condition"),
        pytest.param(
            a_rule(high={"or": []}), "/rules/0/priorities/high", "exactly one of", id="unknown kind"
        ),
        pytest.param(a_rule(urgent=WARM), "/rules/0/priorities/urgent", "low, medium or high", id="priority"),
        pytest.param(a_rule(), "/rules/0/priorities", "at least one", id="no priority"),
        pytest.param(
            a_rule(high={"compare": {"signal": "temperature_f", "op": ">=", "value": 100}}),
            "/rules/0/priorities/high/compare/signal",
            "no signal is called 'temperature_f'",
            id="unknown signal",
        ),
        pytest.param(
            a_rule(high={"compare": {"signal": "temperature_c", "op": ">=", "value": 38.0}}),
            "/rules/0/priorities/high/compare/value",
            "must be a number",
            id="a float is no longer what somebody wrote",
        ),
        pytest.param(
            a_rule(high={"compare": {"signal": "temperature_c", "op": ">=", "value": "NaN"}}),
            "/rules/0/priorities/high/compare/value",
            "finite",
            id="not a number",
        ),
        pytest.param(
            a_rule(high={"compare": {"signal": "rigors", "op": "=", "value": "strong"}}),
            "/rules/0/priorities/high/compare/value",
            "must be one of mild, none, shaking",
            id="unknown word",
        ),
        pytest.param(
            a_rule(high={"compare": {"signal": "temperature_c", "op": "=>", "value": "38"}}),
            "/rules/0/priorities/high/compare/op",
            "must be one of",
            id="unknown operator",
        ),
        pytest.param(
            a_rule(high=nested(9)), "/rules/0/priorities/high/not/not", "8 deep", id="nested too deep"
        ),
        pytest.param(
            a_rule(high={"all": [WARM] * 21}),
            "/rules/0/priorities/high",
            "1 to 20 elements",
            id="too many parts",
        ),
        pytest.param(
            a_rule(high={"seen": {"condition": WARM, "within_minutes": 4321}}),
            "/rules/0/priorities/high/seen/within_minutes",
            "1 to 4320",
            id="looks back more than three days",
        ),
        pytest.param(
            a_rule(high={"grade": {"scale": "apgar", "at_least": 1}}),
            "/rules/0/priorities/high/grade/scale",
            "no scale is called 'apgar'",
            id="unknown scale",
        ),
        pytest.param(
            {**a_rule(high=WARM), "steps": {"temperature_c": 0}},
            "/rules/0/steps/temperature_c",
            "above 0",
            id="step",
        ),
        pytest.param(
            {**a_rule(high=WARM), "sentence": {"de": "x"}}, "/rules/0/sentence", "'en'", id="no English"
        ),
        pytest.param(
            {**a_rule(high=WARM), "colour": "red"}, "/rules/0/colour", "not a known field", id="field"
        ),
        pytest.param(
            {**a_rule(high=WARM), "phases": ["asleep"]}, "/rules/0/phases/0", "must be one of", id="phase"
        ),
        pytest.param(
            a_rule(high=WARM, clears={"coming": {}}), "/rules/0/clears", "go together", id="clears by coming"
        ),
        pytest.param(
            a_rule(high=WARM, clears={"never": {}}), "/rules/0/clears", "exactly one of", id="never clears"
        ),
    ],
)
def test_a_fault_is_named_by_its_place_and_its_limit(rule: dict[str, Any], pointer: str, reason: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        rules_with(rule)
    assert caught.value.pointer.startswith(pointer)
    assert reason in caught.value.reason


def test_two_rules_for_one_problem_are_refused() -> None:
    with pytest.raises(RuleSetError, match="two rules for 'test'"):
        rules_with(a_rule(high=WARM), a_rule(high=WARM))


def test_one_id_with_two_meanings_is_refused() -> None:
    warm = {"compare": {**WARM["compare"], "id": "warm"}}
    hot = {"compare": {**warm["compare"], "value": "39"}}
    with pytest.raises(RuleSetError, match="id 'warm' means something else in 'one'"):
        rules_with(a_rule("one", high=warm), a_rule("two", high=hot))


@pytest.mark.parametrize("missing", ["format", "name", "version", "title", "source", "rules", "schedule"])
def test_each_field_is_required(missing: str) -> None:
    with pytest.raises(RuleSetError, match=f"lacks '{missing}'"):
        rule_set.parse({name: value for name, value in document().items() if name != missing})


def test_a_document_that_is_no_object_is_refused() -> None:
    with pytest.raises(RuleSetError, match="must be an object"):
        rule_set.parse([])


def test_the_fingerprint_does_not_depend_on_the_order_of_members() -> None:
    turned = json.loads(json.dumps(document(), sort_keys=True, default=str))
    assert rule_set.parse(turned).fingerprint == default_rules().fingerprint
    assert rule_set.parse({**document(), "version": 2}).fingerprint != default_rules().fingerprint


def test_a_rule_applies_in_its_phases_only() -> None:
    observing = {**a_rule(high=WARM), "phases": ["observing"]}
    book = RuleBook.of([(START, rules_with(observing))])
    sets = [a_set(10, temperature_c="38.5"), a_set(70, temperature_c="38.5")]
    found = watched([*a_course(stop=60), *sets], book=book)
    assert [finding.key for finding in found.findings] == ["vital_signs:70"]


def test_every_named_number_can_be_overridden() -> None:
    named = rule_set.thresholds(default_rules())
    assert named["temperature_38"] == Decimal("38.0")
    assert named["systolic_fall_20_percent"] == 20
    changed = rule_set.with_thresholds(default_rules(), {"temperature_38": Decimal("38.5")})
    assert rule_set.thresholds(changed)["temperature_38"] == Decimal("38.5")
    assert {**named, "temperature_38": Decimal("38.5")} == rule_set.thresholds(changed)


def test_rules_without_any_problem_are_a_rule_set_too() -> None:
    found = watched([*a_course(), a_full_set(10)], book=RuleBook.of([(START, rules_with())]))
    assert found.episodes == ()
    assert {sign.status.value for sign in found.signs.values()} == {"unknown"}


@pytest.mark.parametrize(
    ("signal", "numbers"),
    [
        pytest.param("temperature_c", ["35.0", "38.0", "39.0"], id="none of a single site's"),
        pytest.param("systolic_mmhg", ["90", "100", "180", "220"], id="up and down"),
        pytest.param("spo2_percent", ["91", "93"], id="the outermost of each priority"),
        pytest.param("fio2_percent", [], id="no rule, no limit"),
    ],
)
def test_the_limits_of_a_signal_are_where_its_readings_begin_to_count(
    signal: str, numbers: list[str]
) -> None:
    assert rule_set.limits(default_rules(), signal) == tuple(map(Decimal, numbers))


def test_an_override_moves_its_limit() -> None:
    changed = rule_set.with_thresholds(default_rules(), {"temperature_38": Decimal("38.5")})
    assert rule_set.limits(changed, "temperature_c") == (Decimal("35.0"), Decimal("38.5"), Decimal("39.0"))
