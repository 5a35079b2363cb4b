"""Stored sets are read again: in pages, narrowed, and only when they have changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from config.clock import now
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_vitals import reading
from tracker.models import Infusion

pytestmark = pytest.mark.django_db


def test_a_list_is_read_in_pages_back_and_forth(feed: Api, infusion: Infusion) -> None:
    start = now() - timedelta(minutes=50)
    for number in range(7):
        at = start + timedelta(minutes=number // 2)
        feed.post("vitals/", reading(infusion, at, heart_rate_bpm=70 + number))
    pages, page = [], feed.get("vitals/?page_size=3").json()
    assert page["previous"] is None
    while True:
        pages.append([each["heart_rate_bpm"] for each in page["results"]])
        if page["next"] is None:
            break
        assert page["next"].startswith("http://testserver/api/v1/vitals/")
        page = feed.get(page["next"]).json()
    assert pages == [[76, 75, 74], [73, 72, 71], [70]]
    back = feed.get(page["previous"]).json()
    assert [each["heart_rate_bpm"] for each in back["results"]] == [73, 72, 71]
    first = feed.get(back["previous"]).json()
    assert [each["heart_rate_bpm"] for each in first["results"]] == [76, 75, 74]
    assert first["previous"] is None


def test_a_page_has_a_largest_size(feed: Api) -> None:
    assert feed.get("vitals/?page_size=100000").status_code == 200
    for size in ("0", "-1", "x", "9" * 30):
        found = problem(feed.get(f"vitals/?page_size={size}"), 400)
        assert found["errors"][0]["pointer"] == "?page_size"


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "WyJ4IiwxXQ", "ü"])
def test_a_cursor_that_is_none_is_refused(feed: Api, cursor: str) -> None:
    assert problem(feed.get(f"vitals/?cursor={cursor}"), 400)["errors"][0]["pointer"] == "?cursor"


def test_a_list_is_narrowed_by_time_and_infusion(feed: Api, infusion: Infusion) -> None:
    early, late = now() - timedelta(minutes=40), now() - timedelta(minutes=10)
    feed.post("vitals/", reading(infusion, early, heart_rate_bpm=71))
    feed.post("vitals/", reading(infusion, late, heart_rate_bpm=72))
    middle = (now() - timedelta(minutes=20)).isoformat()
    found = feed.get(f"vitals/?infusion={infusion.uuid}&measured_from={middle}").json()["results"]
    assert [each["heart_rate_bpm"] for each in found] == [72]
    found = feed.get(f"vitals/?measured_before={middle.replace('+', '%2B')}").json()["results"]
    assert [each["heart_rate_bpm"] for each in found] == [71]
    assert problem(feed.get("vitals/?measured_from=2026-01-01T00:00:00"), 400)


def test_the_queries_of_a_list_do_not_grow(
    feed: Api, infusion: Infusion, django_assert_num_queries: Callable[..., Any]
) -> None:
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert feed.get("vitals/").status_code == 200
        return len(queries)

    feed.get("vitals/")
    start = now() - timedelta(minutes=55)
    for number in range(5):
        feed.post("vitals/", reading(infusion, start + timedelta(minutes=number), symptoms=["chills"]))
    few = count()
    for number in range(5, 50):
        feed.post("vitals/", reading(infusion, start + timedelta(minutes=number), symptoms=["chills"]))
    assert count() == few <= 5


def test_a_row_that_did_not_change_is_not_sent_again(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, temperature_c=37)).json()
    tag = nurse.get(f"vitals/{posted['id']}/").headers["ETag"]
    assert nurse.get(f"vitals/{posted['id']}/", If_None_Match=tag).status_code == 304
