"""Contact points as rows: when one counts no longer."""

from datetime import timedelta

import pytest

from accounts import contacts
from accounts.models import ContactKind, ContactPoint
from config.clock import real_now

from .builders import make_user

pytestmark = pytest.mark.django_db


def test_an_address_that_refuses_everything_for_a_day_counts_no_longer() -> None:
    now = real_now()
    point = contacts.vouch(make_user("nora", email="nora@example.org"), now)
    assert point is not None
    assert not contacts.refused(point.pk, now, "550 no", is_gone=False)
    assert not contacts.refused(point.pk, now + timedelta(hours=23), "550 no", is_gone=False)
    assert contacts.refused(point.pk, now + timedelta(hours=24), "550 no", is_gone=False)
    point.refresh_from_db()
    assert not point.reaches


def test_what_is_accepted_in_between_forgets_the_refusals() -> None:
    now = real_now()
    point = contacts.vouch(make_user("nora", email="nora@example.org"), now)
    assert point is not None
    contacts.refused(point.pk, now, "550 no", is_gone=False)
    contacts.accepted(point.pk, now + timedelta(hours=1))
    assert not contacts.refused(point.pk, now + timedelta(hours=25), "550 no", is_gone=False)


def test_a_removed_point_keeps_no_secret() -> None:
    user, now = make_user("nora"), real_now()
    point = contacts.add(user, ContactKind.APPRISE, label="Pager", secret="tgram://key", now=now)
    contacts.remove(point, now)
    assert "key" not in ContactPoint.objects.get().secret
