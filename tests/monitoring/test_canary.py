"""The canary goes the whole way once a minute, leaves nothing behind, and its silence is seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.permissions import Role
from accounts.trail import append_only_models
from monitoring import canary, deliveries, heartbeat
from monitoring.models import Alert, Delivery, Heartbeat
from tests.builders import NOW, make_actor, make_site, minutes

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    """How many rows each table of ours holds."""
    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "tracker", "monitoring")
    }


def a_pass(at: Any) -> bool:
    """True when a pass that begins then comes to its end three seconds later."""
    later = at + timedelta(seconds=3)
    canary.sing(at, at)
    deliveries.deliver_due(later, later)
    return canary.complete()


def test_a_reading_of_nobody_rings_and_is_put_in_the_outbox() -> None:
    alerts, messages = canary.think(NOW)
    assert alerts > 0
    assert messages > 0


def test_the_reading_leaves_no_row_in_any_table() -> None:
    canary.think(NOW)
    before = counts()
    canary.think(NOW + minutes(1))
    assert counts() == before


def test_a_pass_is_complete_when_its_message_was_sent_and_never_before() -> None:
    canary.sing(NOW, NOW)
    assert not canary.complete()
    later = NOW + timedelta(seconds=3)
    deliveries.deliver_due(later, later)
    assert canary.complete()
    assert Heartbeat.objects.get(name=heartbeat.CANARY).detail["took_s"] == 3.0
    assert not canary.complete()


def test_many_passes_leave_as_many_rows_as_one() -> None:
    a_pass(NOW)
    before = counts()
    for minute in range(1, 3):
        assert a_pass(NOW + minutes(minute))
    assert counts() == before


def test_messages_that_nobody_sends_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "KEPT_FOR", minutes(2))
    for minute in range(5):
        canary.sing(NOW + minutes(minute), NOW + minutes(minute))
    assert Delivery.objects.count() == 3


def test_nobody_sees_the_alert_that_its_messages_hang_on() -> None:
    canary.sing(NOW, NOW)
    nurse = make_actor(Role.NURSE, make_site())
    assert Alert.objects.count() == 1
    assert not Alert.objects.visible_to(nurse).exists()


def test_a_reading_that_rings_no_more_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "ALARMING", {"temperature_c": "36.8"})
    with pytest.raises(canary.CanarySilent, match="no high alert"):
        canary.sing(NOW, NOW)
    assert not Delivery.objects.exists()


def test_appended_tables_keep_the_triggers_that_they_had() -> None:
    canary.sing(NOW, NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE '%%append_only%%' AND t.tgenabled = 'O'"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in append_only_models()} <= guarded
