"""A set of vital signs comes in over HTTP and is answered with what the watch makes of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.permissions import Role
from config.clock import now
from monitoring import rule_sets
from monitoring.models import Alert
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tracker.models import IdempotencyKey, Infusion, Phase, Site, VitalSigns

pytestmark = pytest.mark.django_db

NORMAL = {
    "temperature_c": 36.8,
    "temperature_site": "oral",
    "systolic_mmhg": 122,
    "diastolic_mmhg": 74,
    "heart_rate_bpm": 78,
    "respiratory_rate_per_min": 16,
    "spo2_percent": 98,
    "oxygen_device": "room_air",
    "consciousness": "A",
    "rigors": "none",
}


def reading(given: Infusion, at: datetime | None = None, **values: Any) -> dict[str, Any]:
    """A body for `vitals/`."""
    measured_at = (at or now() - timedelta(minutes=2)).isoformat()
    return {"infusion": str(given.uuid), "measured_at": measured_at, **values}


def clinical(alerts: list[dict[str, Any]]) -> list[str]:
    """The problems of the alerts, other than that sets are overdue."""
    return [alert["problem"] for alert in alerts if alert["problem"] != "overdue_vitals"]


def test_a_fever_is_answered_with_its_alert(nurse: Api, infusion: Infusion) -> None:
    answer = nurse.post("vitals/", reading(infusion, **NORMAL | {"temperature_c": 39.5}))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["temperature_c"] == 39.5
    assert body["infusion"] == str(infusion.uuid)
    assert body["watch"]["state"] == "evaluated"
    assert body["signs"]["temperature_c"] == "abnormal"
    assert body["signs"]["spo2_percent"] == "normal"
    assert clinical(body["alerts"]) == ["fever"]
    fever = next(alert for alert in body["alerts"] if alert["problem"] == "fever")
    assert fever["condition"] == "active"
    assert [line["kind"] for line in fever["log"]] == ["raised"]
    assert body["next_due_at"]


def test_a_normal_set_raises_nothing(nurse: Api, infusion: Infusion) -> None:
    body = nurse.post("vitals/", reading(infusion, **NORMAL)).json()
    assert clinical(body["alerts"]) == []
    assert body["warnings"] == []
    assert set(body["signs"].values()) <= {"normal", "unknown"}


def test_a_sending_system_is_answered_at_once_too(feed: Api, infusion: Infusion) -> None:
    body = feed.post("vitals/", reading(infusion, temperature_c=39.5)).json()
    assert body["watch"]["state"] == "evaluated"
    assert clinical(body["alerts"]) == ["fever"]


def test_a_number_comes_back_as_it_was_sent(nurse: Api, infusion: Infusion) -> None:
    sent = json.dumps(reading(infusion, temperature_f=0)).replace(
        '"temperature_f": 0', '"temperature_f": 101.30'
    )
    answer = nurse.post("vitals/", sent)
    assert answer.json()["temperature_typed"] == "101.30"
    assert answer.json()["temperature_unit"] == "F"
    assert answer.json()["temperature_c"] == 38.5


def test_what_was_stored_is_read_again_as_it_was_answered(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, symptoms=["chills"], **NORMAL)).json()
    read = nurse.get(f"vitals/{posted['id']}/").json()
    assert read == {name: posted[name] for name in read}
    assert read["symptoms"] == ["chills"]


# --- the same again ----------------------------------------------------------------------------------------


def test_the_same_request_again_gets_the_first_answer(feed: Api, infusion: Infusion) -> None:
    body, key = reading(infusion, temperature_c=39.5), uuid4().hex
    first = feed.post("vitals/", body, Idempotency_Key=key)
    second = feed.post("vitals/", body, Idempotency_Key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert VitalSigns.objects.count() == 1


def test_an_answer_that_was_cut_off_is_put_together_anew(feed: Api, infusion: Infusion) -> None:
    body, key = reading(infusion, temperature_c=39.5), uuid4().hex
    first = feed.post("vitals/", body, Idempotency_Key=key).json()
    IdempotencyKey.objects.update(response={"row": first["id"], "warnings": []})
    second = feed.post("vitals/", body, Idempotency_Key=key)
    assert second.status_code == 201
    assert second.json()["id"] == first["id"]
    assert [alert["id"] for alert in second.json()["alerts"]] == [alert["id"] for alert in first["alerts"]]


def test_a_key_used_for_another_body_is_refused(feed: Api, infusion: Infusion) -> None:
    key = uuid4().hex
    feed.post("vitals/", reading(infusion, temperature_c=37), Idempotency_Key=key)
    problem(feed.post("vitals/", reading(infusion, temperature_c=38), Idempotency_Key=key), 422)
    assert VitalSigns.objects.count() == 1


def test_a_sending_system_must_name_its_requests(feed: Api, nurse: Api, infusion: Infusion) -> None:
    problem(feed.post("vitals/", reading(infusion, temperature_c=37), Idempotency_Key=""), 400)
    assert nurse.post("vitals/", reading(infusion, temperature_c=37), Idempotency_Key="").status_code == 201


def test_a_request_whose_key_is_still_running_is_told_to_wait(feed: Api, infusion: Infusion) -> None:
    import psycopg
    from django.db import connections

    key, given = uuid4().hex, connections["default"].get_connection_params()
    plain = {name: value for name, value in given.items() if name not in ("cursor_factory", "context")}
    assert feed.client is not None
    with psycopg.connect(**plain) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, feed.client.pk])
        answer = feed.post("vitals/", reading(infusion, temperature_c=37), Idempotency_Key=key)
        other.rollback()
    problem(answer, 409)
    assert answer.headers["Retry-After"] == "1"


def test_the_same_content_under_its_own_id_is_the_first_row(feed: Api, infusion: Infusion) -> None:
    body = reading(infusion, temperature_c=38.4, source_id="m-1")
    first, second = feed.post("vitals/", body), feed.post("vitals/", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert VitalSigns.objects.count() == 1


def test_other_content_under_the_same_id_is_a_conflict(feed: Api, infusion: Infusion) -> None:
    at = now() - timedelta(minutes=3)
    first = feed.post("vitals/", reading(infusion, at, temperature_c=38.4, source_id="m-1"))
    found = problem(feed.post("vitals/", reading(infusion, at, temperature_c=39, source_id="m-1")), 409)
    assert found["first"] == first.json()["id"]
    assert VitalSigns.objects.count() == 1


# --- what cannot be stored ---------------------------------------------------------------------------------

BAD = [
    pytest.param({"measured_at": "2026-03-03T14:00:00"}, 400, "/measured_at", "offset_missing", id="no zone"),
    pytest.param(
        {"measured_at": (now() + timedelta(hours=6)).isoformat()},
        400,
        "/measured_at",
        "in_the_future",
        id="ahead",
    ),
    pytest.param({"temprature_c": 38}, 400, "/temprature_c", "unknown", id="an unknown field"),
    pytest.param({"temperature_c": "38.5"}, 400, "/temperature_c", "number", id="a text for a number"),
    pytest.param({"temperature_site": "ear"}, 400, "/temperature_site", "invalid", id="an unknown word"),
    pytest.param({"infusion": str(uuid4())}, 404, "/infusion", "not_found", id="no infusion"),
]


@pytest.mark.parametrize("who", ["nurse", "feed"])
@pytest.mark.parametrize(("values", "status", "pointer", "code"), BAD)
def test_a_bad_body_names_its_field_and_stores_nothing(
    who: str,
    values: dict[str, Any],
    status: int,
    pointer: str,
    code: str,
    infusion: Infusion,
    request: pytest.FixtureRequest,
) -> None:
    caller: Api = request.getfixturevalue(who)
    found = problem(caller.post("vitals/", reading(infusion, **{"temperature_c": 37, **values})), status)
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [(pointer, code)]
    assert not VitalSigns.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("text", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_a_number_without_measure_is_named(nurse: Api, infusion: Infusion, text: str) -> None:
    body = json.dumps(reading(infusion, temperature_c=0)).replace(
        '"temperature_c": 0', f'"temperature_c": {text}'
    )
    found = problem(nurse.post("vitals/", body), 400)
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/temperature_c", "not_finite")]
    assert not VitalSigns.objects.exists()


def test_ten_megabytes_are_refused_unread(feed: Api) -> None:
    problem(feed.post("vitals/", b"[" * 10_000_000), 413)


def test_another_site_s_infusion_is_not_there(stranger: Api, infusion: Infusion) -> None:
    found = problem(stranger.post("vitals/", reading(infusion, temperature_c=37)), 404)
    assert found["errors"][0]["pointer"] == "/infusion"
    assert not VitalSigns.objects.exists()


def test_a_cancelled_infusion_takes_no_readings(nurse: Api, site: Site) -> None:
    cancelled = builders.make_infusion(site=site, phase=Phase.CANCELLED)
    found = problem(nurse.post("vitals/", reading(cancelled, temperature_c=37)), 422)
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/infusion", "cancelled")]
    assert not VitalSigns.objects.exists()


def test_fahrenheit_in_a_celsius_field_is_asked_of_a_person(nurse: Api, infusion: Infusion) -> None:
    found = problem(nurse.post("vitals/", reading(infusion, temperature_c=100.4)), 400)
    assert found["errors"][0]["pointer"] == "/temperature_c"
    assert "F" in found["errors"][0]["suggestion"]
    assert not VitalSigns.objects.exists()


def test_fahrenheit_in_a_celsius_field_costs_a_machine_one_part(feed: Api, infusion: Infusion) -> None:
    answer = feed.post("vitals/", reading(infusion, temperature_c=100.4, systolic_mmhg=84, heart_rate_bpm=80))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["temperature_c"] is None
    assert body["absent"]["temperature_c"] == "implausible"
    assert "100.4" in json.dumps(body["raw"])
    assert [each["field"] for each in body["warnings"]] == ["temperature_c"]
    assert "F" in body["warnings"][0]["detail"]
    assert "hypotension" in clinical(body["alerts"])


def test_a_soft_limit_asks_a_person_once(nurse: Api, infusion: Infusion) -> None:
    body = reading(infusion, temperature_c=41.8)
    found = problem(nurse.post("vitals/", body), 400)
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/temperature_c", "confirm")]
    answer = nurse.post("vitals/", body | {"confirmed": ["temperature_c"]})
    assert answer.status_code == 201
    assert clinical(answer.json()["alerts"]) == ["fever"]


def test_crossed_pressures_of_a_machine_are_kept_and_marked(feed: Api, infusion: Infusion) -> None:
    body = feed.post("vitals/", reading(infusion, systolic_mmhg=84, diastolic_mmhg=90)).json()
    assert body["crossed"] is True
    assert body["signs"]["map_mmhg"] == "unknown"
    assert "hypotension" in clinical(body["alerts"])


def test_a_reading_outside_the_window_is_stored_and_said_to_be_unwatched(nurse: Api, site: Site) -> None:
    rule_sets.load_shipped()
    over = builders.make_infusion(
        site=site, started_at=now() - timedelta(days=5), stopped_at=now() - timedelta(days=5, hours=-1)
    )
    answer = nurse.post("vitals/", reading(over, temperature_c=39.5))
    assert answer.status_code == 201
    assert answer.json()["watch"]["state"] == "unwatched"
    assert "unwatched" in [each["code"] for each in answer.json()["warnings"]]
    assert not Alert.objects.filter(problem="fever").exists()


def test_a_watch_that_breaks_never_costs_the_reading(
    feed: Api, infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring.api import recording

    def breaks(*_: Any) -> None:
        raise RuntimeError("the watch broke")

    monkeypatch.setattr(recording, "watch_at_once", breaks)
    monkeypatch.setattr(recording.doorbell, "ring", lambda ids: None)
    answer = feed.post("vitals/", reading(infusion, temperature_c=39.5))
    assert answer.status_code == 201
    assert answer.json()["watch"]["state"] == "pending"
    assert VitalSigns.objects.count() == 1


# --- corrections -------------------------------------------------------------------------------------------


def test_a_correction_says_which_alert_it_retracts(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, temperature_c=39.5)).json()
    answer = nurse.post(f"vitals/{posted['id']}/amend/", {"temperature_c": 37.1, "reason": "misread"})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["temperature_c"] == 37.1
    assert body["amends"] == posted["id"]
    assert clinical(body["retracted"]) == ["fever"]
    assert nurse.get(f"vitals/{posted['id']}/").json()["amended_by"] == body["id"]
    assert [each["id"] for each in nurse.get("vitals/").json()["results"]] == [body["id"]]


def test_a_correction_leaves_alone_what_it_does_not_name(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, **NORMAL)).json()
    body = nurse.post(f"vitals/{posted['id']}/amend/", {"heart_rate_bpm": 99, "reason": "typo"}).json()
    assert (body["heart_rate_bpm"], body["systolic_mmhg"], body["position"]) == (99, 122, None)


def test_a_null_in_a_correction_empties_the_part(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, **NORMAL)).json()
    correction = {"heart_rate_bpm": None, "consciousness": None, "reason": "not measured"}
    body = nurse.post(f"vitals/{posted['id']}/amend/", correction).json()
    assert (body["heart_rate_bpm"], body["consciousness"], body["systolic_mmhg"]) == (None, None, 122)


def test_a_voided_set_retracts_what_rested_on_it(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, temperature_c=39.5)).json()
    body = nurse.post(f"vitals/{posted['id']}/void/", {"reason": "another patient"}).json()
    assert body["void"] is True
    assert clinical(body["retracted"]) == ["fever"]
    assert nurse.get("vitals/").json()["results"] == []
    assert len(nurse.get("vitals/?current=false").json()["results"]) == 2


def test_a_correction_needs_a_reason(nurse: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, temperature_c=37)).json()
    for body in ({"temperature_c": 38}, {"temperature_c": 38, "reason": ""}):
        found = problem(nurse.post(f"vitals/{posted['id']}/amend/", body), 400)
        assert found["errors"][0]["pointer"] == "/reason"


# --- who ---------------------------------------------------------------------------------------------------


def test_an_auditor_reads_and_does_not_write(
    by_token: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    auditor = by_token(Role.AUDITOR, site)
    problem(auditor.post("vitals/", reading(infusion, temperature_c=37)), 403)
    assert auditor.get("vitals/").status_code == 200


def test_a_reading_is_seen_at_its_own_site_alone(nurse: Api, stranger: Api, infusion: Infusion) -> None:
    posted = nurse.post("vitals/", reading(infusion, temperature_c=37)).json()
    assert len(nurse.get("vitals/").json()["results"]) == 1
    assert stranger.get("vitals/").json()["results"] == []
    problem(stranger.get(f"vitals/{posted['id']}/"), 404)
    problem(stranger.post(f"vitals/{posted['id']}/void/", {"reason": "x"}), 404)


def test_a_person_s_set_names_its_author(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    body = person.post("vitals/", reading(infusion, temperature_c=37)).json()
    assert person.user is not None
    assert body["author"] == str(person.user.uuid)
