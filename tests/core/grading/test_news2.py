from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.core.grading.news2 import score_news2

WELL: Mapping[str, Any] = {
    "respiratory_rate_per_min": Decimal(16),
    "spo2_percent": Decimal(98),
    "on_oxygen": False,
    "systolic_mmhg": Decimal(120),
    "heart_rate_bpm": Decimal(70),
    "consciousness": "A",
    "temperature_c": Decimal("37.0"),
}


def points(part: str, value: Any, **others: Any) -> int | None:
    """The points that the part alone gives."""
    return score_news2(**{**WELL, part: value, **others}).parts[part]


def test_a_well_patient_scores_0() -> None:
    scored = score_news2(**WELL)
    assert scored.total.grade == 0
    assert set(scored.parts.values()) == {0}
    assert (scored.single_parameter_3, scored.risk) == (False, "low")
    assert scored.monitoring == "at_least_every_12_hours"


@pytest.mark.parametrize(
    ("part", "bands"),
    [
        pytest.param("respiratory_rate_per_min", "8:3 9:1 11:1 12:0 20:0 21:2 24:2 25:3", id="breaths"),
        pytest.param("spo2_percent", "91:3 92:2 93:2 94:1 95:1 96:0 100:0", id="SpO2 on scale 1"),
        pytest.param("systolic_mmhg", "90:3 91:2 100:2 101:1 110:1 111:0 219:0 220:3", id="systolic"),
        pytest.param("heart_rate_bpm", "40:3 41:1 50:1 51:0 90:0 91:1 110:1 111:2 130:2 131:3", id="pulse"),
        pytest.param(
            "temperature_c",
            "35.0:3 35.1:1 36.0:1 36.1:0 38.0:0 38.1:1 39.0:1 39.1:2 41.0:2",
            id="temperature",
        ),
    ],
)
def test_the_points_of_each_edge_of_chart_1(part: str, bands: str) -> None:
    wanted = {value: int(score) for value, score in (band.split(":") for band in bands.split())}
    assert {value: points(part, Decimal(value)) for value in wanted} == wanted


@pytest.mark.parametrize(
    ("on_oxygen", "bands"),
    [
        pytest.param(False, "83:3 84:2 85:2 86:1 87:1 88:0 92:0 93:0 97:0 100:0", id="on air"),
        pytest.param(
            True, "83:3 84:2 85:2 86:1 87:1 88:0 92:0 93:1 94:1 95:2 96:2 97:3 100:3", id="on oxygen"
        ),
    ],
)
def test_the_points_of_each_edge_of_scale_2(on_oxygen: bool, bands: str) -> None:
    wanted = {value: int(score) for value, score in (band.split(":") for band in bands.split())}
    found = {
        value: points("spo2_percent", Decimal(value), spo2_scale=2, on_oxygen=on_oxygen) for value in wanted
    }
    assert found == wanted


@pytest.mark.parametrize(
    ("temperature_c", "score"),
    [
        pytest.param("37.96", 0, id="37.96 is read as 38.0"),
        pytest.param("38.04", 0, id="38.04 is read as 38.0"),
        pytest.param("38.05", 1, id="38.05 is read as 38.1"),
        pytest.param("38.055556", 1, id="100.5 °F is read as 38.1"),
        pytest.param("39.05", 2, id="39.05 is read as 39.1"),
        pytest.param("35.04", 3, id="35.04 is read as 35.0"),
        pytest.param("36.04", 1, id="36.04 is read as 36.0"),
        pytest.param("36.05", 0, id="36.05 is read as 36.1"),
    ],
)
def test_temperature_alone_is_read_at_a_tenth_of_a_degree(temperature_c: str, score: int) -> None:
    assert points("temperature_c", Decimal(temperature_c)) == score


@pytest.mark.parametrize(
    ("part", "value", "score"),
    [
        pytest.param("heart_rate_bpm", "90.9", 0, id="a pulse of 90.9 has not reached 91"),
        pytest.param("heart_rate_bpm", "130.9", 2, id="a pulse of 130.9 has not reached 131"),
        pytest.param("spo2_percent", "91.9", 3, id="a saturation of 91.9 has not reached 92"),
        pytest.param("systolic_mmhg", "90.5", 3, id="a pressure of 90.5 has not reached 91"),
    ],
)
def test_nothing_else_is_rounded(part: str, value: str, score: int) -> None:
    assert points(part, Decimal(value)) == score


@pytest.mark.parametrize(("word", "score"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_anything_but_alert_scores_3(word: str, score: int) -> None:
    assert points("consciousness", word) == score


def test_oxygen_scores_2() -> None:
    assert points("on_oxygen", True) == 2
    assert points("on_oxygen", False) == 0


@pytest.mark.parametrize(
    ("parts", "total", "risk", "monitoring"),
    [
        pytest.param({}, 0, "low", "at_least_every_12_hours", id="0"),
        pytest.param({"heart_rate_bpm": Decimal(95)}, 1, "low", "at_least_every_4_to_6_hours", id="1"),
        pytest.param(
            {"heart_rate_bpm": Decimal(115), "on_oxygen": True},
            4,
            "low",
            "at_least_every_4_to_6_hours",
            id="4 without a 3",
        ),
        pytest.param({"consciousness": "C"}, 3, "low_medium", "at_least_hourly", id="a single 3"),
        pytest.param(
            {"heart_rate_bpm": Decimal(115), "on_oxygen": True, "temperature_c": Decimal("38.5")},
            5,
            "medium",
            "at_least_hourly",
            id="5 without a 3",
        ),
        pytest.param(
            {"consciousness": "V", "systolic_mmhg": Decimal(85)}, 6, "medium", "at_least_hourly", id="6"
        ),
        pytest.param(
            {"consciousness": "V", "systolic_mmhg": Decimal(85), "heart_rate_bpm": Decimal(95)},
            7,
            "high",
            "continuous",
            id="7",
        ),
    ],
)
def test_risk_and_monitoring(parts: Mapping[str, Any], total: int, risk: str, monitoring: str) -> None:
    scored = score_news2(**{**WELL, **parts})
    assert (scored.total.grade, scored.risk, scored.monitoring) == (total, risk, monitoring)


def test_the_worst_set_scores_20() -> None:
    scored = score_news2(
        respiratory_rate_per_min=Decimal(30),
        spo2_percent=Decimal(80),
        on_oxygen=True,
        systolic_mmhg=Decimal(70),
        heart_rate_bpm=Decimal(140),
        consciousness="U",
        temperature_c=Decimal("34.0"),
    )
    assert scored.total.grade == 20
    assert scored.single_parameter_3 is True


def test_with_nothing_known_the_total_is_0_to_20_and_everything_is_missing() -> None:
    scored = score_news2()
    assert (scored.total.lowest, scored.total.highest) == (0, 20)
    assert scored.total.missing == tuple(WELL)
    assert set(scored.parts.values()) == {None}
    assert (scored.single_parameter_3, scored.risk, scored.monitoring) == (None, None, None)


def test_what_is_sure_is_said_although_a_part_is_missing() -> None:
    parts = {**WELL, "consciousness": "U", "systolic_mmhg": Decimal(80), "heart_rate_bpm": Decimal(140)}
    scored = score_news2(**{**parts, "temperature_c": None})
    assert (scored.total.lowest, scored.total.highest) == (9, 12)
    assert scored.total.missing == ("temperature_c",)
    assert (scored.single_parameter_3, scored.risk, scored.monitoring) == (True, "high", "continuous")


def test_on_scale_2_a_good_saturation_is_open_until_oxygen_is_known() -> None:
    scored = score_news2(**{**WELL, "on_oxygen": None}, spo2_scale=2)
    assert scored.parts["spo2_percent"] is None
    assert (scored.total.lowest, scored.total.highest) == (0, 5)
    assert scored.total.missing == ("on_oxygen",)


def test_the_reasons_are_the_parts_that_score() -> None:
    scored = score_news2(**{**WELL, "consciousness": "V", "heart_rate_bpm": Decimal(95), "on_oxygen": None})
    assert [reason.code for reason in scored.total.reasons] == [
        "heart_rate_bpm_scores",
        "consciousness_scores",
        "single_parameter_3",
        "on_oxygen_missing",
    ]
    assert scored.total.reasons[0].values == {"value": Decimal(95), "points": Decimal(1)}


def test_the_college_is_acknowledged() -> None:
    assert "Royal College of Physicians" in score_news2().total.source


PARTS: Mapping[str, st.SearchStrategy[Any]] = {
    "respiratory_rate_per_min": st.decimals(1, 80, places=1),
    "spo2_percent": st.decimals(30, 100, places=1),
    "on_oxygen": st.booleans(),
    "systolic_mmhg": st.decimals(30, 300, places=1),
    "heart_rate_bpm": st.decimals(10, 300, places=1),
    "consciousness": st.sampled_from("ACVPU"),
    "temperature_c": st.decimals(25, 45, places=3),
}
COMPLETE = st.fixed_dictionaries(dict(PARTS))
SCALES = st.sampled_from([1, 2])


@given(
    whole=COMPLETE,
    scale=SCALES,
    left_out=st.sets(st.sampled_from([*PARTS])),
    more=st.sampled_from([*PARTS]),
)
def test_the_range_holds_the_total_of_every_completion_and_widens_with_each_part_left_out(
    whole: dict[str, Any], scale: int, left_out: set[str], more: str
) -> None:
    full = score_news2(**whole, spo2_scale=scale)
    some = score_news2(
        **{name: value for name, value in whole.items() if name not in left_out}, spo2_scale=scale
    )
    fewer = score_news2(
        **{name: value for name, value in whole.items() if name not in left_out | {more}}, spo2_scale=scale
    )
    assert full.total.grade is not None
    assert fewer.total.lowest <= some.total.lowest <= full.total.grade
    assert full.total.grade <= some.total.highest <= fewer.total.highest
    assert set(some.total.missing) == left_out
    assert some.risk in (None, full.risk)
    assert some.monitoring in (None, full.monitoring)
    assert some.single_parameter_3 in (None, full.single_parameter_3)


@given(whole=COMPLETE, scale=SCALES)
def test_a_total_is_the_sum_of_its_parts(whole: dict[str, Any], scale: int) -> None:
    scored = score_news2(**whole, spo2_scale=scale)
    assert scored.total.grade == sum(part for part in scored.parts.values() if part is not None)


UPWARDS = {
    "respiratory_rate_per_min": 12,
    "systolic_mmhg": 111,
    "heart_rate_bpm": 51,
    "temperature_c": Decimal("36.1"),
}


@pytest.mark.parametrize("part", [*UPWARDS])
@given(data=st.data())
def test_points_never_fall_as_a_number_moves_away_from_normal(part: str, data: st.DataObject) -> None:
    one, other = data.draw(PARTS[part]), data.draw(PARTS[part])
    normal = Decimal(UPWARDS[part])
    if (one >= normal) != (other >= normal):
        return
    nearer, farther = sorted((one, other), key=lambda value: abs(value - normal))
    assert (points(part, farther) or 0) >= (points(part, nearer) or 0)


@given(one=PARTS["spo2_percent"], other=PARTS["spo2_percent"], on_oxygen=st.booleans())
def test_points_never_fall_as_a_saturation_falls(one: Decimal, other: Decimal, on_oxygen: bool) -> None:
    worse, better = sorted((one, other))
    assert (points("spo2_percent", worse) or 0) >= (points("spo2_percent", better) or 0)
    if better < 93:
        on_scale_2 = {"spo2_scale": 2, "on_oxygen": on_oxygen}
        assert (points("spo2_percent", worse, **on_scale_2) or 0) >= (
            points("spo2_percent", better, **on_scale_2) or 0
        )
