"""Promise 2 in a storm: whatever comes, in whatever order, every stored alert is what a replay says, and the
standing ones are those that one look at the end would give. And a whole ward at once after nobody looked.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from accounts.actors import system_actor
from accounts.permissions import Role
from monitoring import alerts, channels, deliveries, health, heartbeat, rule_sets, watchers
from monitoring.channels import Message
from monitoring.evaluate import evaluate_infusion
from monitoring.models import (
    Alert,
    Checkpoint,
    Condition,
    Delivery,
    Evaluation,
    Priority,
    RuleOverride,
    RuleSet,
    Watch,
)
from monitoring.verify import verify_patient
from tests.builders import (
    NOW,
    make_actor,
    make_infusion,
    make_site,
    make_study,
    make_subject,
    make_user,
    minutes,
    record_set,
)
from tracker import services

pytestmark = pytest.mark.django_db


def values(chance: Random) -> dict[str, Any]:
    """A set, now and then without a part."""
    parts = {
        "temperature_c": chance.choice(["36.8", "37.9", "38.4", "39.4", "40.2"]),
        "systolic_mmhg": chance.choice(["80", "88", "97", "118", "125"]),
        "diastolic_mmhg": "62",
        "spo2_percent": chance.choice(["90", "93", "97"]),
        "oxygen_device": "room_air",
        "rigors": chance.choice(["none", "none", "mild", "shaking"]),
    }
    kept = {name: value for name, value in parts.items() if chance.random() > 0.15}
    return kept | ({"concern": f"looks grey {chance.random()}"} if chance.random() < 0.15 else {})


class Storm:
    """One infusion to which things happen at random."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.site = make_site()
        self.infusion = make_infusion(started_at=NOW, site=self.site)
        self.nurse = make_actor(Role.NURSE, self.site)
        self.investigator = make_actor(Role.INVESTIGATOR, self.site)
        self.machine = system_actor("builder")
        self.now = NOW + minutes(1)
        self.rows: list[Any] = []
        self.stopped = False

    def blows(self, steps: int) -> None:
        """So many things happen, and after some of them somebody looks."""
        things = [self.a_set] * 6 + [self.a_late_set] * 3 + [self.an_amendment] * 2
        things += [self.a_move, self.a_void, self.an_answer, self.an_answer, self.a_symptom, self.a_dose]
        things += [self.a_stop, self.a_moved_turn]
        for step in range(steps):
            self.now += minutes(self.chance.choice([0.5, 3, 11, 14, 37]))
            self.new_rules() if step == steps // 2 else self.chance.choice(things)()
            if step == steps // 3:
                self.an_override()
            if self.chance.random() < 0.6:
                evaluate_infusion(self.infusion.pk, self.now)
            if self.chance.random() < 0.3:
                alerts.escalate_due(self.now)
        assert evaluate_infusion(self.infusion.pk, self.now).state == "evaluated"

    def earlier(self) -> datetime:
        return NOW + (self.now - NOW) * self.chance.random()

    def a_set(self) -> None:
        self.rows.append(record_set(self.infusion, self.now, **values(self.chance)))

    def a_late_set(self) -> None:
        row = record_set(self.infusion, self.earlier(), now=self.now, **values(self.chance))
        self.rows.append(row)

    def an_amendment(self) -> None:
        self.amend(values(self.chance))

    def a_move(self) -> None:
        self.amend({"measured_at": self.earlier()})

    def amend(self, given: dict[str, Any]) -> None:
        if self.rows:
            place = self.chance.randrange(len(self.rows))
            row = services.amend(self.machine, self.rows[place], given, reason="typo", now=self.now).row
            self.rows[place] = row

    def a_void(self) -> None:
        if self.rows:
            row = self.rows.pop(self.chance.randrange(len(self.rows)))
            services.void(self.machine, row, reason="wrong patient", now=self.now)

    def a_symptom(self) -> None:
        given = {
            "kind": self.chance.choice(["rigors", "dizziness"]),
            "mark": self.chance.choice(["start", "stop", "present"]),
            "measured_at": self.earlier(),
        }
        services.record_symptom(self.machine, self.infusion, given, now=self.now)

    def a_dose(self) -> None:
        given = {"kind": "antipyretic", "mark": "given", "measured_at": self.earlier()}
        services.record_intervention(self.machine, self.infusion, given, now=self.now)

    def a_stop(self) -> None:
        if not self.stopped:
            services.stop_infusion(self.machine, self.infusion, at=self.now, now=self.now)
            self.stopped = True

    def a_moved_turn(self) -> None:
        if self.stopped:
            stop = self.infusion.infusionevent_rows.current().get(kind="stop")
            at = self.now - timedelta(seconds=self.chance.randrange(1, 60))
            services.amend(self.machine, stop, {"at": at}, reason="typo", now=self.now)

    def an_answer(self) -> None:
        open_ones = Alert.objects.filter(infusion=self.infusion).exclude(response="closed").order_by("pk")
        if not open_ones:
            return
        alert = self.chance.choice(list(open_ones))
        try:
            self.chance.choice([self.acknowledge, self.assess, self.close])(alert)
        except alerts.AlertRefused:
            return

    def acknowledge(self, alert: Alert) -> None:
        until = self.now + minutes(10)
        alerts.acknowledge(self.nurse, alert, commitment="repeat_vitals", until=until, now=self.now)

    def assess(self, alert: Alert) -> None:
        alerts.assess(self.nurse, alert, outcome="actioned", now=self.now)

    def close(self, alert: Alert) -> None:
        alerts.close(self.investigator, alert, outcome="actioned", now=self.now)

    def new_rules(self) -> None:
        shipped = RuleSet.objects.get(shipped=True)
        text = repr(shipped.document["rules"]).replace("'value': '38.0'", "'value': '37.5'")
        rules = ast.literal_eval(text)
        row = RuleSet.objects.create(
            study=self.infusion.study,
            name="storm",
            version=1,
            document=dict(shipped.document, name="storm", version=1, rules=rules),
            drafted_by=make_actor(Role.INVESTIGATOR, self.site).user,
        )
        rule_sets.approve(self.investigator, row, effective_from=self.now + minutes(5), now=self.now)

    def an_override(self) -> None:
        assert self.investigator.user
        assert self.nurse.user
        RuleOverride.objects.create(
            subject=self.infusion.subject,
            threshold="temperature_39",
            value="39.5",
            starts_at=self.now - minutes(10),
            ends_at=self.now + minutes(60),
            author=self.investigator.user,
            second_person=self.nurse.user,
            reason="documented",
            recorded_at=self.now,
        )

    def standing(self) -> list[tuple[str, datetime, int, datetime | None]]:
        rows = Alert.objects.filter(infusion=self.infusion).standing().exclude(problem__startswith="overdue")
        return sorted((row.problem, row.raised_at, row.priority, row.cleared_at) for row in rows)


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_is_reproduced_and_leaves_what_one_look_at_the_end_would(seed: int) -> None:
    storm = Storm(seed)
    storm.blows(45)
    assert [str(difference) for difference in verify_patient(storm.infusion.patient_id)] == []
    piecemeal = storm.standing()
    Alert.objects.filter(infusion=storm.infusion).update(condition=Condition.RETRACTED)
    Checkpoint.objects.filter(infusion=storm.infusion).delete()
    Watch.objects.filter(infusion=storm.infusion).update(state="", seen_version=0)
    assert evaluate_infusion(storm.infusion.pk, storm.now).state == "evaluated"
    assert storm.standing() == piecemeal


#: A ward after ten minutes in which nobody looked: so many patients, every second of them gravely ill.
WARD, GRAVE = 200, 100


def taking(sent: list[Message]) -> dict[str, channels.Opener]:
    """Every channel, writing down what it takes."""

    @contextmanager
    def opened() -> Iterator[Callable[[Message], None]]:
        yield sent.append

    return dict.fromkeys(channels.CHANNELS, opened)


def tick(at: datetime, sent: list[Message]) -> int:
    """How many infusions one beat of the timetable evaluated; every part of the watch gives signs of life."""
    for part in health.SILENCE:
        heartbeat.alive(part, at)
    swept = watchers.sweep(at, at)
    watchers.escalate(at, at)
    deliveries.deliver_due(at, at, channels=taking(sent))
    return swept


def test_a_ward_that_spikes_in_one_minute_after_an_outage_is_told_once_and_the_worst_first() -> None:
    """Two hundred real evaluations: some seconds, because fewer patients would be no storm."""
    site = make_site()
    study = make_study(site)
    people = ["nurse@example.org", "charge@example.org"]
    for role, address in zip((Role.NURSE, Role.CHARGE_NURSE), people, strict=True):
        make_actor(role, site, user=make_user(email=address))
    spiked, back = NOW + minutes(5), NOW + minutes(15)
    for number in range(WARD):
        subject = make_subject(site=site, study=study, subject_number=f"W-{number}")
        infusion = make_infusion(subject, started_at=NOW)
        temperature = "39.5" if number % 2 else "38.4"
        record_set(infusion, spiked + timedelta(seconds=number / 4), temperature_c=temperature)

    sent: list[Message] = []
    assert tick(back, sent) == WARD
    deliveries.deliver_due(back + timedelta(seconds=60), back, channels=taking(sent))
    fevers = Alert.objects.filter(problem="fever")
    assert Counter(fevers.values_list("priority", flat=True)) == {
        Priority.HIGH: GRAVE,
        Priority.MEDIUM: WARD - GRAVE,
    }
    # The grave ones first, each for itself, to both people who are due.
    *grave, others = sent
    assert Counter(message.address for message in grave) == dict.fromkeys(people, GRAVE)
    assert all(message.is_urgent for message in grave)
    assert len({message.title for message in grave}) == GRAVE

    # The others as one message; to the nurse alone, by the ladder.
    assert (others.address, others.is_urgent) == (people[0], False)
    assert str(WARD - GRAVE) in others.title

    # Nobody is told twice, and the sweep goes on as if nothing had been.
    assert tick(back + timedelta(seconds=75), sent) == 0
    assert tick(back + timedelta(seconds=90), sent) == 0
    assert len(sent) == len({message.key for message in sent}) == 2 * GRAVE + 1
    assert Delivery.objects.owed().count() == 0
    assert Evaluation.objects.count() == WARD
