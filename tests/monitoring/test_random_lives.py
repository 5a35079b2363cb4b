"""The life of alerts driven at random: all that arrives, is corrected, decided or answered, on PostgreSQL.

Whatever people and time do: nothing true is closed, nothing closed is due, nothing standing is hidden, no
line of a log is lost, and replaying the record gives the very alerts that are stored.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test as run

from tests.monitoring.lives import Life

pytestmark = [pytest.mark.django_db, pytest.mark.hypothesis]


def test_no_life_of_an_alert_breaks_a_promise() -> None:
    run(
        Life,
        settings=settings(
            max_examples=settings().max_examples // 25,
            stateful_step_count=18,
            suppress_health_check=list(HealthCheck),
        ),
    )
