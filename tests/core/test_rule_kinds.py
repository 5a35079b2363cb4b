"""What a rule set waits for and nobody can ever record is refused by its place."""

from typing import Any

import pytest

from monitoring.core import rule_set
from monitoring.core.remarks import Remark, Severity
from monitoring.core.rule_checks import check

from .builders import a_rule, document
from .test_rule_checks import HIGH, KINDS, MEDIUM, symptom, temperature

KNOWN = {**KINDS, "severity": frozenset({"mild"}), "reason": frozenset({"fever"})}


def remarks(*rules: dict[str, Any]) -> list[Remark]:
    written = {**document(), "rules": list(rules)}
    found = check(rule_set.parse(written), written, kinds=KNOWN)
    return [remark for remark in found if remark.code != "unjudged_sign"]


def codes(*rules: dict[str, Any]) -> list[tuple[str, str]]:
    return [(remark.pointer, remark.code) for remark in remarks(*rules)]


def dose(**more: Any) -> dict[str, Any]:
    return {"event": {"family": "intervention", "kinds": ["antipyretic"], **more}}


def test_a_kind_that_nobody_can_record_is_named_by_its_place() -> None:
    rule = a_rule(high={"any": [temperature(">=", "39"), symptom("rigors", "rigours")]})
    (remark,) = remarks(rule)
    assert (remark.pointer, remark.severity) == (f"{HIGH}/any/1/event/kinds/1", Severity.ERROR)


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        pytest.param(
            a_rule(high=symptom("rigors", severities=["mild", "unstated", "awful"])),
            f"{HIGH}/event/severities/2",
            id="a severity",
        ),
        pytest.param(
            a_rule(high=dose(indications=["fever", "hunger"])), f"{HIGH}/event/indications/1", id="a reason"
        ),
        pytest.param(
            a_rule(clears={"stop": {"kinds": ["rigors", "rigours"]}}, high=symptom("rigors")),
            "/rules/0/clears/stop/kinds/1",
            id="what clears by its stop",
        ),
        pytest.param(
            a_rule(
                clears={
                    "sets": {
                        "normal": 2,
                        "apart_minutes": 15,
                        "normal_at_home": 2,
                        "apart_minutes_at_home": 240,
                        "masked_by": symptom("rigours"),
                    }
                },
                high=temperature(">=", "39"),
            ),
            "/rules/0/clears/sets/masked_by/event/kinds",
            id="what masks",
        ),
    ],
)
def test_whatever_nobody_can_record_refuses_the_approval_by_its_place(
    rule: dict[str, Any], pointer: str
) -> None:
    (remark,) = remarks(rule)
    assert (remark.pointer, remark.severity) == (pointer, Severity.ERROR)


def test_an_event_of_which_nobody_can_record_any_kind_never_happens() -> None:
    (remark,) = remarks(a_rule(high=symptom("rigours", "shivers")))
    assert (remark.pointer, remark.code) == (f"{HIGH}/event/kinds", "no_known_kind")
    assert remark.severity is Severity.ERROR


def test_places_inside_named_lists_and_exceptions_are_found() -> None:
    held = {"unless": {"condition": temperature(">=", "39"), "exception": symptom("sleep")}}
    since = {"event": {"family": "symptom", "kinds": ["yawning"], "within_minutes": 60}}
    absent = {"absence": {"signals": ["systolic_mmhg"], "since": since, "minutes": 10}}
    still = {"still": {"condition": temperature(">=", "38"), "after": since, "minutes": 10}}
    rule = a_rule(
        high={"all": {"id": "whole", "of": [{"not": symptom("hunger")}, held]}}, medium=absent, low=still
    )
    assert sorted(codes(rule)) == [
        (f"{HIGH}/all/of/0/not/event/kinds", "no_known_kind"),
        (f"{HIGH}/all/of/1/unless/exception/event/kinds", "no_known_kind"),
        ("/rules/0/priorities/low/still/after/event/kinds", "no_known_kind"),
        (f"{MEDIUM}/absence/since/event/kinds", "no_known_kind"),
    ]
