"""Patients, subjects, cells and infusions over HTTP: made, read, changed and started."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from accounts.permissions import Role
from config.clock import now
from monitoring import rule_sets
from monitoring.evaluate import evaluate_infusion
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_vitals import NORMAL, reading
from tracker import services
from tracker.models import Infusion, Patient, Site

pytestmark = pytest.mark.django_db


def test_a_caller_learns_who_they_are(nurse: Api, site: Site) -> None:
    body = nurse.get("me/").json()
    assert nurse.client is not None
    assert body["client"] == str(nurse.client.uuid)
    assert body["is_machine"] is False
    assert [place["site"] for place in body["places"]] == [str(site.uuid)]
    assert "record_readings" in body["places"][0]["may"]


def test_sites_and_studies_are_those_of_the_caller(nurse: Api, stranger: Api, site: Site) -> None:
    study = builders.make_study(site)
    builders.make_arm(study)
    assert [each["code"] for each in nurse.get("sites/").json()["results"]] == ["HERE"]
    assert [each["id"] for each in nurse.get("studies/").json()["results"]] == [str(study.uuid)]
    assert nurse.get(f"studies/{study.uuid}/").json()["arms"][0]["code"] == "A"
    assert stranger.get("studies/").json()["results"] == []
    problem(stranger.get(f"studies/{study.uuid}/"), 404)


def test_a_site_says_the_number_that_its_patients_call(nurse: Api, site: Site) -> None:
    assert nurse.get(f"sites/{site.uuid}/").json()["phone"] is None
    Site.objects.filter(pk=site.pk).update(phone="+1 216 555 0100")
    assert nurse.get("sites/").json()["results"][0]["phone"] == "+1 216 555 0100"


def new_patient(caller: Api, site: Site, **values: Any) -> Any:
    """The answer to a POST of a patient."""
    return caller.post("patients/", {"site": str(site.uuid), "sex": "female", "birth_year": 1961, **values})


def test_a_name_is_shown_to_those_alone_who_may_see_it(by_token: Callable[..., Api], site: Site) -> None:
    named, blind = by_token(Role.NURSE, site, identified=True), by_token(Role.NURSE, site)
    answer = new_patient(named, site, family_name="Muster", identifiers={"urn:mrn": "4711"})
    assert answer.status_code == 201, answer.content
    patient = answer.json()
    assert patient["identity"]["family_name"] == "Muster"
    assert patient["identity"]["identifiers"] == {"urn:mrn": "4711"}
    seen = blind.get(f"patients/{patient['id']}/").json()
    assert seen["identity"] is None
    assert "Muster" not in str(blind.get("patients/").json())


def test_a_patient_is_made_where_one_may(nurse: Api, stranger: Api, site: Site) -> None:
    assert new_patient(nurse, site).status_code == 201
    found = problem(new_patient(stranger, site), 400)
    assert found["errors"][0]["pointer"] == "/site"
    assert Patient.objects.count() == 1


def test_the_same_request_again_makes_one_patient(feed: Api, site: Site) -> None:
    body, key = {"site": str(site.uuid), "birth_year": 1970}, uuid4().hex
    first, second = (feed.post("patients/", body, Idempotency_Key=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Patient.objects.count() == 1


def test_a_change_needs_what_was_read(nurse: Api, site: Site) -> None:
    patient = new_patient(nurse, site).json()
    address = f"patients/{patient['id']}/"
    problem(nurse.patch(address, {"sex": "male"}), 428)
    problem(nurse.patch(address, {"sex": "male"}, If_Match='"old"'), 412)
    tag = nurse.get(address).headers["ETag"]
    changed = nurse.patch(address, {"sex": "male"}, If_Match=tag)
    assert changed.status_code == 200, changed.content
    assert changed.json()["sex"] == "male"
    assert changed.headers["ETag"] == nurse.get(address).headers["ETag"] != tag
    problem(nurse.patch(address, {"sex": "female"}, If_Match=tag), 412)


def test_a_subject_is_enrolled_planned_for_and_changed(nurse: Api, site: Site) -> None:
    study = builders.make_study(site)
    arm = builders.make_arm(study)
    patient = new_patient(nurse, site).json()
    body = {"study": str(study.uuid), "patient": patient["id"], "subject_number": "001", "arm": str(arm.uuid)}
    answer = nurse.post("subjects/", body)
    assert answer.status_code == 201, answer.content
    subject = answer.json()
    assert (subject["site"], subject["arm"], subject["status"]) == (
        str(site.uuid),
        str(arm.uuid),
        "screening",
    )
    tag = nurse.get(f"subjects/{subject['id']}/").headers["ETag"]
    changed = nurse.patch(f"subjects/{subject['id']}/", {"spo2_target": "88-92", "arm": None}, If_Match=tag)
    assert (changed.json()["spo2_target"], changed.json()["arm"]) == ("88-92", None)


def test_cells_come_with_their_bags(nurse: Api, site: Site) -> None:
    subject = builders.make_subject(site=site)
    body = {
        "subject": str(subject.uuid),
        "collection_id": "C-1",
        "arming_antibody_ug": 500,
        "arming_cells_e9": 10.0,
        "bags": [{"label": "BAG-1", "lot": "L-1", "cells_e9": 10.5}],
    }
    answer = nurse.post("products/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["arming_ng_per_e6"] == 50
    assert answer.json()["bags"][0]["cells_e9"] == 10.5
    tag = nurse.get(f"products/{answer.json()['id']}/").headers["ETag"]
    more = {"bags": [{"label": "BAG-2", "lot": "L-1"}]}
    changed = nurse.patch(f"products/{answer.json()['id']}/", more, If_Match=tag)
    assert sorted(bag["label"] for bag in changed.json()["bags"]) == ["BAG-1", "BAG-2"]


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """A planned infusion."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site)


def ago(minutes: int) -> str:
    """A time so many minutes ago."""
    return (now() - timedelta(minutes=minutes)).isoformat()


def test_an_infusion_runs_through_its_life(nurse: Api, site: Site) -> None:
    subject = builders.make_subject(site=site)
    infusion = builders.make_infusion(subject, bag=builders.make_bag(subject))
    address = f"infusions/{infusion.uuid}/"
    phases = []
    for kind, body in [
        ("start", {"at": ago(50), "rate_ml_per_h": 100}),
        ("pause", {"at": ago(40)}),
        ("resume", {"at": ago(30)}),
        ("rate", {"at": ago(25), "rate_ml_per_h": 120.5}),
        ("stop", {"at": ago(20), "actual_cells_e9": 9.8}),
        ("discharge", {"at": ago(10)}),
        ("readmit", {"at": ago(5)}),
    ]:
        answer = nurse.post(f"{address}{kind}/", body)
        assert answer.status_code == 201, answer.content
        assert answer.json()["event"]["kind"] == kind
        phases.append(answer.json()["phase"])
    assert phases == ["infusing", "paused", "infusing", "infusing", "observing", "home", "observing"]
    read = nurse.get(address).json()
    assert read["actual_cells_e9"] == 9.8
    assert read["watch_ends_at"]


def test_what_may_not_follow_is_refused(nurse: Api, infusion: Infusion) -> None:
    found = problem(nurse.post(f"infusions/{infusion.uuid}/stop/", {"at": ago(5)}), 422)
    assert found["type"].endswith("not_in_this_phase")


def test_closed_gates_are_named(nurse: Api, site: Site) -> None:
    subject = builders.make_subject(site=site, study=builders.make_study(site, gates={}))
    infusion = builders.make_infusion(subject)
    found = problem(nurse.post(f"infusions/{infusion.uuid}/start/", {"at": ago(5)}), 422)
    assert found["type"].endswith("gates_closed")
    assert "consent" in [gate["gate"] for gate in found["gates"]]


def test_a_discharge_in_the_close_watch_is_refused_until_then_and_passed_with_a_reason(
    nurse: Api, site: Site
) -> None:
    study = builders.make_study(site, gates=builders.GATES_OFF | {"close_watch": "warn"})
    subject = builders.make_subject(site=site, study=study)
    stopped_at = now() - timedelta(minutes=30)
    infusion = builders.make_infusion(subject, started_at=stopped_at, stopped_at=stopped_at)
    address = f"infusions/{infusion.uuid}/discharge/"
    found = problem(nurse.post(address, {"at": ago(5)}), 422)
    (gate,) = found["gates"]
    assert (gate["gate"], gate["code"], gate["may_be_overridden"]) == (
        "close_watch",
        "close_watch_lasts",
        True,
    )
    until = (stopped_at + timedelta(hours=2)).astimezone(ZoneInfo(site.time_zone))
    assert f"{until:%Y-%m-%d %H:%M}" in gate["detail"]
    answer = nurse.post(address, {"at": ago(5), "override_reason": "lives next door"})
    assert answer.status_code == 201, answer.content
    assert [each["gate"] for each in answer.json()["overridden"]] == ["close_watch"]


def test_a_sending_system_starts_nothing(feed: Api, stranger: Api, infusion: Infusion) -> None:
    problem(feed.post(f"infusions/{infusion.uuid}/start/", {"at": ago(5)}), 403)
    problem(stranger.post(f"infusions/{infusion.uuid}/start/", {"at": ago(5)}), 404)


def test_an_infusion_is_planned_and_changed(nurse: Api, site: Site) -> None:
    subject = builders.make_subject(site=site)
    body = {
        "subject": str(subject.uuid),
        "planned_cells_e9": 10,
        "planned_start_at": "2026-11-22T14:00:00+01:00",
    }
    answer = nurse.post("infusions/", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["number"], answer.json()["phase"]) == (1, "planned")
    tag = nurse.get(f"infusions/{answer.json()['id']}/").headers["ETag"]
    changed = nurse.patch(f"infusions/{answer.json()['id']}/", {"planned_cells_e9": 12.5}, If_Match=tag)
    assert changed.json()["planned_cells_e9"] == 12.5


OTHERS = [
    ("temperature-logs", {"temperature_c": 38.6, "temperature_site": "oral"}, {"temperature_c": 37.1}),
    ("symptoms", {"kind": "rigors", "mark": "start", "severity": "shaking"}, {"severity": "mild"}),
    (
        "interventions",
        {"kind": "fluids", "amount": 500, "unit": "mL", "indication": "hypotension"},
        {"amount": 250},
    ),
    ("neuro", {"orientation": 3, "naming": 3}, {"orientation": 4}),
    ("labs", {"analyte": "crp", "value": 12.5, "unit": "mg/L"}, {"value": 125}),
    ("responses", {"criteria": "IMWG", "response": "PR"}, {"response": "VGPR"}),
]


@pytest.mark.parametrize(("noun", "values", "change"), OTHERS, ids=[each[0] for each in OTHERS])
def test_a_noun_is_recorded_read_amended_and_voided(
    noun: str, values: dict[str, Any], change: dict[str, Any], nurse: Api, stranger: Api, site: Site
) -> None:
    rule_sets.load_shipped()
    infusion = builders.make_infusion(site=site, started_at=now() - timedelta(minutes=30))
    posted = nurse.post(f"{noun}/", reading(infusion, **values))
    assert posted.status_code == 201, posted.content
    row = posted.json()
    assert {name: row[name] for name in values} == values
    assert row["watch"]["state"] == "evaluated"
    read = nurse.get(f"{noun}/{row['id']}/").json()
    assert read == {name: row[name] for name in read}
    amended = nurse.post(f"{noun}/{row['id']}/amend/", {**change, "reason": "typo"})
    assert amended.status_code == 201, amended.content
    assert {name: amended.json()[name] for name in change} == change
    voided = nurse.post(f"{noun}/{amended.json()['id']}/void/", {"reason": "wrong patient"})
    assert voided.json()["void"] is True
    assert nurse.get(f"{noun}/").json()["results"] == []
    problem(stranger.get(f"{noun}/{row['id']}/"), 404)
    problem(stranger.post(f"{noun}/", reading(infusion, **values)), 404)


def test_everything_about_an_infusion_is_on_one_axis(nurse: Api, site: Site) -> None:
    rule_sets.load_shipped()
    infusion = builders.make_infusion(site=site, started_at=now() - timedelta(minutes=30))
    at = now() - timedelta(minutes=20)
    nurse.post("vitals/", reading(infusion, at, temperature_c=39.5, symptoms=["chills"]))
    nurse.post("interventions/", reading(infusion, at + timedelta(minutes=5), kind="antipyretic"))
    page = nurse.get(f"infusions/{infusion.uuid}/timeline/").json()
    kinds = [entry["kind"] for entry in page["results"]]
    assert [kind for kind in kinds if kind != "alert"] == ["event", "vitals", "symptom", "intervention"]
    assert "fever" in [entry["row"]["problem"] for entry in page["results"] if entry["kind"] == "alert"]
    since = (at + timedelta(minutes=1)).isoformat().replace("+", "%2B")
    later = nurse.get(f"infusions/{infusion.uuid}/timeline/?since={since}").json()["results"]
    assert "intervention" in [entry["kind"] for entry in later]
    assert "vitals" not in [entry["kind"] for entry in later]
    assert problem(nurse.get(f"infusions/{infusion.uuid}/timeline/?since=yesterday"), 400)


def test_what_nobody_took_stands_on_the_axis_and_is_counted(nurse: Api, site: Site) -> None:
    rule_sets.load_shipped()
    infusion = builders.make_infusion(site=site, started_at=now() - timedelta(minutes=50))
    evaluate_infusion(infusion.pk, infusion.started_at)
    nurse.post("vitals/", reading(infusion, now() - timedelta(minutes=35), **NORMAL))
    page = nurse.get(f"infusions/{infusion.uuid}/timeline/").json()
    missed = [entry for entry in page["results"] if entry["kind"] == "missed"]
    thirty = infusion.started_at + timedelta(minutes=30)
    assert [datetime.fromisoformat(entry["row"]["due_at"]) for entry in missed] == [thirty]
    assert page["missed"] == 1
    assert (page["next_due_at"] is None, page["next_due_reason"]) == (False, None)


def test_the_log_of_temperatures_is_sets_and_temperatures_alone_with_what_is_asked_for(
    nurse: Api, stranger: Api, site: Site
) -> None:
    rule_sets.load_shipped()
    stop = now() - timedelta(hours=21)
    infusion = builders.make_infusion(site=site, started_at=stop - timedelta(hours=1), stopped_at=stop)
    actor = system_actor("builder")
    home = stop + timedelta(hours=2)
    services.discharge_infusion(actor, infusion, at=home, now=home)
    evaluate_infusion(infusion.pk, home)
    builders.record_set(infusion, stop + timedelta(hours=1), temperature_c="37.1")
    builders.record_set(infusion, stop + timedelta(hours=1, minutes=5), heart_rate_bpm=80)
    at = stop + timedelta(hours=8)
    services.record_temperature(actor, infusion, {"measured_at": at, "temperature_c": "37.6"}, now=at)
    log = nurse.get(f"infusions/{infusion.uuid}/temperature-log/").json()
    assert [(each["kind"], each["temperature_c"]) for each in log["results"]] == [
        ("vitals", 37.1),
        ("temperature", 37.6),
    ]
    assert [each["state"] for each in log["due"]] == [
        "taken",
        "missed",
        "coming",
        "coming",
        "coming",
        "coming",
    ]
    assert log["missed"] == 1
    assert datetime.fromisoformat(log["next_due_at"]) == stop + timedelta(hours=24)
    assert datetime.fromisoformat(log["due"][-1]["due_at"]) == datetime.fromisoformat(log["closes_at"])
    problem(stranger.get(f"infusions/{infusion.uuid}/temperature-log/"), 404)


def test_a_long_axis_is_read_in_pages(nurse: Api, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring.api import timeline

    rule_sets.load_shipped()
    infusion = builders.make_infusion(site=site, started_at=now() - timedelta(minutes=30))
    for minute in range(5):
        at = now() - timedelta(minutes=20 - minute)
        nurse.post("vitals/", reading(infusion, at, symptoms=["chills"], **NORMAL))
    whole = [
        entry["row"]["id"] for entry in nurse.get(f"infusions/{infusion.uuid}/timeline/").json()["results"]
    ]
    monkeypatch.setattr(timeline, "PAGE", 3)
    address, pages = f"infusions/{infusion.uuid}/timeline/", []
    while address:
        page = nurse.get(address).json()
        pages += [entry["row"]["id"] for entry in page["results"]]
        address = page["next"]
    assert pages == whole
    assert len(whole) >= 11


def test_the_queries_of_the_axis_do_not_grow(nurse: Api, site: Site) -> None:
    rule_sets.load_shipped()
    infusion = builders.make_infusion(site=site, started_at=now() - timedelta(minutes=55))

    def count(sets: range) -> int:
        for minute in sets:
            at = now() - timedelta(minutes=54 - minute)
            nurse.post("vitals/", reading(infusion, at, symptoms=["chills"], temperature_c=38.9))
        with CaptureQueriesContext(connection) as queries:
            assert nurse.get(f"infusions/{infusion.uuid}/timeline/").status_code == 200
        return len(queries)

    count(range(1))
    assert count(range(1, 5)) == count(range(5, 50))


@pytest.mark.parametrize("noun", ["patients", "subjects", "products", "infusions"])
def test_the_queries_of_a_list_do_not_grow(noun: str, by_token: Callable[..., Api], site: Site) -> None:
    caller = by_token(Role.NURSE, site, identified=True)

    def count(more: int) -> int:
        for _ in range(more):
            subject = builders.make_subject(patient=builders.make_patient(site, family_name="Muster"))
            builders.make_infusion(subject, bag=builders.make_bag(subject))
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(f"{noun}/?page_size=100").json()["results"]) >= more
        return len(queries)

    count(1)
    assert count(5) == count(45)
