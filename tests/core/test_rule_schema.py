"""The published schema beside the parser: what ships passes both, what a schema can refuse both refuse."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from monitoring.core import rule_set
from monitoring.core.clearing import WAYS
from monitoring.core.conditions import KINDS
from monitoring.core.document import RuleSetError
from monitoring.core.loading import read
from monitoring.core.rule_schema import CLEARINGS, CONDITIONS, schema

from .builders import DEFAULT, a_rule, document
from .test_hostile_rule_sets import spoilt

VALIDATOR = Draft202012Validator(schema())
WARM = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}


def takes(written: Any) -> bool:
    return bool(VALIDATOR.is_valid(written))


def parses(written: Any) -> bool:
    try:
        rule_set.parse(written)
    except RuleSetError:
        return False
    return True


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", sorted(DEFAULT.parent.glob("*.json")), ids=lambda path: path.stem)
def test_what_ships_keeps_to_the_schema(path: Any) -> None:
    assert [error.message[:200] for error in VALIDATOR.iter_errors(read(path.read_bytes()))] == []


def test_every_kind_of_condition_and_of_clearing_has_its_schema() -> None:
    assert set(CONDITIONS) == set(KINDS)
    assert set(CLEARINGS) == set(WAYS)


def with_rule(**fields: Any) -> dict[str, Any]:
    return {**document(), "rules": [{**a_rule(high=WARM), **fields}]}


def with_condition(condition: Any) -> dict[str, Any]:
    return {**document(), "rules": [a_rule(high=condition)]}


def compared(**fields: Any) -> dict[str, Any]:
    return with_condition({"compare": {**WARM["compare"], **fields}})


@pytest.mark.parametrize(
    "written",
    [
        pytest.param([], id="no object"),
        pytest.param({**document(), "format": 2}, id="format"),
        pytest.param({**document(), "name": ""}, id="no name"),
        pytest.param({**document(), "version": 0}, id="version"),
        pytest.param({**document(), "colour": "red"}, id="unknown field"),
        pytest.param({**document(), "note": 5}, id="note"),
        pytest.param({key: document()[key] for key in document() if key != "schedule"}, id="a field lacks"),
        pytest.param({**document(), "rules": [a_rule(f"p{n}", high=WARM) for n in range(61)]}, id="61 rules"),
        pytest.param(with_rule(problem="Fever!"), id="problem"),
        pytest.param(with_rule(priorities={}), id="no priority"),
        pytest.param(with_rule(priorities={"urgent": WARM}), id="another priority"),
        pytest.param(with_rule(clears={}), id="no clearing"),
        pytest.param(with_rule(clears={"never": {}}), id="another clearing"),
        pytest.param(with_rule(clears={"sets": {"normal": 0}}), id="clearing by nothing"),
        pytest.param(with_rule(sentence={"es": "x"}), id="no English"),
        pytest.param(with_rule(title={"en": "x", "English": "y"}), id="no language"),
        pytest.param(with_rule(phases=["asleep"]), id="phase"),
        pytest.param(with_rule(steps={"concern": 1}), id="step of a statement"),
        pytest.param(with_rule(reopens_after_minutes={"high": 0}), id="at once again"),
        pytest.param(with_condition({}), id="no condition"),
        pytest.param(with_condition({**WARM, "not": WARM}), id="two conditions"),
        pytest.param(with_condition({"or": [WARM]}), id="another kind"),
        pytest.param(with_condition({"any": []}), id="any of none"),
        pytest.param(with_condition({"any": [WARM] * 21}), id="any of 21"),
        pytest.param(compared(signal="temperature_f"), id="signal"),
        pytest.param(compared(op="in"), id="a number in a list"),
        pytest.param(compared(value=True), id="truth as number"),
        pytest.param(compared(value="warm"), id="word as number"),
        pytest.param(compared(signal="rigors", op="=", value="strong"), id="word"),
        pytest.param(compared(signal="concern", op="=", value="yes"), id="statement"),
        pytest.param(compared(by_site={"armpit": 37}), id="site"),
        pytest.param(compared(id="A B"), id="id"),
        pytest.param(with_condition({"grade": {"scale": "apgar", "at_least": 1}}), id="scale"),
        pytest.param(with_condition({"seen": {"condition": WARM, "within_minutes": 4321}}), id="looks back"),
        pytest.param(with_condition({"seen": {"condition": WARM, "within_minutes": 1.5}}), id="a half"),
        pytest.param(with_condition({"event": {"family": "symptom", "kinds": []}}), id="no kind"),
        pytest.param(with_condition({"overdue": {"what": "lunch"}}), id="overdue lunch"),
    ],
)  # fmt: skip
def test_what_a_schema_can_refuse_both_refuse(written: Any) -> None:
    assert (takes(written), parses(written)) == (False, False)


def test_both_take_numbers_as_text_and_as_numbers() -> None:
    for value in ("38.0", 38, "-1", " 38"):
        assert (takes(compared(value=value)), parses(compared(value=value))) == (True, True)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(spoilt())
def test_whatever_the_parser_takes_the_schema_takes(written: Any) -> None:
    assert not parses(written) or takes(written)
