"""The table of who may do what, tried cell by cell; and the promise that no actor reaches another's site."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Client, ClientKind
from accounts.permissions import TABLE, Act, Actor, Grant, NotPermitted, Role, Terms
from tracker.models import Site

from .builders import make_site

HERE, THERE = 1, 2
#: n nurse, c charge nurse, i investigator, s safety coordinator, a auditor, A administrator, x integration,
#: w wall display. y freely, 2 with a second person, p for a named practitioner, o not one's own draft, . no.
CELLS = """
                      n c i s a A x w
read                  y y y y y . y .
read_board            y y y y y . y y
read_audit            . . . . y . . .
record_readings       y y y . . . y .
record_events         y y y . . . . .
override_start        2 2 2 . . . . .
acknowledge           y y y . . . p .
assess                y y y y . . p .
snooze                . y y . . . . .
opt_out               . y y . . . . .
snooze_high           . y y . . . . .
close                 y y y y . . . .
close_high            . . y y . . . .
draft_adverse_event   y y y y . . y .
review_adverse_event  . . y y . . . .
sign_adverse_event    . . y . . . . .
draft_rules           . . y y . . . .
approve_rules         . . o . . . . .
write_patients        y y y . . . y .
write_subjects        y y y . . . . .
write_consent         y y y . . . . .
write_product         y y y . . . . .
write_labs            y y y . . . y .
write_eligibility     y y y . . . . .
draft_study           . . y y . . . .
write_study           . . y . . . . .
write_rota            . y y . . y . .
unlock_user           . y . . . y . .
review_emergency      . . y y . y . .
manage_people         . . . . . y . .
manage_sites          . . . . . y . .
"""
ROLES = {
    "n": Role.NURSE,
    "c": Role.CHARGE_NURSE,
    "i": Role.INVESTIGATOR,
    "s": Role.SAFETY_COORDINATOR,
    "a": Role.AUDITOR,
    "A": Role.ADMINISTRATOR,
    "x": Role.INTEGRATION,
    "w": Role.WALL_DISPLAY,
}
TERMS: dict[str, frozenset[Terms]] = {
    ".": frozenset(),
    "y": frozenset({Terms.FREELY}),
    "2": frozenset({Terms.WITH_SECOND_PERSON}),
    "p": frozenset({Terms.FOR_NAMED_PRACTITIONER}),
    "o": frozenset({Terms.NOT_OWN_DRAFT}),
}


def cells() -> list[Any]:
    head, *rows = CELLS.strip().splitlines()
    found = []
    for row in rows:
        act, *marks = row.split()
        for letter, mark in zip(head.split(), marks, strict=True):
            role = ROLES[letter]
            found.append(pytest.param(Act(act), role, TERMS[mark], id=f"{role.value} {act}: {mark}"))
    return found


def actor(*grants: Grant, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(client=Client(name="x", kind=ClientKind.BEDSIDE), memberships=grants, scopes=scopes)


@pytest.mark.parametrize(("act", "role", "terms"), cells())
def test_each_cell_of_the_table(act: Act, role: Role, terms: frozenset[Terms]) -> None:
    asking = actor(Grant(role, HERE))

    assert asking.terms(act, HERE) == terms
    assert asking.may(act, HERE) is bool(terms)
    assert not asking.may(act, THERE)
    assert not asking.may(act, None)


def test_every_act_and_every_role_is_in_the_table() -> None:
    assert {cell.values[0] for cell in cells()} == set(Act)
    assert {cell.values[1] for cell in cells()} == set(Role)


def test_an_administrator_has_no_clinical_act() -> None:
    allowed = {act for act in Act if Role.ADMINISTRATOR in TABLE[act]}
    assert allowed == {
        Act.WRITE_ROTA, Act.UNLOCK_USER, Act.REVIEW_EMERGENCY, Act.MANAGE_PEOPLE, Act.MANAGE_SITES
    }  # fmt: skip


def test_requiring_what_is_not_allowed_names_the_act_and_no_person() -> None:
    with pytest.raises(NotPermitted, match="may not close_high at site 1") as refused:
        actor(Grant(Role.NURSE, HERE)).require(Act.CLOSE_HIGH, HERE)
    assert "client" in str(refused.value)


def test_a_membership_in_one_study_says_nothing_about_rows_of_no_study_or_another() -> None:
    asking = actor(Grant(Role.SAFETY_COORDINATOR, HERE, study_id=7))

    assert asking.may(Act.READ, HERE, 7)
    assert not asking.may(Act.READ, HERE, 8)
    assert not asking.may(Act.READ, HERE)
    assert asking.site_ids() == frozenset()


def test_names_are_for_the_identified_at_that_site_alone() -> None:
    asking = actor(Grant(Role.NURSE, HERE, identified=True), Grant(Role.NURSE, THERE))

    assert asking.is_identified(HERE)
    assert not asking.is_identified(THERE)


def test_an_administrator_flagged_identified_still_sees_no_name() -> None:
    assert not actor(Grant(Role.ADMINISTRATOR, HERE, identified=True)).is_identified(HERE)


def test_a_token_does_no_more_than_its_scopes_say() -> None:
    asking = actor(Grant(Role.INTEGRATION, HERE), scopes=frozenset({Act.RECORD_READINGS.value}))

    assert asking.may(Act.RECORD_READINGS, HERE)
    assert not asking.may(Act.READ, HERE)


def test_a_scope_beyond_the_role_gives_nothing() -> None:
    asking = actor(Grant(Role.INTEGRATION, HERE), scopes=frozenset({Act.CLOSE_HIGH.value}))

    assert not asking.may(Act.CLOSE_HIGH, HERE)


def test_the_system_may_do_everything_everywhere() -> None:
    system = Actor(client=Client(name="sweep", kind=ClientKind.SYSTEM), is_system=True)

    assert all(system.may(act, HERE) for act in Act)


@pytest.mark.django_db
def test_a_grant_everywhere_reaches_every_site_there_is() -> None:
    sites = {make_site("A").pk, make_site("B").pk}

    assert actor(Grant(Role.AUDITOR)).site_ids() == sites


grants = st.builds(
    Grant, st.sampled_from(Role), st.none() | st.integers(1, 4), st.none() | st.integers(1, 3), st.booleans()
)


@given(st.lists(grants, max_size=4), st.sampled_from(Act), st.integers(1, 4))
def test_nobody_may_act_at_a_site_that_no_grant_of_theirs_names(
    held: list[Grant], act: Act, site_id: int
) -> None:
    asking = actor(*held)

    if all(grant.site_id not in (None, site_id) for grant in held):
        assert not asking.may(act, site_id)
    if asking.may(act, site_id):
        assert any(grant.role in TABLE[act] for grant in held)


@pytest.mark.django_db
def test_the_filter_and_the_question_agree_for_every_role_act_and_site() -> None:
    sites = [make_site(code) for code in "ABC"]
    for role in Role:
        for held in (Grant(role, sites[0].pk), Grant(role, None), Grant(role, sites[1].pk, study_id=5)):
            asking = actor(held)
            for act in Act:
                seen = set(Site.objects.filter(asking.within(act, site="id")).values_list("pk", flat=True))
                assert seen == {site.pk for site in sites if asking.may(act, site.pk)}
                assert seen == set(asking.site_ids(act))
