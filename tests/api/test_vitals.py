"""A set of vital signs comes in over HTTP and is answered with what the watch makes of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.permissions import Role
from config.clock import now
from monitoring import rule_sets
from monitoring.models import Alert
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tracker.models import IdempotencyKey, Infusion, KeptMessage, Phase, Site, VitalSigns

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


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """An infusion that has run for an hour."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site, started_at=now() - timedelta(hours=1))


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


# --- lists -------------------------------------------------------------------------------------------------


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


# --- many at once ------------------------------------------------------------------------------------------


def batch(infusion: Infusion, *values: dict[str, Any], mode: str = "atomic") -> dict[str, Any]:
    """A body for `vitals/bulk/`, one set a minute."""
    start = now() - timedelta(minutes=50)
    rows = [reading(infusion, start + timedelta(minutes=n), **each) for n, each in enumerate(values)]
    return {"readings": rows, "mode": mode}


def test_many_sets_are_stored_at_once(feed: Api, infusion: Infusion) -> None:
    answer = feed.post("vitals/bulk/", batch(infusion, *({"heart_rate_bpm": 70 + n} for n in range(20))))
    assert answer.status_code == 201, answer.content
    assert (answer.json()["created"], answer.json()["refused"]) == (20, 0)
    assert VitalSigns.objects.count() == 20
    assert {each["id"] for each in answer.json()["results"]} == {
        str(uuid) for uuid in VitalSigns.objects.values_list("uuid", flat=True)
    }


def test_a_batch_again_stores_nothing_new(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70, "source_id": "a"}, {"heart_rate_bpm": 71, "source_id": "b"})
    feed.post("vitals/bulk/", body)
    again = feed.post("vitals/bulk/", body)
    assert again.status_code == 200, again.content
    assert (again.json()["created"], again.json()["repeated"]) == (0, 2)
    assert VitalSigns.objects.count() == 2


def test_one_unreadable_row_keeps_an_atomic_batch_out(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70}, {"heart_rate_bpm": "x", "nonsense": 1})
    found = problem(feed.post("vitals/bulk/", body), 400)
    assert {each["pointer"] for each in found["errors"]} == {
        "/readings/1/heart_rate_bpm",
        "/readings/1/nonsense",
    }
    assert not VitalSigns.objects.exists()
    assert "nonsense" in KeptMessage.objects.get().body


def test_one_unreadable_row_is_named_and_the_others_stored(feed: Api, infusion: Infusion) -> None:
    body = batch(infusion, {"heart_rate_bpm": 70}, {"heart_rate_bpm": "x"}, mode="each")
    answer = feed.post("vitals/bulk/", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["created"], answer.json()["refused"]) == (1, 1)
    assert answer.json()["results"][1]["errors"][0]["pointer"] == "/readings/1/heart_rate_bpm"
    assert VitalSigns.objects.count() == 1


def test_two_refusals_in_a_row_are_an_alert_about_the_feed(feed: Api, infusion: Infusion) -> None:
    bad, good = batch(infusion, {"heart_rate_bpm": "x"}), batch(infusion, {"heart_rate_bpm": 70})
    feed.post("vitals/bulk/", bad)
    feed.post("vitals/bulk/", good)
    feed.post("vitals/bulk/", bad)
    assert not Alert.objects.filter(problem="feed_refused").exists()
    feed.post("vitals/bulk/", bad)
    assert Alert.objects.get(problem="feed_refused").condition == "active"
    feed.post("vitals/bulk/", batch(infusion, {"heart_rate_bpm": 71}))
    assert Alert.objects.get(problem="feed_refused").condition == "cleared"


def test_a_batch_has_a_largest_size(feed: Api, infusion: Infusion) -> None:
    row = reading(infusion, heart_rate_bpm=70)
    found = problem(feed.post("vitals/bulk/", {"readings": [row] * 5001}), 400)
    assert found["errors"][0]["pointer"] == "/readings"


def test_a_batch_again_with_its_key_is_the_first_answer(feed: Api, infusion: Infusion) -> None:
    body, key = batch(infusion, {"heart_rate_bpm": 70}), uuid4().hex
    first = feed.post("vitals/bulk/", body, Idempotency_Key=key)
    second = feed.post("vitals/bulk/", body, Idempotency_Key=key)
    assert second.json() == first.json()
    assert VitalSigns.objects.count() == 1
