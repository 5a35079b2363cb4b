"""The pages of the alert budget: who sees them, what each figure opens, what they cost."""

import csv
import re

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.permissions import Role
from monitoring.models import Alert
from tracker.models import Site, Study

from .conftest import SignIn
from .test_queries import with_an_alert

pytestmark = pytest.mark.django_db

HERE = "/alert-budget/"


@pytest.fixture
def investigator(sign_in: SignIn, ward: Site) -> Browser:
    return sign_in(Role.INVESTIGATOR, ward)


def test_each_figure_opens_its_alerts(investigator: Browser, ward: Site, study: Study) -> None:
    with_an_alert(ward, study)
    page = investigator.get(HERE).content.decode()
    links = dict.fromkeys(re.findall(r'<a href="(/alert-budget/alerts/[^"]+)">(\d+)</a>', page))
    assert len(links) > 20
    for href, count in links:
        shown = investigator.get(href.replace("&amp;", "&")).content.decode()
        assert f"of {count} shown" in shown, href


@pytest.mark.parametrize(
    ("role", "status"),
    [
        pytest.param(Role.INVESTIGATOR, 200, id="an investigator"),
        pytest.param(Role.SAFETY_COORDINATOR, 200, id="a coordinator"),
        pytest.param(Role.CHARGE_NURSE, 403, id="a charge nurse"),
        pytest.param(Role.NURSE, 403, id="a nurse"),
        pytest.param(Role.ADMINISTRATOR, 403, id="an administrator"),
    ],
)
def test_who_sees_it(sign_in: SignIn, ward: Site, role: Role, status: int) -> None:
    browser = sign_in(role, ward)
    for address in (HERE, f"{HERE}alerts/", f"{HERE}table.csv"):
        assert browser.get(address).status_code == status


def test_another_sites_alerts_are_not_there(
    sign_in: SignIn, ward: Site, elsewhere: Site, study: Study
) -> None:
    with_an_alert(ward, study)
    other = sign_in(Role.INVESTIGATOR, elsewhere)
    assert "of 0 shown" in other.get(f"{HERE}alerts/?site={ward.uuid}").content.decode()
    assert "No alert here." in other.get(f"{HERE}?site={ward.uuid}").content.decode()


@pytest.mark.parametrize("query", ["days=8", "site=x", "priority=9", "hour=24", "outcome=x", "answered=x"])
def test_what_no_link_says_is_not_there(investigator: Browser, query: str) -> None:
    assert investigator.get(f"{HERE}alerts/?{query}").status_code == 404


def test_the_table_says_what_the_page_says(investigator: Browser, ward: Site, study: Study) -> None:
    with_an_alert(ward, study)
    rows = list(csv.DictReader(investigator.get(f"{HERE}table.csv").content.decode().splitlines()))
    fever = next(row for row in rows if row["key"] == "fever")
    assert (rows[0]["by"], rows[0]["alerts"]) == ("all", str(Alert.objects.count()))
    assert (fever["by"], fever["alerts"], fever["seen_count"], fever["seen_p50_s"]) == (
        "problem",
        "1",
        "0",
        "",
    )
    assert {row["by"] for row in rows} == {"all", "problem", "priority", "site", "hour"}


def test_it_asks_the_database_as_often_for_many_alerts_as_for_one(
    investigator: Browser, ward: Site, study: Study
) -> None:
    counts = []
    for more in (1, 6):
        for _ in range(more):
            with_an_alert(ward, study)
        for address in (HERE, f"{HERE}alerts/"):
            investigator.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert investigator.get(address).status_code == 200
            counts.append(len(captured))
    assert counts[:2] == counts[2:]
