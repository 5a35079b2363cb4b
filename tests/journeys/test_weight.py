"""What a first visit to a bedside page weighs over a slow ward's network, charts apart."""

import gzip
from typing import Any

import pytest

from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests import builders
from tracker.models import Infusion

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

#: Bytes, compressed as the proxy does.
LIGHT = 150_000


def test_a_first_visit_weighs_less_than_150_kb(browser: Any, server: Server, infusion: Infusion) -> None:
    now = clock.now()
    builders.record_set(infusion, now, temperature_c="39.5", systolic_mmhg="84", diastolic_mmhg="50")
    evaluate_infusion(infusion.pk, now)
    alert = Alert.objects.get(problem="fever")
    sign_in(browser.new_page())
    # Only the cookies go along: a context that has not been here before has nothing in its cache.
    cookies = browser.cookies()
    weights: dict[str, int] = {}
    for address in (
        "/",
        "/alerts/",
        f"/alerts/{alert.uuid}/",
        f"/infusions/{infusion.uuid}/",
        f"/infusions/{infusion.uuid}/vitals/new/",
        f"/patients/{infusion.patient.uuid}/",
    ):
        first = browser.browser.new_context(base_url=server.url)
        first.add_cookies(cookies)
        page = first.new_page()
        answers: list[Any] = []
        page.on("response", lambda answer, answers=answers: answers.append(answer))
        page.goto(address, wait_until="load")
        weights[address] = sum(
            len(gzip.compress(answer.body()))
            for answer in answers
            if answer.ok and "event-stream" not in answer.headers.get("content-type", "")
        )
        first.close()
    assert {address: weight for address, weight in weights.items() if weight > LIGHT} == {}
