"""A countersignature: whose it is, what it is good for, and how long."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.countersigning import GOOD_FOR, NotCountersigned, countersign, countersigner
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROW = UUID(int=1)
AT_ONCE = timedelta(0)


def test_it_names_who_gave_it() -> None:
    carl = builders.make_user("carl")
    text, until = countersign(carl, "start", ROW, "no monitor", NOW)
    assert countersigner(text, "start", ROW, "no monitor ", until - timedelta(microseconds=1)) == carl


@pytest.mark.parametrize(
    ("act", "row", "reason", "after", "code"),
    [
        pytest.param("discharge", ROW, "no monitor", timedelta(0), "for_something_else", id="another act"),
        pytest.param(
            "start", UUID(int=2), "no monitor", timedelta(0), "for_something_else", id="another row"
        ),
        pytest.param("start", ROW, "no time", timedelta(0), "for_something_else", id="another reason"),
        pytest.param("start", ROW, "no monitor", GOOD_FOR, "expired", id="its last moment is not in it"),
    ],
)
def test_it_is_good_for_nothing_else(act: str, row: UUID, reason: str, after: timedelta, code: str) -> None:
    text, _until = countersign(builders.make_user(), "start", ROW, "no monitor", NOW)
    with pytest.raises(NotCountersigned, match=code):
        countersigner(text, act, row, reason, NOW + after)


@pytest.mark.parametrize("text", ["carl", "", "\x00", "ñ:ñ:ñ", "a" * 500, "e30:1:abc"])
def test_what_nobody_gave_is_unknown(text: str) -> None:
    with pytest.raises(NotCountersigned, match="unknown"):
        countersigner(text, "start", ROW, "no monitor", NOW)
