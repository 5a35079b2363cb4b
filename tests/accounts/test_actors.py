"""From a user or a name to an actor: memberships in force, the client under which rows are stored."""

from typing import Any

import pytest

from accounts.actors import bedside_client, system_actor
from accounts.models import Client, Membership, User
from accounts.permissions import Act, Role

from .builders import NOW, acts_as, make_membership, make_user, minutes

pytestmark = pytest.mark.django_db


def test_a_membership_counts_from_its_start_and_not_at_its_end(ward: Any) -> None:
    user = make_user("nora")
    make_membership(user, Role.NURSE, ward, starts_at=NOW, ends_at=NOW + minutes(10))

    assert not acts_as(user, NOW - minutes(1)).may(Act.READ, ward.pk)
    assert acts_as(user, NOW).may(Act.READ, ward.pk)
    assert not acts_as(user, NOW + minutes(10)).may(Act.READ, ward.pk)


def test_each_person_acts_within_their_own_site(
    ward: Any, elsewhere: Any, nurse: User, stranger: User, administrator: User
) -> None:
    assert acts_as(nurse).may(Act.RECORD_READINGS, ward.pk)
    assert not acts_as(nurse).may(Act.RECORD_READINGS, elsewhere.pk)
    assert not acts_as(stranger).may(Act.RECORD_READINGS, ward.pk)
    assert not acts_as(administrator).may(Act.RECORD_READINGS, ward.pk)


def test_the_bedside_of_a_site_is_one_client(ward: Any, elsewhere: Any) -> None:
    assert bedside_client(ward.pk) == bedside_client(ward.pk)
    assert bedside_client(ward.pk) != bedside_client(elsewhere.pk)


def test_a_person_writes_through_the_bedside_of_their_site(ward: Any, nurse: User) -> None:
    assert acts_as(nurse).client == bedside_client(ward.pk)


def test_a_system_actor_is_the_same_client_each_time() -> None:
    assert system_actor("sweep").client == system_actor("sweep").client
    assert Client.objects.filter(name="sweep").count() == 1


def test_memberships_of_another_site_are_not_in_the_list(
    nurse: User, stranger: User, administrator: User, elsewhere: Any
) -> None:
    def seen_by(user: User) -> set[str]:
        return set(Membership.objects.visible_to(acts_as(user)).values_list("user__username", flat=True))

    assert seen_by(administrator) == {"nora", "stig", "adam"}
    assert seen_by(stranger) == {"stig"}
    assert seen_by(nurse) == set()


def test_user_names_are_one_whatever_their_case() -> None:
    user = make_user("Nora")

    assert User.objects.get_by_natural_key("nORA") == user
