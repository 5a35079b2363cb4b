"""Drawing code can lie; these hold it to the truth."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from monitoring.charts.flowsheet import draw, steps_path
from monitoring.charts.runs import Reading, split, thin
from monitoring.charts.scales import Linear, TimeScale, elapsed
from monitoring.charts.sheet import AlertMark, Flowsheet, Happening, Pair, Panel, Threshold

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def after(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def reading(minutes: float, value: str) -> Reading:
    return Reading(after(minutes), Decimal(value), f"{value} at {minutes}")


def quarter(_: datetime) -> timedelta:
    return timedelta(minutes=30)


def sheet(panel: Panel, hours: float = 4, **more: object) -> Flowsheet:
    return Flowsheet(T0, after(hours * 60), UTC, (panel,), quarter, "Flowsheet", zero=T0, **more)  # type: ignore[arg-type]


def temperature(*readings: Reading, **more: object) -> Panel:
    return Panel("temperature", "Temperature", "°C", Decimal(35), Decimal(40), readings, **more)  # type: ignore[arg-type]


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


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
    kept = thin(values, lambda r: int((r.at - T0).total_seconds() // 600))
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
    path = steps_path(((after(0), Decimal(2)), (after(60), None), (after(80), Decimal(4))), axis, scale)
    assert "M0.0 8.0H60.0" in path
    assert "M80.0 6.0H100.0" in path


def test_a_step_of_zero_is_drawn() -> None:
    axis, scale = TimeScale(T0, after(100), 0, 100), Linear(0, 10, 10, 0)
    assert "M0.0 10.0H100.0" in steps_path(((T0, Decimal(0)),), axis, scale)


def test_a_pressure_without_its_diastolic_part_is_still_there() -> None:
    pair = Pair(after(10), Decimal(84), None, text="84 over unknown")
    panel = Panel("pressure", "Blood pressure", "mmHg", Decimal(40), Decimal(180), pairs=(pair,))
    assert "84 over unknown" in draw(sheet(panel))


def test_among_thousands_of_pressures_the_lowest_and_the_unrecordable_stay() -> None:
    pairs = [Pair(after(n / 60), Decimal(120), Decimal(80)) for n in range(2880)]
    pairs[1003] = Pair(pairs[1003].at, Decimal(61), Decimal(44))
    pairs[1007] = Pair(pairs[1007].at, None, None, unrecordable=True)
    panel = Panel("pressure", "Blood pressure", "mmHg", Decimal(40), Decimal(180), pairs=tuple(pairs))
    drawn = draw(sheet(panel, hours=48))
    scale = Linear(40, 180, 26 + 100, 26 + 16)
    assert f" {scale(61):.1f}V{scale(44):.1f}" in drawn
    assert 'class="unrecordable"' in drawn
    assert len(drawn) < 150_000


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


def test_texts_of_events_that_would_collide_lie_in_different_lanes() -> None:
    events = tuple(Happening(after(10 + n), f"Paracetamol {n} g given") for n in range(3))
    drawn = draw(sheet(temperature(reading(0, "37")), happenings=events))
    rows = re.findall(r'<text x="[\d.]+" y="(\d+)" text-anchor="start">Para', drawn)
    assert len(set(rows)) == 3


def test_nothing_that_people_wrote_can_become_markup() -> None:
    happening = Happening(after(10), "<script>alert(1)</script>")
    assert "<script>" not in draw(sheet(temperature(reading(0, "37")), happenings=(happening,)))


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
