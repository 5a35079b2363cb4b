"""Sets the stage of the demo: study, people, patients and what happened to them before the curtain.

Everything goes through the services, each call with the `now` of its own moment, so that the past of the demo
was recorded when it happened. Setting it twice changes nothing the second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from accounts.actors import system_actor
from accounts.models import Client, ClientKind, Membership, User
from accounts.permissions import Actor, Role
from accounts.tokens import InvalidToken, authenticate, issue
from monitoring.demo.cast import COLLEAGUES, INTEGRATION, PATIENT_SYSTEM, PLAYERS, SITE, STUDY, Player
from monitoring.demo.stories import reading
from tracker import services
from tracker.models import (
    EMERGENCY_DRUGS,
    Bag,
    Infusion,
    Patient,
    PatientIdentifier,
    Phase,
    Site,
    Study,
    StudySite,
    Subject,
)

_PRODUCT = "anti-CD3 × anti-CD20 BATs (demo)"
_CELLS_E9 = Decimal(10)
#: A start of the demo so long after the last gives its live patients their next infusion.
NEW_ROUND_AFTER = timedelta(hours=6)
_BASELINE = (timedelta(minutes=20), timedelta(minutes=6))


class RealStudyExists(Exception):
    """The demo was asked for where a study of real patients lives."""

    def __init__(self, study: Study) -> None:
        super().__init__(
            _("%s is not a synthetic study: the demo needs a DATA_DIR of its own.") % study.protocol_number
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays."""

    study: Study
    site: Site
    actor: Actor


def refuse_beside_real_studies() -> None:
    """Nothing, where every study is synthetic.

    Raises: RealStudyExists.
    """
    if (real := Study.objects.filter(synthetic=False).first()) is not None:
        raise RealStudyExists(real)


def set_stage(now: datetime) -> Stage:
    """The study and site of the demo with its patients, each where its infusion stands at `now`.

    Raises: RealStudyExists.
    """
    refuse_beside_real_studies()
    actor = system_actor("demo")
    site = Site.objects.filter(code=SITE).first() or services.create_site(
        actor, now=now, code=SITE, name=_("Demo ward"), languages=["en", "es"], phone="+1 555 0100"
    )
    study = Study.objects.filter(protocol_number=STUDY).first() or services.create_study(
        actor,
        now=now,
        protocol_number=STUDY,
        version="1",
        title=_("Demonstration: synthetic patients only"),
        product=_PRODUCT,
        synthetic=True,
        infusions_max=200,
        gap_hours_min=0,
    )
    if not StudySite.objects.filter(study=study, site=site).exists():
        services.join_study(actor, study, site, now=now)
    stage = Stage(study, site, actor)
    for player in PLAYERS:
        _place(stage, player, now)
    return stage


def _place(stage: Stage, player: Player, now: datetime) -> None:
    """Bring one player to where they stand, unless they stand there already."""
    last = newest_infusion(stage.site, player)
    if last is None:
        subject = _enrol(stage, player, now - timedelta(days=40))
        number = 1
    elif _is_over(player, last, now):
        if last.phase != Phase.ENDED:
            _finish(stage, player, last, now)
        subject, number = last.subject, last.number + 1
    elif last.phase == Phase.PLANNED and player.started is not None:  # a first start that was cut off
        _play(stage, player, last, now)
        return
    else:
        return
    begins = now - player.started if player.started is not None else now + (player.planned or timedelta())
    infusion = services.plan_infusion(
        stage.actor,
        subject,
        now=min(begins, now) - timedelta(hours=2),
        number=number,
        bag=_bag(stage, subject, number, now),
        planned_cells_e9=_CELLS_E9,
        planned_start_at=begins,
        planned_end_at=begins + timedelta(hours=2),
    )
    if player.started is not None:
        _play(stage, player, infusion, now)


def _is_over(player: Player, last: Infusion, now: datetime) -> bool:
    """True when what the demo last showed of the player lies so far back that the next infusion is due."""
    if not player.is_live or player.started is None or last.started_at is None:
        return False
    return now - player.started - last.started_at > NEW_ROUND_AFTER


def newest_infusion(site: Site, player: Player) -> Infusion | None:
    """The player's newest infusion, if there is one."""
    return (
        Infusion.objects.filter(
            patient__site=site,
            patient__identifiers__system=PATIENT_SYSTEM,
            patient__identifiers__value=player.record_number,
        )
        .order_by("number")
        .last()
    )


def _enrol(stage: Stage, player: Player, at: datetime) -> Subject:
    actor = stage.actor
    known = PatientIdentifier.objects.filter(
        site=stage.site, system=PATIENT_SYSTEM, value=player.record_number
    ).first()
    patient: Patient = (
        known.patient
        if known is not None
        else services.create_patient(
            actor,
            stage.site,
            now=at,
            sex=player.sex,
            birth_year=player.birth_year,
            family_name=player.family_name,
            given_name=player.given_name,
            identifiers={PATIENT_SYSTEM: player.record_number},
        )
    )
    subject = Subject.objects.filter(study=stage.study, patient=patient).first()
    if subject is not None:
        return subject
    subject = services.enrol_subject(
        actor, stage.study, patient, f"{SITE}-{player.number:03d}", now=at, prior_lines=2, status="active"
    )
    services.record_consent(actor, subject, version="1", signed_at=at, now=at)
    services.record_leukapheresis_eligibility(
        actor, subject, assessed_on=at.date(), passed=True, now=at, lymphocytes_10e9_l=Decimal("1.2")
    )
    services.record_cd20(
        actor,
        subject,
        method="flow",
        specimen_on=at.date(),
        result="positive",
        now=at,
        percent_positive=Decimal(94),
    )
    return subject


def _bag(stage: Stage, subject: Subject, number: int, now: datetime) -> Bag:
    collected = now - timedelta(days=30)
    name = f"{subject.subject_number}-{number}"
    product = services.create_product(
        stage.actor,
        subject,
        now=collected,
        name=_PRODUCT,
        collection_id=f"C-{name}",
        collected_at=collected,
        activation_started_at=collected + timedelta(days=1),
        activation_ended_at=collected + timedelta(days=11),
        armed_at=collected + timedelta(days=11),
        arming_antibody_ug=Decimal(500),
        arming_cells_e9=_CELLS_E9,
    )
    return services.add_bag(
        stage.actor,
        product,
        now=collected + timedelta(days=14),
        label=f"B-{name}",
        lot=f"L-{name}",
        cells_e9=_CELLS_E9,
        viability_percent=Decimal(92),
        volume_ml=Decimal(100),
        released_on=(collected + timedelta(days=14)).date(),
    )


def _play(stage: Stage, player: Player, infusion: Infusion, now: datetime) -> None:
    """What happened to the player from the baseline until `now`, in order."""
    assert player.started is not None
    actor = stage.actor
    started = now - player.started
    for before in _BASELINE:
        _measure(stage, player, infusion, started - before, now)
    _look(actor, infusion, started)
    infusion = services.start_infusion(
        actor,
        infusion,
        at=started,
        now=started,
        bag_label=infusion.bag.label if infusion.bag else None,
        rate_ml_per_h=Decimal(100),
        actual_cells_e9=_CELLS_E9,
    ).infusion
    happened = [
        (player.paused, services.pause_infusion),
        (player.stopped, services.stop_infusion),
        (player.discharged, services.discharge_infusion),
        (player.ended, services.end_infusion),
    ]
    events = [(now - ago, act) for ago, act in happened if ago is not None]
    moments = [(at, None) for at in _moments(player, started, now)]
    for at, act in sorted([*events, *moments], key=lambda each: each[0]):
        if act is None:
            _measure(stage, player, infusion, at, now)
        else:
            infusion = act(actor, infusion, at=at, now=at).infusion


def _look(actor: Actor, infusion: Infusion, started: datetime) -> None:
    """What is looked at by the bed before a start: identity twice, then the emergency drugs."""
    for before in (6, 4):
        services.check_identity(
            actor,
            infusion,
            patient_identifier=infusion.subject.subject_number,
            bag_label=infusion.bag.label if infusion.bag else "",
            now=started - timedelta(minutes=before),
        )
    services.check_drugs(actor, infusion, EMERGENCY_DRUGS, now=started - timedelta(minutes=3))


def _moments(player: Player, started: datetime, now: datetime) -> Iterator[datetime]:
    """When a measurement was: every 10 minutes at first, then half-hourly, 3-hourly, at home 8-hourly."""
    at, last = started + timedelta(minutes=5), now - (player.ended or timedelta(0))
    home = now - player.discharged if player.discharged is not None else None
    stopped = now - player.stopped if player.stopped is not None else last
    while at <= last and (home is None or at <= home):
        yield at
        since = at - started
        if since < timedelta(hours=2):
            at += timedelta(minutes=10)
        elif since < timedelta(hours=6):
            at += timedelta(minutes=30)
        else:
            at += timedelta(hours=3)
    for number in range(1, 7):
        at = stopped + number * timedelta(hours=8)
        if home is not None and home < at <= last:
            yield at


def _measure(stage: Stage, player: Player, infusion: Infusion, at: datetime, now: datetime) -> None:
    """One set of the past: a full one on the ward, a temperature alone at home."""
    values = reading(player.story, player.number, min(at - now, timedelta(0)))
    assert values is not None
    source_id = f"{player.record_number}/{at.isoformat()}"
    if player.discharged is not None and at > now - player.discharged:
        temperature = {name: values[name] for name in ("temperature_c", "temperature_site")}
        services.record_temperature(
            stage.actor, infusion, temperature | {"measured_at": at, "source_id": source_id}, now=at
        )
    else:
        services.record_vitals(
            stage.actor, infusion, dict(values) | {"measured_at": at, "source_id": source_id}, now=at
        )


def _finish(stage: Stage, player: Player, infusion: Infusion, now: datetime) -> None:
    """Stop and end what an earlier round left running, well before the next one's baseline."""
    assert player.started is not None
    ended = now - player.started - timedelta(hours=2)
    if infusion.stopped_at is None:
        stopped = ended - timedelta(minutes=infusion.study.close_watch_minutes)
        infusion = services.stop_infusion(stage.actor, infusion, at=stopped, now=now).infusion
    services.end_infusion(stage.actor, infusion, at=ended, now=now)


def admit_people(stage: Stage, password: str) -> None:
    """Every user of the demo, able to sign in with `password`. It is hashed once: hashing takes its time."""
    known = User.objects.filter(username=COLLEAGUES[0].username).first()
    hashed = known.password if known and known.check_password(password) else make_password(password)
    for colleague in COLLEAGUES:
        user, _created = User.objects.get_or_create(
            username=colleague.username,
            defaults={
                "name": colleague.name,
                "language": colleague.language,
                "phone": colleague.phone,
            },
        )
        if user.password != hashed:
            user.password = hashed
            user.save(update_fields=["password"])
        everywhere = colleague.role in (Role.ADMINISTRATOR, Role.AUDITOR)
        Membership.objects.get_or_create(
            user=user,
            role=colleague.role,
            site=None if everywhere else stage.site,
            study=None,
            ends_at=None,
            defaults={"identified": True},
        )


def monitor_client(site: Site) -> Client:
    """The sending system that the demo's bedside monitors are."""
    client, _created = Client.objects.get_or_create(
        site=site, name=INTEGRATION, defaults={"kind": ClientKind.INTEGRATION, "role": Role.INTEGRATION}
    )
    return client


def token_for(stage: Stage, known: str, now: datetime) -> str:
    """A key for the API: the one known from an earlier start while it still opens, else a new one."""
    try:
        authenticate(known, now)
    except InvalidToken:
        return issue(monitor_client(stage.site), now)[1]
    return known
