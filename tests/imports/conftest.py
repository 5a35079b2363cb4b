"""The shipped rules stand before each test that has a database."""

import pytest

from monitoring import rule_sets


@pytest.fixture(autouse=True)
def shipped_rules(request: pytest.FixtureRequest) -> None:
    """Stored within the transaction of the test."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        rule_sets.load_shipped()
