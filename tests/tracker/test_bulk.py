"""Many readings at once: the same answers as one by one, and nothing lost for one bad row."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import Role
from tests.builders import NOW, make_actor, make_infusion, make_integration, make_site, minutes
from tracker import services
from tracker.errors import FieldError, Refused
from tracker.ingest import ReadingIn
from tracker.models import KeptMessage, Record, RecordChange, SymptomReport, VitalSigns

pytestmark = pytest.mark.django_db

START = NOW - timedelta(hours=10)


@pytest.fixture
def infusion() -> Any:
    return make_infusion(started_at=START)


@pytest.fixture
def ehr(infusion: Any) -> Any:
    return make_integration(infusion.site)


def reading(infusion: Any, number: int = 0, **values: Any) -> ReadingIn:
    given = {"infusion": infusion.uuid, "measured_at": NOW - minutes(number), "heart_rate_bpm": Decimal(80)}
    return ReadingIn(**(given | values))


def send(actor: Any, *rows: Any, mode: Any = "atomic") -> Any:
    return services.record_vitals_bulk(actor, rows, mode, now=NOW)


def test_a_batch_is_stored_with_one_version_per_infusion(ehr: Any, infusion: Any) -> None:
    other = make_infusion(site=infusion.site, started_at=START)
    answer = send(ehr, *(reading((infusion, other)[number % 2], number) for number in range(10)))
    assert (answer.created, answer.infusion_ids) == (10, (infusion.pk, other.pk))
    assert set(Record.objects.values_list("version", flat=True)) == {1}
    changes = RecordChange.objects.filter(infusion=infusion, version=1, table_name="tracker_vitalsigns")
    assert set(changes.values_list("row_id", flat=True)) == set(
        VitalSigns.objects.filter(infusion=infusion).values_list("pk", flat=True)
    )
    assert [str(row.uuid) for row in answer.rows] == [
        str(uuid) for uuid in VitalSigns.objects.order_by("pk").values_list("uuid", flat=True)
    ]


def test_a_batch_stores_what_a_single_reading_would(ehr: Any, infusion: Any) -> None:
    sent = reading(
        infusion,
        temperature_f=Decimal("100.4"),
        temperature_site="oral",
        systolic_mmhg=Decimal(70),
        diastolic_mmhg=Decimal(90),
        spo2_percent=Decimal(130),
        oxygen_device="nasal_cannula",
        oxygen_flow_l_min=Decimal("2.5"),
        consciousness="A",
        rigors="mild",
        symptoms=["dizziness"],
        concern="tab\tnewline\n back\\slash “quotes” \\N",
        absent={"map_mmhg": "device_fault"},
        note="ü",
    )
    send(ehr, sent)
    services.record_vitals(make_integration(infusion.site, "other"), infusion, sent, now=NOW)
    copied, single = VitalSigns.objects.order_by("pk")
    own = {"id", "uuid", "client_id", "source_id", "_state", "xid"}
    assert {name: value for name, value in vars(copied).items() if name not in own} == {
        name: value for name, value in vars(single).items() if name not in own
    }
    assert copied.symptom_reports.count() == single.symptom_reports.count() == 1


def test_a_repeated_batch_answers_the_first_rows_and_changes_nothing(ehr: Any, infusion: Any) -> None:
    rows = [reading(infusion, number, source_id=f"m{number}") for number in range(5)]
    first = send(ehr, *rows)
    again = send(ehr, *rows)
    assert (again.created, again.infusion_ids) == (0, ())
    assert [row.uuid for row in again.rows] == [row.uuid for row in first.rows]
    assert Record.objects.get(infusion=infusion).version == 1


def test_a_row_that_comes_twice_in_a_batch_is_stored_once(ehr: Any, infusion: Any) -> None:
    answer = send(ehr, reading(infusion, source_id="m1"), reading(infusion, source_id="m1"))
    assert [row.created for row in answer.rows] == [True, False]
    assert answer.rows[0].uuid == answer.rows[1].uuid


def test_a_corrected_row_amends_and_a_conflicting_one_is_kept(ehr: Any, infusion: Any) -> None:
    send(ehr, reading(infusion, source_id="m1"), reading(infusion, 1, source_id="m2"))
    answer = send(
        ehr,
        reading(infusion, source_id="m1", heart_rate_bpm=Decimal(90), corrected=True),
        reading(infusion, 1, source_id="m2", heart_rate_bpm=Decimal(91)),
        reading(infusion, 2, source_id="m3"),
    )
    assert [row.created for row in answer.rows] == [True, False, True]
    assert [error.code for error in answer.rows[1].errors] == ["conflict"]
    assert sorted(VitalSigns.objects.current().values_list("heart_rate_bpm", flat=True)) == [80, 80, 90]
    assert KeptMessage.objects.get().kind == "conflict"


def test_atomic_stores_nothing_when_one_row_cannot_be_read_and_names_each_fault(
    ehr: Any, infusion: Any
) -> None:
    unread = FieldError("/measured_at", "offset_missing", "…")
    with pytest.raises(Refused) as refusal:
        send(ehr, reading(infusion), unread, reading(infusion, -6))
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/readings/1/measured_at", "offset_missing"),
        ("/readings/2/measured_at", "in_the_future"),
    ]
    assert not VitalSigns.objects.exists()


def test_each_stores_the_readable_rows_and_names_the_rest(ehr: Any, infusion: Any) -> None:
    answer = send(ehr, reading(infusion), reading(infusion, -6), mode="each")
    assert [(row.created, len(row.errors)) for row in answer.rows] == [(True, 0), (False, 1)]


def test_one_bad_part_costs_that_part_alone(ehr: Any, infusion: Any) -> None:
    mapping = {"infusion": infusion.uuid, "measured_at": NOW, "heart_rate_bpm": "fast", "spo2_percent": 97}
    answer = send(ehr, reading(infusion, temperature_c=Decimal(-17)), mapping)
    assert [[each.field for each in row.warnings] for row in answer.rows] == [
        ["temperature_c"],
        ["heart_rate_bpm"],
    ]
    assert VitalSigns.objects.filter(absent__has_key="heart_rate_bpm").get().raw == {"heart_rate_bpm": "fast"}


def test_symptoms_of_a_batch_become_rows_of_their_sets(ehr: Any, infusion: Any) -> None:
    answer = send(ehr, reading(infusion, symptoms=["chills", "nausea"]))
    assert SymptomReport.objects.filter(vital_signs__uuid=answer.rows[0].uuid).count() == 2
    assert RecordChange.objects.filter(version=1).count() == 3


def test_rows_of_a_cancelled_infusion_and_of_another_site_are_refused(ehr: Any, infusion: Any) -> None:
    cancelled = make_infusion(site=infusion.site, phase="cancelled")
    foreign = make_infusion(site=make_site(), started_at=START)
    answer = send(ehr, reading(cancelled), reading(foreign), reading(infusion), mode="each")
    assert [[error.code for error in row.errors] for row in answer.rows] == [["cancelled"], ["unknown"], []]


def test_readings_outside_every_watch_are_stored_with_a_warning(ehr: Any, infusion: Any) -> None:
    answer = send(ehr, reading(infusion, 60 * 12))
    assert (answer.rows[0].watched, [each.code for each in answer.rows[0].warnings]) == (False, ["unwatched"])


def test_more_than_five_thousand_rows_are_refused(ehr: Any, infusion: Any) -> None:
    with pytest.raises(Refused):
        send(ehr, *[reading(infusion)] * 5001)


def test_the_author_of_a_copied_row_is_the_person_who_sent_it(infusion: Any) -> None:
    nurse = make_actor(Role.NURSE, infusion.site)
    send(nurse, reading(infusion))
    row = VitalSigns.objects.get()
    assert (row.author, row.client) == (nurse.user, nurse.client)


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
    ehr: Any, infusion: Any, django_assert_max_num_queries: Any
) -> None:
    rows = [reading(infusion, number, source_id=f"m{number}") for number in range(300)]
    with django_assert_max_num_queries(11):
        send(ehr, *rows)


VALUE = st.none() | st.decimals(min_value=-10, max_value=400, places=2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUE, VALUE, VALUE, VALUE), min_size=1, max_size=8))
def test_whatever_numbers_a_machine_sends_no_number_is_changed(
    ehr: Any, infusion: Any, numbers: list[tuple[Any, ...]]
) -> None:
    names = ("temperature_c", "systolic_mmhg", "diastolic_mmhg", "heart_rate_bpm")
    rows = [
        reading(infusion, index, consciousness="A", **dict(zip(names, each, strict=True)))
        for index, each in enumerate(numbers)
    ]
    answer = send(ehr, *rows)
    for sent, got in zip(rows, answer.rows, strict=True):
        row = VitalSigns.objects.get(uuid=got.uuid)
        for name in names:
            number, stored = getattr(sent, name), getattr(row, name)
            assert stored == number or (stored is None and row.absent[name] == "implausible")


def test_json_is_read_with_its_digits() -> None:
    sent = msgspec.json.decode(
        b'{"measured_at":"2026-03-03T14:00:00+01:00","temperature_c":38.50}', type=ReadingIn
    )
    assert str(sent.temperature_c) == "38.50"
