"""What stands on the page when nothing can be shown."""

import pytest
from django.template.loader import render_to_string
from django.test import Client as Browser

from accounts.permissions import Role

from .conftest import SignIn

pytestmark = pytest.mark.django_db


def test_what_is_not_there_is_said_in_words_with_a_way_back(nurse: Browser) -> None:
    response = nurse.get("/alerts/01a203e0-6946-721a-b9cd-ba69241d6171/")
    assert response.status_code == 404
    assert "To the board" in response.content.decode()


def test_what_is_not_allowed_is_said_in_words(sign_in: SignIn) -> None:
    response = sign_in(Role.ADMINISTRATOR, None).get("/alerts/")
    assert response.status_code == 403
    assert "Your roles do not allow this" in response.content.decode()


def test_the_page_of_a_failure_needs_nothing_that_may_be_broken() -> None:
    text = render_to_string("500.html")
    assert "bedside monitor" in text
    assert "<script" not in text
