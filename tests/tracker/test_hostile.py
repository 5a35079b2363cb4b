"""Whatever arrives at a door is stored, refused or answered; nothing makes the database stumble."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import Role
from tests.builders import NOW, make_actor, make_infusion, make_integration
from tracker import services
from tracker.errors import Refused
from tracker.ingest import InterventionIn, LabIn, ReadingIn, fault, numbers_of, read
from tracker.models import VitalSigns

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion() -> Any:
    return make_infusion(started_at=NOW - timedelta(hours=1))


@pytest.fixture
def ehr(infusion: Any) -> Any:
    return make_integration(infusion.site)


HUGE = ("1E+999999", "9.9E+999998", "-1E+400", "1E-400", "NaN", "sNaN", "-Infinity", "0E+999999")


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("field", sorted(numbers_of(ReadingIn)))
def test_a_number_that_nothing_measures_costs_that_part_alone(
    ehr: Any, infusion: Any, field: str, number: str
) -> None:
    values = {"measured_at": NOW, "consciousness": "A", field: Decimal(number), "verified": [field]}
    row = services.record_vitals(ehr, infusion, values, now=NOW).row
    kept = "temperature_c" if field == "temperature_f" else field
    assert (getattr(row, kept), row.absent[kept]) == (None, "implausible")


@pytest.mark.parametrize("number", HUGE)
def test_other_nouns_refuse_such_numbers(infusion: Any, number: str) -> None:
    nurse = make_actor(Role.NURSE, infusion.site)
    given = {"measured_at": NOW, "kind": "fluids", "amount": Decimal(number)}
    with pytest.raises(Refused):
        services.record_intervention(nurse, infusion, given, now=NOW)
    result = {"measured_at": NOW, "analyte": "CRP", "unit": "mg/L", "value": Decimal(number)}
    with pytest.raises(Refused):
        services.record_lab(nurse, infusion.patient, result, now=NOW)
    with pytest.raises(Refused):
        services.update_infusion(nurse, infusion, now=NOW, actual_cells_e9=Decimal(number))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_at_the_end_of_the_calendar_are_refused(ehr: Any, infusion: Any, moment: str) -> None:
    values = {"measured_at": datetime.fromisoformat(moment), "heart_rate_bpm": 80}
    with pytest.raises(Refused):
        services.record_vitals(ehr, infusion, values, now=NOW)
    answer = services.record_vitals_bulk(ehr, [values | {"infusion": infusion.uuid}], "each", now=NOW)
    assert answer.rows[0].errors


TEXT = st.text(max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    note=TEXT, concern=TEXT, typed=TEXT, symptom=TEXT, reason=TEXT, source=st.text(min_size=1, max_size=20)
)
def test_any_text_survives_both_ways_in(
    ehr: Any, infusion: Any, note: str, concern: str, typed: str, symptom: str, reason: str, source: str
) -> None:
    values = {
        "infusion": str(infusion.uuid),
        "measured_at": NOW.isoformat(),
        "heart_rate_bpm": 80,
        "spo2_percent": typed,
        "note": note,
        "concern": concern,
        "symptoms": [symptom],
        "absent": {"map_mmhg": reason},
    }
    values = json.loads(json.dumps(values))
    source = f"{VitalSigns.objects.count()}{source}"
    [copied] = services.record_vitals_bulk(ehr, [values | {"source_id": f"a{source}"}], "each", now=NOW).rows
    single = services.record_vitals(ehr, infusion, values | {"source_id": f"b{source}"}, now=NOW).row
    other = VitalSigns.objects.get(uuid=copied.uuid)
    names = ("note", "concern", "raw", "absent", "content_hash", "heart_rate_bpm")
    assert [getattr(other, name) for name in names] == [
        getattr(VitalSigns.objects.get(pk=single.pk), name) for name in names
    ]
    assert other.note == note.replace("\x00", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([field.name for field in msgspec.structs.fields(ReadingIn)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(FIELDS, JSON, max_size=6))
def test_any_json_is_stored_or_refused_by_element(ehr: Any, infusion: Any, values: dict[str, Any]) -> None:
    sent = {"measured_at": NOW, "infusion": infusion.uuid} | values
    answer = services.record_vitals_bulk(ehr, [sent], "each", now=NOW)
    assert answer.rows[0].uuid or all(error.pointer for error in answer.rows[0].errors)


@pytest.mark.parametrize(
    ("shape", "values", "pointer", "code"),
    [
        (ReadingIn, {}, "/measured_at", "required"),
        (ReadingIn, {"measured_at": NOW, "pulse": 1}, "/pulse", "unknown_field"),
        (ReadingIn, {"measured_at": "2026-03-03T14:00:00"}, "/measured_at", "offset_missing"),
        (ReadingIn, {"measured_at": NOW, "rigors": "some"}, "/rigors", "invalid"),
        (ReadingIn, {"measured_at": NOW, "symptoms": [1]}, "/symptoms/0", "invalid"),
        (ReadingIn, {"measured_at": NOW, "source_version": 2**40}, "/source_version", "invalid"),
        (InterventionIn, {"measured_at": NOW, "kind": "x" * 101}, "/kind", "invalid"),
        (LabIn, {"measured_at": NOW, "analyte": "CRP"}, "/unit", "required"),
    ],
)
def test_a_fault_names_its_element(shape: Any, values: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(values, shape)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [(pointer, code)]


def test_a_fault_in_a_json_body_is_named_too() -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(
            b'{"measured_at": "2026-03-03T14:00:00Z", "temperature_c": "warm"}', type=ReadingIn
        )
    assert fault(error.value).pointer == "/temperature_c"
    assert NOW.tzinfo is UTC
