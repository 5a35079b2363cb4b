"""The description of the API: whole, valid, served, and true of what the doors answer."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client as Browser
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from accounts.permissions import Role
from config.clock import now
from config.wsgi import application
from monitoring import ladders, rule_sets
from monitoring.core.escalation import DEFAULT_DOCUMENT
from monitoring.models import Duty, RuleSet, Shift
from tests import builders
from tests.api.conftest import Api
from tests.api.test_vitals import reading
from tracker.api import throttle
from tracker.models import Site

DOCUMENT: dict[str, Any] = json.loads(json.dumps(SchemaGenerator().get_schema(public=True), default=str))
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
NAMES = [operation["operationId"] for _method, _path, operation in OPERATIONS]
CHECKED = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


def test_the_document_is_valid_openapi_3_1() -> None:
    validate_schema(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.django_db
def test_it_is_served_with_its_page(client: Browser) -> None:
    served = client.get("/api/schema/")
    assert served.json()["paths"].keys() == DOCUMENT["paths"].keys()
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    text = page.content.decode()
    assert "<style" not in text
    assert "<script>" not in text
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_operation_says_what_can_go_wrong_and_shows_what_can_go_right(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    if path.startswith("/api/"):
        assert {"400", "401", "403", "404", "429"} <= set(operation["responses"])
    assert operation.get("description") or operation.get("summary")
    bodies = [body for status, body in operation["responses"].items() if status.startswith("2")]
    assert bodies
    bodies += [operation["requestBody"]] if method in {"post", "patch"} else []
    contents = [content for body in bodies for content in body["content"].values()]
    assert all(content.keys() & {"example", "examples"} for content in contents), path


def test_the_part_of_the_contract_is_there() -> None:
    nouns = {path.removeprefix("/api/v1/").split("/")[0] for path in DOCUMENT["paths"]}
    assert nouns >= {
        "me",
        "studies",
        "sites",
        "patients",
        "subjects",
        "products",
        "infusions",
        "alerts",
        "rule-sets",
        "events",
    }
    assert "grade" in nouns
    assert nouns >= {"vitals", "temperature-logs", "symptoms", "interventions", "labs", "neuro", "responses"}


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = application


@pytest.fixture
def known(site: Site, nurse: Api) -> dict[str, str]:
    """The id of one row of each noun."""
    rule_sets.load_shipped()
    subject = builders.make_subject(site=site)
    builders.make_bag(subject)
    infusion = builders.make_infusion(subject, started_at=now() - timedelta(minutes=30))
    keeper = builders.make_actor(Role.CHARGE_NURSE, site)
    shift = Shift.objects.create(
        site=site, duty=Duty.NURSE, person=keeper.user, starts_at=now(), ends_at=now() + timedelta(hours=8)
    )
    found = {
        "sites": str(site.uuid),
        "studies": str(subject.study.uuid),
        "subjects": str(subject.uuid),
        "patients": str(subject.patient.uuid),
        "products": str(subject.products.get().uuid),
        "infusions": str(infusion.uuid),
        "rule-sets": str(RuleSet.objects.get(shipped=True).uuid),
        "ladders": str(ladders.set_ladder(keeper, site, DEFAULT_DOCUMENT, based_on=0, now=now()).uuid),
        "shifts": str(shift.uuid),
        "feeds": str(nurse.client.uuid) if nurse.client else "",
        "webhooks": str(uuid4()),
    }
    bodies: dict[str, dict[str, Any]] = {
        "vitals": {"temperature_c": 39.5},
        "temperature-logs": {"temperature_c": 37},
        "symptoms": {"kind": "chills"},
        "interventions": {"kind": "fluids"},
        "neuro": {"naming": 3},
        "labs": {"analyte": "crp", "value": 5, "unit": "mg/L"},
        "responses": {"criteria": "IMWG", "response": "PR"},
    }
    for noun, values in bodies.items():
        answer = nurse.post(f"{noun}/", reading(infusion, **values))
        found[noun] = answer.json()["id"]
        if noun == "vitals":
            found["alerts"] = answer.json()["alerts"][0]["id"]
            found["deliveries"] = nurse.get("deliveries/").json()["results"][0]["id"]
    return found


@pytest.fixture
def _one_connection(known: dict[str, str]) -> Iterator[None]:
    """The application, called straight, must not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("events", "health"))])
def test_no_body_and_no_query_breaks_a_door(
    name: str,
    known: dict[str, str],
    by_token: Callable[..., Api],
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "_bucket", throttle.bucket_of(per_minute=1_000_000))
    caller = by_token(Role.INVESTIGATOR, site, identified=True)
    operation = SCHEMA.find_operation_by_id(name)

    @seed(2026)
    @settings(
        max_examples=6,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy())
    def tried(case: schemathesis.Case) -> None:
        case.path_parameters |= {"id": known[case.path.split("/")[3]]} if "{id}" in case.path else {}
        if isinstance(case.body, dict):
            for field in ("site", "study", "subject", "patient", "infusion"):
                if field in case.body:
                    plural = {"study": "studies"}.get(field, f"{field}s")
                    case.body[field] = known[plural]
        headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": uuid4().hex}
        case.call_and_validate(headers=headers, checks=CHECKED)

    tried()
