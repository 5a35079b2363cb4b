"""The alert budget over HTTP."""

from collections.abc import Callable

import msgspec
import pytest

from accounts.permissions import Role
from monitoring.api.budget import BudgetShown
from tests.api.conftest import Api
from tests.api.test_alerts import infusion, raise_fever  # noqa: F401
from tests.api.test_errors import problem
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db


def test_the_budget_is_described_as_it_is_shown(
    by_session: Callable[..., Api],
    infusion: Infusion,  # noqa: F811
    site: Site,
) -> None:
    raise_fever(by_session(Role.NURSE, site), infusion)
    answer = by_session(Role.INVESTIGATOR, site).get("alert-budget/?days=7")
    shown = msgspec.convert(answer.json(), BudgetShown)
    assert (shown.total.alerts, shown.by_site[0].key, shown.by_priority[0].key) == (1, str(site.uuid), "high")
    assert set(answer.json()) == set(BudgetShown.__struct_fields__)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        pytest.param("days=8", "?days", id="a period that is none"),
        pytest.param("site=x", "?site", id="no id"),
        pytest.param("rule=fever", "?rule", id="an unknown filter"),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    by_session: Callable[..., Api], site: Site, query: str, pointer: str
) -> None:
    found = problem(by_session(Role.INVESTIGATOR, site).get(f"alert-budget/?{query}"), 400)
    assert found["errors"][0]["pointer"] == pointer


def test_a_nurse_does_not_read_it(by_session: Callable[..., Api], site: Site) -> None:
    problem(by_session(Role.NURSE, site).get("alert-budget/"), 403)
