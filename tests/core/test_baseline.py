from monitoring.core.baseline import baseline_at, is_fresh

from .builders import START, a_set, minute


def test_the_baseline_is_the_median_of_the_hour_before_the_start() -> None:
    sets = [a_set(at, systolic_mmhg=value) for at, value in ((-61, 80), (-60, 110), (-30, 120), (-5, 124))]
    assert baseline_at(sets, START) == {"systolic_mmhg": 120}


def test_of_two_readings_it_is_the_mean_and_of_words_the_newest() -> None:
    sets = [
        a_set(-5, systolic_mmhg=121, oxygen_device="room_air"),
        a_set(-30, systolic_mmhg=120, oxygen_device="nasal_cannula"),
    ]
    assert baseline_at(sets, START) == {
        "systolic_mmhg": a_set(0, x="120.5").values["x"],
        "oxygen_device": "room_air",
    }


def test_a_reading_after_the_start_is_no_baseline() -> None:
    assert baseline_at([a_set(1, systolic_mmhg=120)], START) == {}


def test_crossed_pressures_give_a_systolic_only() -> None:
    crossed = a_set(-5, systolic_mmhg=70, diastolic_mmhg=90, map_mmhg=80, crossed=True)
    assert baseline_at([crossed], START) == {"systolic_mmhg": 70}


def test_a_baseline_is_fresh_for_half_an_hour() -> None:
    assert is_fresh([a_set(-30)], minute(0))
    assert not is_fresh([a_set(-31)], minute(0))
