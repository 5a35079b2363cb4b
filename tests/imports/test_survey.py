"""What a file holds, found before anything is stored."""

from decimal import Decimal
from io import BytesIO

from monitoring.imports.survey import MOST_LISTED, Survey, survey
from monitoring.imports.tidy import read_rows

HEADER = "source,patient,minutes_from_start,temp_c,sbp\n"


def surveyed(lines: str) -> Survey:
    return survey(read_rows(BytesIO((HEADER + lines).encode())))


def test_patients_rows_and_the_last_minute_are_counted() -> None:
    found = surveyed("icu,1,0,37,\nicu,2,5,,100\nicu,1,2880,37,\n")
    assert found.patients == {("icu", "1"): 2, ("icu", "2"): 1}
    assert (found.rows, found.last_minute, found.fault_count) == (3, Decimal(2880), 0)


def test_the_same_number_in_two_sources_is_two_patients() -> None:
    assert len(surveyed("a,1,0,37,\nb,1,0,37,\n").patients) == 2


def test_a_row_that_stands_twice_is_remarked_on_by_its_line() -> None:
    (remark,) = surveyed("icu,1,0,37,\nicu,1,0.0,38,\n").remarks
    assert (remark.line, remark.column) == (3, "minutes_from_start")


def test_an_empty_row_and_an_unreadable_part_are_remarks_not_faults() -> None:
    found = surveyed("icu,1,0,,\nicu,1,5,warm,100\n")
    assert [str(remark) for remark in found.remarks] == [
        "line 2, row: nothing was measured; not stored",
        "line 3, temperature_c: 'warm' is not a number; stored blank",
    ]
    assert (found.empty_rows, found.fault_count) == (1, 0)


def test_faults_beyond_the_list_are_counted() -> None:
    found = surveyed("icu,1,soon,37,\n" * (MOST_LISTED + 5))
    assert (len(found.faults), found.fault_count) == (MOST_LISTED, MOST_LISTED + 5)


def test_a_preview_says_what_would_be_stored_blank_or_marked() -> None:
    lines = "icu,1,0,-17.8,\nicu,1,5,37,29\n"
    found = survey(read_rows(BytesIO((HEADER + lines).encode())), judged=True)
    assert [(remark.line, remark.column) for remark in found.remarks] == [(2, "temp_c"), (3, "sbp")]
    assert "lies outside 25 to 45 °C" in str(found.remarks[0])


def test_a_preview_names_crossed_pressures() -> None:
    text = "source,patient,minutes_from_start,sbp,dbp\nicu,1,0,85,99\nicu,1,5,99,85\n"
    (remark,) = survey(read_rows(BytesIO(text.encode())), judged=True).remarks
    assert (remark.line, remark.column) == (2, "dbp")
