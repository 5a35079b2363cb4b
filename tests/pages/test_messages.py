"""Receipts on the alert's page, dead letters that a person has sent again, and the pages of webhooks."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from accounts import contacts
from accounts.models import User
from accounts.permissions import Role
from config import clock
from monitoring import deliveries
from monitoring.channels import NotDelivered
from monitoring.models import Alert, Delivery, WebhookEndpoint
from tests.monitoring.test_deliveries import refusing
from tracker.models import Site

from .conftest import Patient, SignIn, typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fever(nurse: Browser, running: Patient, settings: Any) -> Alert:
    """A high alert, told to a nurse who has an address."""
    settings.SENDS_EMAIL = True
    nora = User.objects.get(username="nora")
    nora.email = "nora@example.org"
    nora.save()
    contacts.vouch(nora, clock.real_now())
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5"))
    return Alert.objects.get(problem="fever")


def give_up(alert: Alert) -> Delivery:
    deliveries.deliver_due(clock.real_now(), clock.now(), channels=refusing(NotDelivered("550 no")))
    return Delivery.objects.filter(alert=alert, failed_at__isnull=False).latest("pk")


def test_opening_the_alert_is_written_on_the_receipt_of_who_opened_it(nurse: Browser, fever: Alert) -> None:
    deliveries.deliver_due(clock.real_now(), clock.now())
    assert mail.outbox
    nurse.get(f"/alerts/{fever.uuid}/", headers={"HX-Request": "true"})
    assert not Delivery.objects.filter(seen_at__isnull=False).exists()
    nurse.get(f"/alerts/{fever.uuid}/")
    [seen] = Delivery.objects.filter(seen_at__isnull=False)
    assert (seen.channel, seen.recipient) == ("email", User.objects.get(username="nora"))
    assert "seen" in nurse.get(f"/alerts/{fever.uuid}/").content.decode()


def test_who_acknowledges_has_it_on_their_receipt(nurse: Browser, fever: Alert) -> None:
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "repeat_vitals", "minutes": "15"})
    states = {receipt.delivery.channel: receipt.state for receipt in deliveries.receipts_of(fever)}
    assert states == {"screen": "queued", "email": "acknowledged"}


def test_a_message_that_was_given_up_is_sent_again_by_a_person(nurse: Browser, fever: Alert) -> None:
    letter = give_up(fever)
    assert "550 no" in nurse.get("/messages/given-up/").content.decode()
    nurse.post(f"/messages/{letter.uuid}/again/")
    deliveries.deliver_due(clock.real_now(), clock.now())
    letter.refresh_from_db()
    assert (letter.state(), letter.resent_by) == ("accepted", User.objects.get(username="nora"))
    assert len(mail.outbox) == 1


def test_a_message_about_an_answered_alert_is_not_sent_again(nurse: Browser, fever: Alert) -> None:
    letter = give_up(fever)
    Alert.objects.filter(pk=fever.pk).update(response="assessed")
    page = nurse.post(f"/messages/{letter.uuid}/again/", follow=True).content.decode()
    assert "It is not needed any more" in page
    letter.refresh_from_db()
    assert letter.state() == "failed"


def test_a_stranger_sees_and_sends_no_message_of_the_ward(stranger: Browser, fever: Alert) -> None:
    letter = give_up(fever)
    assert "550 no" not in stranger.get("/messages/given-up/").content.decode()
    assert stranger.post(f"/messages/{letter.uuid}/again/").status_code == 404


def test_an_administrator_makes_a_webhook_and_sees_its_secret_once(sign_in: SignIn, ward: Site) -> None:
    admin = sign_in(Role.ADMINISTRATOR, ward)
    form = {"site": str(ward.uuid), "name": "EHR", "url": "https://8.8.8.8/in", "events": ["raised"]}
    page = admin.post("/webhooks/", form).content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in page
    for address in ("/webhooks/", f"/webhooks/{endpoint.uuid}/"):
        assert endpoint.secret not in admin.get(address).content.decode()
    fresh = admin.post(f"/webhooks/{endpoint.uuid}/rotate/").content.decode()
    assert endpoint.secret not in fresh
    admin.post(f"/webhooks/{endpoint.uuid}/switch/")
    endpoint.refresh_from_db()
    assert not endpoint.enabled


def test_an_address_in_a_private_network_is_refused_beside_its_field(sign_in: SignIn, ward: Site) -> None:
    admin = sign_in(Role.ADMINISTRATOR, ward)
    form = {"site": str(ward.uuid), "name": "EHR", "url": "https://10.0.0.1/in"}
    response = admin.post("/webhooks/", form)
    assert (response.status_code, WebhookEndpoint.objects.count()) == (422, 0)
    assert "private network" in response.content.decode()


def test_webhooks_belong_to_the_administrators_of_their_site(
    sign_in: SignIn, ward: Site, elsewhere: Site, nurse: Browser
) -> None:
    admin = sign_in(Role.ADMINISTRATOR, ward)
    admin.post("/webhooks/", {"site": str(ward.uuid), "name": "EHR", "url": "https://8.8.8.8/in"})
    endpoint = WebhookEndpoint.objects.get()
    other = sign_in(Role.ADMINISTRATOR, elsewhere)
    assert "EHR" not in other.get("/webhooks/").content.decode()
    assert other.post(f"/webhooks/{endpoint.uuid}/rotate/").status_code == 404
    assert nurse.get("/webhooks/").status_code == 403
