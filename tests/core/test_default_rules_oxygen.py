"""The default rule of hypoxia: by the saturation, and by the oxygen that is given."""

import pytest

from monitoring.core.events import Event, Extent
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, given
from .test_default_rules import HIGH, MEDIUM, highest

COMFORT = given(5, "oxygen", Extent.START, indication="comfort")


@pytest.mark.parametrize(
    ("spo2", "on_target", "priority"),
    [
        pytest.param(94, False, None, id="94 is normal"),
        pytest.param(93, False, MEDIUM, id="93 is medium"),
        pytest.param(92, False, MEDIUM, id="92 is medium"),
        pytest.param(91, False, HIGH, id="91 is high"),
        pytest.param(88, True, None, id="88 on a documented target is normal"),
        pytest.param(87, True, MEDIUM, id="87 on target is medium"),
        pytest.param(84, True, MEDIUM, id="84 on target is medium"),
        pytest.param(83, True, HIGH, id="83 on target is high"),
    ],
)
def test_hypoxia_by_saturation(spo2: int, on_target: bool, priority: Priority | None) -> None:
    course = a_course(oxygen_device="room_air", spo2_target_88_92=on_target)
    assert highest("hypoxia", a_full_set(10, spo2_percent=spo2), course=course) == priority


@pytest.mark.parametrize(
    ("before", "now", "others", "priority"),
    [
        pytest.param("room_air", "high_flow", [], HIGH, id="new high flow is high"),
        pytest.param("room_air", "simple_mask", [], HIGH, id="a new mask is high"),
        pytest.param("room_air", "cpap", [], HIGH, id="new positive pressure is high"),
        pytest.param("cpap", "cpap", [], None, id="what was there at baseline is not new"),
        pytest.param("room_air", "nasal_cannula", [], MEDIUM, id="new low flow, nobody said why: it counts"),
        pytest.param("nasal_cannula", "nasal_cannula", [], None, id="a cannula from before is not new"),
        pytest.param(
            "room_air",
            "nasal_cannula",
            [given(5, "oxygen", Extent.START, indication="comfort")],
            None,
            id="oxygen for comfort does not count",
        ),
        pytest.param(
            "room_air",
            "room_air",
            [given(5, "oxygen", Extent.START, indication="hypoxia")],
            MEDIUM,
            id="oxygen given for hypoxia counts whatever the set says",
        ),
        pytest.param(None, "nasal_cannula", [], MEDIUM, id="without a baseline any oxygen is new"),
        pytest.param("room_air", "simple_mask", [COMFORT], None, id="a mask for comfort does not count"),
        pytest.param("room_air", "venturi", [COMFORT], None, id="nor does a Venturi mask"),
        pytest.param("room_air", "high_flow", [COMFORT], None, id="nor high flow for comfort"),
        pytest.param(
            "room_air", "non_rebreather", [COMFORT], HIGH, id="nobody wears a reservoir for comfort"
        ),
        pytest.param("room_air", "cpap", [COMFORT], HIGH, id="nor positive pressure"),
        pytest.param(
            "room_air",
            "high_flow",
            [COMFORT, given(6, "oxygen", Extent.START, indication="hypoxia", key="more")],
            HIGH,
            id="what is given for hypoxia beside it counts",
        ),
        pytest.param(
            "room_air",
            "simple_mask",
            [COMFORT, given(8, "oxygen", Extent.STOP, indication="comfort", starts=COMFORT.key, key="off")],
            HIGH,
            id="a mask after the oxygen for comfort has ended counts",
        ),
        pytest.param("simple_mask", "non_rebreather", [], None, id="a reservoir is of the class of a mask"),
        pytest.param("simple_mask", "cpap", [], HIGH, id="pressure is new where a mask was"),
    ],
)
def test_hypoxia_by_support(
    before: str | None, now: str, others: list[Event], priority: Priority | None
) -> None:
    at_baseline = {"systolic_mmhg": 120} | ({} if before is None else {"oxygen_device": before})
    reading = a_full_set(10, oxygen_device=now)
    assert highest("hypoxia", *others, reading, course=a_course(**at_baseline)) == priority


@pytest.mark.parametrize(
    ("flow", "others", "priority"),
    [
        pytest.param("8", [COMFORT], None, id="a cannula at 8 L/min for comfort does not count"),
        pytest.param("8", [], HIGH, id="one that nobody gave a reason for does"),
    ],
)
def test_a_fast_cannula_for_comfort(flow: str, others: list[Event], priority: Priority | None) -> None:
    reading = a_full_set(10, oxygen_device="nasal_cannula", oxygen_flow_l_min=flow)
    assert highest("hypoxia", *others, reading) == priority


def test_a_low_saturation_rings_whatever_the_oxygen_was_said_to_be_for() -> None:
    assert highest("hypoxia", COMFORT, a_full_set(10, oxygen_device="high_flow", spo2_percent=93)) == MEDIUM
