"""Two people over HTTP: who may stand beside whom, and what a countersignature opens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.countersigning import countersign
from accounts.models import Membership, User
from accounts.permissions import Role
from config.clock import now, real_now
from monitoring import rule_sets
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tracker.models import GateOverride, Infusion, Site

pytestmark = pytest.mark.django_db

WHY = "the only monitor broke"


@pytest.fixture
def nora(by_session: Callable[..., Api], site: Site) -> Api:
    """A nurse who is signed in."""
    return by_session(Role.NURSE, site)


@pytest.fixture
def carl(site: Site) -> User:
    """A charge nurse of the site."""
    carl = builders.make_user("carl")
    Membership.objects.create(user=carl, role=Role.CHARGE_NURSE, site=site)
    return carl


@pytest.fixture
def without_baseline(site: Site) -> Infusion:
    """A planned infusion that only two people may start."""
    rule_sets.load_shipped()
    study = builders.make_study(site, gates=builders.GATES_OFF | {"baseline": "hard"})
    subject = builders.make_subject(site=site, study=study)
    return builders.make_infusion(subject, bag=builders.make_bag(subject))


def countersigned(first: Api, infusion: Infusion, **said: Any) -> Any:
    """The answer to a second person's word."""
    body = {"act": "start", "override_reason": WHY, "username": "carl", "password": "secret"} | said
    return first.post(f"infusions/{infusion.uuid}/countersign/", body)


def start(first: Api, infusion: Infusion, **said: Any) -> Any:
    """The answer to the start of it."""
    body = {"at": (now() - timedelta(minutes=1)).isoformat(), "override_reason": WHY} | said
    return first.post(f"infusions/{infusion.uuid}/start/", body)


def test_two_people_start_what_one_alone_may_not(nora: Api, carl: User, without_baseline: Infusion) -> None:
    (gate,) = problem(start(nora, without_baseline), 422)["gates"]
    assert gate["needs_second_person"] is True
    given = countersigned(nora, without_baseline)
    assert given.status_code == 200, given.content
    assert (given.json()["signed_by"], given.json()["name"]) == (str(carl.uuid), carl.name)
    answer = start(nora, without_baseline, countersignature=given.json()["countersignature"])
    assert answer.status_code == 201, answer.content
    kept = GateOverride.objects.get()
    assert (kept.author, kept.second_person, kept.reason) == (nora.user, carl, WHY)


def test_two_people_send_a_patient_home_before_the_close_watch_ends(
    nora: Api, carl: User, site: Site
) -> None:
    rule_sets.load_shipped()
    study = builders.make_study(site, gates=builders.GATES_OFF | {"close_watch": "hard"})
    stop = now() - timedelta(minutes=30)
    infusion = builders.make_infusion(
        builders.make_subject(site=site, study=study), started_at=stop, stopped_at=stop
    )
    text = countersigned(nora, infusion, act="discharge").json()["countersignature"]
    said = {"at": now().isoformat(), "override_reason": WHY, "countersignature": text}
    assert nora.post(f"infusions/{infusion.uuid}/discharge/", said).status_code == 201
    assert GateOverride.objects.get().second_person == carl


def test_the_same_start_again_is_answered_when_the_countersignature_is_over(
    nora: Api, carl: User, without_baseline: Infusion
) -> None:
    text, _until = countersign(carl, "start", without_baseline.uuid, WHY, real_now() - timedelta(minutes=6))
    fresh, _until = countersign(carl, "start", without_baseline.uuid, WHY, real_now())
    found = problem(start(nora, without_baseline, countersignature=text), 400)
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/countersignature", "expired")]
    assert start(nora, without_baseline, countersignature=fresh).status_code == 201


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("carl", "unknown", id="a mere name"),
        pytest.param("\x00:\ud800", "unknown", id="no text at all"),
    ],
)
def test_what_nobody_gave_opens_nothing(
    text: str, code: str, nora: Api, carl: User, without_baseline: Infusion
) -> None:
    found = problem(start(nora, without_baseline, countersignature=text), 400)
    assert [each["pointer"] for each in found["errors"]] == ["/countersignature"]
    assert GateOverride.objects.count() == 0


def test_a_countersignature_is_for_one_reason(nora: Api, carl: User, without_baseline: Infusion) -> None:
    text = countersigned(nora, without_baseline).json()["countersignature"]
    found = problem(start(nora, without_baseline, countersignature=text, override_reason="in a hurry"), 400)
    assert found["errors"][0]["code"] == "for_something_else"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        pytest.param({"password": "wrong"}, "/password", id="another's password"),
        pytest.param({"username": "nobody"}, "/password", id="nobody's name"),
        pytest.param({"username": "olaf"}, "/username", id="somebody of another site"),
        pytest.param({"override_reason": ""}, "/override_reason", id="no reason"),
        pytest.param({"act": "cancel"}, "/act", id="an act that needs no second person"),
    ],
)
def test_only_who_may_and_proves_it_countersigns(
    said: dict[str, str], pointer: str, nora: Api, carl: User, without_baseline: Infusion
) -> None:
    olaf = builders.make_user("olaf")
    Membership.objects.create(user=olaf, role=Role.CHARGE_NURSE, site=builders.make_site("OTHER"))
    found = problem(countersigned(nora, without_baseline, **said), 400)
    assert [each["pointer"] for each in found["errors"]] == [pointer]


def test_nobody_is_a_second_person_beside_themselves(nora: Api, without_baseline: Infusion) -> None:
    assert nora.user is not None
    found = problem(countersigned(nora, without_baseline, username=nora.user.username), 400)
    assert found["errors"][0]["code"] == "same_person"


def test_a_key_is_nobody_and_so_never_the_first_of_two(
    nurse: Api, carl: User, without_baseline: Infusion
) -> None:
    found = problem(countersigned(nurse, without_baseline), 400)
    assert found["errors"][0]["code"] == "nobody_signed_in"
    text, _until = countersign(carl, "start", without_baseline.uuid, WHY, real_now())
    problem(start(nurse, without_baseline, countersignature=text), 400)


def test_a_machine_and_a_stranger_ask_nobody_for_their_word(
    feed: Api, stranger: Api, carl: User, without_baseline: Infusion
) -> None:
    problem(countersigned(feed, without_baseline), 403)
    problem(countersigned(stranger, without_baseline), 404)


def test_guessing_a_colleagues_password_is_locked_as_at_sign_in(
    nora: Api, carl: User, without_baseline: Infusion, settings: Any
) -> None:
    for _each in range(settings.AXES_FAILURE_LIMIT):
        refused = countersigned(nora, without_baseline, password="guess")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert countersigned(nora, without_baseline).status_code == 429
