"""Writing the rota: a week of shifts, taking over, and whose patient is whose.

What has been is never rewritten: a shift that has begun can only be ended, by who takes it over or now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.permissions import Act, Actor
from monitoring.models import Assignment, Duty, Shift
from monitoring.rota import KEPT_FOR, MAY_HOLD
from tracker.models import Infusion, Site

#: Who comes so long before their own shift begins it by taking over; else they stand in until its end.
EARLY = timedelta(hours=4)
#: Until when somebody takes over where neither of the two has a shift.
STANDS_IN_FOR = timedelta(hours=12)


class RotaRefused(ValueError):
    """A rota that cannot be; the message says why, to people."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A shift as the week's grid says it: a duty on a day by the ward's clock, past midnight where its end is
    not after its begin.
    """

    day: date
    begins: time
    ends: time
    duty: str
    person_id: int

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first moment, and the first that is no longer in it."""
        last = self.day if self.begins < self.ends else self.day + timedelta(days=1)
        return (
            datetime.combine(self.day, self.begins, zone),
            datetime.combine(last, self.ends, zone),
        )


def monday(moment: datetime, zone: ZoneInfo) -> date:
    """The first day of the ward's week in which the moment lies."""
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def week_span(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The week's first moment and the first of the next, by the ward's clock."""
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(first + timedelta(days=7), time(), zone),
    )


def planned(shift: Shift, zone: ZoneInfo) -> Planned:
    """What the grid said of the shift."""
    begins = (shift.planned_starts_at or shift.starts_at).astimezone(zone)
    ends = (shift.planned_ends_at or shift.ends_at).astimezone(zone)
    return Planned(begins.date(), begins.time(), ends.time(), shift.duty, shift.person_id)


def shifts_of_week(site: Site, first: date) -> list[Shift]:
    """The shifts that the week's grid holds, those that a take-over alone made left out."""
    begins, ends = week_span(first, ZoneInfo(site.time_zone))
    rows = Shift.objects.filter(site=site, by_take_over=False).filter(
        Q(planned_starts_at__gte=begins, planned_starts_at__lt=ends)
        | Q(planned_starts_at__isnull=True, starts_at__gte=begins, starts_at__lt=ends)
    )
    return list(rows.select_related("person").order_by("starts_at", "pk"))


def is_kept(site: Site, duty: str, at: datetime) -> bool:
    """True while the site keeps a rota of that duty."""
    return Shift.objects.filter(site=site, duty=duty, ends_at__gt=at - KEPT_FOR).exists()


def who_may(duty: str, site: Site, at: datetime) -> list[User]:
    """The people of the site who may have that duty, by name."""
    held = Membership.objects.in_force(at).filter(site=site, role__in=MAY_HOLD[Duty(duty)])
    return list(User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("name", "pk"))


def set_week(
    actor: Actor, site: Site, first: date, wanted: Iterable[Planned], *, seen: frozenset[str], now: datetime
) -> int:
    """How many shifts were made, ended or taken away so that the week is as the grid says. `seen` are the
    shifts that were on screen.

    Raises: NotPermitted; RotaRefused where somebody has two duties at once, may not have one, or another
    changed the week meanwhile.
    """
    actor.require(Act.WRITE_ROTA, site.pk)
    zone = ZoneInfo(site.time_zone)
    with transaction.atomic():
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        held = shifts_of_week(site, first)
        if {str(shift.uuid) for shift in held} != seen:
            raise RotaRefused(_("Somebody else has changed this week meanwhile. Look at it again."))
        keep = {planned(shift, zone): shift for shift in held}
        asked = dict.fromkeys(wanted)
        gone = [shift for plan, shift in keep.items() if plan not in asked and shift.ends_at > now]
        new = [plan for plan in asked if plan not in keep and plan.span(zone)[1] > now]
        for shift in gone:
            _end(shift, now)
        allowed = _Allowed(site, now)
        for plan in new:
            _make(site, plan, zone, now, allowed)
    return len(gone) + len(new)


def copy_week(actor: Actor, site: Site, first: date, *, now: datetime) -> int:
    """How many shifts of the week before were repeated on the same days and hours of this one. What is
    entered already stays, and who may no longer have the duty is left out.

    Raises: NotPermitted.
    """
    actor.require(Act.WRITE_ROTA, site.pk)
    zone = ZoneInfo(site.time_zone)
    made = 0
    with transaction.atomic():
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        held = {planned(shift, zone) for shift in shifts_of_week(site, first)}
        allowed = _Allowed(site, now)
        for shift in shifts_of_week(site, first - timedelta(days=7)):
            plan = planned(shift, zone)
            plan = Planned(plan.day + timedelta(days=7), plan.begins, plan.ends, plan.duty, plan.person_id)
            if plan in held or plan.span(zone)[1] <= now:
                continue
            try:
                with transaction.atomic():
                    _make(site, plan, zone, now, allowed)
            except RotaRefused:
                continue
            made += 1
    return made


def take_over(
    actor: Actor, site: Site, duty: Duty, leaving: User | None, coming: User, *, now: datetime
) -> Shift:
    """The shift of who takes the duty over now; that of who leaves ends, and their infusions pass on.

    One's own duty is taken by anybody who may have it; for another, whoever keeps the rota enters it.

    Raises: NotPermitted; RotaRefused.
    """
    if actor.user != coming:
        actor.require(Act.WRITE_ROTA, site.pk)
    if coming not in who_may(duty, site, now):
        raise RotaRefused(_("%(name)s may not have this duty here.") % {"name": coming})
    zone = ZoneInfo(site.time_zone)
    with transaction.atomic():
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        running = Shift.objects.filter(site=site).running(now)
        if leaving is None and not is_kept(site, duty, now):
            actor.require(Act.WRITE_ROTA, site.pk)  # it would take everybody else off the duty
        if running.filter(person=coming, duty=duty).exists():
            raise RotaRefused(_("%(name)s is on duty already.") % {"name": coming})
        until = now + STANDS_IN_FOR
        if leaving is not None:
            for shift in running.filter(person=leaving, duty=duty):
                until = shift.ends_at
                _end(shift, now)
            _pass_on(site, leaving, coming, now)
        own = (
            Shift.objects.filter(
                site=site, person=coming, duty=duty, starts_at__gt=now, starts_at__lte=now + EARLY
            )
            .order_by("starts_at")
            .first()
        )
        if own is not None:
            own.planned_starts_at, own.planned_ends_at = (
                own.planned_starts_at or own.starts_at,
                own.planned_ends_at or own.ends_at,
            )
            own.starts_at = now
            return _stored(own, zone)
        stands_in = Shift(site=site, duty=duty, person=coming, starts_at=now, ends_at=until)
        stands_in.by_take_over = True
        return _stored(stands_in, zone)


def assign(actor: Actor, infusion: Infusion, nurse: User | None, *, now: datetime) -> Assignment | None:
    """Whose patient it is from now on; None: nobody's in particular. A nurse may take a patient; giving one
    to another is for who keeps the rota.

    Raises: NotPermitted; RotaRefused.
    """
    if nurse is None or actor.user != nurse:
        actor.require(Act.WRITE_ROTA, infusion.site_id)
    if nurse is not None and nurse not in who_may(Duty.NURSE, infusion.site, now):
        raise RotaRefused(_("%(name)s may not have this duty here.") % {"name": nurse})
    with transaction.atomic():
        standing = Assignment.objects.select_for_update().filter(infusion=infusion, ends_at__isnull=True)
        for one in standing:
            if one.nurse_id == getattr(nurse, "pk", None):
                return one
            one.ends_at = now
            one.save(update_fields=["ends_at"])
        if nurse is None:
            return None
        return Assignment.objects.create(infusion=infusion, nurse=nurse, starts_at=now)


def _pass_on(site: Site, leaving: User, coming: User, now: datetime) -> None:
    """Gives the infusions of who leaves to who comes, where both are nurses."""
    if coming not in who_may(Duty.NURSE, site, now):
        return
    held = Assignment.objects.select_for_update().filter(
        infusion__site=site, nurse=leaving, ends_at__isnull=True
    )
    for one in held:
        one.ends_at = now
        one.save(update_fields=["ends_at"])
        Assignment.objects.create(infusion_id=one.infusion_id, nurse=coming, starts_at=now)


class _Allowed(dict[str, dict[int, User]]):
    """Who may have a duty at a site, by their numbers; asked once for each duty."""

    def __init__(self, site: Site, at: datetime) -> None:
        super().__init__()
        self.site, self.at = site, at

    def __missing__(self, duty: str) -> dict[int, User]:
        self[duty] = {user.pk: user for user in who_may(duty, self.site, self.at)}
        return self[duty]


def _make(site: Site, plan: Planned, zone: ZoneInfo, now: datetime, allowed: _Allowed) -> Shift:
    begins, ends = plan.span(zone)
    person = allowed[plan.duty].get(plan.person_id)
    if person is None:
        raise RotaRefused(_("Somebody is entered who may not have this duty here."))
    shift = Shift(site=site, duty=plan.duty, person=person, starts_at=begins, ends_at=ends)
    if begins < now:  # what has been is not rewritten: the shift begins now, as far as anybody was told
        shift.planned_starts_at, shift.planned_ends_at, shift.starts_at = begins, ends, now
    return _stored(shift, zone)


def _end(shift: Shift, now: datetime) -> None:
    """Takes away what has not begun; ends what has."""
    if shift.starts_at >= now:
        shift.delete()
        return
    shift.planned_starts_at = shift.planned_starts_at or shift.starts_at
    shift.planned_ends_at = shift.planned_ends_at or shift.ends_at
    shift.ends_at = now
    shift.save()


def _stored(shift: Shift, zone: ZoneInfo) -> Shift:
    """The shift, stored. Raises: RotaRefused where the person has another duty at that time."""
    other = (
        Shift.objects.filter(
            site_id=shift.site_id,
            person_id=shift.person_id,
            starts_at__lt=shift.ends_at,
            ends_at__gt=shift.starts_at,
        )
        .exclude(pk=shift.pk)
        .filter(Q(duty=Duty.PRINCIPAL) if shift.duty == Duty.PRINCIPAL else ~Q(duty=Duty.PRINCIPAL))
        .order_by("starts_at")
        .first()
    )
    if other is not None:
        said = {
            "name": shift.person,
            "duty": other.get_duty_display(),
            "begins": other.starts_at.astimezone(zone).strftime("%a %H:%M"),
            "ends": other.ends_at.astimezone(zone).strftime("%a %H:%M"),
        }
        raise RotaRefused(_("%(name)s is already: %(duty)s, %(begins)s to %(ends)s.") % said)
    shift.save()
    return shift
