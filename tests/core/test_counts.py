"""Counts, fevers and examinations in the fold: what is new, what is carried, how long a fever has lasted."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.core import state_data
from monitoring.core.acts import Acts
from monitoring.core.events import Baseline, Event, InfusionKind, Observation
from monitoring.core.findings import Reading
from monitoring.core.grades import SCALES
from monitoring.core.grading.answer import Graded
from monitoring.core.heat import Heat, Spell
from monitoring.core.moment import Moment
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import Watched, empty, watch
from tests.core.builders import START, WATCH_FOR, a_rule, a_set, minute, rules_with, turn

ANC = "ctcae:neutrophil_count_decreased"
CARRY = {"neutrophils_10e9_l": 2880, "temperature_c": 60}


def graded(
    scale: str,
    values: dict[str, Any],
    *,
    version: str = "5.0",
    before: dict[str, Any] | None = None,
    latest: dict[str, tuple[str, str, int]] | None = None,
    heat: Heat | None = None,
) -> Graded:
    """What a scale says of one observation. `latest` holds key, value and age in minutes."""
    carry = dict.fromkeys(CARRY, WATCH_FOR)
    known = {
        name: Reading(key, minute(-age), _value(value)) for name, (key, value, age) in (latest or {}).items()
    }
    facts = {"ctcae_version": version} if version else {}
    now = Moment(
        START,
        "now",
        Observation(START, "now", {name: _value(value) for name, value in values.items()}),
        {**facts, **{name: _value(value) for name, value in (before or {}).items()}},
        Acts(),
        known,
        carry,
        heat=heat or Heat(),
    )
    return SCALES[scale](now)


def _value(value: Any) -> Any:
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return Decimal(value)
    return value


def span(found: Graded) -> tuple[int, int]:
    return found.lowest, found.highest


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        pytest.param({"neutrophils_10e9_l": "0.9", "neutrophils_lln_10e9_l": "1.8"}, (3, 3), id="0.9"),
        pytest.param({"neutrophils_10e9_l": "1.0", "neutrophils_lln_10e9_l": "1.8"}, (2, 2), id="1.0 itself"),
        pytest.param({"neutrophils_10e9_l": "1.6"}, (0, 1), id="without the laboratory's limit"),
        pytest.param({"neutrophils_reported": "<0.1"}, (4, 4), id="below what can be counted"),
        pytest.param({"neutrophils_reported": "clotted"}, (0, 4), id="a result that is no number"),
        pytest.param(
            {"neutrophils_reported": "clotted", "neutrophils_lln_10e9_l": Decimal(-1)},
            (0, 4),
            id="neither it nor its limit",
        ),
        pytest.param({"temperature_c": "38.5"}, (0, 4), id="nothing counted"),
    ],
)
def test_a_count_is_graded_at_its_own_moment(values: dict[str, Any], wanted: tuple[int, int]) -> None:
    assert span(graded(ANC, values)) == wanted


@pytest.mark.parametrize(
    ("version", "wanted"), [("5.0", (4, 4)), ("6.0", (3, 3)), ("", (3, 4))], ids=["5.0", "6.0", "unknown"]
)
def test_the_version_comes_with_the_baseline(version: str, wanted: tuple[int, int]) -> None:
    found = graded(ANC, {"neutrophils_10e9_l": "0.45"}, version=version)
    assert span(found) == wanted
    assert ("ctcae_version" in found.missing) == (version == "")


@pytest.mark.parametrize(
    ("scale", "values", "five", "six"),
    [
        pytest.param("ctcae:platelet_count_decreased", {"platelets_10e9_l": "15"}, 4, 3, id="platelets"),
        pytest.param(
            "ctcae:lymphocyte_count_decreased",
            {"lymphocytes_10e9_l": "0.1", "lymphocytes_lln_10e9_l": "1"},
            4,
            1,
            id="lymphocytes",
        ),
        pytest.param("ctcae:white_blood_cell_decreased", {"leukocytes_10e9_l": "1.9"}, 3, 3, id="leukocytes"),
        pytest.param("ctcae:anemia", {"hemoglobin_g_dl": "7.9"}, 3, 3, id="hemoglobin in g/dL"),
        pytest.param("ctcae:anemia", {"hemoglobin_mmol_l": "4.9"}, 2, 2, id="hemoglobin in mmol/L"),
        pytest.param("ctcae:anemia", {"hemoglobin_reported": "<8.0"}, 3, 3, id="hemoglobin below 8.0"),
    ],
)
def test_version_6_grades_a_deleted_term_as_the_one_in_its_place(
    scale: str, values: dict[str, Any], five: int, six: int
) -> None:
    assert [graded(scale, values, version=version).lowest for version in ("5.0", "6.0")] == [five, six]


@pytest.mark.parametrize(
    ("before", "now", "wanted"),
    [
        pytest.param("0.8", "0.7", (0, 0), id="grade 3 stays grade 3"),
        pytest.param("0.8", "0.4", (4, 4), id="grade 3 becomes grade 4"),
        pytest.param("0.4", "0.8", (0, 0), id="grade 4 gets better"),
        pytest.param("2.5", "0.8", (3, 3), id="normal becomes grade 3"),
        pytest.param(None, "0.8", (3, 3), id="nothing counted before: all is new"),
        pytest.param("clotted", "0.8", (3, 3), id="nothing readable before: all is new"),
        pytest.param("<0.1", "0.3", (0, 0), id="fewer before than could be counted"),
        pytest.param(">0.4", "0.3", (4, 4), id="perhaps as bad before: new"),
    ],
)
def test_a_count_that_was_as_bad_before_the_infusion_is_not_new(
    before: str | None, now: str, wanted: tuple[int, int]
) -> None:
    exact = before is not None and before[0].isdigit()
    signal = "neutrophils_10e9_l" if exact else "neutrophils_reported"
    known = {} if before is None else {signal: before}
    found = graded(
        ANC,
        {"neutrophils_10e9_l": now, "neutrophils_lln_10e9_l": "1.8"},
        before=known | {"neutrophils_lln_10e9_l": "1.8"},
    )
    assert span(found) == wanted


def test_a_carried_count_brings_the_limit_of_its_own_row_alone() -> None:
    latest = {
        "neutrophils_10e9_l": ("lab:2", "1.6", 60),
        "neutrophils_lln_10e9_l": ("lab:1", "1.8", 600),
    }
    assert span(graded(ANC, {"temperature_c": "37"}, latest=latest)) == (0, 1)
    latest["neutrophils_lln_10e9_l"] = ("lab:2", "1.8", 60)
    assert span(graded(ANC, {"temperature_c": "37"}, latest=latest)) == (1, 1)


def test_a_newer_result_that_cannot_be_read_displaces_the_one_before_it() -> None:
    latest = {"neutrophils_10e9_l": ("lab:1", "3.0", 600), "neutrophils_reported": ("lab:2", "clotted", 60)}
    assert span(graded(ANC, {"temperature_c": "37"}, latest=latest)) == (0, 4)


def spells(*temperatures: tuple[int, str]) -> Heat:
    """The heat after these temperatures, each at a minute."""
    heat = Heat()
    for at, value in temperatures:
        heat = heat.after(a_set(at, temperature_c=value))
    return heat


@pytest.mark.parametrize(
    ("course", "least", "most"),
    [
        pytest.param([(-60, "38.0")], 0, None, id="one reading, nothing before it"),
        pytest.param([(-30, "37.9"), (0, "38.0")], 0, 30, id="38.0 itself is hot"),
        pytest.param([(-90, "37.9"), (-60, "38.0"), (0, "38.2")], 60, 90, id="two readings, cool before"),
        pytest.param([(-90, "38.5"), (-60, "37.9"), (0, "38.2")], 0, 60, id="cool in between"),
        pytest.param([(-540, "38.5"), (0, "38.5")], 540, None, id="9 hours apart still tell"),
        pytest.param([(-541, "38.5"), (0, "38.5")], 0, None, id="longer apart they tell nothing"),
        pytest.param([(-541, "37.0"), (0, "38.5")], 0, None, id="nor does a cool one so long before"),
        pytest.param([(-60, "38.5"), (0, "37.9")], None, None, id="over"),
    ],
)
def test_a_fever_lasts_from_its_first_hot_reading_to_its_last(
    course: list[tuple[int, str]], least: int | None, most: int | None
) -> None:
    lasted = spells(*course).feverish.lasted()
    if least is None:
        assert lasted is None
    else:
        assert lasted is not None
        low, high = lasted
        assert low.total_seconds() == least * 60
        assert (None if high is None else high.total_seconds()) == (None if most is None else most * 60)


@pytest.mark.parametrize(
    ("course", "wanted"),
    [
        pytest.param([(0, "38.4")], (3, 3), id="one temperature above 38.3"),
        pytest.param([(0, "38.3")], (0, 3), id="38.3, nobody knows since when"),
        pytest.param([(-59, "37.5"), (0, "38.3")], (0, 0), id="38.3 for less than an hour"),
        pytest.param([(-61, "37.5"), (0, "38.3")], (0, 3), id="38.3 for perhaps an hour"),
        pytest.param([(-60, "38.0"), (0, "38.3")], (0, 3), id="38.0 for an hour at least"),
        pytest.param([(-61, "38.0"), (0, "38.0")], (3, 3), id="38.0 for more than an hour"),
        pytest.param([(-61, "38.5"), (0, "37.9")], (0, 0), id="the fever is over"),
    ],
)
def test_febrile_neutropenia_needs_a_high_fever_or_a_long_one(
    course: list[tuple[int, str]], wanted: tuple[int, int]
) -> None:
    at, last = course[-1]
    assert at == 0
    latest = {"neutrophils_10e9_l": ("lab:1", "0.4", 600)}
    found = graded("ctcae:febrile_neutropenia", {"temperature_c": last}, latest=latest, heat=spells(*course))
    assert span(found) == wanted


def test_what_is_missing_is_named_as_the_record_names_it() -> None:
    assert graded(ANC, {"neutrophils_10e9_l": "1.6"}).missing == ("neutrophils_lln_10e9_l",)
    assert graded(ANC, {"temperature_c": "37"}).missing == ("neutrophils_10e9_l", "neutrophils_lln_10e9_l")
    hot = graded("ctcae:febrile_neutropenia", {"temperature_c": "39"}, heat=spells((0, "39")))
    assert hot.missing == ("neutrophils_10e9_l",)
    cool = graded("ctcae:febrile_neutropenia", {"temperature_c": "37"}, heat=spells((0, "37")))
    assert (span(cool), cool.missing) == ((0, 0), ())


@pytest.mark.parametrize(
    ("hours", "wanted"),
    [
        pytest.param(0, (3, 4), id="above 40.0, nobody knows since when"),
        pytest.param(24, (3, 4), id="for 24 h at least"),
        pytest.param(25, (4, 4), id="for more than 24 h"),
    ],
)
def test_a_fever_above_40_is_grade_4_after_24_hours(hours: int, wanted: tuple[int, int]) -> None:
    course = [(at * 60, "40.5") for at in range(-hours, 1, 1)]
    assert span(graded("ctcae:fever", {"temperature_c": "40.5"}, heat=spells(*course))) == wanted


def test_an_examination_is_graded_by_its_worst_part() -> None:
    whole = {
        "ice": "8",
        "arousal": "voice",
        "seizure": "none",
        "deep_focal_motor_weakness": False,
        "cerebral_edema": "none",
    }
    assert span(graded("icans", whole)) == (2, 2)
    found = graded("icans", {"ice": "8", "arousal": "spontaneous"})
    assert span(found) == (1, 4)
    assert set(found.missing) == {"seizure", "deep_focal_motor_weakness", "cerebral_edema"}
    assert span(graded("icans", {"temperature_c": "37"})) == (0, 4)


def test_items_that_contradict_their_total_leave_the_grade_unknown() -> None:
    assert span(graded("icans", {"ice_orientation": "4", "ice_naming": "3"})) == (0, 4)


BOOK = RuleBook.of(
    [
        (
            START,
            rules_with(
                a_rule("neutropenia", high={"grade": {"scale": ANC, "at_least": 3}}),
                a_rule(
                    "febrile_neutropenia",
                    high={"grade": {"scale": "ctcae:febrile_neutropenia", "at_least": 3}},
                ),
                a_rule("icans", high={"grade": {"scale": "icans", "at_least": 2}}),
                carry_minutes=CARRY,
            ),
        )
    ]
)


def course(*events: Event) -> list[Event]:
    """An infusion that starts at minute 0 under CTCAE 5.0."""
    return [
        turn(0, InfusionKind.START),
        Baseline(START, "baseline:1", {"ctcae_version": "5.0"}),
        *events,
    ]


def a_count(at: float, value: str) -> Observation:
    values = {"neutrophils_10e9_l": Decimal(value), "neutrophils_lln_10e9_l": Decimal("1.8")}
    return Observation(minute(at), f"lab:{at:g}", values)


def folded(events: list[Event]) -> Watched:
    return watch(empty(watch_for=WATCH_FOR), events, BOOK, max(event.at for event in events))


def raised(events: list[Event]) -> list[tuple[str, float]]:
    return [
        (episode.problem, (episode.raised_at - START).total_seconds() / 60)
        for episode in folded(events).episodes
    ]


def test_a_count_before_the_start_is_a_fact_of_the_baseline() -> None:
    before = [a_count(-600, "0.8"), a_count(-300, "2.5")]
    assert raised([*before, *course(a_count(30, "0.7"))]) == [("neutropenia", 30)]
    assert (
        raised([*reversed([a_count(-300, "0.8"), a_count(-600, "2.5")]), *course(a_count(30, "0.7"))]) == []
    )


def test_of_two_results_before_the_start_the_newer_counts_whatever_it_is_written_as() -> None:
    reported = Observation(minute(-300), "lab:2", {"neutrophils_reported": "<0.1"})
    assert raised([a_count(-600, "2.5"), reported, *course(a_count(30, "0.3"))]) == []
    exact = a_count(-100, "2.5")
    assert raised([reported, exact, *course(a_count(30, "0.3"))]) == [("neutropenia", 30)]


def test_a_carried_count_of_before_the_start_raises_nothing_of_its_own() -> None:
    sets = [a_set(at, temperature_c="37.0") for at in (10, 40)]
    assert raised([a_count(-300, "0.3"), *course(*sets)]) == []


def test_a_fever_with_a_low_count_of_the_morning_is_febrile_neutropenia() -> None:
    sets = [a_set(10, temperature_c="38.2"), a_set(40, temperature_c="38.4")]
    assert raised([a_count(-300, "0.3"), *course(*sets)]) == [("febrile_neutropenia", 40)]


def test_an_empty_set_neither_clears_nor_raises_a_grade_of_counts() -> None:
    events = course(a_count(30, "0.4"), *(a_set(at, heart_rate_bpm="80") for at in (40, 60, 80)))
    [episode] = folded(events).episodes
    assert (episode.problem, episode.cleared_at) == ("neutropenia", None)


OBSERVED = st.one_of(
    st.builds(a_count, st.integers(-900, 1200), st.sampled_from(["0.3", "0.7", "1.2", "2.5"])),
    st.builds(
        lambda at, value: a_set(at, temperature_c=value),
        st.integers(-30, 1200),
        st.sampled_from(["36.9", "38.0", "38.2", "38.4", "40.5"]),
    ),
    st.builds(
        lambda at, ice: Observation(minute(at), f"neuro:{at}", {"ice": Decimal(ice)}),
        st.integers(-600, 1200),
        st.integers(0, 10),
    ),
)


@settings(max_examples=60)
@given(
    drawn=st.lists(OBSERVED, max_size=12, unique_by=lambda event: event.at),
    cut=st.integers(0, 13),
    shuffled=st.randoms(use_true_random=False),
)
def test_stopping_anywhere_and_going_on_from_what_was_stored_changes_nothing(
    drawn: list[Observation], cut: int, shuffled: Any
) -> None:
    events = sorted(course(*drawn), key=lambda event: event.at)
    whole = folded(events)
    moment = events[min(cut, len(events) - 1)].at
    first = [event for event in events if event.at <= moment]
    rest = [event for event in events if event.at > moment]
    shuffled.shuffle(first)
    shuffled.shuffle(rest)
    half = watch(empty(watch_for=WATCH_FOR), first, BOOK, moment)
    stored = json.loads(json.dumps(state_data.to_data(half.state)))
    resumed = watch(state_data.from_data(stored), rest, BOOK, events[-1].at)
    assert resumed.state == whole.state
    closed = [episode for episode in half.episodes if episode.cleared_at is not None]
    known = {(episode.problem, episode.raised_at) for episode in [*closed, *resumed.episodes]}
    assert known == {(episode.problem, episode.raised_at) for episode in whole.episodes}


def test_a_spell_is_kept_exactly() -> None:
    heat = Heat(Spell(minute(0), minute(30), minute(-10)), Spell())
    state = empty(watch_for=WATCH_FOR)
    data = json.loads(json.dumps(state_data.to_data(state)))
    assert state_data.from_data(data).heat == Heat()
    data = json.loads(json.dumps(state_data.to_data(replace(state, heat=heat))))
    assert state_data.from_data(data).heat == heat
