"""Two infusions of one patient whose watches overlap: a person meets one alert per patient and problem."""

from datetime import datetime
from typing import Any

import pytest

from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, Watch
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, make_subject, minutes, record_set
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

DAY = 24 * 60


@pytest.fixture
def pair() -> tuple[Infusion, Infusion]:
    """The second starts a day after the first has stopped."""
    subject = make_subject()
    first = make_infusion(subject, started_at=NOW, stopped_at=NOW + minutes(60), number=1)
    return first, make_infusion(subject, started_at=NOW + minutes(DAY), number=2)


def look(pair: tuple[Infusion, Infusion], at: datetime, *, newest_first: bool = False) -> None:
    for infusion in sorted(pair, key=lambda one: one.pk, reverse=newest_first):
        evaluate_infusion(infusion.pk, at)


def fevers() -> list[Any]:
    return list(Alert.objects.filter(problem="fever").order_by("raised_at"))


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_reading_in_both_windows_is_one_alert_on_the_newest(
    pair: tuple[Infusion, Infusion], newest_first: bool
) -> None:
    at = NOW + minutes(DAY + 30)
    record_set(pair[1], at, temperature_c="39.5")
    look(pair, at, newest_first=newest_first)
    [alert] = fevers()
    assert (alert.infusion, alert.also_infusions) == (pair[1], [pair[0].uuid])


def test_what_began_before_the_second_start_stays_on_the_first(pair: tuple[Infusion, Infusion]) -> None:
    record_set(pair[0], NOW + minutes(DAY - 30), temperature_c="39.5")
    look(pair, NOW + minutes(DAY - 30))
    record_set(pair[1], NOW + minutes(DAY + 10), temperature_c="39.6")
    look(pair, NOW + minutes(DAY + 10))
    [alert] = fevers()
    assert (alert.infusion, alert.also_infusions) == (pair[0], [pair[1].uuid])


def test_the_end_of_the_older_watch_does_not_make_it_unwatched(pair: tuple[Infusion, Infusion]) -> None:
    for step in range(0, 100, 15):
        record_set(pair[1], NOW + minutes(60 + 2 * DAY - 90 + step), temperature_c="39.5")
    end = NOW + minutes(60 + 2 * DAY + 1)
    look(pair, end)
    look(pair, end + minutes(1))
    assert [alert.condition for alert in fevers()] == [Condition.ACTIVE]


def test_what_was_over_hours_ago_stays_as_it_was_and_takes_in_what_comes_late(
    pair: tuple[Infusion, Infusion],
) -> None:
    for minute, celsius in [
        (30, "39.5"),
        (60, "36.8"),
        (90, "36.8"),
        *((60 * n, "36.8") for n in range(2, 8)),
    ]:
        at = NOW + minutes(DAY + minute)
        record_set(pair[1], at, temperature_c=celsius)
        look(pair, at)
    assert all("fever" not in watch.episodes for watch in Watch.objects.all())
    [before] = fevers()
    assert (before.condition, before.raised_at) == (Condition.CLEARED, NOW + minutes(DAY + 30))
    record_set(pair[1], NOW + minutes(DAY + 20), now=at + minutes(1), temperature_c="39.1")
    look(pair, at + minutes(1))
    [after] = fevers()
    assert (after.pk, after.condition, after.raised_at) == (
        before.pk,
        Condition.CLEARED,
        NOW + minutes(DAY + 20),
    )
    assert [str(difference) for difference in verify_patient(pair[0].patient_id)] == []
