"""Each kind of condition on its own, in a rule set of one rule."""

from collections.abc import Sequence
from typing import Any

import pytest

from monitoring.core import grades, rule_set
from monitoring.core.events import Event, Extent, Observation
from monitoring.core.grading.answer import Graded
from monitoring.core.moment import Moment
from monitoring.core.rule_book import RuleBook

from .builders import START, a_course, a_rule, a_set, document, minute, rules_with, symptom, watched


def found_at(condition: dict[str, Any], events: Sequence[Event], until: float | None = None) -> list[float]:
    """The minutes at which a rule of this one condition finds something."""
    book = RuleBook.of([(START, rules_with(a_rule(high=condition)))])
    found = watched([*a_course(stop=None), *events], book=book, until=until)
    return [(finding.at - START).total_seconds() / 60 for finding in found.findings]


def temperatures(*readings: tuple[float, str | None]) -> list[Event]:
    return [a_set(at, temperature_c=value) for at, value in readings]


WARM = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}


@pytest.mark.parametrize(
    ("site", "value", "finds"),
    [
        pytest.param("axillary", "37.5", True, id="the axilla has its own line"),
        pytest.param("axillary", "37.4", False, id="just under it"),
        pytest.param("oral", "37.9", False, id="any other site has the common one"),
        pytest.param("", "38.0", True, id="so has a site that nobody named"),
    ],
)
def test_compare_has_a_variant_for_each_temperature_site(site: str, value: str, finds: bool) -> None:
    condition = {"compare": {**WARM["compare"], "by_site": {"axillary": "37.5"}}}
    assert bool(found_at(condition, [a_set(10, temperature_c=value, site=site)])) is finds


@pytest.mark.parametrize(
    ("readings", "minutes"),
    [
        pytest.param([(0, "37.0"), (240, "38.0")], [240], id="over exactly the window"),
        pytest.param([(0, "37.0"), (241, "38.0")], [], id="the low one lies before the window"),
        pytest.param([(0, "37.0"), (60, "37.5"), (120, "37.9")], [], id="not far enough"),
        pytest.param([(0, "37.6"), (60, "37.0"), (120, "38.0")], [120], id="from the lowest, not the first"),
        pytest.param([(10, "39.0")], [], id="one reading has nothing to rise from"),
        pytest.param([(0, "37.0"), (10, None), (20, "38.1")], [20], id="a set without the part does no harm"),
    ],
)
def test_a_rise_within_a_window(readings: list[tuple[float, str | None]], minutes: list[float]) -> None:
    condition = {
        "change": {
            "signal": "temperature_c",
            "direction": "rise",
            "op": ">=",
            "by": "1.0",
            "unit": "abs",
            "from": {"window_minutes": 240},
        }
    }
    assert found_at(condition, temperatures(*readings)) == minutes


@pytest.mark.parametrize(
    ("readings", "minutes"),
    [
        pytest.param([(10, "38.0"), (20, "38.0")], [20], id="the second of two"),
        pytest.param([(10, "38.0"), (20, "37.0"), (30, "38.0")], [], id="a normal one between breaks it"),
        pytest.param([(10, "38.0"), (20, None), (30, "38.0")], [30], id="an unknown one between does not"),
        pytest.param([(10, "38.0"), (71, "38.0")], [], id="too far apart"),
        pytest.param([(10, "38.0"), (10, "38.5")], [], id="two of one moment are one reading"),
    ],
)
def test_sustained_over_readings(readings: list[tuple[float, str | None]], minutes: list[float]) -> None:
    condition = {"sustained": {"condition": WARM, "readings": 2, "within_minutes": 60}}
    assert found_at(condition, temperatures(*readings)) == minutes


@pytest.mark.parametrize(
    ("readings", "minutes"),
    [
        pytest.param([(10, "38.0"), (25, "38.2"), (39, "38.1")], [], id="29 minutes are too short"),
        pytest.param([(10, "38.0"), (25, "38.2"), (40, "38.1")], [40], id="30 minutes are long enough"),
        pytest.param([(10, "38.0"), (25, "37.2"), (40, "38.1")], [], id="interrupted"),
        pytest.param([(10, "38.0"), (300, "38.1")], [], id="nobody knows what lay between"),
    ],
)
def test_sustained_for_a_duration(readings: list[tuple[float, str | None]], minutes: list[float]) -> None:
    condition = {"sustained": {"condition": WARM, "for_minutes": 30}}
    assert found_at(condition, temperatures(*readings)) == minutes


RIGORS = {"event": {"family": "symptom", "kinds": ["rigors"]}}


def test_what_runs_long_enough_is_found_by_time_alone() -> None:
    condition = {"sustained": {"condition": RIGORS, "for_minutes": 30}}
    assert found_at(condition, [symptom(10, "rigors")], until=39) == []
    assert found_at(condition, [symptom(10, "rigors")], until=60) == [40]
    assert found_at(condition, [symptom(10, "rigors"), symptom(39, "rigors", Extent.STOP)], until=60) == []


@pytest.mark.parametrize(
    ("until", "minutes"),
    [pytest.param(69, [10.0], id="still seen"), pytest.param(70, [10.0], id="no longer")],
)
def test_seen_holds_for_its_time(until: float, minutes: list[float]) -> None:
    condition = {"seen": {"condition": WARM, "within_minutes": 60}}
    reading = temperatures((10, "38.2"))
    assert found_at(condition, reading, until=until) == minutes
    assert found_at(condition, [*reading, *temperatures((69, "37.0"))]) == [10, 69]
    assert found_at(condition, [*reading, *temperatures((70, "37.0"))]) == [10]


def test_not_seen_becomes_true_by_time_alone() -> None:
    recently = {"event": {**RIGORS["event"], "running": False, "within_minutes": 30}}
    found = found_at({"not": recently}, [symptom(10, "rigors", Extent.POINT)], until=100)
    assert found == [0, 40]


@pytest.mark.parametrize(
    ("event", "finds"),
    [
        pytest.param(symptom(10, "rigors", severity="shaking"), True, id="the severity asked for"),
        pytest.param(symptom(10, "rigors", severity="mild"), False, id="another severity"),
        pytest.param(symptom(10, "rigors"), True, id="one that nobody stated, where the rule says so"),
    ],
)
def test_an_event_may_ask_for_its_severity(event: Event, finds: bool) -> None:
    condition = {"event": {**RIGORS["event"], "severities": ["shaking", "unstated"]}}
    assert bool(found_at(condition, [event])) is finds


def test_any_is_true_for_one_true_part_and_all_needs_every_one() -> None:
    fast = {"compare": {"signal": "heart_rate_bpm", "op": ">", "value": "100"}}
    only_warm = [a_set(10, temperature_c="38.1")]
    assert found_at({"any": [WARM, fast]}, only_warm) == [10]
    assert found_at({"all": [WARM, fast]}, only_warm) == []


def test_an_exception_that_cannot_be_judged_softens_nothing() -> None:
    slow = {"compare": {"signal": "heart_rate_bpm", "op": "<", "value": "100"}}
    condition = {"unless": {"condition": WARM, "exception": slow}}
    assert found_at(condition, [a_set(10, temperature_c="38.1")]) == [10]
    assert found_at(condition, [a_set(10, temperature_c="38.1", heart_rate_bpm=120)]) == [10]
    assert found_at(condition, [a_set(10, temperature_c="38.1", heart_rate_bpm=80)]) == []


def test_only_what_made_the_whole_true_is_named_as_its_reason() -> None:
    fast = {"compare": {"id": "fast", "signal": "heart_rate_bpm", "op": ">", "value": "100"}}
    warm = {"compare": {**WARM["compare"], "id": "warm"}}
    hot = {"compare": {"id": "hot", "signal": "temperature_c", "op": ">=", "value": "37.0"}}
    book = RuleBook.of([(START, rules_with(a_rule(high={"any": [{"all": [hot, fast]}, warm]})))])
    (finding,) = watched([*a_course(), a_set(10, temperature_c="38.1")], book=book).findings
    assert [reason.condition for reason in finding.because] == ["warm"]


@pytest.mark.parametrize(
    ("lowest", "highest", "finds"),
    [
        pytest.param(2, 4, [10.0], id="the lowest possible grade reaches it"),
        pytest.param(1, 4, [], id="it may be reached: unknown"),
        pytest.param(0, 1, [], id="the highest possible grade does not"),
    ],
)
def test_a_grade_is_judged_by_its_range(
    lowest: int, highest: int, finds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scale(now: Moment) -> Graded:
        return Graded(lowest, highest) if isinstance(now.observation, Observation) else Graded(0, 5)

    monkeypatch.setattr(grades, "SCALES", {"test_scale": scale})
    assert found_at({"grade": {"scale": "test_scale", "at_least": 2}}, [a_set(10)]) == finds


def test_an_overdue_condition_is_declared_in_the_rules_and_silent_in_the_fold() -> None:
    overdue = a_rule("late", clears={"coming": {}}, medium={"overdue": {"what": "vital_signs"}})
    book = RuleBook.of([(START, rules_with(overdue))])
    assert watched([*a_course(), a_set(500)], book=book).findings == ()


def test_a_condition_names_how_far_back_it_looks() -> None:
    held = {
        "sustained": {"condition": {"seen": {"condition": WARM, "within_minutes": 60}}, "for_minutes": 30}
    }
    assert rules_with(a_rule(high=held)).look_back == minute(90) - START
    assert rule_set.parse(document()).look_back == minute(0) - START
