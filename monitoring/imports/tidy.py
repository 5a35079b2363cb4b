"""The tidy CSV of vital signs, read once into frozen rows. Knows nothing of the database.

One line per patient and moment: `source, patient, minutes_from_start` and any of `temp_c, hr, sbp, dbp, map,
rr, spo2`; blank = not measured. A part that cannot be read costs that part, never the row; a row without a
readable patient or minute is a fault.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext as _

#: Column of the file -> field of a vitals set. The units are those of the field's name.
VALUE_COLUMNS = {
    "temp_c": "temperature_c",
    "hr": "heart_rate_bpm",
    "sbp": "systolic_mmhg",
    "dbp": "diastolic_mmhg",
    "map": "map_mmhg",
    "rr": "respiratory_rate_per_min",
    "spo2": "spo2_percent",
}
KEY_COLUMNS = ("source", "patient", "minutes_from_start")

LONGEST_LINE_BYTES = 65_536
LONGEST_NAME = 60
LONGEST_NUMBER = 24
EARLIEST_MINUTE = Decimal(-1_440)  # a day before the start ...
LATEST_MINUTE = Decimal(525_600)  # ... to a year after it
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


class UnreadableFile(Exception):
    """The file as a whole is not a tidy CSV of vitals; the message names the line and what is wrong."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(_("line %(line)d: %(text)s") % {"line": line, "text": text})


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that cannot be read, or one part of a row, by line and column."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return _("line %(line)d, %(column)s: %(text)s") % {
            "line": self.line,
            "column": self.column,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class TidyRow:
    """What one line says: who, when, the numbers, and the parts that are no numbers, as written."""

    line: int
    source: str
    patient: str
    minute: Decimal
    values: dict[str, Decimal]
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def who(self) -> tuple[str, str]:
        """The patient, as the file names one."""
        return self.source, self.patient

    @property
    def source_id(self) -> str:
        """The sender's own name of this row: the same in every import of the file."""
        return f"{self.source}/{self.patient}/{self.minute:f}"

    @property
    def is_empty(self) -> bool:
        """True when no part was measured."""
        return not self.values and not self.unreadable


def read_rows(file: BinaryIO) -> Iterator[TidyRow | Fault]:
    """Each line as a row, or as the fault that keeps it from being one.

    Raises: UnreadableFile, for a header that is not ours, an encoding that is not UTF-8, broken quotes.
    """
    reader = csv.reader(_lines(file), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                yield _row(line, header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(reader.line_num, str(error)) from error


def _lines(file: BinaryIO) -> Iterator[str]:
    """Decoded lines; never more than one long line in memory."""
    number = 0
    while raw := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise UnreadableFile(1, _("the file is UTF-16; save it as UTF-8"))
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) > LONGEST_LINE_BYTES:
            raise UnreadableFile(number, _("longer than %d bytes") % LONGEST_LINE_BYTES)
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError as error:
            place = _("byte %(at)d is not UTF-8; save the file as UTF-8") % {"at": error.start + 1}
            raise UnreadableFile(number, place) from error


def _check_header(header: list[str]) -> None:
    if not header:
        raise UnreadableFile(1, _("the file is empty"))
    if len(header) == 1 and ";" in header[0]:
        raise UnreadableFile(1, _("columns are separated by semicolons; a comma is needed"))
    known = {*KEY_COLUMNS, *VALUE_COLUMNS}
    twice = sorted({name for name in header if header.count(name) > 1})
    unknown = [name for name in header if name not in known]
    missing = [name for name in KEY_COLUMNS if name not in header]
    if twice:
        raise UnreadableFile(1, _("column named twice: %s") % ", ".join(twice))
    if missing:
        raise UnreadableFile(1, _("column missing: %s") % ", ".join(missing))
    if unknown:
        raise UnreadableFile(1, _("unknown column: %s") % ", ".join(repr(name) for name in unknown))
    if not set(header) & set(VALUE_COLUMNS):
        raise UnreadableFile(1, _("no column of values; known are %s") % ", ".join(VALUE_COLUMNS))


def _row(line: int, header: list[str], cells: list[str]) -> TidyRow | Fault:
    if len(cells) != len(header):
        text = _("%(found)d cells where the header has %(wanted)d")
        return Fault(line, "row", text % {"found": len(cells), "wanted": len(header)})
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in ("source", "patient"):
        if fault := _name_fault(row[name]):
            return Fault(line, name, fault)
    minute = number(row["minutes_from_start"])
    if minute is None:
        return Fault(line, "minutes_from_start", _("%r is not a number") % row["minutes_from_start"][:40])
    if not EARLIEST_MINUTE <= minute <= LATEST_MINUTE:
        text = _("%(minute)s is not between %(least)s and %(most)s")
        limits = {"minute": minute, "least": EARLIEST_MINUTE, "most": LATEST_MINUTE}
        return Fault(line, "minutes_from_start", text % limits)
    values, unreadable = {}, {}
    for column, name in VALUE_COLUMNS.items():
        if not (text := row.get(column, "")):
            continue
        value = number(text)
        if value is None:
            unreadable[name] = text[:LONGEST_NUMBER]
        else:
            values[name] = value
    return TidyRow(line, row["source"], row["patient"], _plain(minute), values, unreadable)


def number(text: str) -> Decimal | None:
    """The finite number that a text is, or None."""
    if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


def _plain(minute: Decimal) -> Decimal:
    """`19`, `19.0` and `1.9e1` are one minute and must give one name."""
    return minute.normalize() + 0


def _name_fault(text: str) -> str:
    if not text:
        return _("is blank")
    if len(text) > LONGEST_NAME:
        return _("is longer than %d characters") % LONGEST_NAME
    if not text.isprintable():
        return _("holds a character that cannot be printed")
    return ""
