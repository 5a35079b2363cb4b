"""What a correction will do is seen before it is done; seeing it changes nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.permissions import Role
from monitoring.models import Alert, AlertLog, Delivery, Evaluation
from tests import builders
from tracker.models import RecordChange, Site, Study, VitalSigns

from .conftest import Patient, SignIn, make_running, typed
from .test_corrections import ask, correct, look

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = (VitalSigns, RecordChange, Alert, AlertLog, Delivery, Evaluation)


@pytest.fixture
def row(nurse: Browser, running: Patient) -> VitalSigns:
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5", heart_rate_bpm="88"))
    return VitalSigns.objects.get()


@pytest.fixture
def neighbour(ward: Site, study: Study) -> Any:
    """Another patient of the ward who is watched at the same time."""
    return make_running(ward, study, "Neighbour")


def titles(alerts: Any) -> set[str]:
    return {alert.problem for alert in alerts}


def test_the_preview_says_which_alert_will_be_retracted(nurse: Browser, row: VitalSigns) -> None:
    page = look(nurse, row, temperature="37.5", why="typo")
    assert page.status_code == 200
    assert "fever" in titles(page.context["preview"].retracted)
    assert "It will retract:" in page.content.decode()
    assert 'value="37.5"' in page.content.decode()


def test_the_preview_says_which_alert_will_be_raised(nurse: Browser, row: VitalSigns) -> None:
    correct(nurse, row, temperature="37.0", why="typo")
    newest = VitalSigns.objects.current().get()
    page = look(nurse, newest, systolic_mmhg="80", diastolic_mmhg="50", why="typo")
    assert "hypotension" in titles(page.context["preview"].raised)
    assert "It will raise:" in page.content.decode()


def test_a_correction_that_touches_no_alert_says_so(nurse: Browser, row: VitalSigns) -> None:
    page = look(nurse, row, heart_rate_bpm="86", why="typo")
    assert page.context["preview"].changes_nothing
    assert "No alert is retracted and none is raised." in page.content.decode()


def test_looking_keeps_nothing_and_tells_nobody(nurse: Browser, row: VitalSigns) -> None:
    before = [model.objects.count() for model in KEPT]
    look(nurse, row, temperature="37.5", why="typo")
    assert [model.objects.count() for model in KEPT] == before
    assert Alert.objects.get(problem="fever").condition == "active"
    assert not connection.in_atomic_block


def test_what_was_seen_is_what_is_done(nurse: Browser, row: VitalSigns) -> None:
    address = f"/readings/{row.uuid}/"
    data = typed(nurse, address) | {"standing": str(row.uuid), "temperature": "37.5", "why": "typo"}
    seen = nurse.post(address, data).context["seen"]
    other = nurse.post(address, data | {"temperature": "38.6", "seen": seen})
    assert other.context["preview"] is not None
    assert VitalSigns.objects.count() == 1
    assert nurse.post(address, data | {"seen": seen, "why": "artefact"}).context["outcome"] is not None
    assert VitalSigns.objects.current().get().reason == "artefact"


def test_a_watch_that_cannot_look_in_time_says_that_nothing_is_known(
    nurse: Browser, row: VitalSigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring import bedside
    from monitoring.outcome import Outcome

    monkeypatch.setattr(bedside, "evaluate_infusion", lambda _infusion, now: Outcome.pending(now))
    page = look(nurse, row, temperature="37.5", why="typo")
    assert "NOT KNOWN" in page.content.decode()
    assert "No alert is retracted" not in page.content.decode()


def test_following_a_cell_opens_its_own_fields_first(nurse: Browser, row: VitalSigns) -> None:
    page = nurse.get(f"/readings/{row.uuid}/?sign=pressure")
    assert {"systolic_mmhg", "diastolic_mmhg", "why"} <= page.context["first"]
    assert "temperature" not in page.context["first"]
    whole = nurse.get(f"/readings/{row.uuid}/?sign=nonsense")
    assert "temperature" in whole.context["first"]


def test_another_patients_reading_is_not_amended_but_moved(nurse: Browser, row: VitalSigns) -> None:
    page = look(nurse, row, temperature="37.5", why="wrong_patient")
    assert page.status_code == 422
    assert "why" in page.context["form"].errors


def move(row: VitalSigns, to: Any) -> dict[str, Any]:
    return {"move": "1", "standing": str(row.uuid), "moving-to": str(to.uuid), "moving-why": "wrong_patient"}


def test_a_reading_of_the_wrong_patient_is_struck_here_and_entered_there(
    nurse: Browser, row: VitalSigns, neighbour: Any
) -> None:
    page = nurse.post(f"/readings/{row.uuid}/", move(row, neighbour))
    preview = page.context["preview"]
    assert {alert.patient_id for alert in preview.retracted if alert.problem == "fever"} == {row.patient_id}
    assert {alert.patient_id for alert in preview.raised if alert.problem == "fever"} == {
        neighbour.patient_id
    }
    assert VitalSigns.objects.count() == 1
    assert ask(nurse, row, move(row, neighbour)).status_code == 200
    there = VitalSigns.objects.current().get()
    struck = VitalSigns.objects.get(amends=row)
    assert (there.patient_id, there.temperature_c, there.heart_rate_bpm, there.measured_at) == (
        neighbour.patient_id,
        row.temperature_c,
        row.heart_rate_bpm,
        row.measured_at,
    )
    assert struck.void
    assert str(there.uuid) in struck.reason
    assert str(row.uuid) in there.note
    assert there.author == struck.author
    conditions = dict(Alert.objects.filter(problem="fever").values_list("patient_id", "condition"))
    assert conditions == {row.patient_id: "retracted", neighbour.patient_id: "active"}


def test_a_reading_is_moved_only_where_the_person_may_write(
    sign_in: SignIn, ward: Site, elsewhere: Site, study: Study, row: VitalSigns
) -> None:
    foreign = make_running(elsewhere, study, "Foreign")
    nora = sign_in(Role.NURSE, ward)
    page = nora.post(f"/readings/{row.uuid}/", move(row, foreign))
    assert page.status_code == 422
    assert VitalSigns.objects.count() == 1


def test_who_may_only_read_sees_the_history_and_no_form(sign_in: SignIn, ward: Site, row: VitalSigns) -> None:
    reader = sign_in(Role.SAFETY_COORDINATOR, ward)
    address = f"/readings/{row.uuid}/"
    assert reader.get(address).context["may_correct"] is False
    assert reader.post(address, {"standing": str(row.uuid)}).status_code == 403


def test_a_reading_taken_when_nobody_else_was_watched_cannot_be_moved(
    nurse: Browser, row: VitalSigns, ward: Site, study: Study
) -> None:
    builders.make_infusion(builders.make_subject(site=ward, study=study))
    assert nurse.get(f"/readings/{row.uuid}/").context["moving"] is None
