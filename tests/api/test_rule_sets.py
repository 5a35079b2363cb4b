"""Rule sets at the REST doors: read by many, drafted by two roles, approved by one that is another person."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.permissions import Role
from config.clock import now
from monitoring import rule_sets
from monitoring.models import RuleSet
from tests import builders
from tests.api.conftest import Api
from tracker.api.wire import encode
from tracker.models import Site, Study

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shipped(db: None) -> RuleSet:
    """The default rules, active for every study that has none of its own."""
    rule_sets.load_shipped()
    return RuleSet.objects.get(shipped=True)


@pytest.fixture
def study(site: Site) -> Study:
    return builders.make_study(site)


@pytest.fixture
def author(site: Site, by_session: Callable[..., Api]) -> Api:
    return by_session(Role.INVESTIGATOR, site)


@pytest.fixture
def second(site: Site, by_session: Callable[..., Api]) -> Api:
    return by_session(Role.INVESTIGATOR, site)


def written(shipped: RuleSet, **fields: Any) -> dict[str, Any]:
    return {**shipped.document, "name": "trial", "version": 1, **fields}


def body(document: Any, study: Study | None = None) -> bytes:
    return encode({"document": document, "study": study.uuid if study else None})


def drafted(api: Api, shipped: RuleSet, study: Study, **fields: Any) -> dict[str, Any]:
    answer = api.post("rule-sets/", body(written(shipped, **fields), study))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def approve(api: Api, draft: dict[str, Any], **fields: Any) -> Any:
    asked = {"effective_from": (now() + timedelta(hours=1)).isoformat(), **fields}
    return api.post(f"rule-sets/{draft['id']}/approve/", asked)


def fever_at(shipped: RuleSet, value: str) -> list[Any]:
    rules = json.loads(encode(shipped.document["rules"]).decode())
    fever = next(rule for rule in rules if rule["problem"] == "fever")
    fever["priorities"]["medium"]["compare"] |= {"value": value, "id": "fever_of_the_trial"}
    return list(rules)


def test_a_draft_is_read_back_as_it_was_written(author: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    assert (draft["status"], draft["name"], draft["version"]) == ("draft", "trial", 1)
    assert (draft["study"], draft["drafted_by"]) == (str(study.uuid), str(author.user.uuid))
    read = author.get(f"rule-sets/{draft['id']}/").json()
    assert read == draft
    assert RuleSet.objects.get(uuid=draft["id"]).document == written(shipped)
    assert [remark for remark in read["remarks"] if remark["severity"] == "error"] == []


def test_the_list_has_no_documents_and_can_be_filtered(author: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    rows = author.get("rule-sets/").json()["results"]
    assert [row["id"] for row in rows] == [draft["id"], str(shipped.uuid)]
    assert all("document" not in row for row in rows)
    assert [row["id"] for row in author.get("rule-sets/?status=active").json()["results"]] == [
        str(shipped.uuid)
    ]
    assert [row["id"] for row in author.get(f"rule-sets/?study={study.uuid}").json()["results"]] == [
        draft["id"]
    ]


def test_who_may_draft_who_may_only_read_and_who_sees_nothing(
    site: Site, shipped: RuleSet, study: Study, by_session: Callable[..., Api], stranger: Api
) -> None:
    coordinator, nurse = (by_session(role, site) for role in (Role.SAFETY_COORDINATOR, Role.NURSE))
    draft = drafted(coordinator, shipped, study)
    assert nurse.get(f"rule-sets/{draft['id']}/").status_code == 200
    assert nurse.post("rule-sets/", body(written(shipped, version=2), study)).status_code == 403
    assert nurse.patch(f"rule-sets/{draft['id']}/", {"document": {}}, If_Match="*").status_code in (400, 403)
    assert stranger.get(f"rule-sets/{draft['id']}/").status_code == 404
    assert stranger.post("rule-sets/", body(written(shipped, version=2), study)).status_code == 400
    assert str(draft["id"]) not in stranger.get("rule-sets/").content.decode()


def test_who_may_approve_who_may_not_and_who_sees_nothing(
    author: Api, second: Api, site: Site, shipped: RuleSet, study: Study, by_session: Callable[..., Api]
) -> None:
    draft = drafted(author, shipped, study)
    coordinator = by_session(Role.SAFETY_COORDINATOR, site)
    elsewhere = by_session(Role.INVESTIGATOR, builders.make_site("FAR"))
    assert approve(coordinator, draft).status_code == 403
    assert approve(elsewhere, draft).status_code == 404
    own = approve(author, draft)
    assert (own.status_code, own.json()["type"]) == (409, "urn:febris:problem:rules_refused")
    assert "own draft" in own.json()["detail"]
    answer = approve(second, draft)
    assert answer.status_code == 200
    assert answer.json()["status"] == "active"
    assert answer.json()["approved_by"] == str(second.user.uuid)


def test_rules_for_every_study_are_drafted_by_who_may_at_every_site(
    author: Api, shipped: RuleSet, by_session: Callable[..., Api]
) -> None:
    assert author.post("rule-sets/", body(written(shipped))).status_code == 201
    builders.make_site("OTHER")
    assert author.post("rule-sets/", body(written(shipped, version=2))).status_code == 403


def test_only_its_author_changes_a_draft(author: Api, second: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    address, changed = f"rule-sets/{draft['id']}/", encode({"document": written(shipped, note="changed")})
    assert author.patch(address, changed).status_code == 428
    refused = second.patch(address, changed, If_Match="*")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:febris:problem:not_your_draft")
    answer = author.patch(address, changed, If_Match=author.get(address).headers["ETag"])
    assert answer.status_code == 200
    assert answer.json()["document"]["note"] == "changed"


def test_an_active_version_is_never_changed(author: Api, second: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    approve(second, draft)
    address = f"rule-sets/{draft['id']}/"
    answer = author.patch(address, encode({"document": written(shipped, note="x")}), If_Match="*")
    assert answer.status_code == 422
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSet.objects.filter(uuid=draft["id"]).update(document={})


def test_the_approval_is_of_what_was_read(author: Api, second: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    author.patch(
        f"rule-sets/{draft['id']}/", encode({"document": written(shipped, note="later")}), If_Match="*"
    )
    stale = approve(second, draft, fingerprint=draft["fingerprint"])
    assert (stale.status_code, "changed since" in stale.json()["detail"]) == (409, True)
    fresh = second.get(f"rule-sets/{draft['id']}/").json()["fingerprint"]
    assert approve(second, draft, fingerprint=fresh).status_code == 200


def test_a_hole_refuses_approval(author: Api, second: Api, shipped: RuleSet, study: Study) -> None:
    band = {"signal": "temperature_c", "op": ">=", "value": "38"}
    hole = {
        "problem": "fever",
        "title": {"en": "Fever"},
        "sentence": {"en": "Fever: {because}."},
        "source": "a test",
        "clears": {"assessment": {}},
        "priorities": {
            "high": {"compare": {**band, "value": "39"}},
            "medium": {"all": [{"compare": band}, {"compare": {**band, "op": "<", "value": "38.5"}}]},
        },
    }
    draft = drafted(author, shipped, study, rules=[hole])
    errors = [remark for remark in draft["remarks"] if remark["severity"] == "error"]
    assert [(remark["code"], remark["pointer"].endswith("/medium")) for remark in errors] == [("hole", True)]
    assert "from 38.5 to below 39 °C" in errors[0]["sentence"]
    refused = approve(second, draft)
    assert (refused.status_code, "hole" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        pytest.param(b'"temperature_c"', b'"temperatur"', "/document/", id="signal"),
        pytest.param(b'"version":1,', b'"version":1,"version":2,', "/document/version", id="twice"),
        pytest.param(b'"version":1,', b'"version":NaN,', "/document/version", id="NaN"),
        pytest.param(b'"version":1,', b'"version":0,', "/document/version", id="version"),
        pytest.param(b'"rules":[', b'"rules":' + b"[" * 100_000, "/document/rules/0", id="deep"),
    ],
)
def test_a_bad_document_is_refused_by_its_place(
    old: bytes, new: bytes, pointer: str, author: Api, shipped: RuleSet, study: Study
) -> None:
    answer = author.post("rule-sets/", body(written(shipped), study).replace(old, new))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert not RuleSet.objects.filter(name="trial").exists()


def test_the_same_version_twice_is_a_conflict(author: Api, shipped: RuleSet, study: Study) -> None:
    drafted(author, shipped, study)
    assert author.post("rule-sets/", body(written(shipped, note="x"), study)).status_code == 409


def test_a_repeated_request_drafts_once(author: Api, shipped: RuleSet, study: Study) -> None:
    first = author.post("rule-sets/", body(written(shipped), study), Idempotency_Key="one")
    again = author.post("rule-sets/", body(written(shipped), study), Idempotency_Key="one")
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert RuleSet.objects.filter(name="trial").count() == 1


@pytest.mark.parametrize(
    ("hours", "reason"),
    [pytest.param(-1, "has passed", id="past"), pytest.param(1, "would follow", id="before")],
)
def test_a_moment_that_others_hold_already_is_refused(
    hours: int, reason: str, author: Api, second: Api, shipped: RuleSet, study: Study
) -> None:
    approve(second, drafted(author, shipped, study), effective_from=(now() + timedelta(hours=2)).isoformat())
    later = drafted(author, shipped, study, version=2)
    answer = approve(second, later, effective_from=(now() + timedelta(hours=hours)).isoformat())
    assert (answer.status_code, reason in answer.json()["detail"]) == (409, True)


def test_what_differs_is_said_in_the_callers_language(author: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study, rules=fever_at(shipped, "38.3"))
    found = author.get(f"rule-sets/{draft['id']}/differences/").json()
    moved = next(each for each in found if each["problem"] == "fever" and each["what"] == "limit")
    assert (moved["priority"], moved["before"], moved["after"]) == (
        "medium",
        "temperature 38.0 °C or more",
        "temperature 38.3 °C or more",
    )


def test_the_schema_is_published(author: Api) -> None:
    schema = author.get("rule-sets/schema/").json()
    assert schema["title"] == "Febris rule set"
    assert "compare" in json.dumps(schema["$defs"]["condition"])


def test_a_trial_on_past_infusions_is_asked_for_and_read(author: Api, shipped: RuleSet, study: Study) -> None:
    draft = drafted(author, shipped, study)
    address = f"rule-sets/{draft['id']}/backtest/"
    assert author.get(address).status_code == 404
    assert author.post(address).status_code == 409
