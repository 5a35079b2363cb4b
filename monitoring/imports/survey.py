"""One reading of a whole file before anything is stored: who is in it, how much, and what is wrong. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from monitoring.imports.tidy import VALUE_COLUMNS, Fault, TidyRow
from tracker.plausibility import RANGES, Verdict

#: Above this the minutes seen, kept to find rows that stand twice, would fill the memory.
MOST_ROWS = 2_000_000
#: Faults and remarks beyond these are counted, not listed.
MOST_LISTED = 200


class TooLong(Exception):
    """The file has more rows than one import takes."""

    def __init__(self) -> None:
        super().__init__(_("more than %d rows; split the file by patient") % MOST_ROWS)


@dataclass(slots=True)
class Survey:
    """What a file holds."""

    rows: int = 0
    empty_rows: int = 0
    patients: dict[tuple[str, str], int] = field(default_factory=dict)
    last_minute: Decimal = Decimal(0)
    #: Rows that cannot be read, and how many there are in all.
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    #: Parts that cannot be read and rows that stand twice: the import goes on without them.
    remarks: list[Fault] = field(default_factory=list)
    remark_count: int = 0

    def _fault(self, fault: Fault) -> None:
        self.fault_count += 1
        if len(self.faults) < MOST_LISTED:
            self.faults.append(fault)

    def _remark(self, remark: Fault) -> None:
        self.remark_count += 1
        if len(self.remarks) < MOST_LISTED:
            self.remarks.append(remark)


def survey(rows: Iterable[TidyRow | Fault], *, judged: bool = False) -> Survey:
    """What the rows hold. `judged` adds what the services would say of the values, for a preview.

    Raises: TooLong; and whatever reading them raises.
    """
    found = Survey()
    seen: dict[tuple[str, str], set[Decimal]] = {}
    for row in rows:
        if isinstance(row, Fault):
            found._fault(row)
            continue
        found.rows += 1
        if found.rows > MOST_ROWS:
            raise TooLong
        found.patients[row.who] = found.patients.get(row.who, 0) + 1
        found.last_minute = max(found.last_minute, row.minute)
        for remark in remarks(row) + (beyond_limits(row) if judged else []):
            found._remark(remark)
        if row.is_empty:
            found.empty_rows += 1
        minutes = seen.setdefault(row.who, set())
        if row.minute in minutes:
            found._remark(Fault(row.line, "minutes_from_start", _("this patient has this minute twice")))
        minutes.add(row.minute)
    return found


def remarks(row: TidyRow) -> list[Fault]:
    """What the importer should know of a row that can be read."""
    if row.is_empty:
        return [Fault(row.line, "row", _("nothing was measured; not stored"))]
    text = _("%r is not a number; stored blank")
    return [Fault(row.line, name, text % typed) for name, typed in row.unreadable.items()]


def beyond_limits(row: TidyRow) -> list[Fault]:
    """The parts of a row that no range believes, and pressures that cross."""
    found = []
    for column, name in VALUE_COLUMNS.items():
        value = row.values.get(name)
        if value is None:
            continue
        limits = RANGES[name]
        if limits.judge(value) in (Verdict.IMPLAUSIBLE, Verdict.IMPOSSIBLE):
            text = _("%(value)s lies outside %(low)s to %(high)s %(unit)s; stored blank")
            figures = {"value": value, "low": limits.hard_low, "high": limits.hard_high, "unit": limits.unit}
            found.append(Fault(row.line, column, text % figures))
    systolic, diastolic = row.values.get("systolic_mmhg"), row.values.get("diastolic_mmhg")
    if not found and systolic is not None and diastolic is not None and systolic <= diastolic:
        found.append(Fault(row.line, "dbp", _("not below systolic; stored, marked as crossed")))
    return found
