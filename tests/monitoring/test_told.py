"""Who was told, and who is next: in the API's words, without asking the database for more."""

import pytest

from accounts.models import Membership
from accounts.permissions import Role
from monitoring import alerts, told
from monitoring.api.answers import alerts_shown
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def alert() -> Alert:
    """A high one at a ward with a nurse and an investigator who has an address."""
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user("nora"))
    investigator = make_user("ada", email="ada@example.org")
    Membership.objects.create(user=investigator, role=Role.INVESTIGATOR, site=site)
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, AT, temperature_c="39.5")
    evaluate_infusion(infusion.pk, AT)
    return Alert.objects.for_display().get(problem="fever")


def test_an_answer_says_who_was_told_at_which_rung_and_who_is_next_when(alert: Alert) -> None:
    alerts.escalate_due(AT + minutes(3))
    alert = Alert.objects.for_display().get(pk=alert.pk)
    [shown] = alerts_shown([alert])
    assert [(ring["rung"], ring["people"]) for ring in shown["told"]] == [(1, ["nora"]), (2, ["nora"])]
    assert shown["next_rung"] == {
        "rung": 3,
        "roles": ["investigator_on_call"],
        "at": (AT + minutes(6)).isoformat(),
    }


def test_nobody_is_next_once_somebody_has_answered_or_it_is_over(alert: Alert) -> None:
    assert told.next_rung(alert) is not None
    for column, value in (("response", "acknowledged"), ("condition", "cleared"), ("snoozed_until", AT)):
        before = getattr(alert, column)
        setattr(alert, column, value)
        assert told.next_rung(alert) is None, column
        setattr(alert, column, before)


def test_roles_are_said_in_the_order_of_the_ladders() -> None:
    assert told.role_words(["charge_nurse", "assigned_nurse"]) == "nurse of the patient, charge nurse"
