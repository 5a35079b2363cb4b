"""Records to try rules on, read from tidy CSV files of vitals. Knows nothing of the database.

As an import has it: the infusion starts and stops at minute 0, there is no baseline, a part that no range
believes is blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from monitoring.backtests.trial import Recorded, Stay
from monitoring.core.backtest import History
from monitoring.core.events import Event, InfusionEvent, InfusionKind, Observation
from monitoring.imports.answer_key import KeyedFinding, Patient
from monitoring.imports.readings import WATCH_FOR
from monitoring.imports.tidy import Fault, TidyRow, UnreadableFile, read_rows
from monitoring.locking import Window
from tracker.plausibility import RANGES, Verdict, is_crossed

#: Minute 0 of every infusion. Only differences of time matter.
START = datetime(2000, 1, 1, tzinfo=UTC)
_ENDED = timedelta(seconds=1)
_KEPT = (Verdict.FINE, Verdict.UNUSUAL)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A part that was never judged, because it lies outside what can be true."""

    patient: tuple[str, str]
    minute: Decimal
    field: str
    value: Decimal


def recorded(rows: Iterable[TidyRow]) -> Iterator[Recorded]:
    """Each patient of the file, in the order in which they first stand there."""
    by_patient: dict[tuple[str, str], list[TidyRow]] = {}
    for row in rows:
        by_patient.setdefault(row.who, []).append(row)
    for number, (who, own) in enumerate(by_patient.items(), start=1):
        yield Recorded(f"{who[0]} {who[1]}", (_stay(number, own),), who)


def rows_of(path: Path) -> list[TidyRow]:
    """Every row of a file.

    Raises: UnreadableFile naming the line; a row without a readable patient or minute is one too.
    """
    with path.open("rb") as file:
        rows = []
        for row in read_rows(file):
            if isinstance(row, Fault):
                raise UnreadableFile(row.line, f"{row.column}: {row.text}")
            rows.append(row)
    return rows


def dropped(rows: Iterable[TidyRow]) -> Mapping[tuple[Patient, KeyedFinding], list[Decimal]]:
    """The minutes at which a part that an answer key answers for is blank, because no range believes it."""
    keyed = {finding.signal: finding for finding in KeyedFinding}
    found: dict[tuple[Patient, KeyedFinding], list[Decimal]] = {}
    for row in rows:
        for artefact in artefacts(row):
            if artefact.field in keyed:
                found.setdefault((row.who, keyed[artefact.field]), []).append(row.minute)
    return found


def artefacts(row: TidyRow) -> Iterator[Artefact]:
    """The parts of the row that are left out, each beyond the hard range of its kind."""
    for name, value in row.values.items():
        if RANGES[name].judge(value) not in _KEPT:
            yield Artefact(row.who, row.minute, name, value)


def is_crossed_row(row: TidyRow) -> bool:
    """True where both pressures are believed, and the systolic is not above the diastolic."""
    believed = _believed(row)
    return is_crossed(believed.get("systolic_mmhg"), believed.get("diastolic_mmhg"))


def _stay(number: int, rows: list[TidyRow]) -> Stay:
    turns: tuple[Event, ...] = (
        InfusionEvent(START, "event:start", InfusionKind.START),
        InfusionEvent(START, "event:stop", InfusionKind.STOP),
    )
    # A minute that stands twice has one name twice: an import stores the first and keeps the other aside.
    first: dict[Decimal, TidyRow] = {}
    for row in rows:
        if not row.is_empty:
            first.setdefault(row.minute, row)
    sets = tuple(_set(row) for row in first.values())
    window = Window(number, UUID(int=number), 0, 0, START, START + WATCH_FOR)
    return Stay(window, History((*turns, *sets), WATCH_FOR, START + WATCH_FOR + _ENDED))


def _set(row: TidyRow) -> Observation:
    values = _believed(row)
    at = START + timedelta(microseconds=int(row.minute * 60_000_000))
    crossed = is_crossed(values.get("systolic_mmhg"), values.get("diastolic_mmhg"))
    return Observation(at, f"vitals:{row.source_id}", dict(values), crossed=crossed)


def _believed(row: TidyRow) -> dict[str, Decimal]:
    """The parts that can be true."""
    return {name: value for name, value in row.values.items() if RANGES[name].judge(value) in _KEPT}
