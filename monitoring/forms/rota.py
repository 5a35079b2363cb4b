"""The week's grid as a form: a line is a duty and its hours, a column a day, a cell who has it. Knows no
database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from monitoring.models import Duty, Shift
from monitoring.shifts import Planned, RotaRefused, planned

DAYS = 7
LINES_LIMIT = 80
#: The hours that a blank line of a duty proposes.
USUAL: Mapping[Duty, tuple[tuple[time, time], ...]] = {
    Duty.CHARGE_NURSE: ((time(7), time(19)), (time(19), time(7))),
    Duty.NURSE: ((time(7), time(19)), (time(19), time(7))),
    Duty.ON_CALL: ((time(8), time(8)),),
    Duty.BACKUP: ((time(8), time(8)),),
    Duty.PRINCIPAL: ((time(8), time(8)),),
}


@dataclass(slots=True)
class Cell:
    """Who has a duty on one day. `is_past`: it has ended, and is only shown."""

    name: str
    label: str
    person_id: int | None = None
    person: str = ""
    is_past: bool = False


@dataclass(slots=True)
class Line:
    """One line of the grid."""

    prefix: str
    duty: Duty
    begins: str
    ends: str
    cells: list[Cell]
    people: list[User] = field(default_factory=list)
    is_first: bool = False


def lines(
    first: date, shifts: Iterable[Shift], people: Mapping[Duty, list[User]], zone: ZoneInfo, now: datetime
) -> list[Line]:
    """The lines of a week: as many as its fullest day needs for each duty and its hours, and blank ones."""
    held: dict[tuple[Duty, time, time], dict[date, list[Shift]]] = {}
    for shift in shifts:
        plan = planned(shift, zone)
        held.setdefault((Duty(plan.duty), plan.begins, plan.ends), {}).setdefault(plan.day, []).append(shift)
    found: list[Line] = []
    for duty in Duty:
        hours = {key[1:]: days for key, days in held.items() if key[0] == duty}
        for usual in USUAL[duty]:
            hours.setdefault(usual, {})
        is_first = True
        for (begins, ends), days in sorted(hours.items()):
            depth = max((len(each) for each in days.values()), default=0)
            blank = duty == Duty.NURSE or depth == 0
            for row in range(depth + blank):
                prefix = f"r{len(found)}"
                cells = [
                    _cell(prefix, first, day, (begins, ends), days, row, zone, now) for day in range(DAYS)
                ]
                found.append(
                    Line(prefix, duty, f"{begins:%H:%M}", f"{ends:%H:%M}", cells, people[duty], is_first)
                )
                is_first = False
    return found


def _cell(
    prefix: str,
    first: date,
    number: int,
    hours: tuple[time, time],
    days: Mapping[date, list[Shift]],
    row: int,
    zone: ZoneInfo,
    now: datetime,
) -> Cell:
    day = first + timedelta(days=number)
    cell = Cell(f"{prefix}-d{number}", f"{day:%a} {day.day}")
    there = days.get(day, [])
    if row < len(there):
        shift = there[row]
        cell.person_id, cell.person = shift.person_id, str(shift.person)
        cell.is_past = shift.ends_at <= now
    else:
        cell.is_past = Planned(day, *hours, "", 0).span(zone)[1] <= now
    return cell


def wanted(typed: QueryDict, first: date) -> list[Planned]:
    """What the grid says.

    Raises: RotaRefused naming the line whose hours cannot be read.
    """
    found = []
    for n in range(LINES_LIMIT):
        duty = typed.get(f"r{n}-duty", "")
        if duty not in Duty.values:
            continue
        chosen = [(day, typed.get(f"r{n}-d{day}", "")) for day in range(DAYS)]
        chosen = [(day, person) for day, person in chosen if person.isdecimal()]
        if not chosen:
            continue
        begins, ends = (_clock(typed.get(f"r{n}-{word}", ""), Duty(duty)) for word in ("from", "until"))
        found += [
            Planned(first + timedelta(days=day), begins, ends, duty, int(person)) for day, person in chosen
        ]
    return found


def _clock(text: str, duty: Duty) -> time:
    try:
        clock = time.fromisoformat(text.strip())
    except ValueError:
        said = {"duty": duty.label, "text": text}
        raise RotaRefused(_("%(duty)s: “%(text)s” is no hour, as in 07:30.") % said) from None
    return clock.replace(second=0, microsecond=0, tzinfo=None)
