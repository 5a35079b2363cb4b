"""When an episode clears, and when it does not."""

from dataclasses import replace
from typing import Any

import pytest

from monitoring.core.events import Assessment, Event, Extent
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, a_set, episodes_of, given, minute, symptom, the_episode, watched

FEVER = a_full_set(10, temperature_c="38.5")


@pytest.mark.parametrize(
    ("sets", "cleared_at"),
    [
        pytest.param([a_full_set(20)], None, id="one normal set is not enough"),
        pytest.param([a_full_set(20), a_full_set(34)], None, id="14 minutes apart is not enough"),
        pytest.param([a_full_set(20), a_full_set(35)], 35, id="15 minutes apart is enough"),
        pytest.param([a_full_set(20), a_full_set(25), a_full_set(35)], 35, id="one between does no harm"),
        pytest.param(
            [a_full_set(20), a_full_set(25, temperature_c="38.1"), a_full_set(35)],
            None,
            id="an abnormal one between begins the count anew",
        ),
        pytest.param(
            [a_full_set(20), a_full_set(35, temperature_c=None)],
            None,
            id="a set without the part clears nothing",
        ),
        pytest.param(
            [a_full_set(20), a_full_set(27, temperature_c=None), a_full_set(35)],
            35,
            id="a set without the part between breaks nothing",
        ),
    ],
)
def test_a_sign_clears_by_two_normal_sets(sets: list[Event], cleared_at: int | None) -> None:
    episode = the_episode("fever", watched([*a_course(), FEVER, *sets]))
    assert episode.cleared_at == (None if cleared_at is None else minute(cleared_at))


@pytest.mark.parametrize(
    ("second", "clears"),
    [pytest.param(359, False, id="under 4 hours"), pytest.param(360, True, id="4 hours")],
)
def test_at_home_the_two_readings_lie_four_hours_apart(second: int, clears: bool) -> None:
    course = a_course(stop=60, home=100)
    fever = a_set(110, temperature_c="38.5")
    normal = [a_set(120, temperature_c="37.0"), a_set(second, temperature_c="37.0")]
    assert (the_episode("fever", watched([*course, fever, *normal])).cleared_at is not None) is clears


@pytest.mark.parametrize(
    ("normal_at", "masked", "clears"),
    [
        pytest.param((60, 90), True, False, id="within six hours it is masked"),
        pytest.param((375, 390), False, False, id="only one of the two is free of it"),
        pytest.param((380, 395), False, True, id="from six hours on both count"),
    ],
)
def test_fever_does_not_clear_within_six_hours_of_an_antipyretic(
    normal_at: tuple[int, int], masked: bool, clears: bool
) -> None:
    dose = given(20, "antipyretic")
    sets = [a_full_set(at) for at in normal_at]
    episode = the_episode("fever", watched([*a_course(), FEVER, dose, *sets]))
    assert (episode.masked, episode.cleared_at is not None) == (masked, clears)


def test_an_antipyretic_given_before_the_start_masks_too() -> None:
    dose = given(-30, "antipyretic")
    sets = [a_full_set(40), a_full_set(60)]
    assert the_episode("fever", watched([*a_course(), dose, FEVER, *sets])).masked


def test_an_antipyretic_recorded_late_opens_a_cleared_fever_again() -> None:
    events = [*a_course(), FEVER, a_full_set(20), a_full_set(40)]
    assert not the_episode("fever", watched(events)).is_open
    assert the_episode("fever", watched([*events, given(15, "antipyretic")])).is_open


@pytest.mark.parametrize(
    ("events", "cleared_at"),
    [
        pytest.param([symptom(10, "rigors"), symptom(30, "rigors", Extent.STOP)], 30, id="by their stop"),
        pytest.param([symptom(10, "rigors"), a_full_set(30)], 30, id="by a set that says none"),
        pytest.param(
            [symptom(10, "rigors"), a_full_set(30, rigors=None)], None, id="not by a set that says nothing"
        ),
        pytest.param(
            [a_full_set(10, rigors="shaking"), a_full_set(25)], 25, id="seen in a set, gone in the next"
        ),
        pytest.param(
            [a_full_set(10, rigors="mild"), symptom(20, "rigors", Extent.STOP)],
            20,
            id="seen in a set, stopped",
        ),
        pytest.param(
            [symptom(10, "rigors"), symptom(30, "chills", Extent.STOP)], None, id="not by another's stop"
        ),
    ],
)
def test_rigors_clear_by_their_stop(events: list[Event], cleared_at: int | None) -> None:
    episode = the_episode("rigors", watched([*a_course(), *events]))
    assert episode.cleared_at == (None if cleared_at is None else minute(cleared_at))


def test_rigors_that_begin_again_are_a_new_episode() -> None:
    events = [symptom(10, "rigors"), symptom(20, "rigors", Extent.STOP), symptom(30, "rigors")]
    found = watched([*a_course(), *events, a_full_set(35, rigors=None)])
    assert [episode.raised_at for episode in episodes_of("rigors", found)] == [minute(10), minute(30)]


def test_running_rigors_are_one_piece_of_evidence_however_many_events_follow() -> None:
    found = watched(
        [*a_course(), symptom(10, "rigors"), *(a_full_set(at, rigors=None) for at in (15, 30, 45))]
    )
    assert {entry.count for entry in the_episode("rigors", found).evidence} == {1}


def assessment(at: float, *keys: str) -> Assessment:
    return Assessment(minute(at), f"assessment:{at:g}", "concern", frozenset(keys))


def test_a_concern_clears_by_nothing_but_an_assessment() -> None:
    sets = [a_full_set(at) for at in (20, 40, 60)]
    concern = a_full_set(10, concern=True)
    assert the_episode("concern", watched([*a_course(), concern, *sets])).is_open
    cleared = the_episode("concern", watched([*a_course(), concern, *sets, assessment(70, concern.key)]))
    assert (cleared.cleared_at, cleared.cleared_by) == (minute(70), "assessment")


def test_an_assessment_clears_only_the_evidence_that_it_names() -> None:
    first, later = a_full_set(10, concern=True), a_full_set(20, concern=True)
    found = watched([*a_course(), first, later, assessment(30, first.key)])
    answered, standing = episodes_of("concern", found)
    assert (answered.raised_at, answered.cleared_at) == (minute(10), minute(30))
    assert (standing.raised_at, standing.is_open) == (minute(20), True)


def test_a_concern_that_arrives_after_the_assessment_stands_on_its_own() -> None:
    known, late = a_full_set(10, concern=True), a_full_set(5, concern=True)
    found = watched([*a_course(), known, late, assessment(30, known.key)])
    standing, answered = episodes_of("concern", found)
    assert (answered.raised_at, answered.cleared_at) == (minute(10), minute(30))
    assert (standing.raised_at, standing.is_open) == (minute(5), True)


def test_evidence_of_one_moment_stands_on_together() -> None:
    named, other = (
        a_full_set(10, concern=True),
        replace(a_full_set(10, concern=True), key="vital_signs:other"),
    )
    events = [*a_course(), named, other]
    assert the_episode("concern", watched([*events, assessment(30, named.key)])).is_open
    both = [assessment(30, named.key), assessment(40, other.key)]
    assert the_episode("concern", watched([*events, *both])).cleared_at == minute(40)


def test_of_two_sets_of_one_moment_the_one_that_shows_the_problem_counts() -> None:
    shaking, gone = a_full_set(10, rigors="shaking"), a_full_set(10, rigors="none", temperature_c="36.0")
    assert the_episode("rigors", watched([*a_course(), shaking, gone])).is_open
    gone_first = a_full_set(10, rigors="none", temperature_c="40.0")
    assert the_episode("rigors", watched([*a_course(), shaking, gone_first])).is_open


def test_an_assessment_of_something_else_clears_nothing() -> None:
    concern = a_full_set(10, concern=True)
    assert the_episode(
        "concern", watched([*a_course(), concern, assessment(30, "vital_signs:other")])
    ).is_open


@pytest.mark.parametrize(
    ("parts", "clears"),
    [
        pytest.param({}, True, id="normal by the absolute limits"),
        pytest.param({"diastolic_mmhg": None}, False, id="without a mean nobody can say"),
    ],
)
def test_without_a_baseline_a_pressure_clears_by_the_absolute_limits(
    parts: dict[str, Any], clears: bool
) -> None:
    course = a_course(oxygen_device="room_air")
    low = a_full_set(10, systolic_mmhg=85, diastolic_mmhg=60)
    sets = [a_full_set(at, **parts) for at in (20, 40)]
    assert (not the_episode("hypotension", watched([*course, low, *sets])).is_open) is clears


def test_crossed_pressures_clear_nothing() -> None:
    low = a_full_set(10, systolic_mmhg=85, diastolic_mmhg=60)
    crossed = [a_set(at, systolic_mmhg=120, diastolic_mmhg=125, crossed=True) for at in (20, 40)]
    assert the_episode("hypotension", watched([*a_course(), low, *crossed])).is_open


def test_an_episode_keeps_the_highest_priority_that_it_reached_and_says_when() -> None:
    temperatures = ((10, "38.2"), (20, "39.1"), (30, "38.2"))
    found = watched([*a_course(), *(a_full_set(at, temperature_c=t) for at, t in temperatures)])
    episode = the_episode("fever", found)
    assert episode.priority is Priority.HIGH
    assert episode.priorities == ((minute(10), Priority.MEDIUM), (minute(20), Priority.HIGH))
