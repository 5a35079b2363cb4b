"""Keys of sending systems: shown once, stored as a digest, shut by time, revocation or their client."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import tokens
from accounts.models import ApiToken, Client
from accounts.permissions import Act, Role
from accounts.tokens import InvalidToken, UnknownScope, authenticate, issue, revoke

from .builders import NOW, make_client, minutes

pytestmark = pytest.mark.django_db


def test_a_key_opens_what_its_client_may_do_at_its_site(ward: Any, elsewhere: Any) -> None:
    _token, raw = issue(make_client(site=ward), NOW)

    actor = authenticate(raw, NOW)

    assert raw.startswith("febris_")
    assert actor.user is None
    assert actor.may(Act.RECORD_READINGS, ward.pk)
    assert not actor.may(Act.RECORD_READINGS, elsewhere.pk)
    assert not actor.may(Act.CLOSE_HIGH, ward.pk)


def test_the_key_itself_is_stored_nowhere(ward: Any) -> None:
    token, raw = issue(make_client(site=ward), NOW)

    secret = raw.removeprefix("febris_")[4:]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t::text FROM accounts_apitoken t UNION SELECT t::text FROM accounts_apitokentrail t"
        )
        assert not any(secret in row[0] for row in cursor.fetchall())
    assert len(token.token_hash) == 64


def test_an_expired_key_opens_nothing_from_that_moment_on(ward: Any) -> None:
    _token, raw = issue(make_client(site=ward), NOW, days=1)

    assert authenticate(raw, NOW + minutes(24 * 60 - 1))
    with pytest.raises(InvalidToken):
        authenticate(raw, NOW + minutes(24 * 60))


def test_a_revoked_key_opens_nothing(ward: Any) -> None:
    token, raw = issue(make_client(site=ward), NOW)
    revoke(token, NOW)

    with pytest.raises(InvalidToken):
        authenticate(raw, NOW)


def test_a_client_that_may_not_connect_is_refused(ward: Any) -> None:
    client = make_client(site=ward)
    _token, raw = issue(client, NOW)
    Client.objects.filter(pk=client.pk).update(is_active=False)

    with pytest.raises(InvalidToken):
        authenticate(raw, NOW)


@pytest.mark.parametrize("raw", ["", "febris_", "febris_wrong", "Bearer", "x" * 4000])
def test_what_is_no_key_is_refused(raw: str) -> None:
    with pytest.raises(InvalidToken):
        authenticate(raw, NOW)


def test_scopes_narrow_a_key_and_never_widen_it(ward: Any) -> None:
    client = make_client(site=ward)
    _token, raw = issue(client, NOW, scopes=["read"])

    assert authenticate(raw, NOW).may(Act.READ, ward.pk)
    assert not authenticate(raw, NOW).may(Act.RECORD_READINGS, ward.pk)
    with pytest.raises(UnknownScope, match="close_high"):
        issue(client, NOW, scopes=["close_high"])


def test_the_time_of_use_is_noted_at_most_once_a_minute(ward: Any, django_assert_num_queries: Any) -> None:
    token, raw = issue(make_client(site=ward), NOW)

    authenticate(raw, NOW)
    with django_assert_num_queries(1):
        authenticate(raw, NOW + minutes(0.9))
    token.refresh_from_db()
    assert token.last_used_at == NOW

    authenticate(raw, NOW + minutes(1.1))
    token.refresh_from_db()
    assert token.last_used_at == NOW + minutes(1.1)


@pytest.mark.django_db(transaction=True)
def test_a_locked_token_row_does_not_hold_up_a_request() -> None:
    import threading

    from django.db import connections, transaction

    from .builders import make_site

    token, raw = issue(make_client(site=make_site("WARD")), NOW)
    authenticated: list[object] = []

    def request() -> None:
        authenticated.append(authenticate(raw, NOW))
        connections.close_all()

    with transaction.atomic():
        ApiToken.objects.select_for_update().get(pk=token.pk)
        thread = threading.Thread(target=request)
        thread.start()
        thread.join(60)
        assert authenticated


def test_the_command_prints_a_key_that_works(ward: Any) -> None:
    out = StringIO()

    call_command("api_token", "EHR", "--role", "integration", "--site", ward.code, "--days", "30", stdout=out)

    raw = out.getvalue().strip()
    assert tokens.authenticate(raw, NOW).client.name == "EHR"
    assert ApiToken.objects.get().scopes == tokens.scopes_of(Role.INTEGRATION)


def test_the_command_names_a_site_that_does_not_exist(db: None) -> None:
    with pytest.raises(CommandError, match="'NOPE'"):
        call_command("api_token", "EHR", "--role", "integration", "--site", "NOPE")


def test_the_command_never_changes_the_role_of_a_system(ward: Any) -> None:
    make_client("EHR", site=ward)

    with pytest.raises(CommandError, match="exists"):
        call_command("api_token", "EHR", "--role", "nurse", "--site", ward.code)
