"""Writing the rota: a week at once, what has been stays, taking over, and what both confirm."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Membership, User
from accounts.permissions import NotPermitted, Role
from monitoring import hand_overs, rota, shifts
from monitoring.models import Assignment, Duty, HandOver, Shift
from monitoring.shifts import Planned, RotaRefused
from tests.builders import make_actor, make_infusion, make_site, make_user
from tracker.models import Site

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
DAY, NIGHT = (time(7), time(19)), (time(19), time(7))
NOW = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)  # Tuesday, 14:00 in Berlin
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def site() -> Site:
    return make_site("WARD", time_zone="Europe/Berlin")


def member(site: Site, role: Role, name: str) -> User:
    user = make_user(name)
    Membership.objects.create(user=user, role=role, site=site)
    return user


def keeper(site: Site) -> object:
    """Somebody who keeps the rota."""
    return make_actor(Role.CHARGE_NURSE, site)


def plan(day: int, hours: tuple[time, time], duty: Duty, person: User) -> Planned:
    return Planned(MONDAY + timedelta(days=day), *hours, duty, person.pk)


def seen(site: Site, first: date = MONDAY) -> frozenset[str]:
    return frozenset(str(shift.uuid) for shift in shifts.shifts_of_week(site, first))


def set_week(site: Site, *wanted: Planned, now: datetime = NOW, first: date = MONDAY) -> int:
    return shifts.set_week(keeper(site), site, first, wanted, seen=seen(site, first), now=now)  # type: ignore[arg-type]


def test_a_night_ends_on_the_next_day_by_the_wards_clock(site: Site) -> None:
    nora = member(site, Role.NURSE, "nora")
    assert set_week(site, plan(2, NIGHT, Duty.NURSE, nora)) == 1
    shift = Shift.objects.get()
    assert (shift.starts_at, shift.ends_at) == (
        datetime(2026, 3, 4, 18, tzinfo=UTC),
        datetime(2026, 3, 5, 6, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 28), 11, id="the night of spring's jump is an hour shorter"),
        pytest.param(date(2026, 10, 24), 13, id="that of autumn's an hour longer"),
    ],
)
def test_a_night_in_which_the_clock_is_changed_ends_at_seven_all_the_same(day: date, hours: int) -> None:
    begins, ends = Planned(day, *NIGHT, Duty.NURSE, 1).span(BERLIN)
    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=hours)


def test_saving_a_week_twice_changes_nothing_the_second_time(site: Site) -> None:
    nora = member(site, Role.NURSE, "nora")
    wanted = [plan(day, DAY, Duty.NURSE, nora) for day in (2, 3, 4)]
    assert (set_week(site, *wanted), set_week(site, *wanted)) == (3, 0)


def test_what_has_begun_is_ended_now_and_what_is_over_stays(site: Site) -> None:
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    before = NOW - timedelta(days=3)
    monday, tuesday = plan(0, DAY, Duty.NURSE, nora), plan(1, DAY, Duty.NURSE, nora)
    set_week(site, monday, tuesday, plan(2, DAY, Duty.NURSE, nora), now=before)
    set_week(site, plan(1, DAY, Duty.NURSE, otto))
    rows = [(row.person.username, row.starts_at, row.ends_at) for row in Shift.objects.order_by("starts_at")]
    assert rows == [
        ("nora", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 18, tzinfo=UTC)),
        ("nora", datetime(2026, 3, 3, 6, tzinfo=UTC), NOW),
        ("otto", NOW, datetime(2026, 3, 3, 18, tzinfo=UTC)),
    ]


def test_two_duties_at_once_are_refused_by_name_and_nothing_is_stored(site: Site) -> None:
    ada = member(site, Role.INVESTIGATOR, "ada")
    with pytest.raises(RotaRefused, match="Ada is already: Investigator on call"):
        set_week(site, plan(3, DAY, Duty.ON_CALL, ada), plan(3, (time(18), time(20)), Duty.BACKUP, ada))
    assert not Shift.objects.exists()


def test_nobody_is_entered_who_may_not_have_the_duty(site: Site) -> None:
    stranger = member(make_site(), Role.NURSE, "stig")
    for duty, person in ((Duty.NURSE, stranger), (Duty.ON_CALL, member(site, Role.NURSE, "nora"))):
        with pytest.raises(RotaRefused, match="may not have this duty"):
            set_week(site, plan(3, DAY, duty, person))


def test_nobody_overwrites_a_week_that_they_have_not_seen(site: Site) -> None:
    nora = member(site, Role.NURSE, "nora")
    set_week(site, plan(3, DAY, Duty.NURSE, nora))
    with pytest.raises(RotaRefused, match="meanwhile"):
        shifts.set_week(keeper(site), site, MONDAY, [], seen=NOTHING, now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "here", "may"),
    [
        pytest.param(Role.CHARGE_NURSE, True, True, id="a charge nurse of the site"),
        pytest.param(Role.NURSE, True, False, id="a nurse of the site"),
        pytest.param(Role.CHARGE_NURSE, False, False, id="a charge nurse of another"),
    ],
)
def test_who_may_write_the_rota(site: Site, role: Role, here: bool, may: bool) -> None:
    actor = make_actor(role, site if here else make_site())
    if may:
        assert shifts.copy_week(actor, site, MONDAY, now=NOW) == 0
        return
    with pytest.raises(NotPermitted):
        shifts.copy_week(actor, site, MONDAY, now=NOW)
    with pytest.raises(NotPermitted):
        shifts.set_week(actor, site, MONDAY, [], seen=NOTHING, now=NOW)


def test_a_copied_week_repeats_days_and_hours_and_leaves_out_who_has_left(site: Site) -> None:
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    set_week(site, plan(4, NIGHT, Duty.NURSE, nora), plan(5, DAY, Duty.NURSE, otto))
    Membership.objects.filter(user=otto).update(ends_at=NOW)
    after = MONDAY + timedelta(days=7)
    assert shifts.copy_week(keeper(site), site, after, now=NOW) == 1  # type: ignore[arg-type]
    assert shifts.copy_week(keeper(site), site, after, now=NOW) == 0  # type: ignore[arg-type]
    [copied] = shifts.shifts_of_week(site, after)
    assert shifts.planned(copied, BERLIN) == Planned(date(2026, 3, 13), *NIGHT, Duty.NURSE, nora.pk)


def test_who_takes_over_early_begins_their_own_shift_and_the_plan_stays_on_the_grid(site: Site) -> None:
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    set_week(
        site, plan(1, DAY, Duty.NURSE, nora), plan(1, NIGHT, Duty.NURSE, otto), now=NOW - timedelta(days=1)
    )
    at = datetime(2026, 3, 3, 17, 40, tzinfo=UTC)
    coming = make_actor(Role.NURSE, make_site(), user=otto)
    infusion = make_infusion(site=site)
    Assignment.objects.create(infusion=infusion, nurse=nora, starts_at=NOW)
    shift = shifts.take_over(coming, site, Duty.NURSE, nora, otto, now=at)
    assert (shift.starts_at, shift.ends_at) == (at, datetime(2026, 3, 4, 6, tzinfo=UTC))
    assert [row.username for row in rota.people("assigned_nurse", site.pk, None, at)] == ["otto"]
    assert Assignment.objects.get(ends_at__isnull=True).nurse == otto
    assert {shifts.planned(row, BERLIN) for row in shifts.shifts_of_week(site, MONDAY)} == {
        plan(1, DAY, Duty.NURSE, nora),
        plan(1, NIGHT, Duty.NURSE, otto),
    }


def test_who_stands_in_does_so_until_the_end_of_the_shift_that_they_take(site: Site) -> None:
    ada, ben = member(site, Role.INVESTIGATOR, "ada"), member(site, Role.INVESTIGATOR, "ben")
    set_week(site, plan(1, (time(8), time(8)), Duty.ON_CALL, ada), now=NOW - timedelta(days=1))
    coming = make_actor(Role.INVESTIGATOR, make_site(), user=ben)
    shift = shifts.take_over(coming, site, Duty.ON_CALL, ada, ben, now=NOW)
    assert (shift.by_take_over, shift.ends_at) == (True, datetime(2026, 3, 4, 7, tzinfo=UTC))


def test_a_nurse_cannot_take_everybody_else_off_a_duty_of_which_no_rota_is_kept(site: Site) -> None:
    nora = member(site, Role.NURSE, "nora")
    actor = make_actor(Role.NURSE, make_site(), user=nora)
    with pytest.raises(NotPermitted):
        shifts.take_over(actor, site, Duty.NURSE, None, nora, now=NOW)


def test_a_hand_over_takes_effect_when_who_comes_confirms_the_list(site: Site) -> None:
    ada, ben = member(site, Role.INVESTIGATOR, "ada"), member(site, Role.INVESTIGATOR, "ben")
    set_week(site, plan(1, (time(8), time(8)), Duty.ON_CALL, ada), now=NOW - timedelta(days=1))
    leaving, coming = (
        make_actor(Role.INVESTIGATOR, site, user=make_user()),
        make_actor(Role.INVESTIGATOR, make_site(), user=ben),
    )
    with pytest.raises(RotaRefused, match="not on this duty"):
        hand_overs.begin_hand_over(leaving, site, Duty.ON_CALL, ben, now=NOW)
    hers = make_actor(Role.SAFETY_COORDINATOR, site, user=ada)
    row = hand_overs.begin_hand_over(hers, site, Duty.ON_CALL, ben, note="bed 4", now=NOW)
    assert [user.username for user in rota.people("investigator_on_call", site.pk, None, NOW)] == ["ada"]
    with pytest.raises(NotPermitted):
        hand_overs.confirm(leaving, row, now=NOW)
    row = hand_overs.confirm(coming, row, now=NOW + timedelta(minutes=5))
    at = NOW + timedelta(minutes=5)
    assert [user.username for user in rota.people("investigator_on_call", site.pk, None, at)] == ["ben"]
    assert (row.leaving_confirmed_at, row.coming_confirmed_at) == (NOW, at)
    assert HandOver.objects.get() == row


def test_a_nurse_takes_a_patient_and_who_keeps_the_rota_gives_one(site: Site) -> None:
    infusion = make_infusion(site=site)
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    hers = make_actor(Role.NURSE, make_site(), user=nora)
    shifts.assign(hers, infusion, nora, now=NOW)
    with pytest.raises(NotPermitted):
        shifts.assign(hers, infusion, otto, now=NOW)
    shifts.assign(keeper(site), infusion, otto, now=NOW)  # type: ignore[arg-type]
    assert Assignment.objects.get(ends_at__isnull=True).nurse == otto
