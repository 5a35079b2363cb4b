"""What is doubtful about a rule set that can be read, each boundary named."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.core import rule_set
from monitoring.core.findings import Priority
from monitoring.core.remarks import Remark, Severity
from monitoring.core.rule_cells import Space, samples
from monitoring.core.rule_checks import check

from .builders import a_rule, default_rules, document

KINDS = {
    "symptom": frozenset({"rigors", "dizziness"}),
    "intervention": frozenset({"antipyretic"}),
    "infusion": frozenset({"start"}),
}
RANGES = {"temperature_c": (Decimal(25), Decimal(45)), "spo2_percent": (Decimal(30), Decimal(100))}


def temperature(op: str, value: str, **more: Any) -> dict[str, Any]:
    return {"compare": {"signal": "temperature_c", "op": op, "value": value, **more}}


def systolic(op: str, value: str, **more: Any) -> dict[str, Any]:
    return {"compare": {"signal": "systolic_mmhg", "op": op, "value": value, **more}}


def fallen(op: str, by: str, direction: str = "fall") -> dict[str, Any]:
    fields = {"signal": "systolic_mmhg", "direction": direction, "op": op, "by": by}
    return {"change": {**fields, "unit": "percent", "from": "baseline"}}


def news2(at_least: int) -> dict[str, Any]:
    return {"grade": {"scale": "news2", "at_least": at_least}}


def symptom(*kinds: str, **more: Any) -> dict[str, Any]:
    return {"event": {"family": "symptom", "kinds": list(kinds), **more}}


def remarks(*rules: dict[str, Any], ranges: bool = False) -> list[Remark]:
    """What is said of these rules, but for the signs that a few rules cannot all judge."""
    written = {**document(), "rules": list(rules)}
    found = check(rule_set.parse(written), written, kinds=KINDS, ranges=RANGES if ranges else None)
    return [remark for remark in found if remark.code != "unjudged_sign"]


def codes(*rules: dict[str, Any], ranges: bool = False) -> list[tuple[str, str]]:
    return [(remark.pointer, remark.code) for remark in remarks(*rules, ranges=ranges)]


HIGH, MEDIUM = "/rules/0/priorities/high", "/rules/0/priorities/medium"


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [
        pytest.param(
            {"high": temperature(">=", "39"), "medium": temperature(">=", "38")}, [], id="as it should be"
        ),
        pytest.param(
            {"high": temperature(">=", "38"), "medium": temperature(">=", "39")},
            [(MEDIUM, "hidden_by_higher")],
            id="medium above high",
        ),
        pytest.param(
            {"high": temperature(">=", "39"), "medium": temperature(">=", "39.0")},
            [(MEDIUM, "same_as_higher")],
            id="medium where high is",
        ),
        pytest.param(
            {"high": temperature(">", "39"), "medium": temperature(">=", "39")},
            [],
            id="medium at exactly 39.0 alone",
        ),
        pytest.param(
            {"high": temperature(">=", "39"), "medium": temperature(">", "39")},
            [(MEDIUM, "hidden_by_higher")],
            id="medium just above 39.0",
        ),
        pytest.param(
            {"high": systolic("<", "90"), "medium": systolic("<", "80")},
            [(MEDIUM, "hidden_by_higher")],
            id="medium below high, downwards",
        ),
        pytest.param(
            {"high": {"all": [temperature(">=", "39"), temperature("<", "39")]}},
            [(HIGH, "never_true")],
            id="bounds that contradict each other",
        ),
        pytest.param(
            {"high": {"all": [temperature(">=", "39"), temperature("<=", "39")]}},
            [(HIGH, "hole")],
            id="bounds that leave one value, and nothing beyond it",
        ),
        pytest.param(
            {"high": {"all": [systolic("<", "90"), {"not": systolic("<", "90")}]}},
            [(HIGH, "never_true")],
            id="itself and its opposite",
        ),
        pytest.param(
            {"high": {"any": [systolic("<", "90"), {"not": systolic("<", "90")}]}},
            [(HIGH, "ordinary_value_raises"), ("/rules/0/priorities", "always_true")],
            id="itself or its opposite",
        ),
        pytest.param(
            {"high": {"all": [symptom("rigors"), {"not": symptom("rigors")}]}},
            [(HIGH, "never_true")],
            id="a symptom and its absence",
        ),
        pytest.param(
            {"high": symptom("rigors", "dizziness"), "medium": symptom("rigors")},
            [(MEDIUM, "hidden_by_higher")],
            id="a symptom among those of high",
        ),
        pytest.param(
            {"high": symptom("rigors", severities=["severe"]), "medium": symptom("rigors")},
            [],
            id="a symptom, and the same when severe",
        ),
        pytest.param(
            {
                "high": temperature(">=", "38"),
                "medium": {"sustained": {"condition": temperature(">=", "38"), "for_minutes": 60}},
            },
            [(MEDIUM, "hidden_by_higher")],
            id="what has lasted is true now too",
        ),
        pytest.param(
            {
                "high": {"sustained": {"condition": temperature(">=", "38"), "for_minutes": 60}},
                "medium": temperature(">=", "38"),
            },
            [],
            id="high once it has lasted",
        ),
        pytest.param(
            {
                "high": {"seen": {"condition": temperature(">=", "38"), "within_minutes": 60}},
                "medium": temperature(">=", "38"),
            },
            [(MEDIUM, "hidden_by_higher")],
            id="what is true now was seen too",
        ),
        pytest.param({"high": fallen(">", "30"), "medium": fallen(">=", "20")}, [], id="falls"),
        pytest.param(
            {"high": fallen(">", "20"), "medium": fallen(">=", "30")},
            [(MEDIUM, "hidden_by_higher")],
            id="a deeper fall is only medium",
        ),
        pytest.param(
            {"high": {"all": [fallen(">", "5"), fallen(">", "5", "rise")]}},
            [(HIGH, "never_true")],
            id="risen and fallen at once",
        ),
        pytest.param(
            {"high": news2(5), "medium": news2(7)},
            [(MEDIUM, "hidden_by_higher")],
            id="a higher grade is only medium",
        ),
    ],
)  # fmt: skip
def test_priorities_are_compared_exactly(priorities: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    clears = {"sets": {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240,
                       "absolute_without_baseline": True}}  # fmt: skip
    assert sorted(codes(a_rule(clears=clears, **priorities))) == sorted(expected)


@pytest.mark.parametrize(
    ("high", "medium", "low", "high_end", "with_low", "with_high"),
    [
        pytest.param(
            temperature(">=", "39"),
            {"all": [temperature(">=", "38"), temperature("<", "38.9")]},
            "38.9",
            "39",
            True,
            False,
            id="38.9 up to 39.0",
        ),
        pytest.param(
            temperature(">", "39"),
            {"all": [temperature(">=", "38"), temperature("<", "39")]},
            "39",
            "39",
            True,
            True,
            id="39.0 alone",
        ),
        pytest.param(
            temperature(">=", "41"),
            {"all": [temperature(">=", "38"), temperature("<=", "40")]},
            "40",
            "41",
            False,
            False,
            id="between 40.0 and 41.0",
        ),
    ],
)
def test_a_hole_between_two_priorities_is_named_by_its_ends(
    high: Any, medium: Any, low: str, high_end: str, with_low: bool, with_high: bool
) -> None:
    (hole,) = remarks(a_rule(high=high, medium=medium))
    assert (hole.pointer, hole.code, hole.severity) == (MEDIUM, "hole", Severity.ERROR)
    assert hole.values == {
        "signal": "temperature_c",
        "low": Decimal(low),
        "high": Decimal(high_end),
        "with_low": with_low,
        "with_high": with_high,
    }


def test_a_hole_that_another_rule_fills_is_none() -> None:
    band = {"all": [temperature(">=", "37.5"), temperature("<", "38")]}
    watch, fever = a_rule("watch_line", low=band), a_rule("fever", high=temperature(">=", "38"))
    assert codes(watch, fever) == []
    (alone,) = remarks(watch)
    assert (alone.code, alone.values["low"], alone.values["high"]) == ("hole", Decimal(38), None)


def test_too_low_and_too_high_leave_the_ordinary_between_them() -> None:
    rate = {"signal": "heart_rate_bpm"}
    slow, fast = {"compare": {**rate, "op": "<", "value": 40}}, {"compare": {**rate, "op": ">", "value": 130}}
    assert codes(a_rule(high={"any": [slow, fast]})) == []


def test_a_hole_at_one_site_alone_is_found() -> None:
    band = {"all": [temperature(">=", "38", by_site={"axillary": "37.5"}), temperature("<", "39")]}
    rules = a_rule(high=temperature(">=", "39", by_site={"axillary": "39.5"}), medium=band)
    (hole,) = remarks(rules)
    assert (hole.code, hole.values["low"], hole.values["high"]) == ("hole", Decimal(39), Decimal("39.5"))


def test_a_line_for_one_site_alone_leaves_no_hole_there() -> None:
    line = {"all": [temperature(">=", "37.5", sites=["axillary"]), temperature("<", "38")]}
    assert codes(a_rule(high=temperature(">=", "38"), low=line)) == []
    (hole,) = remarks(a_rule(high=temperature(">=", "38.5"), low=line))
    assert (hole.code, hole.values["low"], hole.values["high"]) == ("hole", Decimal(38), Decimal("38.5"))


def test_less_further_out_is_doubted() -> None:
    high = {"all": [temperature(">=", "39"), temperature("<", "41")]}
    (remark,) = remarks(a_rule(high=high, medium=temperature(">=", "38")))
    assert (remark.code, remark.severity, remark.pointer) == ("less_beyond", Severity.WARNING, MEDIUM)
    assert (remark.values["low"], remark.values["less"]) == (Decimal(41), Priority.MEDIUM)


def test_what_needs_something_else_too_makes_no_hole() -> None:
    with_rigors = {"all": [temperature(">=", "36"), symptom("rigors")]}
    assert codes(a_rule(high=temperature(">=", "39"), medium=with_rigors)) == []


def test_a_limit_that_no_reading_can_reach_is_never_true() -> None:
    rule = a_rule(high=temperature(">=", "385"))
    assert codes(rule) == []
    assert codes(rule, ranges=True) == [(HIGH, "never_true")]


def test_an_ordinary_value_that_raises_something_is_doubted() -> None:
    assert codes(a_rule(medium=temperature(">=", "36.5"))) == [(MEDIUM, "ordinary_value_raises")]


def test_two_rules_that_are_always_raised_together_are_named() -> None:
    one = a_rule("one", high=temperature(">=", "39"), medium=temperature(">=", "38"))
    other = a_rule("other", high=temperature(">=", "38"))
    (twin,) = remarks(one, other)
    assert (twin.pointer, twin.code, twin.severity) == ("/rules/1", "same_as_rule", Severity.WARNING)
    assert codes(one, {**other, "phases": ["home"]}) == []
    assert codes(one, a_rule("other", high=temperature(">", "38"))) == []


@pytest.mark.parametrize(
    ("clears", "high", "expected"),
    [
        pytest.param({"stop": {"kinds": ["rigors"]}}, symptom("rigors"), [], id="its own stop"),
        pytest.param(
            {"stop": {"kinds": ["dizziness"]}},
            symptom("rigors"),
            [("/rules/0/clears/stop/kinds", "never_stops")],
            id="another's stop",
        ),
        pytest.param(
            {"stop": {"kinds": ["rigors"]}},
            temperature(">=", "39"),
            [("/rules/0/clears/stop", "only_symptoms_stop")],
            id="a reading has no stop",
        ),
        pytest.param(
            {"stop": {"kinds": ["rigors"], "or_when": {"all": [systolic("<", "80"), systolic(">", "90")]}}},
            symptom("rigors"),
            [("/rules/0/clears/stop/or_when", "never_over")],
            id="over when it cannot be",
        ),
        pytest.param(
            {"sets": {"normal": 3, "apart_minutes": 1440, "normal_at_home": 2, "apart_minutes_at_home": 240}},
            temperature(">=", "39"),
            [("/rules/0/clears/sets/normal", "clears_too_late")],
            id="three sets a day apart last as long as the watch",
        ),
        pytest.param(
            {"sets": {"normal": 2, "apart_minutes": 1440, "normal_at_home": 2, "apart_minutes_at_home": 240}},
            temperature(">=", "39"),
            [],
            id="two sets a day apart do not",
        ),
        pytest.param(
            {"sets": {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}},
            fallen(">", "30"),
            [("/rules/0/clears/sets", "needs_baseline")],
            id="a fall from a baseline that was not taken",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_never_clears_is_named(clears: Any, high: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(a_rule(high=high, clears=clears)) == expected


def test_what_is_too_large_to_try_is_said_to_be_unchecked() -> None:
    many = [symptom("rigors", severities=[f"s{n}"]) for n in range(20)]
    (note,) = remarks(a_rule(high={"all": many}))
    assert (note.code, note.severity) == ("not_checked", Severity.NOTE)


def test_the_work_on_clearing_is_bounded_too() -> None:
    many = [symptom("rigors", severities=[f"s{n}"]) for n in range(17)]
    clears = {"stop": {"kinds": ["rigors"], "or_when": {"all": [*many, {"not": {"all": many}}]}}}
    rules = [a_rule(f"p{n}", high=symptom("rigors"), clears=clears) for n in range(40)]
    assert [remark.code for remark in remarks(*rules) if remark.code == "never_over"] == []


def test_the_work_is_bounded_whatever_the_rules() -> None:
    many = [symptom("rigors", severities=[f"s{n}"]) for n in range(13)]
    rules = [a_rule(f"p{n}", high={"all": many}) for n in range(40)]
    notes = [remark for remark in remarks(*rules) if remark.code == "not_checked"]
    assert len(notes) >= 20


def test_signs_that_nobody_judges_are_named() -> None:
    written = {**document(), "rules": [a_rule(high=temperature(">=", "39"))]}
    found = check(rule_set.parse(written), written)
    assert [remark.values["signal"] for remark in found] == [
        "systolic_mmhg",
        "heart_rate_bpm",
        "respiratory_rate_per_min",
        "spo2_percent",
        "consciousness",
    ]


def test_what_ships_has_no_error() -> None:
    found = check(default_rules(), document(), ranges=RANGES)
    assert [remark for remark in found if remark.severity is Severity.ERROR] == []


@given(
    st.sets(st.decimals(-100, 100, places=1), min_size=1, max_size=5),
    st.decimals(-200, 200, places=2),
)
def test_every_value_lies_in_the_cell_of_some_sample(limits: set[Decimal], value: Decimal) -> None:
    cells = {tuple((cell > limit) - (cell < limit) for limit in limits) for cell in samples(limits)}
    assert tuple((value > limit) - (value < limit) for limit in limits) in cells


@given(
    st.sets(st.integers(0, 20).map(Decimal), min_size=1, max_size=4),
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted),
)
def test_no_sample_lies_beyond_what_the_record_takes(limits: set[Decimal], ends: list[int]) -> None:
    low, high = map(Decimal, ends)
    found = samples(limits, (low, high))
    assert all(low <= value <= high for value in found)
    assert list(found) == sorted(set(found))


def test_words_that_no_condition_tells_apart_are_tried_once() -> None:
    device = {"compare": {"signal": "oxygen_device", "op": "in", "value": ["cpap", "bipap", "ventilator"]}}
    rules = rule_set.parse({**document(), "rules": [a_rule(high=device)]}).rules
    space = Space()
    formula = space.formula(rules["test"].priorities[Priority.HIGH])
    assert space.size == 2
    assert [formula(each) for each in space.assignments()].count(True) == 1


def test_a_space_names_its_variables_once() -> None:
    rule = next(iter(rule_set.parse({**document(), "rules": [
        a_rule(high={"any": [systolic("<", "90"), systolic("<", "80"), systolic("<", "95", of="baseline")]})
    ]}).rules.values()))  # fmt: skip
    space = Space()
    space.formula(rule.priorities[Priority.HIGH])
    assert space.names() == {("systolic_mmhg",), ("systolic_mmhg", "baseline")}
    assert space.size == 5 * 3
