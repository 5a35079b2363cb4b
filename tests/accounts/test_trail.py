"""The trail: written by the database, put down to somebody, never changed."""

import re
import sys
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from accounts import models
from accounts.models import ApiToken, User
from accounts.permissions import Role
from accounts.tokens import issue
from accounts.trail import Untracked, acting, append_only_models, begin_epoch, grant_application_role

from .builders import NOW, acts_as, make_client, make_membership, make_site, make_user

pytestmark = pytest.mark.django_db

UserTrail: Any = models.UserTrail  # type: ignore[attr-defined]


def as_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_every_change_of_a_user_leaves_a_row_without_the_password() -> None:
    user = make_user("nora")
    user.name = "Nora Berg"
    user.save()

    rows = UserTrail.objects.order_by("pgh_id")
    assert [(row.pgh_label, row.name) for row in rows] == [("insert", "Nora"), ("update", "Nora Berg")]
    assert {"password", "last_login"}.isdisjoint(field.name for field in UserTrail._meta.fields)


def test_a_new_password_or_sign_in_alone_leaves_no_row() -> None:
    user = make_user("nora")
    user.set_password("another long one")
    user.last_login = NOW
    user.save()

    assert UserTrail.objects.count() == 1


def test_a_row_names_who_acted_and_in_which_request(nurse: User) -> None:
    actor = acts_as(nurse)
    with acting(actor, request="r-1"):
        make_user("new")

    context = UserTrail.objects.get(username="new").pgh_context
    assert context.metadata == {
        "actor": str(nurse.uuid),
        "client": str(actor.client.uuid),
        "request": "r-1",
    }


def test_the_context_row_is_written_once_and_never_updated(nurse: User) -> None:
    with acting(acts_as(nurse), request="r-1"):
        make_user("one")
        make_user("two")

    contexts = {row.pgh_context for row in UserTrail.objects.filter(username__in=["one", "two"])}
    assert len(contexts) == 1
    assert all(context.updated_at == context.created_at for context in contexts)


def test_a_task_run_inside_a_request_acts_under_its_own_name(nurse: User, stranger: User) -> None:
    with acting(acts_as(nurse)):
        make_user("before")
        with acting(acts_as(stranger)):
            make_user("inside")
        make_user("after")

    def who(username: str) -> Any:
        return UserTrail.objects.get(username=username).pgh_context.metadata["actor"]

    assert who("before") == who("after") == str(nurse.uuid)
    assert who("inside") == str(stranger.uuid)


def test_a_statement_said_to_change_no_tracked_table_changes_none() -> None:
    tracked = {
        trigger_model._meta.db_table
        for trigger_model, trigger in pgtrigger.registered()
        if trigger.name == "update_update"
    }
    statements = [
        value
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in {"accounts", "tracker", "monitoring", "interop"}
        for value in vars(module).values()
        if isinstance(value, Untracked)
    ]
    assert statements
    for statement in statements:
        assert tracked.isdisjoint(re.findall(r"(?:INTO|UPDATE|FROM)\s+\"?(\w+)", statement)), statement
    assert tracked.isdisjoint(model._meta.db_table for model in append_only_models())


def test_every_append_only_table_has_the_trigger_that_refuses_changes() -> None:
    guarded = {model for model, trigger in pgtrigger.registered() if trigger.name == "append_only"}
    assert set(append_only_models()) <= guarded


def test_every_table_of_ours_is_tracked_append_only_or_said_to_be_neither() -> None:
    # Each name here is a decision: what may be changed without anybody being able to tell.
    untracked = {
        "accounts.Epoch": "guarded by its own trigger",
    }
    tracked = {
        trigger_model for trigger_model, trigger in pgtrigger.registered() if trigger.name == "update_update"
    }
    for model in apps.get_app_config("accounts").get_models():
        if model in tracked or model in append_only_models():
            continue
        assert model._meta.label in untracked, model._meta.label


@pytest.mark.parametrize("statement", ["UPDATE {} SET xid = xid", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_has_no_right_to_change_the_trail(statement: str) -> None:
    make_user("nora")
    for model in append_only_models():
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(model._meta.db_table))


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_usertrail SET name = 'x'", "DELETE FROM accounts_usertrail"]
)
def test_even_the_owner_is_stopped_by_the_trigger(statement: str) -> None:
    make_user("nora")
    as_owner()
    with (
        pytest.raises(DatabaseError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_granting_twice_changes_nothing() -> None:
    as_owner()
    query = """SELECT table_name, privilege_type FROM information_schema.table_privileges
               WHERE grantee = 'febris_app' ORDER BY 1, 2"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", ["%_app"])
        role = cursor.fetchone()[0]
        query = query.replace("febris_app", role)
        cursor.execute(query)
        before = cursor.fetchall()
        grant_application_role(cursor, role)
        cursor.execute(query)
        assert cursor.fetchall() == before


def test_rows_carry_the_epoch_in_which_they_were_written() -> None:
    make_user("first")
    assert begin_epoch(NOW, "restored from a backup") == 2
    make_user("second")

    assert list(UserTrail.objects.order_by("pgh_id").values_list("epoch", flat=True)) == [1, 2]


def test_rows_of_one_transaction_share_its_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        number = int(cursor.fetchone()[0])
    make_user("a")
    make_user("b")

    assert set(UserTrail.objects.values_list("xid", flat=True)) == {number}
    assert UserTrail.objects.filter(xid__lte=number, xid__gte=number).count() == 2


def test_memberships_clients_and_tokens_are_tracked_without_secrets() -> None:
    site = make_site("WARD")
    make_membership(make_user("nora"), Role.NURSE, site)
    issue(make_client(site=site), NOW)

    for name in ("MembershipTrail", "ClientTrail", "ApiTokenTrail"):
        trail: Any = getattr(models, name)
        assert trail.objects.filter(pgh_label="insert").exists()
        assert "token_hash" not in {field.name for field in trail._meta.fields}
    assert ApiToken.objects.exists()
