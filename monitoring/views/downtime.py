"""When the network or the power is gone: a sheet to print, and the screen on which it is typed back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import paper_client
from accounts.permissions import Act, Actor
from config import clock
from monitoring import doorbell, rule_sets, trials
from monitoring.bedside import watch_at_once
from monitoring.core.rule_set import RuleSet as Rules
from monitoring.core.slots import Fate
from monitoring.due import readings_of, slots_of, taken_by
from monitoring.models import Watch
from monitoring.outcome import Outcome
from monitoring.templatetags.febris import role_name, told_after
from monitoring.views.entry import unit_of
from monitoring.views.latest import SHORT, newest_sets, value_text
from monitoring.views.limits import limits_on_paper, rules_of_study
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.paper import MORE, ROWS, ROWS_MOST, PaperForm, SheetForm, blank_rows
from tracker.models import Baseline, Infusion, Phase
from tracker.views.banner import banner_of, infusion_time
from tracker.views.door import find, page, require

#: So many lines fit on one landscape A4 below what must stand above them, while whom to call takes so many
#: lines of text, each of so many signs; every further one of those takes its share of a line to fill in.
LINES, CALL_LINES, CALL_SIGNS, CALL_SHARE = 11, 7, 42, 0.6
SETS_SHOWN = 4
#: So many lines stay without a due time.
SPARE = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One empty line: when something is due and what; both blank where it is spare."""

    due_at: datetime | None
    elapsed: str
    what: str
    #: Named where it is not the day of printing.
    day: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call: who, as what and when they would be told, on which number."""

    name: str
    said: str
    phone: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the sheet that is in the record now."""

    at: datetime
    elapsed: str
    values: str
    created: bool


def _infusion(actor: Actor, uuid: UUID, act: Act) -> Infusion:
    rows = Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag")
    row = find(rows, actor, uuid)
    require(actor, act, row.site_id, row.study_id)
    return row


@page(Act.READ)
def sheet(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The sheet: who it is, what was last, what alarms, whom to call, and lines at the due times."""
    now = clock.now()
    row = _infusion(actor, uuid, Act.READ)
    zone = ZoneInfo(row.site.time_zone)
    sets = newest_sets([row.patient_id], SETS_SHOWN).get(row.patient_id, [])
    baseline = Baseline.objects.filter(infusion=row).order_by("-pk").first()
    rules = _rules(row, now)
    calls = [_call(each) for each in trials.chain_of(row, now).people]
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "now": now,
        "zone": zone,
        "heads": list(SHORT.values()),
        "sets": [
            (one.measured_at, infusion_time(row, one.measured_at), [value_text(one, key) for key in SHORT])
            for one in sets
        ],
        "baseline": _baseline(baseline),
        "limits": limits_on_paper(rules, row.subject) if rules is not None else [],
        "calls": calls,
        "rows": _lines(actor, row, now, _room(calls)),
        "may_record": actor.may(Act.RECORD_READINGS, row.site_id, row.study_id)
        and row.phase != Phase.CANCELLED,
    }
    return render(request, "monitoring/downtime.html", context)


def _call(each: trials.Reached) -> Call:
    """The person as the sheet says it; that they are on shift goes without saying where they are more."""
    more = [role for role in each.roles if role != "everyone_on_shift"]
    said = ", ".join(role_name(role) for role in more or each.roles)
    if each.after is not None:
        said = f"{said} · {told_after(each.after)}"
    return Call(each.person.name or each.person.username, said, each.person.phone)


def _room(calls: Sequence[Call]) -> int:
    """How many lines to fill in are left below those who are to be called."""
    taken = sum(ceil((len(each.name) + 1 + len(each.said)) / CALL_SIGNS) for each in calls)
    return LINES - ceil(max(taken - CALL_LINES, 0) * CALL_SHARE)


def _rules(infusion: Infusion, now: datetime) -> Rules | None:
    """The rules that judge the infusion now, with the figures of its subject; before a start the study's."""
    identity = Watch.objects.filter(pk=infusion.pk).values_list("rule_book", flat=True).first()
    if identity:
        return rule_sets.book_of(identity).rules.in_force(now).rule_set
    return rules_of_study(infusion.study_id)


def _baseline(baseline: Baseline | None) -> list[str]:
    if baseline is None:
        return ["" for _key in SHORT]
    values = baseline.values
    pressure = "/".join(values.get(name, "?") for name in ("systolic_mmhg", "diastolic_mmhg"))
    return [
        ("" if pressure == "?/?" else pressure) if key == "pressure" else str(values.get(key, ""))
        for key in SHORT
    ]


def _lines(actor: Actor, infusion: Infusion, now: datetime, count: int) -> list[Row]:
    """A line for each observation that is due next, then spare ones to the foot of the page."""
    slots = slots_of(infusion, taken_by(readings_of(actor, infusion)), now)
    waits = [slot.due for slot in slots if slot.fate in (Fate.COMING, Fate.OVERDUE)]
    zone = ZoneInfo(infusion.site.time_zone)
    today = now.astimezone(zone).date()
    rows = [
        Row(
            due.due_at,
            infusion_time(infusion, due.due_at),
            due.what,
            "" if day == today else date_format(day, "j-M"),
        )
        for due in waits[: max(count - SPARE, 5)]
        for day in (due.due_at.astimezone(zone).date(),)
    ]
    spare = Row(None, "", "")
    return [*rows, *[spare] * max(count - len(rows), SPARE)]


@page(Act.RECORD_READINGS)
def enter(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The sheet typed back: each row that can be stored is, each that cannot says why and stays as typed."""
    row = _infusion(actor, uuid, Act.RECORD_READINGS)
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    if request.method != "POST":
        last = newest_sets([row.patient_id], 1).get(row.patient_id, [])
        kept = {"temperature_site": last[0].temperature_site} if last else {}
        head = SheetForm(initial={"temperature_unit": unit_of(actor)} | kept)
        return _show(request, actor, row, head, blank_rows(ROWS, zone=zone, now=now), [], None)
    head = SheetForm(request.POST)
    rows = _typed(request.POST, zone, now)
    wanted = [one for one in rows if not one.is_blank]
    if request.POST.get("patient") != str(row.patient.uuid):
        messages.error(request, _("This sheet belongs to another patient. Nothing was saved."))
        return _show(request, actor, row, head, rows, [], None)
    if "more" in request.POST and len(rows) < ROWS_MOST:
        rows += blank_rows(MORE, zone=zone, now=now, first=max(one.number for one in rows) + 1)
        return _show(request, actor, row, head, rows, [], None)
    if not head.is_valid() or "save" not in request.POST:
        for one in wanted:
            one.is_valid()
        return _show(request, actor, row, head, rows, [], None)
    stored, changed = _store(actor, row, wanted, now)
    outcome = watch_at_once(row.pk, sorted(changed), clock.now()) if changed else None
    left = [one for one in rows if not one.is_blank and one.errors]
    if stored and not left:
        _tell(request, stored, outcome)
        return redirect("monitoring:infusion", uuid=row.uuid)
    spare = max((one.number for one in rows), default=-1) + 1
    shown = left or blank_rows(ROWS, zone=zone, now=now, first=spare)
    return _show(request, actor, row, head, shown, stored, outcome)


def _typed(data: QueryDict, zone: ZoneInfo, now: datetime) -> list[PaperForm]:
    """The rows as they came, each with what holds for the whole sheet."""
    numbers = sorted(
        {int(name[1:-11]) for name in data if name.endswith("-form_token") and name[1:-11].isdigit()}
    )
    whole = data.copy()
    for number in numbers[:ROWS_MOST]:
        for name in ("temperature_unit", "temperature_site"):
            whole[f"r{number}-{name}"] = data.get(name, "")
        whole[f"r{number}-late_why"] = "paper"
    return [PaperForm(whole, zone=zone, now=now, number=number) for number in numbers[:ROWS_MOST]]


def _store(
    actor: Actor, row: Infusion, wanted: Sequence[PaperForm], now: datetime
) -> tuple[list[Stored], set[int]]:
    """What was stored, oldest first, and the infusions that it concerns; a refused row holds its errors."""
    here = actor.at(paper_client(row.site_id))
    good = [one for one in wanted if one.is_valid()]
    stored: list[Stored] = []
    changed: set[int] = set()
    for one in sorted(good, key=lambda one: one.cleaned_data["measured_at"]):
        try:
            with doorbell.silenced():
                recorded = services.record_vitals(here, row, one.values(), now=now)
        except Refused as refusal:
            one.refuse(refusal.errors)
        except Conflict:
            one.add_error(
                None,
                _("This row was saved before with other values: correct it in the record of the infusion."),
            )
        except Unprocessable as refusal:
            one.add_error(None, refusal.detail)
        else:
            at = recorded.row.measured_at
            words = " · ".join(
                f"{title} {text}" for key, title in SHORT.items() if (text := value_text(recorded.row, key))
            )
            stored.append(Stored(at, infusion_time(row, at), words, recorded.created))
            changed.update(recorded.infusion_ids)
    return stored, changed


def _tell(request: HttpRequest, stored: Sequence[Stored], outcome: Outcome | None) -> None:
    said = ngettext(
        "%(n)d set from paper is in the record.", "%(n)d sets from paper are in the record.", len(stored)
    )
    messages.success(request, said % {"n": len(stored)})
    if outcome is not None and outcome.state == "pending":
        messages.warning(
            request, _("Saved, NOT yet checked. Judge it yourself; the rules will be tried again.")
        )


def _show(
    request: HttpRequest,
    actor: Actor,
    row: Infusion,
    head: SheetForm,
    rows: Sequence[PaperForm],
    stored: Sequence[Stored],
    outcome: Outcome | None,
) -> HttpResponse:
    now = clock.now()
    wrong = [one for one in rows if one.is_bound and not one.is_blank and one.errors]
    context: dict[str, Any] = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "zone": ZoneInfo(row.site.time_zone),
        "head": head,
        "rows": rows,
        "wrong": wrong,
        "stored": stored,
        "is_pending": outcome is not None and outcome.state == "pending",
        "may_add": len(rows) < ROWS_MOST,
    }
    status = 422 if wrong else 200
    return render(request, "monitoring/downtime_enter.html", context, status=status)
