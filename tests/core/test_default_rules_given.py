"""The default rules on what was given, on transplants, and on a start without a baseline."""

import pytest

from monitoring.core.events import Assessment, Event, Extent, Facts
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, a_set, baseline, given, minute, symptom, the_episode, watched
from .test_default_rules import MEDIUM, highest

LOW = Priority.LOW


def transplant(at: float) -> Event:
    """It is known from that minute on that the subject had an allogeneic transplant."""
    return Facts(minute(at), f"facts:{at:g}", {"allogeneic_transplant": True})


@pytest.mark.parametrize(
    ("events", "priority"),
    [
        pytest.param([given(10, "steroid")], MEDIUM, id="nobody wrote what for"),
        pytest.param([given(10, "steroid", indication="premedication")], MEDIUM, id="as premedication"),
        pytest.param([given(10, "steroid", indication="crs")], LOW, id="for CRS"),
        pytest.param([given(10, "steroid", indication="icans")], LOW, id="for ICANS"),
        pytest.param([given(10, "steroid", indication="reaction")], LOW, id="for a reaction"),
        pytest.param([given(10, "steroid", Extent.START)], MEDIUM, id="as a drip"),
        pytest.param([given(-1439, "steroid")], MEDIUM, id="within the day before the start"),
        pytest.param([given(-1440, "steroid")], None, id="24 hours before the start"),
        pytest.param([given(-90, "steroid", Extent.START)], MEDIUM, id="a drip that runs at the start"),
        pytest.param([given(10, "antihistamine")], None, id="an antihistamine is none"),
    ],
)
def test_a_steroid_asks_for_its_indication(events: list[Event], priority: Priority | None) -> None:
    assert highest("steroid", *events) == priority


def test_every_indication_of_a_steroid_is_spoken_of() -> None:
    indications = {
        "hypotension",
        "hypoxia",
        "fever",
        "rigors",
        "crs",
        "icans",
        "reaction",
        "premedication",
        "protocol",
        "comfort",
        "other",
        "",
    }
    assert {
        word for word in indications if highest("steroid", given(10, "steroid", indication=word))
    } == indications


def test_a_steroid_clears_by_an_assessment_and_a_drip_does_not_raise_it_again() -> None:
    drip = [*a_course(stop=None), given(10, "steroid", Extent.START), a_full_set(20)]
    keys = the_episode("steroid", watched(drip)).keys()
    assessed = Assessment(minute(30), "assessment:1", "steroid", keys)
    found = watched([*drip, assessed, a_full_set(45), a_full_set(60)])
    assert the_episode("steroid", found).cleared_at == minute(30)


ALLOGENEIC = [*a_course(), transplant(0)]


@pytest.mark.parametrize(
    ("events", "course", "priority"),
    [
        pytest.param([a_full_set(10)], ALLOGENEIC, LOW, id="an item to watch at every infusion"),
        pytest.param([transplant(20)], a_course(), LOW, id="known only while it runs"),
        pytest.param([symptom(10, "rash", Extent.POINT)], ALLOGENEIC, MEDIUM, id="a rash"),
        pytest.param(
            [transplant(5), symptom(10, "rash", Extent.POINT)],
            a_course(),
            MEDIUM,
            id="a rash once it is known",
        ),
        pytest.param([symptom(10, "rash", Extent.POINT)], a_course(), None, id="a rash without a transplant"),
        pytest.param([a_full_set(10)], a_course(), None, id="no transplant"),
    ],
)
def test_graft_versus_host_disease_is_watched_for(
    events: list[Event], course: list[Event], priority: Priority | None
) -> None:
    assert highest("gvhd_watch", *events, course=course) == priority


def test_the_watch_for_graft_versus_host_disease_is_over_once_it_was_assessed() -> None:
    course = [*ALLOGENEIC, a_full_set(10)]
    keys = the_episode("gvhd_watch", watched(course)).keys()
    assessed = Assessment(minute(20), "assessment:1", "gvhd_watch", keys)
    found = watched([*course, assessed, a_full_set(30), a_full_set(60)])
    assert the_episode("gvhd_watch", found).cleared_at == minute(20)


def test_what_was_known_of_a_transplant_is_no_news_when_it_is_stated_again() -> None:
    again = Facts(minute(30), "facts:again", {"allogeneic_transplant": True, "spo2_target_88_92": True})
    keys = the_episode("gvhd_watch", watched(ALLOGENEIC)).keys()
    assessed = Assessment(minute(20), "assessment:1", "gvhd_watch", keys)
    found = watched([*ALLOGENEIC, assessed, again, a_full_set(40)])
    assert the_episode("gvhd_watch", found).cleared_at == minute(20)


@pytest.mark.parametrize(
    ("at_baseline", "priority"),
    [
        pytest.param({"frozen_at_start": True}, LOW, id="nothing was measured before the start"),
        pytest.param({"frozen_at_start": True, "temperature_c": "36.8"}, LOW, id="all but the pressure was"),
        pytest.param({"frozen_at_start": True, "systolic_mmhg": 120}, None, id="the pressure was"),
        pytest.param({"oxygen_device": "room_air"}, None, id="nobody started this one: it was imported"),
    ],
)
def test_a_start_without_a_baseline(at_baseline: dict[str, object], priority: Priority | None) -> None:
    assert highest("missing_baseline", a_full_set(10), course=a_course(**at_baseline)) == priority


def test_a_missing_baseline_clears_once_somebody_states_one() -> None:
    stated = baseline(20, frozen_at_start=True, systolic_mmhg=118)
    found = watched(
        [*a_course(frozen_at_start=True), a_full_set(10), stated, a_set(30, temperature_c="36.8")]
    )
    assert the_episode("missing_baseline", found).cleared_at == minute(30)
