"""The rota of a site: who is on duty now, the week's grid, taking over, and handing over with both names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor
from config import clock
from monitoring import hand_overs, rota, shifts
from monitoring.forms import rota as forms
from monitoring.models import Alert, Assignment, Duty, HandOver, Shift
from tracker.models import Infusion, Site
from tracker.views.door import find, page, require

SHOWN = 20


def sites_of(actor: Actor) -> list[Site]:
    """The sites whose rota the actor may read or keep."""
    readable = Site.objects.visible_to(actor).values("pk")
    kept = actor.within(Act.WRITE_ROTA, site="pk")
    return list(Site.objects.filter(Q(pk__in=readable) | kept).order_by("code"))


def site_of(actor: Actor, uuid: UUID) -> Site:
    """That site, if its rota exists for this actor."""
    for site in sites_of(actor):
        if site.uuid == uuid:
            return site
    raise Http404


@page(Act.READ, Act.WRITE_ROTA)
def sites(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sites to choose from; where there is one, that."""
    found = sites_of(actor)
    if len(found) == 1:
        return redirect("monitoring:rota", uuid=found[0].uuid)
    return render(request, "monitoring/rota_sites.html", {"sites": found})


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A duty now: who has it, and what the reader may do about it."""

    duty: Duty
    shifts: list[Shift]
    is_kept: bool
    everybody: list[User]
    may_take: bool
    is_mine: bool


@page(Act.READ, Act.WRITE_ROTA)
def now(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Who is on duty, whom each role of the ladder reaches, whose patient is whose, what is being handed
    over.
    """
    site, at = site_of(actor, uuid), clock.now()
    context = {
        "site": site,
        "zone": ZoneInfo(site.time_zone),
        "now": at,
        "duties": _on_duty(actor, site, at),
        "reach": rota.reachability(site.pk, None, at),
        "patients": _patients(actor, site),
        "nurses": shifts.who_may(Duty.NURSE, site, at),
        "hand_overs": _hand_overs(actor, site),
        "may_write": actor.may(Act.WRITE_ROTA, site.pk),
        "me": actor.user,
    }
    return render(request, "monitoring/rota.html", context)


def _on_duty(actor: Actor, site: Site, at: datetime) -> list[OnDuty]:
    running = list(
        Shift.objects.filter(site=site).running(at).select_related("person").order_by("starts_at", "pk")
    )
    may_write = actor.may(Act.WRITE_ROTA, site.pk)
    found = []
    for duty in Duty:
        here = [shift for shift in running if shift.duty == duty]
        everybody = shifts.who_may(duty, site, at)
        is_kept = shifts.is_kept(site, duty, at)
        is_mine = any(shift.person == actor.user for shift in here)
        may_take = actor.user in everybody and not is_mine and (is_kept or may_write)
        found.append(OnDuty(duty, here, is_kept, everybody, may_take, is_mine))
    return found


def _patients(actor: Actor, site: Site) -> list[tuple[Infusion, Assignment | None]]:
    """The infusions under watch with their nurse."""
    rows = list(
        Infusion.objects.visible_to(actor)
        .filter(site=site, phase__in=hand_overs.WATCHED, historical=False, is_canary=False)
        .select_related("subject")
        .order_by("subject__subject_number", "pk")
    )
    standing = Assignment.objects.filter(infusion__in=rows, ends_at__isnull=True).select_related("nurse")
    by_infusion = {one.infusion_id: one for one in standing}
    return [(row, by_infusion.get(row.pk)) for row in rows]


def _hand_overs(actor: Actor, site: Site) -> list[HandOver]:
    """Those under way, or that wait for somebody's confirmation, first."""
    rows = (
        _readable(actor).filter(site=site).select_related("leaving", "coming").order_by("-begun_at")[:SHOWN]
    )
    return sorted(rows, key=lambda row: bool(row.leaving_confirmed_at and row.coming_confirmed_at))


def _readable(actor: Actor) -> Any:
    """The hand-overs of the sites that the actor reads, and their own."""
    return HandOver.objects.filter(
        Q(pk__in=HandOver.objects.visible_to(actor).values("pk"))
        | Q(leaving=actor.user)
        | Q(coming=actor.user)
    )


@page(Act.READ, Act.WRITE_ROTA)
def week(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """A week of shifts as a grid; who keeps the rota changes it all at once."""
    site, at = site_of(actor, uuid), clock.now()
    zone = ZoneInfo(site.time_zone)
    first = _first(request, at, zone)
    fault, status = "", 200
    if request.method == "POST":
        require(actor, Act.WRITE_ROTA, site.pk)
        seen = frozenset(filter(None, request.POST.get("seen", "").split(",")))
        try:
            changed = shifts.set_week(
                actor, site, first, forms.wanted(request.POST, first), seen=seen, now=at
            )
        except shifts.RotaRefused as refusal:
            fault, status = str(refusal), 422
        else:
            messages.success(request, _("Saved: %(n)d changes.") % {"n": changed})
            return _to_week(site, first)
    held = shifts.shifts_of_week(site, first)
    people = {duty: shifts.who_may(duty, site, at) for duty in Duty}
    context = {
        "site": site,
        "zone": zone,
        "now": at,
        "first": first,
        "days": [first + timedelta(days=n) for n in range(forms.DAYS)],
        "today": at.astimezone(zone).date(),
        "before": first - timedelta(days=7),
        "after": first + timedelta(days=7),
        "lines": _typed(forms.lines(first, held, people, zone, at), request, fault),
        "seen": ",".join(str(shift.uuid) for shift in held),
        "taken": _taken(site, first, zone),
        "fault": fault,
        "may_write": actor.may(Act.WRITE_ROTA, site.pk),
    }
    return render(request, "monitoring/rota_week.html", context, status=status)


def _typed(lines: list[forms.Line], request: HttpRequest, fault: str) -> list[forms.Line]:
    """The lines with what was typed, where it was refused: nothing typed is lost."""
    if fault:
        for line in lines:
            line.begins = request.POST.get(f"{line.prefix}-from", line.begins)
            line.ends = request.POST.get(f"{line.prefix}-until", line.ends)
            for cell in line.cells:
                chosen = request.POST.get(cell.name, "")
                if not cell.is_past:
                    cell.person_id = int(chosen) if chosen.isdecimal() else None
    return lines


def _taken(site: Site, first: date, zone: ZoneInfo) -> list[Shift]:
    """The shifts of the week that only a take-over made."""
    begins, ends = shifts.week_span(first, zone)
    rows = Shift.objects.filter(site=site, by_take_over=True, starts_at__gte=begins, starts_at__lt=ends)
    return list(rows.select_related("person").order_by("starts_at"))


def _first(request: HttpRequest, at: datetime, zone: ZoneInfo) -> date:
    """The Monday asked for; this week's without one."""
    asked = request.POST.get("first") or request.GET.get("first") or ""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return shifts.monday(at, zone)
    return day - timedelta(days=day.weekday())


def _to_week(site: Site, first: date) -> HttpResponse:
    response = redirect("monitoring:rota_week", uuid=site.uuid)
    response["Location"] += f"?first={first.isoformat()}"
    return response


@page(Act.WRITE_ROTA)
def copy_week(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Repeats last week in the week that was on screen."""
    site, at = site_of(actor, uuid), clock.now()
    if request.method != "POST":
        raise Http404
    first = _first(request, at, ZoneInfo(site.time_zone))
    made = shifts.copy_week(actor, site, first, now=at)
    messages.success(request, _("%(n)d shifts copied from the week before.") % {"n": made})
    return _to_week(site, first)


@page(Act.READ)
def take_over(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """“I take over now”: in effect at once; then the list, to be confirmed by both."""
    site, at = site_of(actor, uuid), clock.now()
    if request.method != "POST":
        raise Http404
    duty = _duty(request.POST)
    try:
        made = hand_overs.take_over_now(actor, site, duty, _person(request.POST, "leaving"), now=at)
    except shifts.RotaRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("monitoring:rota", uuid=site.uuid)
    messages.success(request, _("You are on duty now: %(duty)s.") % {"duty": duty.label})
    if made is None:
        return redirect("monitoring:rota", uuid=site.uuid)
    return redirect("monitoring:hand_over", uuid=made.uuid)


@page(Act.READ)
def begin_hand_over(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Who leaves confirms the list and names who comes."""
    site, at = site_of(actor, uuid), clock.now()
    duty = _duty(request.POST or request.GET)
    if request.method == "POST":
        coming = _person(request.POST, "coming")
        try:
            if coming is None:
                raise shifts.RotaRefused(_("Name who takes over."))
            made = hand_overs.begin_hand_over(
                actor, site, duty, coming, note=request.POST.get("note", "").strip()[:2000], now=at
            )
        except shifts.RotaRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("Confirmed. It takes effect when %(name)s confirms.") % {"name": coming}
            )
            return redirect("monitoring:hand_over", uuid=made.uuid)
    others = [user for user in shifts.who_may(duty, site, at) if user != actor.user]
    context = {"site": site, "duty": duty, "others": others, "row": None}
    return render(
        request, "monitoring/hand_over.html", context | _list(actor, hand_overs.listed(site, at), site)
    )


@page(Act.READ)
def hand_over(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One hand-over: the list, and the confirmation of whoever of the two looks at it."""
    row = _readable(actor).select_related("site", "leaving", "coming").filter(uuid=uuid).first()
    if row is None:
        raise Http404
    at = clock.now()
    if request.method == "POST":
        try:
            row = hand_overs.confirm(actor, row, now=at)
        except shifts.RotaRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Confirmed."))
        return redirect("monitoring:hand_over", uuid=row.uuid)
    owed = (actor.user == row.leaving and row.leaving_confirmed_at is None) or (
        actor.user == row.coming and row.coming_confirmed_at is None
    )
    said = row.listed if row.coming_confirmed_at else hand_overs.listed(row.site, at)
    context = {"row": row, "site": row.site, "duty": Duty(row.duty), "owed": owed}
    return render(request, "monitoring/hand_over.html", context | _list(actor, said, row.site))


@page(Act.READ)
def assign(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Whose patient an infusion is from now on."""
    infusion = find(Infusion.objects.select_related("site"), actor, uuid)
    if request.method != "POST":
        raise Http404
    nurse = _person(request.POST, "nurse")
    try:
        shifts.assign(actor, infusion, nurse, now=clock.now())
    except shifts.RotaRefused as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("Nurse of the patient: %(name)s.") % {"name": nurse} if nurse else _("Nobody in particular.")
        messages.success(request, text)
    return redirect("monitoring:rota", uuid=infusion.site.uuid)


def _list(actor: Actor, said: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """The list of a hand-over, of what this actor may see, with its moments as such."""
    alerts = {
        str(row.uuid): row
        for row in Alert.objects.visible_to(actor)
        .filter(uuid__in=[each["id"] for each in said["alerts"]])
        .for_display()
    }
    infusions = {
        str(row.uuid)
        for row in Infusion.objects.visible_to(actor).filter(
            uuid__in=[each["infusion"] for each in said["due"]]
        )
    }
    return {
        "zone": ZoneInfo(site.time_zone),
        "now": clock.now(),
        "alerts": [
            {**each, "row": alerts[each["id"]], "until": _moment(each["until"])}
            | {"raised_at": _moment(each["raised_at"])}
            for each in said["alerts"]
            if each["id"] in alerts
        ],
        "due": [
            {**each, "due_at": _moment(each["due_at"])}
            for each in said["due"]
            if each["infusion"] in infusions
        ],
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _duty(sent: Mapping[str, Any]) -> Duty:
    try:
        return Duty(sent.get("duty", ""))
    except ValueError:
        raise Http404 from None


def _person(sent: Mapping[str, Any], name: str) -> User | None:
    number = str(sent.get(name, ""))
    if not number:
        return None
    found: User | None = User.objects.filter(pk=number).first() if number.isdecimal() else None
    if found is None:
        raise Http404
    return found
