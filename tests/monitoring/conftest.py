"""The shipped rules, loaded once for each test that has a database."""

import pytest

from monitoring import rule_sets


@pytest.fixture(autouse=True)
def rules(request: pytest.FixtureRequest) -> None:
    """The default rule set is active."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if _commits(request) else "db")
        rule_sets.load_shipped()


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))
