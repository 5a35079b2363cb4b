"""The suite itself: a test's body has the application's rights, its set-up the owner's."""

import threading

import pytest
from django.conf import settings
from django.db import connection


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.fixture
def role_in_set_up(db: None) -> str:
    return current_role()


@pytest.mark.django_db
def test_a_body_runs_as_the_application(role_in_set_up: str) -> None:
    assert role_in_set_up == settings.OWNER_DATABASE["USER"]
    assert current_role() == settings.APPLICATION_ROLE


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_the_body_is_the_application_too() -> None:
    seen: list[str] = []

    def look() -> None:
        seen.append(current_role())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [settings.APPLICATION_ROLE]


@pytest.mark.django_db
@pytest.mark.as_owner
def test_a_body_may_ask_for_the_owner() -> None:
    assert current_role() == settings.OWNER_DATABASE["USER"]
