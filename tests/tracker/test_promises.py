"""What the database itself holds to, whoever asks."""

import threading
from datetime import timedelta
from typing import Any

import pghistory
import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from accounts.permissions import Role
from accounts.trail import append_only_models
from tests.builders import (
    NOW,
    make_actor,
    make_infusion,
    make_integration,
    make_patient,
    make_subject,
    record_set,
)
from tracker import services
from tracker.models import OBSERVED, Infusion, Patient, Record, RecordChange, Subject, VitalSigns

START = NOW - timedelta(hours=1)

UNTRACKED = {"Record", "IdempotencyKey"}


def tables() -> list[type[models.Model]]:
    from django.apps import apps

    return [
        model for model in apps.get_app_config("tracker").get_models() if not model.__name__.endswith("Trail")
    ]


def refused() -> Any:
    return pytest.raises(DatabaseError)


@pytest.mark.django_db
class TestConstraints:
    def test_one_running_infusion_per_patient(self) -> None:
        subject = make_subject()
        make_infusion(subject, started_at=START)
        with pytest.raises(IntegrityError, match="one_running_infusion_per_patient"), transaction.atomic():
            make_infusion(subject, started_at=NOW + timedelta(days=30))

    def test_infusions_of_a_patient_in_two_studies_do_not_overlap_either(self) -> None:
        first = make_subject()
        make_infusion(first, started_at=START, stopped_at=NOW)
        second = make_subject(patient=first.patient)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_infusion(second, started_at=START + timedelta(minutes=1), stopped_at=NOW)
        make_infusion(second, started_at=NOW, stopped_at=NOW + timedelta(hours=1))

    def test_two_patients_may_run_at_the_same_time(self) -> None:
        make_infusion(started_at=START)
        make_infusion(started_at=START)

    def test_a_stop_is_not_before_its_start(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            make_infusion(started_at=NOW, stopped_at=START)

    def test_an_infusion_is_of_its_subjects_patient(self) -> None:
        infusion = make_infusion()
        Infusion.objects.filter(pk=infusion.pk).update(patient=make_patient(infusion.site))
        with pytest.raises(IntegrityError, match="an_infusion_is_of_its_subjects_patient"):
            connection.check_constraints()

    def test_a_reading_is_of_its_infusions_patient(self) -> None:
        infusion = make_infusion(started_at=START)
        row = record_set(infusion, NOW, heart_rate_bpm=80)
        row.pk, row.source_id = None, "other"
        row.uuid = make_patient(infusion.site).uuid
        row.patient = make_patient(infusion.site)
        row.save(force_insert=True)
        with pytest.raises(IntegrityError, match="vitalsigns_is_of_its_infusions_patient"):
            connection.check_constraints()

    def test_a_row_is_amended_once(self) -> None:
        infusion = make_infusion(started_at=START)
        row = record_set(infusion, NOW, heart_rate_bpm=80)
        nurse = make_actor(Role.NURSE, infusion.site)
        second = services.amend(nurse, row, {"heart_rate_bpm": 81}, reason="typing error", now=NOW).row
        second.pk, second.source_id = None, "another"
        second.uuid = make_patient(infusion.site).uuid
        with pytest.raises(IntegrityError, match="amends"), transaction.atomic():
            second.save(force_insert=True)

    def test_a_message_and_version_is_one_row(self) -> None:
        infusion = make_infusion(started_at=START)
        row = record_set(infusion, NOW, heart_rate_bpm=80, source_id="m1")
        row.pk, row.uuid = None, make_patient(infusion.site).uuid
        with pytest.raises(IntegrityError, match="one_vitalsigns_per_message"), transaction.atomic():
            row.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [*OBSERVED, RecordChange], ids=lambda model: model.__name__)
def test_a_trigger_refuses_update_and_delete(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgtype & 16 > 0, tgtype & 8 > 0 FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND tgname LIKE 'pgtrigger_append_only%%'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)


@pytest.mark.django_db
def test_the_application_may_neither_change_nor_remove_a_reading() -> None:
    row = record_set(make_infusion(started_at=START), NOW, heart_rate_bpm=80)
    with refused(), transaction.atomic():
        VitalSigns.objects.filter(pk=row.pk).update(heart_rate_bpm=70)
    with refused(), transaction.atomic():
        VitalSigns.objects.filter(pk=row.pk)._raw_delete("default")
    with refused(), transaction.atomic():
        RecordChange.objects.update(version=9)


@pytest.mark.django_db
@pytest.mark.as_owner
def test_nor_may_the_owner() -> None:
    row = record_set(make_infusion(started_at=START), NOW, heart_rate_bpm=80)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        VitalSigns.objects.filter(pk=row.pk).update(heart_rate_bpm=70)


def test_every_table_is_append_only_or_tracked() -> None:
    from django.apps import apps

    tracked = {
        getattr(each, "pgh_tracked_model", None) for each in apps.get_app_config("tracker").get_models()
    }
    kept = tracked | set(append_only_models())
    assert {model.__name__ for model in tables() if model not in kept} == UNTRACKED


def test_nothing_is_deleted_along_with_something_else() -> None:
    for model in tables():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                assert field.remote_field.on_delete is models.PROTECT, f"{model.__name__}.{field.name}"


@pytest.mark.django_db
def test_no_column_of_time_has_a_default_of_the_databases_clock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_name LIKE 'tracker%%'"
            " AND column_default ~* 'now|current_timestamp|clock'"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_each_list_has_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'tracker%%'")
        indexes = " ".join(row[0] for row in cursor.fetchall())
    for model in OBSERVED:
        table = model._meta.db_table
        assert f"{table} USING btree (infusion_id, measured_at)" in indexes
        assert f"{table} USING btree (patient_id, measured_at)" in indexes
    assert "tracker_record_change USING btree (infusion_id, version)" in indexes


@pytest.mark.django_db
def test_the_trail_names_the_actor_of_a_change() -> None:
    nurse = make_actor(Role.NURSE, make_infusion().site)
    with pghistory.context(actor=nurse.label):
        patient = services.create_patient(nurse, nurse.client.site, now=NOW, birth_year=1980)
        services.update_patient(nurse, patient, now=NOW, allergies="penicillin")
    first, second = Patient.trail_events.rel.related_model.objects.filter(pgh_obj=patient).order_by("pgh_id")
    assert (first.pgh_label, second.pgh_label) == ("insert", "update")
    assert second.allergies == "penicillin"
    assert second.pgh_context.metadata["actor"] == nurse.label


@pytest.mark.django_db(transaction=True)
def test_eight_parallel_identical_posts_are_one_row() -> None:
    infusion = make_infusion(started_at=START)
    ehr = make_integration(infusion.site)
    answers: list[Any] = []
    barrier = threading.Barrier(8)

    def post() -> None:
        try:
            barrier.wait(60)
            values = {"measured_at": NOW, "temperature_c": "39.1", "source_id": "m1"}
            answers.append(services.record_vitals(ehr, infusion, values, now=NOW))
        except Exception as error:  # the assertion below shows it
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.created for answer in answers) == [False] * 7 + [True]
    assert len({answer.row.pk for answer in answers}) == 1
    assert VitalSigns.objects.count() == 1
    assert Record.objects.get(infusion=infusion).version == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_of_one_record_get_versions_without_gaps() -> None:
    infusion = make_infusion(started_at=START)
    ehr = make_integration(infusion.site)
    failed: list[BaseException] = []

    def post(number: int) -> None:
        try:
            for index in range(5):
                values = {"measured_at": NOW, "heart_rate_bpm": 60 + index, "source_id": f"{number}-{index}"}
                services.record_vitals(ehr, infusion, values, now=NOW)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    versions = RecordChange.objects.filter(infusion=infusion).values_list("version", flat=True)
    assert sorted(versions) == list(range(1, 21))
    assert Subject.objects.count() == 1
