"""E-mail over a real mail server: one connection for a run, and what its refusals mean."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import ContactPoint
from accounts.permissions import Role
from monitoring import deliveries
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set
from tests.monitoring.receivers import Mailbox, mail_sink

pytestmark = pytest.mark.django_db


SMTP = "django.core.mail.backends.smtp.EmailBackend"


def set_up(settings: Any, port: int) -> None:
    """Mail goes to the server at this port; in the words of the Django at hand."""
    if hasattr(settings, "MAILERS"):
        options = {"host": "127.0.0.1", "port": port, "timeout": 5}
        settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": options}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP, "127.0.0.1"
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = port, 5


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    """A mail server, as Febris is set up to use it."""
    with mail_sink() as box:
        set_up(settings, box.port)
        yield box


def raise_highs(count: int) -> None:
    """So many high alerts of one site, of as many patients, each owed to one nurse."""
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org"))
    for _ in range(count):
        infusion = make_infusion(started_at=NOW, site=site)
        record_set(infusion, NOW + minutes(5), temperature_c="39.5")
        evaluate_infusion(infusion.pk, NOW + minutes(5))


def test_high_alerts_come_one_by_one_over_a_few_connections(box: Mailbox) -> None:
    raise_highs(8)
    deliveries.deliver_due(NOW, NOW)
    assert len({message["Message-ID"] for message in box.messages}) == 8
    assert len(box.connections) <= 4
    assert {message["To"] for message in box.messages} == {"nurse@example.org"}


@pytest.mark.parametrize(
    ("answer", "reaches"),
    [
        pytest.param("550 5.1.1 no such mailbox", False, id="the mailbox does not exist"),
        pytest.param("550 5.7.1 relaying denied", True, id="the server refuses us"),
        pytest.param("550 no", True, id="the server does not say why"),
    ],
)
def test_only_an_address_that_does_not_exist_is_given_up(box: Mailbox, answer: str, reaches: bool) -> None:
    box.refuses = answer
    raise_highs(1)
    deliveries.deliver_due(NOW, NOW)
    assert Delivery.objects.filter(channel="email", failed_at__isnull=False, error=answer).exists()
    assert ContactPoint.objects.get().reaches is reaches


def test_a_server_in_trouble_is_asked_again(box: Mailbox) -> None:
    raise_highs(1)
    box.refuses = "451 4.3.0 later"
    deliveries.deliver_due(NOW, NOW)
    box.refuses = ""
    deliveries.deliver_due(NOW + minutes(1), NOW)
    assert len(box.messages) == 1


def test_a_server_that_is_not_there_is_asked_again(settings: Any, box: Mailbox) -> None:
    raise_highs(1)
    set_up(settings, 1)
    deliveries.deliver_due(NOW, NOW)
    set_up(settings, box.port)
    deliveries.deliver_due(NOW + minutes(1), NOW)
    assert len(box.messages) == 1
