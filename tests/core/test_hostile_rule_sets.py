"""Documents that mean harm, or that a slip has spoilt: each is refused by its place, and soon."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.core import loading, rule_set
from monitoring.core.document import RuleSetError

from .builders import DEFAULT, a_rule, document, rules_with

WARM = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}
HIGH = "/rules/0/priorities/high"


def compared(**fields: Any) -> dict[str, Any]:
    return a_rule(high={"compare": {**WARM["compare"], **fields}})


def nested(times: int) -> dict[str, Any]:
    condition: dict[str, Any] = WARM
    for _ in range(times):
        condition = {"not": condition}
    return condition


def saying(text: str) -> dict[str, Any]:
    return compared(says={"en": text})


@pytest.mark.parametrize(
    ("rule", "pointer", "reason"),
    [
        pytest.param(
            compared(signal="temperatur"), f"{HIGH}/compare/signal", "no signal", id="unknown signal"
        ),
        pytest.param(compared(op="in"), f"{HIGH}/compare/op", "must be one of", id="a number in a list"),
        pytest.param(
            compared(signal="consciousness", op="<", value="A"),
            f"{HIGH}/compare/op",
            "must be one of",
            id="a word less than a word",
        ),
        pytest.param(
            compared(signal="concern", op=">", value=True),
            f"{HIGH}/compare/op",
            "must be one of",
            id="more than yes",
        ),
        pytest.param(compared(value=True), f"{HIGH}/compare/value", "must be a number", id="truth as number"),
        pytest.param(compared(value=[38]), f"{HIGH}/compare/value", "must be a number", id="list as number"),
        pytest.param(compared(value="38,0"), f"{HIGH}/compare/value", "not a number", id="decimal comma"),
        pytest.param(compared(value="٣٨"), f"{HIGH}/compare/value", "not a number", id="other digits"),
        pytest.param(compared(value="Infinity"), f"{HIGH}/compare/value", "finite", id="infinity"),
        pytest.param(compared(value="9" * 1000), f"{HIGH}/compare/value", "not a number", id="1,000 digits"),
        pytest.param(compared(value=10**4000), f"{HIGH}/compare/value", "beyond", id="a huge whole number"),
        pytest.param(compared(value=Decimal("1e999999")), f"{HIGH}/compare/value", "beyond", id="exponent"),
        pytest.param(compared(value="1e-999999"), f"{HIGH}/compare/value", "beyond", id="tiny"),
        pytest.param(
            a_rule(high={"sustained": {"condition": WARM, "for_minutes": Decimal("1e999999")}}),
            f"{HIGH}/sustained/for_minutes",
            "beyond",
            id="for ever",
        ),
        pytest.param(
            compared(by_site={"armpit": "37.5"}),
            f"{HIGH}/compare/by_site/armpit",
            "must be one of",
            id="site",
        ),
        pytest.param(
            compared(signal="systolic_mmhg", by_site={"oral": "90"}),
            f"{HIGH}/compare/by_site",
            "only a temperature",
            id="a pressure by site",
        ),
        pytest.param(
            a_rule(
                high={
                    "change": {
                        "signal": "rigors",
                        "direction": "rise",
                        "op": ">",
                        "by": 1,
                        "unit": "abs",
                        "from": "baseline",
                    }
                }
            ),
            f"{HIGH}/change/signal",
            "neither rises nor falls",
            id="a word that rises",
        ),
        pytest.param(
            {**a_rule(high=WARM), "steps": {"concern": 1}},
            "/rules/0/steps/concern",
            "has no step",
            id="a step of yes",
        ),
        pytest.param(saying("{value.__class__}"), f"{HIGH}/compare/says/en", "in braces", id="attributes"),
        pytest.param(saying("{value:>999999999}"), f"{HIGH}/compare/says/en", "in braces", id="padding"),
        pytest.param(saying("{value!r}"), f"{HIGH}/compare/says/en", "in braces", id="conversion"),
        pytest.param(saying("{0}"), f"{HIGH}/compare/says/en", "in braces", id="by number"),
        pytest.param(saying("{because}"), f"{HIGH}/compare/says/en", "in braces", id="another's place"),
        pytest.param(saying("{ value"), f"{HIGH}/compare/says/en", "in braces", id="an open brace"),
        pytest.param(
            {**a_rule(high=WARM), "sentence": {"en": "{because.x}"}},
            "/rules/0/sentence/en",
            "in braces",
            id="attributes in the rule's sentence",
        ),
        pytest.param(
            {**a_rule(high=WARM), "title": {"en": "x", "../es": "y"}},
            "/rules/0/title/..~1es",
            "languages",
            id="a language that is a path",
        ),
        pytest.param(saying("\x00"), f"{HIGH}/compare/says/en", "cannot be printed", id="NUL"),
        pytest.param(saying("\ud800"), f"{HIGH}/compare/says/en", "cannot be printed", id="half a character"),
        pytest.param(saying("x" * 2001), f"{HIGH}/compare/says/en", "1 to 2000", id="a long text"),
        pytest.param(a_rule("Fever <b>", high=WARM), "/rules/0/problem", "must be a name", id="problem"),
        pytest.param(compared(id="a b"), f"{HIGH}/compare/id", "must be a name", id="id"),
        pytest.param(a_rule(high=nested(9)), f"{HIGH}/not/not", "8 deep", id="nine deep"),
        pytest.param(a_rule(high=nested(500)), f"{HIGH}/not/not", "deep", id="500 deep"),
        pytest.param(
            a_rule(high={"any": [WARM] * 10_000}), f"{HIGH}/any", "1 to 20", id="10,000 in one list"
        ),
        pytest.param(
            a_rule(high={"any": [{"any": [{"any": [WARM] * 20}] * 20}] * 20}),
            "/rules/0/priorities",
            "limit is 60",
            id="8,000 in lists of lists",
        ),
        pytest.param(
            a_rule(high={"any": [{"any": [{"any": [{"any": [WARM] * 20}] * 20}] * 20}] * 20}),
            HIGH,
            "one too many",
            id="160,000 in lists of lists",
        ),
        pytest.param(
            {key: value for key, value in a_rule(high=WARM).items() if key != "clears"},
            "/rules/0",
            "lacks 'clears'",
            id="no clearing",
        ),
        pytest.param(a_rule(high=WARM, clears={"never": {}}), "/rules/0/clears", "exactly one", id="never"),
        pytest.param(
            {**a_rule(high=WARM), "explains": ["test"]}, "/rules/0/explains/0", "test → test", id="itself"
        ),
        pytest.param(
            {**a_rule(high=WARM), "explains": ["fevre"]}, "/rules/0/explains/0", "no rule", id="nobody"
        ),
    ],
)
def test_a_bad_rule_is_refused_by_its_place(rule: dict[str, Any], pointer: str, reason: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        rules_with(rule)
    assert caught.value.pointer.startswith(pointer)
    assert reason in caught.value.reason


def test_a_circle_of_causes_is_refused_and_named_all_round() -> None:
    causes = {"one": ["three", "two"], "two": ["three"], "three": ["one"], "free": ["one"]}
    rules = [{**a_rule(problem, high=WARM), "explains": others} for problem, others in causes.items()]
    with pytest.raises(RuleSetError, match="one → three → one") as caught:
        rules_with(*rules)
    assert caught.value.pointer == "/rules/0/explains/0"


def test_a_chain_of_causes_is_no_circle() -> None:
    chain = [{**a_rule(f"p{n}", high=WARM), "explains": [f"p{n + 1}"]} for n in range(59)]
    rules = [*chain, a_rule("p59", high=WARM)]
    assert len(rules_with(*rules).rules) == 60


def test_all_conditions_together_have_a_limit() -> None:
    full = {"any": [WARM] * 18}
    rules = [a_rule(f"p{n}", high=full, medium=full, low=full) for n in range(20)]
    with pytest.raises(RuleSetError, match="pass 1000") as caught:
        rules_with(*rules)
    assert caught.value.pointer == "/rules/17"


@pytest.mark.parametrize(
    ("text", "pointer", "reason"),
    [
        pytest.param('{"a": {"b": 1, "b": 2}}', "/a/b", "named twice", id="a name twice"),
        pytest.param('{"a": [0, {"b": 1, "\\u0062": 2}]}', "/a/1/b", "named twice", id="twice, once escaped"),
        pytest.param('{"rules": [NaN]}', "/rules/0", "finite", id="NaN"),
        pytest.param('{"a/b": -Infinity}', "/a~1b", "finite", id="infinity"),
        pytest.param('{"a": 1' + "0" * 5000 + "}", "/a", "at most 30", id="5,000 digits"),
        pytest.param("[" * 100_000, "/0/0", "40 deep", id="100,000 lists"),
        pytest.param('{"a":' * 100_000, "/a/a", "40 deep", id="100,000 objects"),
        pytest.param("[" + "0," * 100_000 + "0]", "/99999", "one too many", id="100,001 values"),
        pytest.param('"' + "x" * loading.BYTES_LIMIT + '"', "", "longer than", id="too long"),
        pytest.param('{"' + "x" * 101 + '": 1}', "", "more than 100", id="a long name"),
        pytest.param('{"\\u0000": 1}', "", "cannot be printed", id="a NUL for a name"),
        pytest.param('{"a": 1,}', "", "line 1, column", id="no JSON"),
        pytest.param('"' + '\\"' * 200_000, "", "line 1, column", id="a text without end"),
        pytest.param("", "", "not JSON", id="nothing"),
        pytest.param(b"\xff\xfe", "", "not UTF-8", id="other bytes"),
    ],
)
def test_a_bad_text_is_refused_by_its_place(text: str | bytes, pointer: str, reason: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        rule_set.parse(loading.read(text))
    assert caught.value.pointer.startswith(pointer)
    assert reason in caught.value.reason


def test_what_ships_is_read_number_by_number_as_it_is_written() -> None:
    assert loading.read(DEFAULT.read_bytes()) == document()


#: Pieces of real rule sets among nonsense, so that garbage gets past the first door.
WORDS = st.sampled_from(
    sorted({*re.findall(r'"([^"]{1,20})"', DEFAULT.read_text()), "NaN", "1e99", "{value}", "{", "..", "~/"})
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | WORDS
    | st.text(max_size=20)
    | st.binary(max_size=3)
    | st.just(object())
)
GARBAGE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(WORDS | st.text(max_size=5) | st.integers(), inner)
    ),
    max_leaves=40,
)


class Spoilt(dict[str, Any]):
    """A document that shows what is spoilt in it, not its 50 kB."""

    changes: list[str]

    def __repr__(self) -> str:
        return "; ".join(self.changes)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """The shipped rule set with something else at one to three places."""
    spoilt = Spoilt(document())
    spoilt.changes = []
    for _ in range(draw(st.integers(1, 3))):
        here: Any = spoilt
        path = ""
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            path += f"/{key}"
            inner = here[key]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 9)):
                here = inner
                continue
            if draw(st.booleans()) and isinstance(here, dict):
                name = draw(WORDS)
                here[name] = here.pop(key)
                spoilt.changes.append(f"{path} is called {name!r}")
            else:
                here[key] = draw(GARBAGE)
                spoilt.changes.append(f"{path} is {here[key]!r}")
            break
    return spoilt


def steps_of(work: Callable[[], object]) -> int:
    """How many functions were called, ours and built-in ones alike, until it answered or refused."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with suppress(RuleSetError):
            work()
    finally:
        sys.setprofile(before)
    return calls


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(GARBAGE | spoilt())
def test_garbage_meets_a_refusal_and_nothing_else(garbage: Any) -> None:
    with suppress(RuleSetError):
        rule_set.parse(garbage)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.text() | st.binary() | spoilt().map(lambda garbage: json.dumps(garbage, default=str)[:-3]))
def test_garbled_text_meets_a_refusal_and_nothing_else(text: str | bytes) -> None:
    with pytest.raises(RuleSetError):
        rule_set.parse(loading.read(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * loading.BYTES_LIMIT, id="lists"),
        pytest.param("{" * loading.BYTES_LIMIT, id="objects"),
        pytest.param("[" + "0," * (loading.BYTES_LIMIT // 2 - 1), id="values"),
        pytest.param('"' + '\\"' * (loading.BYTES_LIMIT // 2 - 1), id="escapes"),
        pytest.param("," * loading.BYTES_LIMIT, id="commas"),
        pytest.param(json.dumps({f"n{n}": 0 for n in range(30_000)}), id="names"),
        pytest.param(
            json.dumps(
                {**document(), "rules": [a_rule(f"p{n}", high=WARM) for n in range(1500)]}, default=str
            ),
            id="rules",
        ),
    ],
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    assert steps_of(lambda: rule_set.parse(loading.read(text))) < 20 * len(text)


def test_no_document_costs_more_than_its_size() -> None:
    deep: Any = WARM
    for _ in range(3):
        deep = {"any": [deep] * 20}
    many = [a_rule(f"p{n}", high=deep) for n in range(60)]
    assert steps_of(lambda: rules_with(*many)) < 30 * loading.VALUES_LIMIT
