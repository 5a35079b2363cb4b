"""Each kind of condition on its own, in a rule set of one rule."""

from collections.abc import Sequence
from typing import Any

import pytest

from monitoring.core import grades, rule_set
from monitoring.core.condition import LONGEST_LOOK_BACK
from monitoring.core.events import Event, Extent, Observation
from monitoring.core.grading.answer import Graded
from monitoring.core.moment import Moment
from monitoring.core.rule_book import RuleBook

from .builders import START, a_course, a_rule, a_set, document, given, minute, rules_with, symptom, watched


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


@pytest.mark.parametrize(
    ("second", "minutes"),
    [
        pytest.param(250, [250.0], id="a gap as long as allowed"),
        pytest.param(251, [], id="a longer one begins a new run"),
    ],
)
def test_sustained_over_a_gap_that_the_rule_allows(second: float, minutes: list[float]) -> None:
    condition = {"sustained": {"condition": WARM, "for_minutes": 30, "gap_minutes": 240}}
    assert found_at(condition, temperatures((10, "38.0"), (second, "38.1"))) == minutes


RISE = {
    "change": {
        "signal": "temperature_c",
        "direction": "rise",
        "op": ">=",
        "by": "1.0",
        "unit": "abs",
        "from": {"window_minutes": 240},
    }
}


def test_a_temperature_rises_at_its_own_site() -> None:
    elsewhere = [
        a_set(0, temperature_c="36.6", site="axillary"),
        a_set(60, temperature_c="37.6", site="oral"),
    ]
    assert found_at(RISE, elsewhere) == []
    assert found_at(RISE, [*elsewhere, a_set(90, temperature_c="37.6", site="axillary")]) == [90]


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


def test_seen_at_the_newest_reading_ends_with_a_reading_that_says_otherwise() -> None:
    condition = {"seen": {"condition": WARM, "within_minutes": 60, "newest": True}}
    warm_then_unmeasured = temperatures((10, "38.2"), (20, None))
    assert found_at(condition, [*warm_then_unmeasured, symptom(40, "headache")]) == [10, 20, 40]
    then_cool = [*warm_then_unmeasured, *temperatures((30, "37.0"))]
    assert found_at(condition, [*then_cool, symptom(40, "headache")]) == [10, 20]


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


def test_an_event_may_ask_for_the_moment_in_which_it_begins() -> None:
    begins = {"event": {"family": "intervention", "kinds": ["steroid"], "begins": True}}
    drip = [given(10, "steroid", Extent.START), a_set(20), given(30, "steroid"), a_set(40)]
    assert found_at(begins, drip) == [10, 30]


def still(condition: dict[str, object]) -> dict[str, object]:
    dose = {"family": "intervention", "kinds": ["meperidine"], "running": False, "within_minutes": 120}
    return {"still": {"condition": condition, "after": {"event": dose}, "minutes": 15}}


@pytest.mark.parametrize(
    ("events", "until", "minutes"),
    [
        pytest.param([symptom(5, "rigors"), given(10, "meperidine")], 24, [], id="14 minutes are too short"),
        pytest.param(
            [symptom(5, "rigors"), given(10, "meperidine")], 25, [25.0], id="15 minutes, by time alone"
        ),
        pytest.param(
            [given(10, "meperidine", key="m"), symptom(10, "rigors", key="r")], 25, [25.0], id="both at once"
        ),
        pytest.param(
            [symptom(5, "rigors"), given(10, "meperidine"), symptom(24, "rigors", Extent.STOP)],
            60,
            [],
            id="it stopped in time",
        ),
        pytest.param(
            [
                symptom(5, "rigors"),
                given(10, "meperidine"),
                symptom(20, "rigors", Extent.STOP),
                symptom(40, "rigors"),
            ],
            60,
            [],
            id="another one, after it had stopped, is another one",
        ),
        pytest.param(
            [symptom(5, "rigors"), given(10, "meperidine"), given(24, "meperidine")],
            38,
            [],
            id="counted from the newest dose",
        ),
        pytest.param([symptom(5, "rigors")], 60, [], id="no dose"),
    ],
)
def test_still_there_some_time_after_a_dose(events: list[Event], until: float, minutes: list[float]) -> None:
    assert found_at(still(RIGORS), events, until=until) == minutes


def test_still_is_unknown_while_nobody_looks() -> None:
    shaking = {"compare": {"signal": "rigors", "op": "=", "value": "shaking"}}
    course = [a_set(5, rigors="shaking"), given(10, "meperidine"), a_set(26)]
    assert found_at(still(shaking), course) == []
    assert found_at(still(shaking), [*course, a_set(30, rigors="shaking")]) == [30]


def absence(minutes: int = 10, **fields: object) -> dict[str, object]:
    dizzy = {"family": "symptom", "kinds": ["dizziness"], "running": False, "within_minutes": 240}
    signals = ["systolic_mmhg", "position"]
    return {"absence": {"signals": signals, "since": {"event": dizzy}, "minutes": minutes, **fields}}


@pytest.mark.parametrize(
    ("events", "until", "minutes"),
    [
        pytest.param([symptom(10, "dizziness")], 19, [], id="9 minutes are too short"),
        pytest.param([symptom(10, "dizziness")], 20, [20.0], id="10 minutes, by time alone"),
        pytest.param(
            [symptom(10, "dizziness"), a_set(19, systolic_mmhg=110, position="supine")], 60, [], id="it came"
        ),
        pytest.param(
            [symptom(10, "dizziness"), a_set(10, systolic_mmhg=110, position="supine")],
            60,
            [],
            id="it came in the same moment",
        ),
        pytest.param(
            [symptom(10, "dizziness"), a_set(19, systolic_mmhg=110)],
            20,
            [20.0],
            id="half of it is too little",
        ),
        pytest.param(
            [a_set(9, systolic_mmhg=110, position="supine"), symptom(10, "dizziness")],
            20,
            [20.0],
            id="one from before says nothing",
        ),
    ],
)
def test_absence_since_an_event(events: list[Event], until: float, minutes: list[float]) -> None:
    assert found_at(absence(), events, until=until) == minutes


def test_absence_from_the_baseline() -> None:
    begun = {"family": "infusion", "kinds": ["start"], "running": False, "within_minutes": 4320}
    fields = {"since": {"event": begun}, "of": "baseline", "minutes": 1}
    assert found_at(absence(**{**fields, "signals": ["systolic_mmhg"]}), [], until=5) == []
    assert found_at(absence(**{**fields, "signals": ["spo2_percent"]}), [], until=5) == [1]


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        pytest.param(absence(signals=["mood"]), "/absence/signals/0", id="an unknown signal"),
        pytest.param(absence(since=WARM), "/absence/since", id="not since an event"),
        pytest.param(absence(since=RIGORS), "/absence/since", id="an event without a limit in time"),
        pytest.param(
            {"event": {"family": "symptom", "kinds": ["rigors"], "begins": True, "within_minutes": 5}},
            "/event/begins",
            id="a moment that lasts",
        ),
    ],
)
def test_a_condition_on_time_that_cannot_be_meant_is_refused(condition: Any, place: str) -> None:
    with pytest.raises(rule_set.RuleSetError, match=f"high{place}: "):
        rules_with(a_rule(high=condition))


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
    assert rule_set.parse(document()).look_back == LONGEST_LOOK_BACK
