"""The tidy CSV parser: what it reads, what it names, what it refuses."""

from decimal import Decimal
from io import BytesIO

import pytest

from monitoring.imports.tidy import Fault, TidyRow, UnreadableFile, read_rows

HEADER = "source,patient,minutes_from_start,temp_c,hr,sbp,dbp,map,rr,spo2\n"


def rows(text: str | bytes) -> list[TidyRow | Fault]:
    return list(read_rows(BytesIO(text if isinstance(text, bytes) else text.encode())))


def row(line: str) -> TidyRow:
    (only,) = rows(HEADER + line)
    assert isinstance(only, TidyRow), only
    return only


def fault(line: str) -> Fault:
    (only,) = rows(HEADER + line)
    assert isinstance(only, Fault), only
    return only


def test_a_line_becomes_numbers_under_the_names_of_a_vitals_set() -> None:
    assert row("icu,7,19,38.4,116,97,33,48,24,\n") == TidyRow(
        line=2,
        source="icu",
        patient="7",
        minute=Decimal(19),
        values={
            "temperature_c": Decimal("38.4"),
            "heart_rate_bpm": Decimal(116),
            "systolic_mmhg": Decimal(97),
            "diastolic_mmhg": Decimal(33),
            "map_mmhg": Decimal(48),
            "respiratory_rate_per_min": Decimal(24),
        },
    )


def test_a_blank_is_not_measured_and_a_zero_is_a_number() -> None:
    assert row("icu,7,0,,0,,,,,\n").values == {"heart_rate_bpm": Decimal(0)}


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain = HEADER + "icu,7,19,38.4,,,,,,\n"
    assert rows(b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()) == rows(plain)


def test_columns_may_stand_in_any_order_and_values_may_be_fewer() -> None:
    (only,) = rows("sbp,minutes_from_start,patient,source\n88,5,7,icu\n")
    assert isinstance(only, TidyRow)
    assert only.values == {"systolic_mmhg": Decimal(88)}


@pytest.mark.parametrize("minute", ["60", "60.0", "6e1", "+60"])
def test_one_minute_gives_one_source_id_however_it_is_written(minute: str) -> None:
    assert row(f"icu,7,{minute},37,,,,,,\n").source_id == "icu/7/60"


@pytest.mark.parametrize("text", ["abc", "NaN", "inf", "1_000", "３８", "0x20", "38,4", "1e999", "9" * 30])
def test_a_part_that_is_no_number_costs_that_part_and_keeps_its_text(text: str) -> None:
    read = row(f'icu,7,5,"{text}",80,,,,,\n')
    assert read.unreadable == {"temperature_c": text[:24]}
    assert read.values == {"heart_rate_bpm": Decimal(80)}


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        pytest.param("icu,7,soon,38,,,,,,\n", "minutes_from_start", "'soon' is not a number", id="minute"),
        pytest.param("icu,7,,38,,,,,,\n", "minutes_from_start", "'' is not a number", id="blank minute"),
        pytest.param("icu,7,525601,38,,,,,,\n", "minutes_from_start", "not between", id="a year later"),
        pytest.param("icu,,5,38,,,,,,\n", "patient", "blank", id="no patient"),
        pytest.param(f"{'x' * 61},7,5,38,,,,,,\n", "source", "longer than 60", id="long source"),
        pytest.param("icu,7\x00,5,38,,,,,,\n", "patient", "cannot be printed", id="NUL"),
        pytest.param("icu,7,5,38\n", "row", "4 cells where the header has 10", id="short row"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_line_and_column(line: str, column: str, says: str) -> None:
    found = fault(line)
    assert (found.line, found.column) == (2, column)
    assert says in str(found)


def test_the_line_named_is_the_one_in_the_file_even_after_blank_lines_and_quoted_line_ends() -> None:
    text = HEADER + '\nicu,"7\n7",5,38,,,,,,\nicu,7,x,38,,,,,,\n'
    assert [each.line for each in rows(text)] == [3, 5]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"source,patient,temp_c\n", "column missing: minutes_from_start", id="missing"),
        pytest.param(HEADER.replace("temp_c", "temp").encode(), "unknown column: 'temp'", id="unknown"),
        pytest.param(HEADER.replace("hr", "temp_c").encode(), "named twice: temp_c", id="twice"),
        pytest.param(HEADER.replace(",", ";").encode(), "semicolons", id="semicolons"),
        pytest.param(b"source,patient,minutes_from_start\n", "no column of values", id="no values"),
        pytest.param(HEADER.encode("utf-16"), "UTF-16", id="utf-16"),
        pytest.param(HEADER.encode() + b"ic\xfc,7,5,38,,,,,,\n", "line 2: byte 3 is not UTF-8", id="latin-1"),
        pytest.param(HEADER.encode() + b'icu,"7,5,38,,,,,,\n', "line 2", id="open quote"),
        pytest.param(HEADER.encode() + b"x" * 70_000, "line 2: longer than", id="endless line"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        rows(content)


def test_rows_are_read_as_they_are_asked_for_so_that_size_does_not_matter() -> None:
    class Endless(BytesIO):
        """A file without end: only a reader that streams comes back from it."""

        def __init__(self) -> None:
            super().__init__()
            self.lines = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.lines += 1
            return HEADER.encode() if self.lines == 1 else b"icu,7,%d,37,,,,,,\n" % self.lines

    file = Endless()
    stream = read_rows(file)
    assert isinstance(next(stream), TidyRow)
    assert file.lines < 10
