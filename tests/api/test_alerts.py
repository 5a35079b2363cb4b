"""Alerts over HTTP: who sees them, who may do what to them, and what changed since one last asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.permissions import Role
from config.clock import now
from monitoring import log, rule_sets
from monitoring.api import alerts as door
from monitoring.api.answers import AlertShown
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_vitals import reading
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """An infusion that began just now, so that nothing is overdue."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site, started_at=now() - timedelta(minutes=10))


def raise_fever(caller: Api, infusion: Infusion, temperature_c: float = 39.5) -> dict[str, Any]:
    """The alert that a temperature raises."""
    answer = caller.post("vitals/", reading(infusion, temperature_c=temperature_c))
    found: dict[str, Any] = next(each for each in answer.json()["alerts"] if each["problem"] == "fever")
    return found


def promise(minutes: int = 10, **more: str) -> dict[str, str]:
    """A body for `acknowledge/`."""
    until = (now() + timedelta(minutes=minutes)).isoformat()
    return {"commitment": "at_bedside", "until": until, **more}


def test_an_alert_is_listed_read_and_acknowledged(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    alert = raise_fever(person, infusion)
    assert [each["id"] for each in person.get("alerts/?problem=fever").json()["results"]] == [alert["id"]]
    answer = person.post(f"alerts/{alert['id']}/acknowledge/", promise(note="on my way"))
    assert answer.status_code == 200, answer.content
    assert answer.json()["response"] == "acknowledged"
    assert person.user is not None
    assert answer.json()["acknowledged_by"] == person.user.username
    read = person.get(f"alerts/{alert['id']}/").json()
    assert [line["kind"] for line in read["log"]] == ["raised", "acknowledged"]
    assert read["log"][1]["note"] == "on my way"


def test_an_alert_is_described_as_it_is_shown(nurse: Api, infusion: Infusion) -> None:
    shown = raise_fever(nurse, infusion)
    described = {field.name for field in msgspec.structs.fields(AlertShown)}
    assert described <= set(shown), described - set(shown)
    msgspec.convert(shown, AlertShown)


def test_an_alert_that_is_true_is_assessed_and_not_closed(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.INVESTIGATOR, site)
    alert = raise_fever(person, infusion)
    refused = person.post(f"alerts/{alert['id']}/close/", {"outcome": "actioned", "note": "paracetamol"})
    assert problem(refused, 409)["type"].endswith("still_active")
    assessed = person.post(f"alerts/{alert['id']}/assess/", {"outcome": "actioned", "note": "paracetamol"})
    assert assessed.json()["response"] == "assessed"
    assert assessed.json()["outcome"] == "actioned"


def test_a_charge_nurse_snoozes_and_a_nurse_does_not(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    nurse, charge = by_session(Role.NURSE, site), by_session(Role.CHARGE_NURSE, site)
    alert = raise_fever(nurse, infusion)
    body = {"until": (now() + timedelta(minutes=30)).isoformat(), "reason": "known, treated"}
    problem(nurse.post(f"alerts/{alert['id']}/snooze/", body), 403)
    assert charge.post(f"alerts/{alert['id']}/snooze/", body).json()["snoozed_until"]


def test_a_sending_system_acknowledges_for_a_named_practitioner_alone(
    feed: Api, by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person, elsewhere = by_session(Role.NURSE, site), by_session(Role.NURSE, builders.make_site())
    alert = raise_fever(feed, infusion)
    assert person.user is not None
    assert elsewhere.user is not None
    address = f"alerts/{alert['id']}/acknowledge/"
    problem(feed.post(address, promise()), 403)
    problem(feed.post(address, promise(practitioner=elsewhere.user.username)), 403)
    found = problem(feed.post(address, promise(practitioner="nobody")), 400)
    assert found["errors"][0]["pointer"] == "/practitioner"
    answer = feed.post(address, promise(practitioner=person.user.username))
    assert answer.json()["acknowledged_by"] == person.user.username


def test_whoever_acknowledged_takes_it_back(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    alert = raise_fever(person, infusion)
    person.post(f"alerts/{alert['id']}/acknowledge/", promise())
    answer = person.post(f"alerts/{alert['id']}/undo/")
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["response"], shown["acknowledged_by"], shown["until"]) == ("open", None, None)
    assert shown["escalates_at"] == alert["escalates_at"]
    assert [line["kind"] for line in shown["log"]] == ["raised", "acknowledged", "undone"]


@pytest.mark.parametrize(
    ("seconds", "status"),
    [pytest.param(14, 200, id="within 15 s"), pytest.param(16, 409, id="later")],
)
def test_an_acknowledgement_is_taken_back_for_some_seconds(
    by_session: Callable[..., Api],
    infusion: Infusion,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    status: int,
) -> None:
    person = by_session(Role.NURSE, site)
    alert = raise_fever(person, infusion)
    acknowledged = now()
    monkeypatch.setattr(door, "now", lambda: acknowledged)
    person.post(f"alerts/{alert['id']}/acknowledge/", promise(minutes=9))
    monkeypatch.setattr(door, "now", lambda: acknowledged + timedelta(seconds=seconds))
    answer = person.post(f"alerts/{alert['id']}/undo/")
    assert answer.status_code == status, answer.content
    if status == 409:
        refused = problem(answer, 409)
        assert refused["type"].endswith("too_late_to_undo")
        assert "10 seconds" in refused["detail"]
        assert person.get(f"alerts/{alert['id']}/").json()["response"] == "acknowledged"


def test_nobody_takes_back_what_somebody_else_acknowledged(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person, charge = by_session(Role.NURSE, site), by_session(Role.CHARGE_NURSE, site)
    alert = raise_fever(person, infusion)
    person.post(f"alerts/{alert['id']}/acknowledge/", promise())
    refused = problem(charge.post(f"alerts/{alert['id']}/undo/"), 409)
    assert refused["type"].endswith("somebody_else_answered")


def test_there_is_nothing_to_take_back_where_nobody_acknowledged(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    address = f"alerts/{raise_fever(person, infusion)['id']}/undo/"
    assert problem(person.post(address), 409)["type"].endswith("not_in_this_state")
    assert problem(person.post(address, {"note": "x"}), 400)["errors"][0]["pointer"] == "/note"


def test_a_sending_system_takes_back_for_the_practitioner_whom_it_named(
    feed: Api, by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    assert person.user is not None
    named = {"practitioner": person.user.username}
    alert = raise_fever(feed, infusion)
    feed.post(f"alerts/{alert['id']}/acknowledge/", promise(**named))
    problem(feed.post(f"alerts/{alert['id']}/undo/"), 403)
    assert feed.post(f"alerts/{alert['id']}/undo/", named).json()["response"] == "open"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"commitment": "at_bedside"}, 400, id="no time"),
        pytest.param(promise(minutes=-5), 422, id="a time that has passed"),
        pytest.param(promise() | {"commitment": "soon"}, 400, id="an unknown promise"),
        pytest.param(promise() | {"nota": "x"}, 400, id="an unknown field"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(
    by_session: Callable[..., Api], infusion: Infusion, site: Site, body: dict[str, str], status: int
) -> None:
    person = by_session(Role.NURSE, site)
    alert = raise_fever(person, infusion)
    problem(person.post(f"alerts/{alert['id']}/acknowledge/", body), status)
    assert person.get(f"alerts/{alert['id']}/").json()["response"] == "open"


def test_another_site_s_alert_is_not_there(nurse: Api, stranger: Api, infusion: Infusion) -> None:
    alert = raise_fever(nurse, infusion)
    assert [each["id"] for each in stranger.get("alerts/?problem=fever").json()["results"]] == []
    problem(stranger.get(f"alerts/{alert['id']}/"), 404)
    problem(stranger.post(f"alerts/{alert['id']}/acknowledge/", promise()), 404)
    problem(stranger.post(f"alerts/{alert['id']}/undo/"), 404)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("priority=medium&problem=fever", True),
        ("condition=active&response=open&problem=fever", True),
        ("problem=fever&condition=cleared", False),
        ("problem=hypoxia", False),
    ],
)
def test_alerts_are_narrowed(nurse: Api, infusion: Infusion, query: str, found: bool) -> None:
    alert = raise_fever(nurse, infusion)
    query = query.replace("medium", alert["priority"])
    assert bool(nurse.get(f"alerts/?{query}&infusion={infusion.uuid}").json()["results"]) is found


@pytest.mark.parametrize(
    "query", ["priority=urgent", "condition=true", "infusion=17", "rung=1", "updated_after=x"]
)
def test_a_filter_that_means_nothing_is_refused(nurse: Api, query: str) -> None:
    found = problem(nurse.get(f"alerts/?{query}"), 400)
    assert found["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


def test_an_alert_speaks_the_caller_s_language(nurse: Api, infusion: Infusion) -> None:
    alert = raise_fever(nurse, infusion)
    spanish = nurse.get(f"alerts/{alert['id']}/", Accept_Language="es").json()
    assert spanish["title"] == "Fiebre"


def test_the_queries_of_a_list_do_not_grow(nurse: Api, site: Site, infusion: Infusion) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert nurse.get("alerts/").status_code == 200
        return len(queries)

    for _ in range(3):
        raise_fever(nurse, builders.make_infusion(site=site, started_at=now() - timedelta(minutes=10)))
    nurse.get("alerts/")
    few = count()
    for _ in range(20):
        raise_fever(nurse, builders.make_infusion(site=site, started_at=now() - timedelta(minutes=10)))
    assert count() == few


@pytest.fixture
def _settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row counts as settled: a transaction of anybody else on the server would hold the log back."""

    def settled(after: log.Cursor, *, limit: int) -> log.Page:
        entries = tuple(log.visible(after, limit=limit, readings=False))
        return log.Page(entries, entries[-1].cursor if entries else after, False)

    monkeypatch.setattr(log, "settled", settled)


@pytest.mark.usefixtures("_settled_at_once")
@pytest.mark.django_db(transaction=True)
def test_what_changed_is_asked_for_from_where_one_stopped(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    begin = (now() - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    alert = raise_fever(person, infusion)
    first = person.get(f"alerts/?updated_after={begin}&problem=fever").json()
    assert [(each["id"], each["response"]) for each in first["results"]] == [(alert["id"], "open")]
    assert first["next"] is None
    address = f"alerts/?problem=fever&updated_after={first['updated_after']}"
    assert person.get(address).json()["results"] == []
    person.post(f"alerts/{alert['id']}/acknowledge/", promise())
    assert [each["response"] for each in person.get(address).json()["results"]] == ["acknowledged"]


def test_stopping_an_escalation_needs_a_reason_and_somebody_who_may(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    nurse, charge = by_session(Role.NURSE, site), by_session(Role.CHARGE_NURSE, site)
    address = f"alerts/{raise_fever(nurse, infusion)['id']}/opt-out/"
    problem(nurse.post(address, {"reason": "comfort care"}), 403)
    problem(charge.post(address, {"reason": " "}), 422)
    stopped = charge.post(address, {"reason": "comfort care"}).json()
    assert (stopped["escalates_at"], stopped["log"][-1]["note"]) == (None, "comfort care")


def test_known_and_expected_says_why_by_rest_too(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    charge = by_session(Role.CHARGE_NURSE, site)
    address = f"alerts/{raise_fever(charge, infusion)['id']}/acknowledge/"
    body = promise() | {"commitment": "known_expected"}
    problem(charge.post(address, body), 422)
    assert charge.post(address, body | {"note": "as in the last cycle"}).json()["response"] == "acknowledged"


def test_what_is_still_watched_is_not_handed_over(
    by_session: Callable[..., Api], infusion: Infusion, site: Site
) -> None:
    nurse = by_session(Role.NURSE, site)
    assert nurse.user is not None
    address = f"alerts/{raise_fever(nurse, infusion)['id']}/hand-over/"
    problem(nurse.post(address, {"to": nurse.user.username}), 409)
    stranger = by_session(Role.NURSE, builders.make_site()).user
    assert stranger is not None
    problem(nurse.post(address, {"to": stranger.username}), 422)
    found = problem(nurse.post(address, {"to": "nobody"}), 400)
    assert found["errors"][0]["pointer"] == "/to"
