"""Set-up of people and sending systems, as pages: who may, who may in part, who must see nothing."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client as Browser

from accounts import signin
from accounts.models import ApiToken, Client, ClientKind, Membership, User
from accounts.permissions import Act, Role
from accounts.tokens import InvalidToken, authenticate
from config.clock import real_now

from .builders import NOW, acts_as, make_membership, make_user

pytestmark = pytest.mark.django_db


def as_(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def charge_nurse(ward: Any) -> User:
    return make_user("cara", membership=(Role.CHARGE_NURSE, ward))


def lock_out(user: User) -> None:
    AccessAttempt.objects.create(
        username=user.username,
        ip_address="10.0.0.1",
        user_agent="",
        failures_since_start=10,
        attempt_time=real_now(),
    )


def test_the_list_shows_everybody_to_an_administrator_and_the_ward_to_its_charge_nurse(
    administrator: User, charge_nurse: User, nurse: User, stranger: User
) -> None:
    everybody = as_(administrator).get("/people/").content.decode()
    ward_only = as_(charge_nurse).get("/people/").content.decode()

    assert {"Nora" in everybody, "Stig" in everybody} == {True}
    assert "Nora" in ward_only
    assert "Stig" not in ward_only
    assert "/people/new/" not in ward_only
    assert as_(nurse).get("/people/").status_code == 403


def test_an_administrator_makes_a_person_gives_a_role_and_they_can_work(
    administrator: User, ward: Any
) -> None:
    browser = as_(administrator)
    shown = browser.post(
        "/people/new/",
        {"username": "inga", "name": "Inga Vik", "email": "inga@ward.example", "language": "en"},
    )
    user = User.objects.get(username="inga")
    password = shown.context["password"]
    assert user.check_password(password)

    browser.post(f"/people/{user.uuid}/memberships/", {"role": "nurse", "site": ward.pk, "identified": "on"})

    assert acts_as(user).may(Act.RECORD_READINGS, ward.pk)
    assert acts_as(user).is_identified(ward.pk)


def test_what_is_wrong_stands_beside_its_field(administrator: User, nurse: User) -> None:
    answer = as_(administrator).post("/people/new/", {"username": "NORA", "name": "", "language": "en"})

    content = answer.content.decode()
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"username", "name"}
    assert 'href="#id_username"' in content
    assert 'aria-invalid="true"' in content
    assert "id_username_error" in content


@pytest.mark.parametrize("method", ["get", "post"])
def test_nurse_and_charge_nurse_cannot_manage(method: str, nurse: User, charge_nurse: User) -> None:
    for user in (nurse, charge_nurse):
        browser = as_(user)
        for address in ("/people/new/", f"/people/{nurse.uuid}/", "/people/clients/new/"):
            assert getattr(browser, method)(address).status_code == 403


def test_an_administrator_of_one_site_neither_sees_nor_changes_the_other(
    ward: Any, elsewhere: Any, stranger: User, nurse: User
) -> None:
    user = make_user("wanda", membership=(Role.ADMINISTRATOR, ward))
    browser = as_(user)

    assert "Stig" not in browser.get("/people/").content.decode()
    assert browser.get(f"/people/{stranger.uuid}/").status_code == 404
    refused = browser.post(f"/people/{nurse.uuid}/memberships/", {"role": "nurse", "site": elsewhere.pk})
    assert "site" in refused.context["membership_form"].errors
    everywhere = browser.post(f"/people/{nurse.uuid}/memberships/", {"role": "auditor", "site": ""})
    assert "site" in everywhere.context["membership_form"].errors


def test_a_role_at_two_sites_is_managed_by_somebody_of_both(ward: Any, elsewhere: Any, nurse: User) -> None:
    make_membership(nurse, Role.NURSE, elsewhere)
    wanda = make_user("wanda", membership=(Role.ADMINISTRATOR, ward))

    assert as_(wanda).post(f"/people/{nurse.uuid}/password/").status_code == 403


def test_an_administrator_never_becomes_clinical_nor_the_other_way_round(
    administrator: User, ward: Any, nurse: User
) -> None:
    other = make_user("olga")
    make_membership(other, Role.ADMINISTRATOR, None)
    browser = as_(other)

    browser.post(f"/people/{administrator.uuid}/memberships/", {"role": "nurse", "site": ward.pk})
    browser.post(f"/people/{nurse.uuid}/memberships/", {"role": "administrator", "site": ward.pk})

    assert not administrator.memberships.filter(role="nurse").exists()
    assert not nurse.memberships.filter(role="administrator").exists()


def test_nobody_changes_their_own_roles(administrator: User, ward: Any) -> None:
    own = administrator.memberships.get()
    browser = as_(administrator)

    browser.post(f"/people/{administrator.uuid}/memberships/", {"role": "auditor", "site": ward.pk})
    browser.post(f"/people/{administrator.uuid}/memberships/{own.pk}/end/")

    assert list(administrator.memberships.all()) == [own]
    own.refresh_from_db()
    assert own.ends_at is None


def test_an_ended_role_stays_on_record_and_ends_at_once(administrator: User, nurse: User, ward: Any) -> None:
    membership = nurse.memberships.get()

    as_(administrator).post(f"/people/{nurse.uuid}/memberships/{membership.pk}/end/")

    assert Membership.objects.filter(pk=membership.pk, ends_at__isnull=False).exists()
    assert not acts_as(nurse).may(Act.READ, ward.pk)


def test_a_deactivated_person_is_out_and_an_administrator_cannot_shut_themselves_out(
    administrator: User, nurse: User
) -> None:
    browser = as_(administrator)
    for user in (nurse, administrator):
        browser.post(
            f"/people/{user.uuid}/", {"username": user.username, "name": user.name, "language": "en"}
        )

    assert not User.objects.get(pk=nurse.pk).is_active
    assert User.objects.get(pk=administrator.pk).is_active


def test_a_charge_nurse_unlocks_their_own_ward_and_no_other(
    charge_nurse: User, nurse: User, stranger: User
) -> None:
    lock_out(nurse)
    lock_out(stranger)
    browser = as_(charge_nurse)

    browser.post(f"/people/{nurse.uuid}/unlock/")
    refused = browser.post(f"/people/{stranger.uuid}/unlock/")

    assert signin.locked_until(nurse.username) is None
    assert refused.status_code == 404
    assert signin.locked_until(stranger.username) is not None


def test_a_lost_password_and_a_lost_key_are_helped(administrator: User, nurse: User) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
    browser = as_(administrator)

    password = browser.post(f"/people/{nurse.uuid}/password/").context["password"]
    browser.post(f"/people/{nurse.uuid}/second-factors/")

    assert User.objects.get(pk=nurse.pk).check_password(password)
    assert not Authenticator.objects.exists()


def test_an_integration_is_made_its_token_shown_once_and_revoked(administrator: User, ward: Any) -> None:
    browser = as_(administrator)
    browser.post(
        "/people/clients/new/", {"name": "EHR", "kind": "integration", "role": "integration", "site": ward.pk}
    )
    client = Client.objects.get(name="EHR")
    shown = browser.post(f"/people/clients/{client.uuid}/tokens/", {"days": "30", "scopes": ["read"]})
    raw = shown.context["raw"]

    assert authenticate(raw, real_now()).may(Act.READ, ward.pk)
    assert raw not in browser.get(f"/people/clients/{client.uuid}/").content.decode()

    token = ApiToken.objects.get()
    browser.post(f"/people/clients/{client.uuid}/tokens/{token.uuid}/revoke/")
    with pytest.raises(InvalidToken):
        authenticate(raw, NOW)


def test_a_display_is_always_a_wall_display_of_one_site(administrator: User, ward: Any) -> None:
    browser = as_(administrator)
    without_site = browser.post("/people/clients/new/", {"name": "Wall", "kind": "display", "role": "nurse"})
    assert "site" in without_site.context["form"].errors

    browser.post(
        "/people/clients/new/",
        {"name": "Wall", "kind": "display", "role": "nurse", "site": ward.pk, "identified": "on"},
    )
    client = Client.objects.get(name="Wall")
    assert (client.kind, client.role, client.identified) == (ClientKind.DISPLAY, Role.WALL_DISPLAY, False)

    link = browser.post(f"/people/clients/{client.uuid}/tokens/").context["link"]
    assert Browser().get(link).status_code == 302


def test_no_system_can_be_an_administrator(administrator: User, ward: Any) -> None:
    answer = as_(administrator).post(
        "/people/clients/new/", {"name": "X", "kind": "integration", "role": "administrator", "site": ward.pk}
    )

    assert "role" in answer.context["form"].errors


def test_clients_of_another_site_are_not_found(elsewhere: Any, ward: Any) -> None:
    client = Client.objects.create(name="EHR", kind="integration", role="integration", site=elsewhere)
    wanda = make_user("wanda", membership=(Role.ADMINISTRATOR, ward))

    assert as_(wanda).get(f"/people/clients/{client.uuid}/").status_code == 404


def test_everybody_sees_their_own_account(nurse: User) -> None:
    content = as_(nurse).get("/people/me/").content.decode()

    assert "Ward WARD" in content
    assert "/accounts/2fa/" in content
    assert as_(nurse).get("/accounts/2fa/").status_code == 200
    assert as_(nurse).get("/accounts/password/change/").status_code == 200


def test_the_trail_of_a_page_names_the_administrator_and_the_request(administrator: User) -> None:
    from accounts import models

    answer = as_(administrator).post(
        "/people/new/", {"username": "inga", "name": "Inga Vik", "language": "en"}
    )

    trail: Any = models.UserTrail  # type: ignore[attr-defined]
    context = trail.objects.get(username="inga").pgh_context
    assert context.metadata["actor"] == str(administrator.uuid)
    assert context.metadata["request"] == answer.headers["X-Request-Id"]
    assert context.updated_at == context.created_at


def test_the_first_administrator_is_made_by_a_command() -> None:
    user = User.objects.create_superuser("root", "lantern-under-snow", name="First")

    assert acts_as(user).may(Act.MANAGE_PEOPLE, None)
    assert not acts_as(user).may_anywhere(Act.RECORD_READINGS)
