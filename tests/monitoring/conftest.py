"""The shipped rules, and a mail server to write to, for each test that has a database."""

from typing import Any

import pytest

from monitoring import rule_sets


@pytest.fixture(autouse=True)
def rules(request: pytest.FixtureRequest) -> None:
    """The default rule set is active."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if _commits(request) else "db")
        rule_sets.load_shipped()


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    """Mail is set up: messages to people with an address are owed."""
    settings.SENDS_EMAIL = True


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))
