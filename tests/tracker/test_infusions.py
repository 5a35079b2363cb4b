"""The life of an infusion: through its gates, one at a time, and its times follow from its events."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.actors import system_actor
from accounts.models import User
from accounts.permissions import Actor, NotPermitted, Role
from tests.builders import (
    NOW,
    make_actor,
    make_bag,
    make_infusion,
    make_integration,
    make_site,
    make_study,
    make_subject,
    make_user,
    minutes,
    record_set,
)
from tracker import services
from tracker.errors import AnotherIsRunning, GatesClosed, NotInThisPhase, Refused, Unprocessable
from tracker.gates import CHECK_AGE_MAX
from tracker.models import (
    EMERGENCY_DRUGS,
    Baseline,
    EventKind,
    GateOverride,
    Infusion,
    InfusionEvent,
    Phase,
    RecordChange,
    Study,
)
from tracker.services import Checked

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject() -> Any:
    return make_subject()


@pytest.fixture
def nurse(subject: Any) -> Any:
    return make_actor(Role.NURSE, subject.site)


@pytest.fixture
def infusion(subject: Any, nurse: Any) -> Any:
    return services.plan_infusion(nurse, subject, now=NOW, bag=make_bag(subject))


def start(actor: Any, infusion: Any, at: Any = NOW, **options: Any) -> Any:
    return services.start_infusion(actor, infusion, at=at, now=at, **options)


def test_a_planned_infusion_takes_the_studys_product_and_watch(infusion: Any, subject: Any) -> None:
    assert (infusion.number, infusion.phase, infusion.watch_hours) == (1, Phase.PLANNED, 48)
    assert infusion.product == subject.study.product
    assert infusion.record.version == 0


def test_the_life_from_start_to_end(nurse: Any, infusion: Any) -> None:
    seen = []
    at = NOW
    for happen, options in (
        (services.start_infusion, {}),
        (services.pause_infusion, {}),
        (services.resume_infusion, {}),
        (services.set_rate, {"rate_ml_per_h": Decimal(120)}),
        (services.stop_infusion, {"actual_cells_e9": Decimal("9.5")}),
        (services.discharge_infusion, {}),
        (services.readmit_infusion, {}),
        (services.end_infusion, {}),
    ):
        happened = happen(nurse, infusion, at=at, now=at, **options)
        seen.append(happened.infusion.phase)
        at += minutes(10)
    assert seen == [
        "infusing", "paused", "infusing", "infusing", "observing", "home", "observing", "ended",
    ]  # fmt: skip
    stored = Infusion.objects.get(pk=infusion.pk)
    assert (stored.started_at, stored.stopped_at) == (NOW, NOW + minutes(40))
    assert stored.actual_cells_e9 == Decimal("9.5")
    assert stored.watch_ends_at == NOW + minutes(40) + timedelta(hours=48)
    assert [each.code for each in happened.warnings] == ["before_watch_ends"]


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ([], "stop_infusion"),
        ([], "pause_infusion"),
        ([], "discharge_infusion"),
        (["start_infusion"], "start_infusion"),
        (["start_infusion"], "resume_infusion"),
        (["start_infusion"], "cancel_infusion"),
        (["start_infusion"], "end_infusion"),
        (["start_infusion", "stop_infusion", "end_infusion"], "readmit_infusion"),
        (["cancel_infusion"], "start_infusion"),
    ],
)
def test_what_the_table_does_not_have_cannot_happen(
    nurse: Any, infusion: Any, before: list[str], event: str
) -> None:
    at = NOW
    for each in before:
        getattr(services, each)(nurse, infusion, at=at, now=at)
        at += minutes(1)
    with pytest.raises(NotInThisPhase):
        getattr(services, event)(nurse, infusion, at=at, now=at)


def test_a_late_entered_event_takes_its_place_in_time(nurse: Any, infusion: Any) -> None:
    start(nurse, infusion)
    services.stop_infusion(nurse, infusion, at=NOW + minutes(60), now=NOW + minutes(60))
    services.pause_infusion(nurse, infusion, at=NOW + minutes(20), now=NOW + minutes(70))
    assert Infusion.objects.get(pk=infusion.pk).phase == Phase.OBSERVING
    with pytest.raises(NotInThisPhase):
        services.set_rate(
            nurse, infusion, at=NOW + minutes(30), now=NOW + minutes(70), rate_ml_per_h=Decimal(10)
        )


def test_a_stop_that_came_too_early_is_taken_back_by_resuming(nurse: Any, infusion: Any) -> None:
    start(nurse, infusion)
    services.stop_infusion(nurse, infusion, at=NOW + minutes(10), now=NOW + minutes(10))
    services.resume_infusion(nurse, infusion, at=NOW + minutes(12), now=NOW + minutes(12))
    assert Infusion.objects.get(pk=infusion.pk).stopped_at is None
    services.stop_infusion(nurse, infusion, at=NOW + minutes(30), now=NOW + minutes(30))
    assert Infusion.objects.get(pk=infusion.pk).stopped_at == NOW + minutes(30)


def test_the_same_event_sent_twice_happens_once(nurse: Any, infusion: Any) -> None:
    first = start(nurse, infusion, source_id="tap-1")
    again = services.start_infusion(nurse, infusion, at=NOW, now=NOW + minutes(1), source_id="tap-1")
    assert (again.created, again.event) == (False, first.event)
    assert InfusionEvent.objects.count() == 1


def test_a_running_infusion_blocks_the_next_start_and_is_named(
    nurse: Any, infusion: Any, subject: Any
) -> None:
    start(nurse, infusion)
    second = services.plan_infusion(nurse, subject, now=NOW, bag=make_bag(subject))
    with pytest.raises(AnotherIsRunning) as refusal:
        start(nurse, second, at=NOW + timedelta(days=7))
    assert refusal.value.running == infusion
    services.stop_infusion(nurse, infusion, at=NOW + minutes(30), now=NOW + minutes(30))
    assert start(nurse, second, at=NOW + minutes(30)).infusion.phase == Phase.INFUSING


def test_two_infusions_of_a_patient_never_overlap(nurse: Any, infusion: Any, subject: Any) -> None:
    start(nurse, infusion)
    services.stop_infusion(nurse, infusion, at=NOW + minutes(60), now=NOW + minutes(60))
    second = services.plan_infusion(nurse, subject, now=NOW, bag=make_bag(subject))
    with pytest.raises(Unprocessable):
        services.start_infusion(nurse, second, at=NOW + minutes(30), now=NOW + minutes(90))


class TestCorrections:
    def test_a_start_that_is_moved_moves_the_window_and_freezes_the_baseline_anew(
        self, nurse: Any, infusion: Any
    ) -> None:
        record_set(infusion, NOW - minutes(50), systolic_mmhg=120)
        record_set(infusion, NOW - minutes(10), systolic_mmhg=130)
        event = start(nurse, infusion).event
        services.amend(nurse, event, {"at": NOW - minutes(40)}, reason="clock was wrong", now=NOW)
        assert Infusion.objects.get(pk=infusion.pk).started_at == NOW - minutes(40)
        assert [each.values for each in Baseline.objects.order_by("pk")] == [
            {"systolic_mmhg": "125"},
            {"systolic_mmhg": "120"},
        ]

    def test_a_voided_start_is_planned_again(self, nurse: Any, infusion: Any) -> None:
        event = start(nurse, infusion).event
        services.void(nurse, event, reason="wrong patient", now=NOW)
        stored = Infusion.objects.get(pk=infusion.pk)
        assert (stored.phase, stored.started_at) == (Phase.PLANNED, None)

    def test_a_start_cannot_be_taken_back_before_its_stop(self, nurse: Any, infusion: Any) -> None:
        event = start(nurse, infusion).event
        services.stop_infusion(nurse, infusion, at=NOW + minutes(9), now=NOW + minutes(9))
        with pytest.raises(NotInThisPhase):
            services.void(nurse, event, reason="wrong patient", now=NOW + minutes(10))

    def test_a_moved_stop_moves_the_end_of_the_watch(self, nurse: Any, infusion: Any) -> None:
        start(nurse, infusion)
        event = services.stop_infusion(nurse, infusion, at=NOW + minutes(9), now=NOW + minutes(9)).event
        services.amend(nurse, event, {"at": NOW + minutes(30)}, reason="typing error", now=NOW + minutes(40))
        assert Infusion.objects.get(pk=infusion.pk).stopped_at == NOW + minutes(30)

    def test_a_voided_stop_is_running_again(self, nurse: Any, infusion: Any) -> None:
        start(nurse, infusion)
        event = services.stop_infusion(nurse, infusion, at=NOW + minutes(9), now=NOW + minutes(9)).event
        services.void(nurse, event, reason="wrong bag", now=NOW + minutes(10))
        assert Infusion.objects.get(pk=infusion.pk).phase == Phase.INFUSING
        standing = InfusionEvent.objects.current().filter(infusion=infusion)
        assert [each.kind for each in standing] == [EventKind.START]


class TestTheBaseline:
    def test_it_is_the_median_of_the_hour_before_frozen_at_the_start(self, nurse: Any, infusion: Any) -> None:
        record_set(infusion, NOW - minutes(61), systolic_mmhg=200)
        record_set(infusion, NOW - minutes(60), systolic_mmhg=118, temperature_c="36.6")
        record_set(infusion, NOW - minutes(20), systolic_mmhg=121, temperature_c="36.9")
        record_set(infusion, NOW - minutes(5), systolic_mmhg=140)
        services.record_temperature(
            nurse, infusion, {"measured_at": NOW - minutes(3), "temperature_c": "37.0"}, now=NOW
        )
        start(nurse, infusion)
        record_set(infusion, NOW - minutes(1), now=NOW + minutes(5), systolic_mmhg=90)
        baseline = Baseline.objects.get()
        assert baseline.values == {"systolic_mmhg": "121", "temperature_c": "36.9"}

    def test_the_oxygen_that_the_patient_is_on_already_is_its_newest_device(
        self, nurse: Any, infusion: Any
    ) -> None:
        record_set(infusion, NOW - minutes(40), spo2_percent=95, oxygen_device="room_air")
        record_set(infusion, NOW - minutes(5), spo2_percent=96, oxygen_device="nasal_cannula")
        start(nurse, infusion)
        assert Baseline.objects.get().values == {"spo2_percent": "95.5", "oxygen_device": "nasal_cannula"}

    def test_crossed_pressures_give_a_systolic_alone(self, nurse: Any, infusion: Any) -> None:
        record_set(infusion, NOW - minutes(5), systolic_mmhg=80, diastolic_mmhg=90, map_mmhg=85)
        start(nurse, infusion)
        assert Baseline.objects.get().values == {"systolic_mmhg": "80"}

    def test_it_can_be_replaced_with_a_reason_and_stays_readable(self, nurse: Any, infusion: Any) -> None:
        start(nurse, infusion)
        services.override_baseline(
            nurse, infusion, {"systolic_mmhg": Decimal(110)}, reason="known from clinic", now=NOW
        )
        assert Baseline.objects.count() == 2
        newest = Baseline.objects.order_by("pk").last()
        assert newest is not None
        assert (newest.values, newest.override_by) == ({"systolic_mmhg": "110"}, nurse.user)


def look(actor: Actor, infusion: Any, at: datetime, *, by: User | None = None, **said: str) -> Checked:
    """One look at the bracelet and the bag; both are right unless said otherwise."""
    read = {"patient_identifier": infusion.subject.subject_number, "bag_label": infusion.bag.label} | said
    return services.check_identity(actor, infusion, now=at, checked_by=by, **read)


class TestGates:
    @pytest.fixture
    def strict(self) -> Any:
        """A subject of a study whose gates are as they come."""
        site = make_site()
        return make_subject(site=site, study=make_study(site, gates={}))

    @pytest.fixture
    def ready(self, strict: Any) -> Any:
        """An infusion of which nothing is missing."""
        actor = make_actor(Role.INVESTIGATOR, strict.site)
        services.record_consent(actor, strict, version="2", signed_at=NOW - timedelta(days=40), now=NOW)
        services.record_cd20(
            actor,
            strict,
            method="flow",
            specimen_on=(NOW - timedelta(days=30)).date(),
            result="positive",
            now=NOW,
        )
        services.record_leukapheresis_eligibility(
            actor, strict, assessed_on=(NOW - timedelta(days=35)).date(), passed=True, now=NOW
        )
        infusion = services.plan_infusion(
            actor, strict, now=NOW, bag=make_bag(strict), planned_cells_e9=Decimal(10)
        )
        record_set(infusion, NOW - minutes(10), systolic_mmhg=120)
        for _look in range(2):
            look(make_actor(Role.NURSE, strict.site), infusion, NOW)
        services.check_drugs(actor, infusion, EMERGENCY_DRUGS, now=NOW)
        return infusion

    def codes(self, infusion: Any, **options: Any) -> set[str]:
        infusion = Infusion.objects.get(pk=infusion.pk)
        return {finding.code for finding in services.preflight(infusion, **{"at": NOW} | options)}

    def test_all_open_when_nothing_is_missing(self, ready: Any) -> None:
        assert self.codes(ready) == set()
        assert start(make_actor(Role.NURSE, ready.site), ready).overridden == ()

    def test_an_infusion_of_which_nothing_is_known_names_all_that_is_missing(self, strict: Any) -> None:
        infusion = services.plan_infusion(system_actor("t"), strict, now=NOW, planned_cells_e9=Decimal(10))
        assert self.codes(infusion) == {
            "no_bag", "no_consent", "cd20_missing", "leukapheresis_missing", "no_baseline",
            "identity_unchecked", "drugs_unchecked",
        }  # fmt: skip

    def test_a_baseline_older_than_thirty_minutes_does_not_open(self, strict: Any) -> None:
        infusion = services.plan_infusion(system_actor("t"), strict, now=NOW)
        record_set(infusion, NOW - minutes(31), systolic_mmhg=120)
        assert "no_baseline" in self.codes(infusion)
        record_set(infusion, NOW - minutes(30), systolic_mmhg=120)
        assert "no_baseline" not in self.codes(infusion)

    def test_a_hard_gate_needs_a_reason_and_a_second_person(self, ready: Any) -> None:
        nurse = make_actor(Role.NURSE, ready.site)
        colleague = make_actor(Role.CHARGE_NURSE, ready.site).user
        later = NOW + minutes(60)
        for options in ({}, {"override_reason": "chair is free"}):
            with pytest.raises(GatesClosed) as refusal:
                start(nurse, ready, at=later, **options)
            assert [finding.gate for finding in refusal.value.gates] == ["baseline"]
        happened = start(nurse, ready, at=later, override_reason="monitor broken", second_person=colleague)
        assert [finding.code for finding in happened.overridden] == ["no_baseline"]
        kept = GateOverride.objects.get()
        assert (kept.gate, kept.author, kept.second_person, kept.reason) == (
            "baseline", nurse.user, colleague, "monitor broken",
        )  # fmt: skip
        assert Baseline.objects.get().override_by == nurse.user

    def test_the_second_person_is_somebody_else_with_a_right_of_their_own(self, ready: Any) -> None:
        nurse = make_actor(Role.NURSE, ready.site)
        outsider = make_actor(Role.NURSE, make_site()).user
        for second in (nurse.user, outsider, make_user()):
            with pytest.raises(Refused) as refusal:
                start(nurse, ready, at=NOW + minutes(60), override_reason="late", second_person=second)
            assert [error.field for error in refusal.value.errors] == ["second_person"]
        assert not GateOverride.objects.exists()

    def test_a_warning_needs_a_reason_alone(self, ready: Any) -> None:
        product = ready.bag.product
        services.update_product(
            make_actor(Role.NURSE, ready.site), product, now=NOW, arming_antibody_ug=Decimal(601)
        )
        nurse = make_actor(Role.NURSE, ready.site)
        assert self.codes(ready) == {"outside_arming_ratio"}
        with pytest.raises(GatesClosed):
            start(nurse, ready)
        assert start(nurse, ready, override_reason="released by the sponsor").infusion.phase == "infusing"
        assert GateOverride.objects.get().second_person is None

    def test_another_patients_bag_can_never_start(self, ready: Any) -> None:
        other = make_bag(make_subject(site=ready.site, study=ready.study))
        Infusion.objects.filter(pk=ready.pk).update(bag=other)
        nurse = make_actor(Role.NURSE, ready.site)
        colleague = make_actor(Role.INVESTIGATOR, ready.site).user
        with pytest.raises(GatesClosed) as refusal:
            start(nurse, ready, override_reason="no other bag", second_person=colleague)
        assert refusal.value.gates[0].absolute
        with pytest.raises(GatesClosed):
            start(system_actor("demo"), ready, override_reason="demo")

    def test_a_scanned_label_must_be_the_assigned_bags(self, ready: Any) -> None:
        assert self.codes(ready, bag_label=ready.bag.label) == set()
        assert self.codes(ready, bag_label="BAG-0") == {"wrong_label"}

    def test_one_person_may_look_twice_only_where_the_study_says_so(self, ready: Any) -> None:
        nurse = make_actor(Role.NURSE, ready.site)
        later = NOW + CHECK_AGE_MAX + minutes(1)
        record_set(ready, later - minutes(2), systolic_mmhg=120)
        services.check_drugs(nurse, ready, EMERGENCY_DRUGS, now=later)
        for seen in ("identity_unchecked", "identity_by_one"):
            look(nurse, ready, later)
            assert self.codes(ready, at=later) == {seen}
        Study.objects.filter(pk=ready.study_id).update(identity_checkers=1)
        assert self.codes(ready, at=later) == set()

    def test_a_colleague_looks_by_their_own_name_at_the_same_screen(self, ready: Any) -> None:
        nurse, colleague = make_actor(Role.NURSE, ready.site), make_actor(Role.NURSE, ready.site).user
        row = look(nurse, ready, NOW, by=colleague).row
        assert (row.author, row.checked_by, row.found) == (
            nurse.user, colleague, ["subject_number", "bag_label"],
        )  # fmt: skip
        with pytest.raises(Refused):
            look(nurse, ready, NOW, by=nurse.user)

    @pytest.mark.parametrize(
        ("said", "missing"),
        [
            pytest.param({"patient_identifier": "another"}, "patient", id="the bracelet"),
            pytest.param({"bag_label": "another"}, "bag_label", id="the bag"),
        ],
    )
    def test_what_does_not_agree_is_kept_and_all_begins_anew(
        self, ready: Any, said: dict[str, str], missing: str
    ) -> None:
        nurse, other = make_actor(Role.NURSE, ready.site), make_actor(Role.NURSE, ready.site)
        kept = look(nurse, ready, NOW, **said)
        assert (kept.row.missing, len(kept.details)) == ([missing], 1)
        assert self.codes(ready) == {"identity_differs"}
        look(nurse, ready, NOW)
        assert self.codes(ready) == {"identity_unchecked"}
        look(other, ready, NOW)
        assert self.codes(ready) == set()

    def test_a_look_at_another_bag_does_not_count(self, ready: Any) -> None:
        Infusion.objects.filter(pk=ready.pk).update(bag=make_bag(ready.subject))
        assert "identity_unchecked" in self.codes(ready)

    @pytest.mark.parametrize(
        ("age", "codes"),
        [
            pytest.param(minutes(60), set(), id="60 minutes count"),
            pytest.param(
                minutes(61), {"identity_unchecked", "drugs_unchecked"}, id="61 minutes old does not"
            ),
        ],
    )
    def test_a_look_counts_for_an_hour(self, ready: Any, age: timedelta, codes: set[str]) -> None:
        at = NOW + age
        record_set(ready, at, systolic_mmhg=120)
        assert self.codes(ready, at=at) == codes

    def test_a_drug_that_is_not_at_hand_is_named(self, ready: Any) -> None:
        nurse = make_actor(Role.NURSE, ready.site)
        services.check_drugs(
            nurse, ready, [drug for drug in EMERGENCY_DRUGS if drug != "meperidine"], now=NOW
        )
        assert [str(found.detail) for found in services.preflight(ready, at=NOW)] == [
            "Not at hand: meperidine."
        ]

    def test_a_bag_is_given_once(self, ready: Any) -> None:
        start(make_actor(Role.NURSE, ready.site), ready)
        again = make_infusion(ready.subject, bag=ready.bag)
        assert "bag_used" in self.codes(again)

    def test_the_bed_may_change_while_the_infusion_runs(self, ready: Any) -> None:
        nurse = make_actor(Role.NURSE, ready.site)
        start(nurse, ready)
        assert services.update_infusion(nurse, ready, now=NOW, bed="Chair 4").bed == "Chair 4"
        with pytest.raises(Refused):
            services.update_infusion(nurse, ready, now=NOW, route="sc")

    @pytest.mark.parametrize("cells", ["5000000", "5E+6", "5E+12", "0.000005"])
    def test_cells_in_the_wrong_unit_are_refused_with_what_was_meant(self, ready: Any, cells: str) -> None:
        with pytest.raises(Refused) as refusal:
            services.update_infusion(
                make_actor(Role.NURSE, ready.site), ready, now=NOW, planned_cells_e9=Decimal(cells)
            )
        assert [error.code for error in refusal.value.errors] == ["unit_slip"]
        assert "5" in refusal.value.errors[0].detail

    @pytest.mark.parametrize(
        ("cells", "closed"), [("4.9", True), ("5", False), ("40", False), ("40.1", True), ("160", True)]
    )
    def test_a_dose_outside_the_studys_range_warns(self, ready: Any, cells: str, closed: bool) -> None:
        Infusion.objects.filter(pk=ready.pk).update(planned_cells_e9=Decimal(cells))
        assert self.codes(ready) == ({"outside_dose_range"} if closed else set())

    def test_a_route_other_than_into_a_vein_does_not_open(self, ready: Any) -> None:
        Infusion.objects.filter(pk=ready.pk).update(route="im")
        assert self.codes(ready) == {"not_iv"}

    @pytest.mark.parametrize(("days", "closed"), [("5.9", True), ("6", False), ("14", False), ("14.1", True)])
    def test_activation_takes_six_to_fourteen_days(self, ready: Any, days: str, closed: bool) -> None:
        product = ready.bag.product
        product.activation_started_at = product.activation_ended_at - timedelta(days=float(days))
        product.save()
        assert self.codes(ready) == ({"outside_activation_days"} if closed else set())

    @pytest.mark.parametrize(("ug", "closed"), [("399", True), ("400", False), ("600", False), ("601", True)])
    def test_arming_is_fifty_nanograms_give_or_take_a_fifth(self, ready: Any, ug: str, closed: bool) -> None:
        ready.bag.product.arming_antibody_ug = Decimal(ug)
        ready.bag.product.save()
        assert self.codes(ready) == ({"outside_arming_ratio"} if closed else set())

    def test_a_specimen_from_before_the_last_anti_cd20_therapy_does_not_count(self, ready: Any) -> None:
        services.update_subject(
            make_actor(Role.NURSE, ready.site), ready.subject, now=NOW,
            last_anti_cd20_on=(NOW - timedelta(days=30)).date(),
        )  # fmt: skip
        assert self.codes(ready) == {"cd20_before_therapy"}

    def test_myeloma_needs_cd20_even_where_the_study_switched_the_gate_off(self) -> None:
        lymphoma = make_infusion(make_subject(diagnosis="b_nhl"))
        myeloma = make_infusion(make_subject(diagnosis="myeloma"))
        assert "cd20_missing" not in self.codes(lymphoma)
        assert "cd20_missing" in self.codes(myeloma)

    def test_a_withdrawn_consent_is_none(self, ready: Any) -> None:
        consent = ready.subject.consents.get()
        services.withdraw_consent(make_actor(Role.NURSE, ready.site), consent, at=NOW - minutes(1), now=NOW)
        assert self.codes(ready) == {"no_consent"}

    def test_the_minimum_gap_and_the_number_of_infusions(self, ready: Any) -> None:
        subject = ready.subject
        make_infusion(
            subject, number=8, started_at=NOW - timedelta(hours=49), stopped_at=NOW - timedelta(hours=47)
        )
        ninth = make_infusion(subject, number=9, bag=make_bag(subject))
        assert {"too_many", "too_soon"} <= self.codes(ninth)

    def test_a_study_may_soften_a_gate_but_not_identity(self) -> None:
        investigator = make_actor(Role.INVESTIGATOR, make_site())
        study = make_study(investigator.client.site)
        services.update_study(investigator, study, now=NOW, gates={"consent": "warn"})
        for gates in ({"identity": "off"}, {"cell_units": "warn"}, {"consent": "soft"}, {"weather": "hard"}):
            with pytest.raises(Refused):
                services.update_study(investigator, study, now=NOW, gates=gates)


class TestWhoMay:
    def test_a_nurse_of_the_site_may_an_integration_and_others_may_not(
        self, nurse: Any, infusion: Any
    ) -> None:
        for actor in (
            make_integration(infusion.site),
            make_actor(Role.SAFETY_COORDINATOR, infusion.site),
            make_actor(Role.NURSE, make_site()),
        ):
            with pytest.raises(NotPermitted):
                start(actor, infusion)
        assert start(nurse, infusion).infusion.phase == Phase.INFUSING


def test_every_event_is_a_change_of_the_record(nurse: Any, infusion: Any) -> None:
    start(nurse, infusion)
    services.stop_infusion(nurse, infusion, at=NOW + minutes(9), now=NOW + minutes(9))
    changes = RecordChange.objects.filter(infusion=infusion).order_by("pk")
    assert [(each.version, each.table_name) for each in changes] == [
        (1, "tracker_infusionevent"),
        (1, "tracker_baseline"),
        (1, "tracker_subjectfacts"),
        (2, "tracker_infusionevent"),
    ]
