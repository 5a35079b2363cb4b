"""Looks by the bed before a start, by REST: each by the person who is signed in."""

from collections.abc import Callable

import pytest

from accounts.permissions import Role
from monitoring import rule_sets
from tests import builders
from tracker.models import Infusion, Site, StartCheck

from .conftest import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(site: Site) -> Infusion:
    rule_sets.load_shipped()
    study = builders.make_study(site, gates=builders.GATES_OFF | {"identity_check": "hard"})
    subject = builders.make_subject(site=site, study=study)
    return builders.make_infusion(subject, bag=builders.make_bag(subject))


def test_a_look_says_whether_it_agreed_and_keeps_no_number_of_the_patient(
    by_session: Callable[..., Api], site: Site, planned: Infusion
) -> None:
    nora = by_session(Role.NURSE, site)
    assert planned.bag is not None
    read = {"kind": "identity", "patient_identifier": "999", "bag_label": planned.bag.label}
    wrong = nora.post(f"infusions/{planned.uuid}/checks/", read)
    assert (wrong.status_code, wrong.json()["missing"]) == (201, ["patient"])
    right = nora.post(
        f"infusions/{planned.uuid}/checks/", read | {"patient_identifier": planned.subject.subject_number}
    ).json()
    assert (right["agreed"], right["missing"], right["details"]) == (True, [], [])
    assert [row.found for row in StartCheck.objects.order_by("pk")] == [
        ["bag_label"],
        ["subject_number", "bag_label"],
    ]


def test_a_key_looks_at_nothing(by_token: Callable[..., Api], site: Site, planned: Infusion) -> None:
    ehr = by_token(Role.INTEGRATION, site)
    answer = ehr.post(f"infusions/{planned.uuid}/checks/", {"kind": "drugs", "at_hand": ["oxygen"]})
    assert answer.status_code == 403
    assert not StartCheck.objects.exists()
