"""Drawing code can lie; these hold it to the truth."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from monitoring.charts.flowsheet import draw as drawing_of
from monitoring.charts.panels import levels
from monitoring.charts.runs import Reading, split, thin
from monitoring.charts.scales import Linear, TimeScale, elapsed
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Lane, Pair, Panel, Step, Threshold

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def after(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def reading(minutes: float, value: str) -> Reading:
    return Reading(after(minutes), Decimal(value), f"{value} at {minutes}")


def quarter(_: datetime) -> timedelta:
    return timedelta(minutes=30)


def draw(sheet: Flowsheet) -> str:
    return drawing_of(sheet).html


def sheet(panel: Panel, hours: float = 4, **more: object) -> Flowsheet:
    return Flowsheet(T0, after(hours * 60), UTC, (panel,), quarter, "Flowsheet", zero=T0, **more)  # type: ignore[arg-type]


def temperature(*readings: Reading, **more: object) -> Panel:
    return Panel("temperature", "Temperature", "°C", Decimal(35), Decimal(40), readings, **more)  # type: ignore[arg-type]


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


def line_of(text: str) -> str:
    return re.search(r'<path class="line" d="([^"]*)"', text).group(1)  # type: ignore[union-attr]


def test_a_line_breaks_exactly_where_more_than_the_longest_gap_lies() -> None:
    runs = split([reading(0, "37"), reading(30, "37"), reading(60.1, "37")], quarter)
    assert [len(run) for run in runs] == [2, 1]


def test_there_are_as_many_moves_as_runs() -> None:
    minutes = [0, 15, 30, 90, 105, 200]
    drawn = draw(sheet(temperature(*(reading(m, "37.2") for m in minutes))))
    assert line_of(drawn).count("M") == 3


def test_a_lone_reading_between_gaps_is_visible() -> None:
    drawn = draw(sheet(temperature(reading(0, "37"), reading(100, "39.5"), reading(200, "37"))))
    assert line_of(drawn).count("h0") == 3
    assert "39.5 at 100" in drawn


def test_a_lone_reading_stays_visible_when_there_are_too_many_to_mark_each() -> None:
    dense = [reading(n / 4, "37") for n in range(400)]
    drawn = draw(sheet(temperature(*dense, reading(200, "40.2"))))
    assert "40.2 at 200" in drawn


def test_every_extreme_is_kept_however_many_readings_there_are() -> None:
    values = [reading(n / 60, "37.0") for n in range(2880)]
    values[1001] = reading(1001 / 60, "41.9")
    values[1003] = reading(1003 / 60, "30.1")
    kept = thin(values, [int((r.at - T0).total_seconds() // 600) for r in values])
    assert len(kept) < 30
    assert {Decimal("41.9"), Decimal("30.1")} <= {r.value for r in kept}
    assert kept == sorted(kept, key=lambda r: r.at)


def test_a_value_beyond_the_usual_scale_widens_it() -> None:
    drawn = draw(sheet(temperature(reading(0, "37"), reading(15, "42.7"))))
    places = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", line_of(drawn))]
    assert min(places) >= 26


def test_zero_is_drawn() -> None:
    readings = (reading(0, "0"), reading(15, "0"))
    panel = Panel("respiratory", "Breaths", "/min", Decimal(0), Decimal(40), readings)
    assert "M" in line_of(draw(sheet(panel)))
    assert "0 at 15" in draw(sheet(panel))


def test_a_flat_step_before_a_gap_is_drawn_to_its_end() -> None:
    axis, scale = TimeScale(T0, after(100), 0, 100), Linear(0, 10, 10, 0)
    steps = (Step(after(0), Decimal(2)), Step(after(60), None), Step(after(80), Decimal(4)))
    path = levels(steps, axis, scale, 0)
    assert "M0.0 8.0H60.0" in path
    assert "M80.0 6.0H100.0" in path


def test_a_step_that_changes_is_one_line_with_a_riser() -> None:
    axis, scale = TimeScale(T0, after(100), 0, 100), Linear(0, 10, 10, 0)
    path = levels((Step(T0, Decimal(2)), Step(after(50), Decimal(4))), axis, scale, 0)
    assert "M0.0 8.0H50.0V6.0H100.0" in path


def test_a_step_of_zero_is_drawn() -> None:
    axis, scale = TimeScale(T0, after(100), 0, 100), Linear(0, 10, 10, 0)
    assert "M0.0 10.0H100.0" in levels((Step(T0, Decimal(0)),), axis, scale, 0)


def test_a_step_that_began_before_the_paper_is_on_it() -> None:
    axis, scale = TimeScale(after(50), after(100), 0, 100), Linear(0, 10, 10, 0)
    assert "M0.0 8.0H100.0" in levels((Step(T0, Decimal(2)),), axis, scale, 0)


def test_a_pressure_without_its_diastolic_part_is_still_there() -> None:
    pair = Pair(after(10), Decimal(84), None, text="84 over unknown")
    panel = Panel("pressure", "Blood pressure", "mmHg", Decimal(40), Decimal(180), pairs=(pair,))
    assert "84 over unknown" in draw(sheet(panel))


def test_among_thousands_of_pressures_the_lowest_and_the_unrecordable_stay() -> None:
    pairs = [Pair(after(n / 60), Decimal(120), Decimal(80)) for n in range(2880)]
    pairs[1003] = Pair(pairs[1003].at, Decimal(61), Decimal(44))
    pairs[1007] = Pair(pairs[1007].at, None, None, unrecordable=True)
    pairs[1009] = Pair(pairs[1009].at, None, Decimal(41))
    panel = Panel("pressure", "Blood pressure", "mmHg", Decimal(40), Decimal(180), pairs=tuple(pairs))
    drawn = drawing_of(sheet(panel, hours=48))
    top = float(re.search(r'class="ground" x="2" y="(\d+)"', drawn.html).group(1))  # type: ignore[union-attr]
    scale = Linear(40, 180, top + 84 - 5, top + 7)
    assert f" {scale(61):.1f}V{scale(44):.1f}" in drawn.html
    assert f" {scale(41):.1f}h2" in drawn.html
    assert 'class="unrecordable"' in drawn.html
    assert len(drawn.html) < 150_000
    ((name, shown, total),) = drawn.thinned
    assert (name, total) == ("Blood pressure", 2880)
    assert shown < 2880


def test_what_is_thinned_is_said_and_what_is_not_is_not() -> None:
    dense = temperature(*(reading(n / 60, str(36 + n % 5)) for n in range(5000)))
    few = temperature(*(reading(n, "37") for n in range(200)))
    ((_name, shown, total),) = drawing_of(sheet(dense)).thinned
    assert total == 5000
    assert 0 < shown < 5000
    assert drawing_of(sheet(few)).thinned == ()


def test_readings_outside_the_paper_are_neither_drawn_nor_counted() -> None:
    drawn = drawing_of(sheet(temperature(reading(10, "37"), reading(300, "41.5")), hours=1))
    assert "41.5 at 300" not in drawn.html
    assert drawn.thinned == ()


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        pytest.param({}, "nurse", id="a nurse's"),
        pytest.param({"kind": "device"}, "device", id="a device's"),
        pytest.param({"kind": "patient"}, "patient", id="the patient's own"),
        pytest.param({"late": True}, "late", id="entered late"),
        pytest.param({"late": True, "corrected": True}, "corrected", id="corrected says more than late"),
    ],
)
def test_a_mark_says_by_its_shape_where_a_reading_comes_from(columns: dict[str, Any], shape: str) -> None:
    one = Reading(after(10), Decimal(37), "37", **columns)
    pair = Pair(after(10), Decimal(120), Decimal(80), Decimal(93), **columns)
    pressure = Panel("pressure", "BP", "mmHg", Decimal(40), Decimal(180), pairs=(pair,))
    assert f'href="#mark-{shape}"' in draw(sheet(temperature(one)))
    plain = f'class="mean {shape}"' if shape in ("nurse", "device") else f'href="#mark-{shape}"'
    assert plain in draw(sheet(pressure))


def test_a_correction_stays_marked_among_thousands() -> None:
    dense = [reading(n / 12, "37") for n in range(2800)]
    odd = Reading(after(100), Decimal("36.9"), "once 39.6", corrected=True)
    assert "once 39.6" in draw(sheet(temperature(*dense, odd)))


def says(gap: timedelta) -> tuple[str, str]:
    minutes = round(gap / timedelta(minutes=1))
    return f"no reading {minutes} min", f"{minutes} min"


@pytest.mark.parametrize(
    ("hours", "label"),
    [
        pytest.param(4, ">no reading 52 min</text>", id="in full where there is room"),
        pytest.param(16, ">52 min</text>", id="in short where there is less"),
        pytest.param(60, "rotate(-90)", id="upright where there is hardly any"),
    ],
)
def test_a_gap_says_how_long_it_is(hours: float, label: str) -> None:
    panel = temperature(reading(0, "37"), reading(52, "37"), reading(60, "37"))
    drawn = draw(sheet(panel, hours=hours, gap_text=says))
    assert label in drawn
    assert "<title>no reading 52 min</title>" in drawn
    assert drawn.count('class="gap"') == 1


def test_silence_up_to_now_is_a_gap_too() -> None:
    panel = temperature(reading(0, "37"), reading(10, "37"))
    drawn = draw(sheet(panel, gap_text=says, now=after(100)))
    assert ">no reading 90 min</text>" in drawn


def test_every_alert_of_one_moment_can_be_followed() -> None:
    alerts = tuple(AlertMark(after(20), "low", f"alert {n}", f"/alerts/{n}/") for n in range(5))
    drawn = draw(sheet(temperature(reading(0, "37")), alerts=alerts))
    places = re.findall(r'class="alert low".*?translate\(([\d. ]+)\)', drawn)
    assert len(set(places)) == 5


def test_a_retracted_alert_stays_in_sight_struck_through() -> None:
    mark = AlertMark(after(20), "high", "HIGH: fever, retracted", "/alerts/1/", retracted=True)
    drawn = draw(sheet(temperature(reading(0, "37")), alerts=(mark,)))
    assert 'class="alert high retracted"' in drawn
    assert 'class="strike"' in drawn


def test_words_of_lines_that_lie_close_do_not_lie_on_one_another() -> None:
    lines = tuple(Threshold(Decimal(value), value) for value in ("90", "91", "92", "93"))
    panel = Panel("spo2", "SpO₂", "%", Decimal(50), Decimal(100), (reading(0, "97"),), thresholds=lines)
    places = [float(y) for y in re.findall(r'y="([\d.]+)" text-anchor="end">9\d', draw(sheet(panel)))]
    assert all(abs(one - other) >= 8 for n, one in enumerate(places) for other in places[:n])


def test_an_unrecordable_pressure_is_drawn() -> None:
    pair = Pair(after(10), None, None, text="unrecordable", unrecordable=True)
    panel = Panel("pressure", "Blood pressure", "mmHg", Decimal(40), Decimal(180), pairs=(pair,))
    assert 'class="unrecordable"' in draw(sheet(panel))


def test_an_alert_is_a_link_with_words() -> None:
    mark = AlertMark(after(20), "high", "HIGH: fever", "/alerts/1/")
    root = parse(draw(sheet(temperature(reading(0, "37")), alerts=(mark,))))
    link = root.find(f".//{SVG}a[@class='alert high']")
    assert link is not None
    assert link.get("href") == "/alerts/1/"
    assert link.get("aria-label") == "HIGH: fever"


def test_a_threshold_is_drawn_with_its_words() -> None:
    panel = temperature(reading(0, "37"), thresholds=(Threshold(Decimal("38.0"), "38.0"),))
    assert 'class="threshold limit"' in draw(sheet(panel))


def test_texts_of_events_that_would_collide_lie_in_different_rows() -> None:
    events = tuple(Happening(after(10 + n), f"Paracetamol {n} g given") for n in range(3))
    drawn = draw(sheet(temperature(reading(0, "37")), lanes=(Lane("Given", events),)))
    rows = re.findall(r'<text x="[\d.]+" y="(\d+)" text-anchor="start">Para', drawn)
    assert len(set(rows)) == 3


def test_an_event_without_room_for_its_words_is_marked_and_counted() -> None:
    events = tuple(Happening(after(10 + n / 10), f"Paracetamol {n} g given") for n in range(9))
    drawing = drawing_of(sheet(temperature(reading(0, "37")), lanes=(Lane("Given", events),)))
    assert drawing.html.count('class="happening') == 9
    assert drawing.unworded == 6


def test_a_bar_that_began_before_the_paper_is_on_it() -> None:
    rigor = Happening(after(-30), "rigors", until=after(30), kind="symptom rigors")
    drawn = draw(sheet(temperature(reading(0, "37")), lanes=(Lane("Symptoms", (rigor,)),)))
    assert 'class="happening symptom rigors"><rect x="2.0"' in drawn


def test_nothing_that_people_wrote_can_become_markup() -> None:
    happening = Happening(after(10), "<script>alert(1)</script>")
    assert "<script>" not in draw(sheet(temperature(reading(0, "37")), lanes=(Lane("<b>", (happening,)),)))


def test_forty_eight_hours_are_forty_eight_hours_over_a_change_of_clocks() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    axis = TimeScale(start, start + timedelta(hours=48), 0, 480)
    ticks = axis.elapsed_ticks(start)
    assert ticks[-1] == (start + timedelta(hours=48), "T+48:00")
    clock = [(at.astimezone(zone), label) for at, label in axis.clock_ticks(zone)]
    assert all(local.strftime("%H:%M") == label or local.strftime("%d %b") == label for local, label in clock)


def test_elapsed_time_before_the_start_is_negative() -> None:
    assert elapsed(timedelta(minutes=-20)) == "T−0:20"
    assert elapsed(timedelta(hours=1, minutes=35)) == "T+1:35"
