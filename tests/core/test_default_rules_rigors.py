"""The default rules of rigors that do not stop."""

import pytest

from monitoring.core.events import Event, Extent
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, given, minute, symptom, the_episode, watched
from .test_default_rules import HIGH, MEDIUM

PERSISTING = "rigors_persisting"


def reached(*events: Event, until: float) -> Priority | None:
    found = watched([*a_course(stop=None), *events], until=until)
    return max(
        (episode.priority for episode in found.episodes if episode.problem == PERSISTING), default=None
    )


def shaking(at: float) -> Event:
    return a_full_set(at, rigors="shaking")


@pytest.mark.parametrize(
    ("events", "until", "priority"),
    [
        pytest.param([symptom(10, "rigors")], 39, None, id="29 minutes"),
        pytest.param([symptom(10, "rigors")], 40, HIGH, id="30 minutes, by time alone"),
        pytest.param(
            [symptom(10, "rigors"), symptom(39, "rigors", Extent.STOP)], 60, None, id="stopped in time"
        ),
        pytest.param(
            [symptom(10, "rigors"), a_full_set(39)], 60, None, id="a set says in time that it is over"
        ),
        pytest.param([shaking(10), shaking(25), shaking(39)], 60, None, id="29 minutes of sets"),
        pytest.param([shaking(10), shaking(25), shaking(40)], 60, HIGH, id="30 minutes of sets"),
        pytest.param([shaking(10), a_full_set(25), shaking(40)], 60, None, id="with a pause between"),
        pytest.param([shaking(10), shaking(41)], 60, None, id="nobody looked between"),
        pytest.param(
            [symptom(10, "rigors"), symptom(20, "rigors", Extent.STOP), symptom(30, "rigors", key="again")],
            59,
            None,
            id="another rigor is counted anew",
        ),
    ],
)
def test_rigors_for_half_an_hour(events: list[Event], until: float, priority: Priority | None) -> None:
    assert reached(*events, until=until) == priority


@pytest.mark.parametrize(
    ("events", "until", "priority"),
    [
        pytest.param(
            [symptom(5, "rigors"), given(6, "meperidine")], 20, None, id="14 minutes after the dose"
        ),
        pytest.param([symptom(5, "rigors"), given(6, "meperidine")], 21, MEDIUM, id="15 minutes after it"),
        pytest.param([symptom(6, "rigors"), given(6, "meperidine")], 35, MEDIUM, id="29 minutes after it"),
        pytest.param([symptom(6, "rigors"), given(6, "meperidine")], 36, HIGH, id="30 minutes after it"),
        pytest.param([shaking(5), given(6, "meperidine"), shaking(20)], 20, None, id="a set at 14 minutes"),
        pytest.param([shaking(5), given(6, "meperidine"), shaking(21)], 21, MEDIUM, id="a set at 15 minutes"),
        pytest.param(
            [symptom(5, "rigors"), given(6, "meperidine"), symptom(16, "rigors", Extent.STOP)],
            60,
            None,
            id="it helped",
        ),
        pytest.param([symptom(5, "chills"), given(6, "meperidine")], 60, None, id="chills are no rigors"),
    ],
)
def test_rigors_after_meperidine(events: list[Event], until: float, priority: Priority | None) -> None:
    assert reached(*events, until=until) == priority


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(symptom(50, "rigors", Extent.STOP), id="by its stop"),
        pytest.param(a_full_set(50), id="by a set that says none"),
    ],
)
def test_rigors_that_did_not_stop_clear_when_they_stop(end: Event) -> None:
    found = watched([*a_course(stop=None), symptom(10, "rigors"), end])
    assert the_episode(PERSISTING, found).cleared_at == minute(50)


def test_a_set_that_does_not_ask_clears_no_rigors() -> None:
    found = watched([*a_course(stop=None), symptom(10, "rigors"), a_full_set(50, rigors=None)])
    assert the_episode(PERSISTING, found).is_open
