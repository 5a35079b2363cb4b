"""One patient's own figures and baseline: who may replace them, with whom, and what stays in sight."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from accounts.models import User
from config import clock
from monitoring import rule_sets
from monitoring.models import RuleOverride

from .conftest import Patient, typed

pytestmark = pytest.mark.django_db(transaction=True)


def overrides_of(running: Patient) -> str:
    return f"/subjects/{running.infusion.subject.uuid}/overrides/"


def test_a_figure_is_replaced_for_one_subject_by_two_people(
    author: Browser, running: Patient, asked: dict[str, str]
) -> None:
    answer = author.post(overrides_of(running), asked)
    assert answer.status_code == 302, answer.content.decode()
    row = RuleOverride.objects.get()
    assert (row.threshold, row.value) == ("temperature_38", Decimal("38.4"))
    assert (row.author.username, row.second_person.username) == ("ada", "bob")
    text = author.get(overrides_of(running)).content.decode()
    assert "known low-grade fever" in text
    assert "in force" in text


def test_who_may_replace_a_figure_who_may_only_see_it_and_who_sees_nothing(
    author: Browser, nurse: Browser, stranger: Browser, running: Patient, asked: dict[str, str]
) -> None:
    assert author.post(overrides_of(running), asked).status_code == 302
    page = nurse.get(overrides_of(running))
    assert (page.status_code, "known low-grade fever" in page.content.decode()) == (200, True)
    assert "second_password" not in page.content.decode()
    assert nurse.post(overrides_of(running), asked).status_code == 403
    assert stranger.get(overrides_of(running)).status_code == 404
    assert stranger.post(overrides_of(running), asked).status_code == 404
    assert RuleOverride.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"second_username": "", "second_password": ""}, "This field is required", id="nobody"),
        pytest.param({"second_password": "wrong"}, "could not be signed in", id="a wrong password"),
        pytest.param({"second_username": "ada"}, "needs a second person", id="oneself"),
        pytest.param({"second_username": "nora"}, "needs a second person", id="a nurse"),
        pytest.param({"reason": ""}, "This field is required", id="no reason"),
        pytest.param({"ends_at_on": "", "ends_at_at": ""}, "This field is required", id="no expiry"),
        pytest.param({"value": "39.5"}, "Medium is never reached", id="a figure above that of high"),
        pytest.param({"value": "385"}, "can never be true", id="a slip of the point"),
        pytest.param({"threshold": "temperatur"}, "not one of the available choices", id="no such figure"),
    ],
)
def test_an_override_without_all_that_it_needs_is_refused_and_kept(
    change: dict[str, str],
    says: str,
    author: Browser,
    nurse: Browser,
    running: Patient,
    asked: dict[str, str],
) -> None:
    answer = author.post(overrides_of(running), {**asked, **change})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    typed_value = change.get("value", "38,4")
    assert f'value="{typed_value}"' in answer.content.decode()
    assert not RuleOverride.objects.exists()


def baseline_of(running: Patient) -> str:
    return f"{running.page}baseline/"


def test_a_baseline_is_replaced_with_a_reason_and_its_history_stays(nurse: Browser, running: Patient) -> None:
    data = typed(
        nurse, baseline_of(running), systolic_mmhg="95", diastolic_mmhg="60", reason="measured lying"
    )
    assert nurse.post(baseline_of(running), data).status_code == 302
    row = running.infusion.baselines.order_by("-pk").first()
    assert row is not None
    assert (row.values["systolic_mmhg"], row.reason) == ("95", "measured lying")
    again = nurse.get(baseline_of(running)).content.decode()
    assert "measured lying" in again
    assert running.page in nurse.get(running.page).content.decode()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"systolic_mmhg": "95"}, "This field is required", id="no reason"),
        pytest.param({"systolic_mmhg": "9500", "reason": "x"}, "Between 30 and 300", id="implausible"),
        pytest.param({"reason": "x"}, "at least one value", id="nothing at all"),
    ],
)
def test_a_baseline_that_is_none_is_refused(
    fields: dict[str, str], says: str, nurse: Browser, running: Patient
) -> None:
    answer = nurse.post(baseline_of(running), fields)
    assert (answer.status_code, says in answer.content.decode()) == (422, True)


def test_who_may_replace_a_baseline_who_may_not_and_who_sees_nothing(
    nurse: Browser, coordinator: Browser, stranger: Browser, running: Patient
) -> None:
    assert nurse.get(baseline_of(running)).status_code == 200
    assert coordinator.get(baseline_of(running)).status_code == 403
    assert stranger.get(baseline_of(running)).status_code == 404


def test_a_person_who_left_may_not_be_the_second(
    author: Browser, running: Patient, asked: dict[str, str]
) -> None:
    User.objects.get(username="bob").memberships.update(ends_at=clock.now() - timedelta(days=1))
    answer = author.post(overrides_of(running), asked)
    assert (answer.status_code, "needs a second person" in answer.content.decode()) == (422, True)
    assert rule_sets.parsed is not None
