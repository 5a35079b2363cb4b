"""A set of vital signs: what is kept, what is asked, what is refused, and what comes back on a repeat."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.permissions import NotPermitted, Role
from tests.builders import (
    NOW,
    make_actor,
    make_infusion,
    make_integration,
    make_site,
    make_subject,
    minutes,
)
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.models import KeptMessage, Record, RecordChange, SymptomReport, VitalSigns
from tracker.signals import record_changed

pytestmark = pytest.mark.django_db

START = NOW - timedelta(hours=1)


@pytest.fixture
def infusion() -> Any:
    return make_infusion(started_at=START)


@pytest.fixture
def nurse(infusion: Any) -> Any:
    return make_actor(Role.NURSE, infusion.site)


@pytest.fixture
def ehr(infusion: Any) -> Any:
    return make_integration(infusion.site)


def record(actor: Any, infusion: Any, at: datetime = NOW, now: datetime = NOW, **values: Any) -> Any:
    return services.record_vitals(actor, infusion, {"measured_at": at} | values, now=now)


def faults(actor: Any, infusion: Any, **values: Any) -> dict[str, tuple[str, str | None]]:
    with pytest.raises(Refused) as refusal:
        record(actor, infusion, **values)
    return {error.field: (error.code, error.suggestion) for error in refusal.value.errors}


def test_a_set_is_stored_with_its_author_its_two_clocks_and_what_was_typed(nurse: Any, infusion: Any) -> None:
    answer = record(nurse, infusion, at=NOW - minutes(20), temperature_c="38,50", systolic_mmhg="112")
    row = VitalSigns.objects.get(pk=answer.row.pk)
    assert answer.created
    assert answer.watched
    assert (row.author, row.client) == (nurse.user, nurse.client)
    assert (row.measured_at, row.recorded_at) == (NOW - minutes(20), NOW)
    assert (row.temperature_typed, row.temperature_unit) == ("38,50", "C")
    assert row.temperature_c == Decimal("38.5")
    assert row.systolic_mmhg == 112


def test_fahrenheit_is_kept_as_typed_and_read_in_celsius(nurse: Any, infusion: Any) -> None:
    row = record(nurse, infusion, temperature_f="100.4").row
    assert (row.temperature_typed, row.temperature_unit, row.temperature_c) == ("100.4", "F", Decimal("38.0"))


def test_a_value_is_not_cut_by_its_column(ehr: Any, infusion: Any) -> None:
    row = record(ehr, infusion, temperature_c=Decimal("36.55556")).row
    assert VitalSigns.objects.get(pk=row.pk).temperature_c == Decimal("36.55556")


def test_the_senders_offset_is_kept(nurse: Any, infusion: Any) -> None:
    at = datetime.fromisoformat("2026-03-03T15:00:00+01:00")
    row = record(nurse, infusion, at=at, heart_rate_bpm=80).row
    assert (row.measured_at, row.measured_offset_min) == (NOW.replace(tzinfo=UTC), 60)


def test_two_pressures_in_one_field_are_split(nurse: Any, infusion: Any) -> None:
    row = record(nurse, infusion, systolic_mmhg="120/80").row
    assert (row.systolic_mmhg, row.diastolic_mmhg, row.raw) == (120, 80, {"systolic_mmhg": "120/80"})


class TestAForm:
    def test_refuses_fahrenheit_in_the_celsius_field_and_says_what_was_meant(
        self, nurse: Any, infusion: Any
    ) -> None:
        assert faults(nurse, infusion, temperature_c="100.4") == {
            "temperature_c": ("did_you_mean", "100.4 °F")
        }
        assert not VitalSigns.objects.exists()

    def test_refuses_a_missing_point_and_says_what_was_meant(self, nurse: Any, infusion: Any) -> None:
        assert faults(nurse, infusion, temperature_c="385") == {"temperature_c": ("did_you_mean", "38.5")}

    def test_names_every_field_at_fault_at_once(self, nurse: Any, infusion: Any) -> None:
        named = faults(nurse, infusion, systolic_mmhg="301", spo2_percent="101", heart_rate_bpm="abc")
        assert named == {
            "systolic_mmhg": ("beyond_hard_limit", None),
            "spo2_percent": ("impossible", None),
            "heart_rate_bpm": ("not_a_number", None),
        }

    def test_stores_a_value_beyond_the_hard_limit_that_was_verified_on_repeat(
        self, nurse: Any, infusion: Any
    ) -> None:
        row = record(nurse, infusion, systolic_mmhg="28", verified=["systolic_mmhg"]).row
        assert (row.systolic_mmhg, row.verified) == (28, ["systolic_mmhg"])

    def test_asks_once_about_a_soft_limit(self, nurse: Any, infusion: Any) -> None:
        assert faults(nurse, infusion, systolic_mmhg="62") == {"systolic_mmhg": ("confirm", None)}
        assert (
            record(nurse, infusion, systolic_mmhg="62", confirmed=["systolic_mmhg"]).row.systolic_mmhg == 62
        )

    def test_asks_once_about_crossed_pressures_and_marks_them(self, nurse: Any, infusion: Any) -> None:
        assert faults(nurse, infusion, systolic_mmhg=80, diastolic_mmhg=80) == {
            "diastolic_mmhg": ("crossed", None)
        }
        row = record(nurse, infusion, systolic_mmhg=80, diastolic_mmhg=80, confirmed=["diastolic_mmhg"]).row
        assert row.crossed

    def test_refuses_a_pulse_of_zero_without_an_arrest(self, nurse: Any, infusion: Any) -> None:
        assert faults(nurse, infusion, heart_rate_bpm=0) == {"heart_rate_bpm": ("beyond_hard_limit", None)}
        row = record(nurse, infusion, heart_rate_bpm=0, arrest=True).row
        assert (row.heart_rate_bpm, row.verified) == (0, ["heart_rate_bpm"])

    def test_takes_an_unrecordable_pressure_alone(self, nurse: Any, infusion: Any) -> None:
        assert record(nurse, infusion, bp_unrecordable=True).row.bp_unrecordable

    def test_keeps_the_reason_of_a_blank_part(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, heart_rate_bpm=80, absent={"temperature_c": "refused"}).row
        assert row.absent == {"temperature_c": "refused"}

    def test_refuses_an_empty_set(self, nurse: Any, infusion: Any) -> None:
        with pytest.raises(Refused) as refusal:
            record(nurse, infusion)
        assert [error.code for error in refusal.value.errors] == ["empty"]


class TestAMachine:
    def test_never_loses_a_set_for_one_bad_part(self, ehr: Any, infusion: Any) -> None:
        answer = record(ehr, infusion, temperature_c="100.4", systolic_mmhg="low", heart_rate_bpm=88)
        row = answer.row
        assert row.heart_rate_bpm == 88
        assert (row.temperature_c, row.systolic_mmhg) == (None, None)
        assert row.absent == {"temperature_c": "implausible", "systolic_mmhg": "implausible"}
        assert row.raw == {"temperature_c": "100.4 °C", "systolic_mmhg": "low"}
        assert {(each.field, each.code) for each in answer.warnings} == {
            ("temperature_c", "implausible"),
            ("systolic_mmhg", "implausible"),
        }

    def test_is_not_asked_about_soft_limits(self, ehr: Any, infusion: Any) -> None:
        answer = record(ehr, infusion, systolic_mmhg=62)
        assert answer.row.systolic_mmhg == 62
        assert [(each.field, each.code) for each in answer.warnings] == [("systolic_mmhg", "confirm")]

    def test_has_its_crossed_pressures_marked(self, ehr: Any, infusion: Any) -> None:
        assert record(ehr, infusion, systolic_mmhg=70, diastolic_mmhg=90).row.crossed

    def test_may_send_a_symptom_that_we_do_not_know(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, heart_rate_bpm=80, symptoms=["hiccups"])
        symptom = SymptomReport.objects.get()
        assert (symptom.kind, symptom.note) == ("other", "hiccups")

    def test_sends_nan_and_loses_that_part_alone(self, ehr: Any, infusion: Any) -> None:
        row = record(ehr, infusion, heart_rate_bpm=Decimal("NaN"), spo2_percent=97).row
        assert (row.heart_rate_bpm, row.spo2_percent) == (None, 97)


class TestRepeats:
    def test_the_same_message_again_answers_the_first_row(self, ehr: Any, infusion: Any) -> None:
        first = record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        again = record(ehr, infusion, source_id="m1", heart_rate_bpm=Decimal("80.0"), now=NOW + minutes(9))
        assert (again.created, again.row.pk, again.infusion_ids) == (False, first.row.pk, ())
        assert infusion.record.version == 0
        assert Record.objects.get(infusion=infusion).version == 1

    def test_the_same_key_with_other_content_is_a_conflict(self, ehr: Any, infusion: Any) -> None:
        first = record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        with pytest.raises(Conflict) as conflict:
            record(ehr, infusion, source_id="m1", heart_rate_bpm=81)
        assert conflict.value.first == first.row

    def test_a_corrected_message_amends(self, ehr: Any, infusion: Any) -> None:
        first = record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        second = record(ehr, infusion, source_id="m1", heart_rate_bpm=81, corrected=True)
        assert second.row.amends == first.row
        assert second.row.source_version == 2
        assert list(VitalSigns.objects.current()) == [second.row]

    def test_a_repeat_is_found_along_the_whole_chain(self, ehr: Any, infusion: Any) -> None:
        first = record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        record(ehr, infusion, source_id="m1", heart_rate_bpm=81, corrected=True)
        assert record(ehr, infusion, source_id="m1", heart_rate_bpm=80).row == first.row
        assert VitalSigns.objects.count() == 2

    def test_a_higher_version_amends(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", source_version=3, heart_rate_bpm=80)
        record(ehr, infusion, source_id="m1", source_version=5, heart_rate_bpm=90)
        assert [row.source_version for row in VitalSigns.objects.current()] == [5]

    def test_a_version_may_return_to_what_was_said_before(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", source_version=1, heart_rate_bpm=80)
        record(ehr, infusion, source_id="m1", source_version=2, heart_rate_bpm=90)
        record(ehr, infusion, source_id="m1", source_version=3, heart_rate_bpm=80)
        assert VitalSigns.objects.current().get().heart_rate_bpm == 80

    def test_an_older_version_is_kept_and_changes_nothing(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", source_version=2, heart_rate_bpm=80)
        late = record(ehr, infusion, source_id="m1", source_version=1, heart_rate_bpm=70)
        assert not late.created
        assert [each.code for each in late.warnings] == ["superseded"]
        kept = KeptMessage.objects.get()
        assert (kept.kind, kept.client) == ("superseded", ehr.client)
        assert '"heart_rate_bpm":"70"' in kept.body
        assert VitalSigns.objects.get().heart_rate_bpm == 80

    def test_an_older_correction_by_message_time_is_kept(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", heart_rate_bpm=80, sent_at=NOW)
        late = record(
            ehr, infusion, source_id="m1", heart_rate_bpm=70, sent_at=NOW - minutes(1), corrected=True
        )
        assert [each.code for each in late.warnings] == ["superseded"]

    def test_another_senders_ids_are_its_own(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        record(make_integration(infusion.site, "monitor"), infusion, source_id="m1", heart_rate_bpm=90)
        assert VitalSigns.objects.count() == 2

    def test_the_same_key_for_another_patient_is_a_conflict(self, ehr: Any, infusion: Any) -> None:
        record(ehr, infusion, source_id="m1", heart_rate_bpm=80)
        other = make_infusion(site=infusion.site, started_at=START)
        with pytest.raises(Conflict):
            record(ehr, other, source_id="m1", heart_rate_bpm=80)


class TestTheWindow:
    def test_both_ends_are_watched(self, nurse: Any) -> None:
        ended = make_infusion(
            make_subject(site=nurse_site(nurse)),
            started_at=NOW - timedelta(hours=50),
            stopped_at=NOW - timedelta(hours=48),
        )
        assert record(nurse, ended, at=NOW, heart_rate_bpm=80).watched
        assert record(nurse, ended, at=NOW - timedelta(hours=50), heart_rate_bpm=80).watched

    def test_outside_it_a_reading_is_stored_unwatched_with_a_warning(self, nurse: Any) -> None:
        ended = make_infusion(
            make_subject(site=nurse_site(nurse)),
            started_at=NOW - timedelta(hours=51),
            stopped_at=NOW - timedelta(hours=49),
        )
        answer = record(nurse, ended, heart_rate_bpm=80)
        assert not answer.watched
        assert [each.code for each in answer.warnings] == ["unwatched"]

    def test_the_hour_before_the_start_is_baseline_and_no_warning(self, nurse: Any, infusion: Any) -> None:
        answer = record(nurse, infusion, at=START - minutes(60), heart_rate_bpm=80)
        assert (answer.watched, answer.warnings) == (False, ())

    def test_more_than_five_minutes_ahead_is_refused(self, nurse: Any, infusion: Any) -> None:
        record(nurse, infusion, at=NOW + minutes(5), heart_rate_bpm=80)
        with pytest.raises(Refused) as refusal:
            record(nurse, infusion, at=NOW + minutes(5.1), heart_rate_bpm=80)
        assert [(error.field, error.code) for error in refusal.value.errors] == [
            ("measured_at", "in_the_future")
        ]

    def test_a_time_without_a_zone_is_refused(self, nurse: Any, infusion: Any) -> None:
        with pytest.raises(Refused) as refusal:
            record(nurse, infusion, at=NOW.replace(tzinfo=None), heart_rate_bpm=80)
        assert [(error.field, error.code) for error in refusal.value.errors] == [
            ("measured_at", "offset_missing")
        ]

    def test_a_cancelled_infusion_takes_no_readings(self, nurse: Any) -> None:
        cancelled = make_infusion(make_subject(site=nurse_site(nurse)), phase="cancelled")
        with pytest.raises(Unprocessable):
            record(nurse, cancelled, heart_rate_bpm=80)

    def test_a_reading_bumps_every_infusion_that_watches_it(self, nurse: Any) -> None:
        subject = make_subject(site=nurse_site(nurse))
        first = make_infusion(
            subject, started_at=NOW - timedelta(hours=30), stopped_at=NOW - timedelta(hours=29)
        )
        second = make_infusion(subject, started_at=START)
        third = make_infusion(subject)
        answer = record(nurse, second, heart_rate_bpm=80)
        assert answer.infusion_ids == (first.pk, second.pk)
        versions = Record.objects.filter(infusion__subject=subject).order_by("pk")
        assert [each.version for each in versions] == [1, 1, 0]
        assert record(nurse, third, heart_rate_bpm=82).infusion_ids == (first.pk, second.pk, third.pk)


def nurse_site(nurse: Any) -> Any:
    return nurse.client.site


def test_each_version_names_its_rows(nurse: Any, infusion: Any) -> None:
    row = record(nurse, infusion, heart_rate_bpm=80, symptoms=["dizziness", "chills"]).row
    changes = RecordChange.objects.filter(infusion=infusion)
    assert {(each.version, each.table_name) for each in changes} == {
        (1, "tracker_vitalsigns"),
        (1, "tracker_symptomreport"),
    }
    assert changes.count() == 3
    assert changes.get(table_name="tracker_vitalsigns").row_id == row.pk


def test_listeners_are_told_after_commit(
    nurse: Any, infusion: Any, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[tuple[int, ...]] = []

    def listen(infusion_ids: tuple[int, ...], **_: Any) -> None:
        told.append(infusion_ids)

    record_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            record(nurse, infusion, heart_rate_bpm=80)
            assert told == []
    finally:
        record_changed.disconnect(listen)
    assert told == [(infusion.pk,)]


class TestCorrections:
    def test_an_amendment_replaces_what_it_names_and_keeps_the_rest(self, nurse: Any, infusion: Any) -> None:
        first = record(nurse, infusion, temperature_c="38,5", heart_rate_bpm=80).row
        second = services.amend(
            nurse, first, {"temperature_c": "36,5"}, reason="typing error", now=NOW + minutes(2)
        ).row
        assert (second.temperature_c, second.temperature_typed) == (Decimal("36.5"), "36,5")
        assert (second.heart_rate_bpm, second.measured_at) == (80, first.measured_at)
        assert (second.amends, second.reason, second.first_id) == (first, "typing error", first.pk)
        assert Record.objects.get(infusion=infusion).version == 2

    def test_a_correction_needs_a_reason(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, heart_rate_bpm=80).row
        for correct in (
            lambda: services.amend(nurse, row, {"heart_rate_bpm": 90}, reason=" ", now=NOW),
            lambda: services.void(nurse, row, reason="", now=NOW),
        ):
            with pytest.raises(Refused):
                correct()

    def test_only_what_stands_is_corrected(self, nurse: Any, infusion: Any) -> None:
        first = record(nurse, infusion, heart_rate_bpm=80).row
        services.amend(nurse, first, {"heart_rate_bpm": 90}, reason="typing error", now=NOW)
        with pytest.raises(Unprocessable):
            services.amend(nurse, first, {"heart_rate_bpm": 95}, reason="typing error", now=NOW)

    def test_nothing_changed_is_no_new_row(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, heart_rate_bpm=80, symptoms=["chills"]).row
        assert not services.amend(nurse, row, {"heart_rate_bpm": 80}, reason="same", now=NOW).created

    def test_an_amendment_is_asked_only_about_what_it_changes(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, systolic_mmhg=62, confirmed=["systolic_mmhg"]).row
        amended = services.amend(nurse, row, {"heart_rate_bpm": 80}, reason="forgotten", now=NOW).row
        assert amended.systolic_mmhg == 62
        with pytest.raises(Refused):
            services.amend(nurse, amended, {"systolic_mmhg": 61}, reason="typing error", now=NOW)

    def test_the_unit_of_a_temperature_can_be_corrected(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, temperature_c="38.5", temperature_site="oral").row
        amended = services.amend(nurse, row, {"temperature_f": "99.5"}, reason="unit", now=NOW).row
        assert (amended.temperature_unit, amended.temperature_c) == ("F", Decimal("37.5"))
        assert amended.temperature_site == "oral"

    def test_a_void_carries_no_values_and_nothing_stands(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, temperature_c="38.5", symptoms=["chills"]).row
        voided = services.void(nurse, row, reason="wrong patient", now=NOW).row
        assert (voided.void, voided.temperature_c, voided.reason) == (True, None, "wrong patient")
        assert not VitalSigns.objects.current().exists()
        assert not SymptomReport.objects.current().exists()

    def test_the_symptoms_of_a_set_are_corrected_with_it(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, heart_rate_bpm=80, symptoms=["chills", "nausea"]).row
        amended = services.amend(nurse, row, {"symptoms": ["chills", "rash"]}, reason="misheard", now=NOW).row
        standing = SymptomReport.objects.current().order_by("kind")
        assert [(each.kind, each.vital_signs) for each in standing] == [
            ("chills", amended),
            ("rash", amended),
        ]

    def test_a_moved_reading_is_noted_from_its_earlier_time(self, nurse: Any, infusion: Any) -> None:
        row = record(nurse, infusion, heart_rate_bpm=80).row
        services.amend(nurse, row, {"measured_at": NOW - minutes(30)}, reason="wrong time", now=NOW)
        services.amend(
            nurse, VitalSigns.objects.current().get(), {"measured_at": NOW}, reason="right time", now=NOW
        )
        moments = RecordChange.objects.order_by("version").values_list("measured_at", flat=True)
        assert list(moments) == [NOW, NOW - minutes(30), NOW - minutes(30)]

    def test_somebody_else_corrects_a_machine_and_the_machine_corrects_again(
        self, nurse: Any, ehr: Any, infusion: Any
    ) -> None:
        row = record(ehr, infusion, source_id="m1", heart_rate_bpm=80).row
        mine = services.amend(nurse, row, {"heart_rate_bpm": 85}, reason="felt it", now=NOW).row
        assert (mine.author, mine.client) == (nurse.user, nurse.client)
        theirs = record(ehr, infusion, source_id="m1", heart_rate_bpm=86, corrected=True).row
        assert theirs.amends == mine


class TestWhoMay:
    def test_a_nurse_of_the_site_may(self, nurse: Any, infusion: Any) -> None:
        assert record(nurse, infusion, heart_rate_bpm=80).created

    def test_a_nurse_of_another_site_may_not(self, infusion: Any) -> None:
        with pytest.raises(NotPermitted):
            record(make_actor(Role.NURSE, make_site()), infusion, heart_rate_bpm=80)

    def test_an_auditor_reads_but_does_not_write(self, nurse: Any, infusion: Any) -> None:
        auditor = make_actor(Role.AUDITOR, infusion.site)
        record(nurse, infusion, heart_rate_bpm=80)
        with pytest.raises(NotPermitted):
            record(auditor, infusion, heart_rate_bpm=80)
        assert VitalSigns.objects.visible_to(auditor).count() == 1

    def test_another_sites_rows_are_simply_not_there(self, nurse: Any, infusion: Any) -> None:
        record(nurse, infusion, heart_rate_bpm=80)
        assert not VitalSigns.objects.visible_to(make_actor(Role.NURSE, make_site())).exists()
        assert not VitalSigns.objects.visible_to(make_actor(Role.WALL_DISPLAY, infusion.site)).exists()

    def test_a_member_of_one_study_sees_that_studys_rows(self, nurse: Any, infusion: Any) -> None:
        other = make_infusion(site=infusion.site, started_at=START)
        record(nurse, infusion, heart_rate_bpm=80)
        record(nurse, other, heart_rate_bpm=90)
        member = make_actor(Role.INVESTIGATOR, infusion.site, study=infusion.study)
        assert [row.heart_rate_bpm for row in VitalSigns.objects.visible_to(member)] == [80]


def test_one_set_costs_few_queries(nurse: Any, infusion: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10):
        record(nurse, infusion, heart_rate_bpm=80, source_id="form-1")
