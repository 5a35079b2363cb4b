"""The form of a ladder: lines of minutes and roles, by priority and by hours of the day, to and from its
document. What would do is the core's to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.core.escalation import HOURS_LIMIT, PRIORITIES, ROLES, RUNGS_LIMIT
from monitoring.told import ROLE_NAMES

PRIORITY_NAMES = {
    "high": gettext_lazy("High"),
    "medium": gettext_lazy("Medium"),
    "low": gettext_lazy("Low"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A role that a line can tick."""

    role: str
    name: Any
    ticked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One rung as typed."""

    prefix: str
    number: int
    after: str
    roles: tuple[str, ...]

    @property
    def choices(self) -> list[Choice]:
        """Every role, ticked or not."""
        return [Choice(role, name, role in self.roles) for role, name in ROLE_NAMES.items()]


@dataclass(frozen=True, slots=True)
class Part:
    """The climb of one priority as typed."""

    prefix: str
    priority: str
    lines: list[Line]
    repeat: str

    @property
    def name(self) -> Any:
        """The priority in words."""
        return PRIORITY_NAMES[self.priority]


@dataclass(frozen=True, slots=True)
class Section:
    """The climbs of some hours of the day, or of any hour, as typed."""

    prefix: str
    begins: str = ""
    ends: str = ""
    parts: list[Part] = field(default_factory=list)

    @property
    def is_any(self) -> bool:
        """True for the climbs of any hour."""
        return self.prefix == "s0"


def sections(document: Mapping[str, Any], *, more: bool = False) -> list[Section]:
    """What the form shows of a document, with a blank line for each priority; `more` adds blank hours."""
    found = [_section("s0", document)]
    hours = list(document.get("at_hours", ()))
    if more and len(hours) < HOURS_LIMIT:
        hours.append({})
    found += [_section(f"s{n}", each) for n, each in enumerate(hours, 1)]
    return found


def _section(prefix: str, said: Mapping[str, Any]) -> Section:
    parts = []
    for priority in PRIORITIES:
        climb = said.get(priority, {})
        rungs = [*climb.get("rungs", ()), {}]
        lines = [
            Line(
                f"{prefix}-{priority}-{n}",
                n + 1,
                str(rung.get("after_minutes", "")),
                tuple(rung.get("roles", ())),
            )
            for n, rung in enumerate(rungs)
        ]
        repeat = climb.get("repeat_every_minutes", "")
        parts.append(Part(f"{prefix}-{priority}", priority, lines, str(repeat)))
    return Section(prefix, said.get("from", ""), said.get("until", ""), parts)


def document(typed: QueryDict, name: str) -> dict[str, Any]:
    """The document that was typed: blank lines, priorities and hours are left out, nothing is judged."""
    found = {"name": name, **_climbs(typed, "s0")}
    hours = []
    for n in range(1, HOURS_LIMIT + 1):
        begins, ends = (typed.get(f"s{n}-{word}", "").strip() for word in ("from", "until"))
        climbs = _climbs(typed, f"s{n}")
        if begins or ends or climbs:
            hours.append({"from": begins, "until": ends, **climbs})
    return {**found, "at_hours": hours}


def _climbs(typed: QueryDict, prefix: str) -> dict[str, Any]:
    climbs: dict[str, Any] = {}
    for priority in PRIORITIES:
        rungs = []
        for n in range(RUNGS_LIMIT):
            after = typed.get(f"{prefix}-{priority}-{n}-after", "").strip()
            roles = [role for role in ROLES if role in typed.getlist(f"{prefix}-{priority}-{n}-roles")]
            if after or roles:
                rungs.append({"after_minutes": _whole(after), "roles": roles})
        repeat = typed.get(f"{prefix}-{priority}-repeat", "").strip()
        if rungs or repeat:
            climbs[priority] = {"rungs": rungs}
            if repeat:
                climbs[priority]["repeat_every_minutes"] = _whole(repeat)
    return climbs


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text


_RUNG = re.compile(r"/(?P<priority>high|medium|low)(?:/rungs(?:/(?P<rung>\d+))?)?")
_HOURS = re.compile(r"/at_hours/(?P<hours>\d+)")


def where(pointer: str) -> str:
    """A place of the document as the form calls it: hours, priority, rung."""
    said = []
    if hours := _HOURS.match(pointer):
        said.append(_("hours %(n)d") % {"n": int(hours["hours"]) + 1})
    if rung := _RUNG.search(pointer):
        said.append(str(PRIORITY_NAMES[rung["priority"]]))
        if rung["rung"] is not None:
            said.append(_("rung %(n)d") % {"n": int(rung["rung"]) + 1})
    return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One climb as people read it."""

    name: Any
    rungs: list[str]
    again: str


@dataclass(frozen=True, slots=True)
class Said:
    """The climbs of some hours, or of any, as people read them."""

    hours: str
    climbs: list[Sentence]


def said(document: Mapping[str, Any]) -> list[Said]:
    """A ladder in sentences: any hour first, then its hours of the day."""
    found = [Said("", _sentences(document, is_any=True))]
    for each in document.get("at_hours", ()):
        hours = _("From %(begins)s to %(ends)s") % {"begins": each["from"], "ends": each["until"]}
        found.append(Said(hours, _sentences(each, is_any=False)))
    return found


def _sentences(said: Mapping[str, Any], *, is_any: bool) -> list[Sentence]:
    found = []
    for priority in PRIORITIES:
        climb = said.get(priority)
        if climb is None and not is_any:
            continue
        rungs = [_rung(rung) for rung in (climb or {}).get("rungs", ())]
        every = (climb or {}).get("repeat_every_minutes")
        if not rungs:
            again = _("Nobody is told by message; it stays in the inbox.")
        elif every:
            again = _("Then the last again every %(n)d min, until somebody answers.") % {"n": every}
        else:
            again = _("Then it stays in the inbox.")
        found.append(Sentence(PRIORITY_NAMES[priority], rungs, again))
    return found


def _rung(rung: Mapping[str, Any]) -> str:
    names = ", ".join(str(ROLE_NAMES[role]) for role in rung["roles"])
    if rung["after_minutes"] == 0:
        return _("At once: %(names)s") % {"names": names}
    return _("After %(n)d min: %(names)s") % {"n": rung["after_minutes"], "names": names}
