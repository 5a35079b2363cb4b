"""How soon somebody learns of it while readings pour in: on the screen, and in the mail.

A ward of monitors sends calm sets at a steady rate; among them, one after another, patients have a fever.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bench.ground import HOST, Ground
from bench.load import Connection, UnexpectedAnswer, percentile
from bench.scene import Readings, moment, running, study_at
from bench.stream import Stream, echoes
from bench.table import Result
from tests.stack.sinks import MailServer

PER_SECOND, FEVERS_PER_SECOND, SECONDS = 50, 5, 40
CONNECTIONS, CALM_ONES = 16, 160
#: Before the first fever counts: plans are made, connections opened.
WARM_UP_S = 5
EVENT_LIMIT_MS, MAIL_LIMIT_MS = 500, 3_000
PATIENCE_S = 30.0


@dataclass
class Ward:
    """The key, the calm infusions, those that will have a fever, and when each of those was sent."""

    token: str
    calm: tuple[UUID, ...]
    fevers: tuple[UUID, ...]
    began: dict[str, datetime] = field(default_factory=dict)
    sent: int = 0


def set_ward() -> Ward:
    """A site with a nurse who has an address, and enough infusions that run."""
    from accounts import contacts
    from accounts.actors import system_actor
    from accounts.models import Client, ClientKind, Membership, User
    from accounts.permissions import Role
    from accounts.tokens import issue
    from tracker import services

    actor, now = system_actor("bench"), moment()
    site = services.create_site(actor, now=now, code="TIMES", name="Times")
    study = study_at(site, "TIMES", now)
    nurse = User.objects.create(username="times", name="Times", email="nurse@bench.example")
    Membership.objects.create(user=nurse, role=Role.NURSE, site=site)
    contacts.vouch(nurse, now)

    client = Client.objects.create(
        site=site, name="times", kind=ClientKind.INTEGRATION, role=Role.INTEGRATION
    )
    _token, key = issue(client, now)
    count = CALM_ONES + FEVERS_PER_SECOND * SECONDS
    infusions = tuple(running(study, site, each, now).uuid for each in range(count))
    return Ward(key, infusions[:CALM_ONES], infusions[CALM_ONES:])


def until_somebody_learns(ground: Ground) -> list[Result]:
    """The time from a POST to its event and to its e-mail, beside an empty task and with their limits."""
    mail = MailServer()
    os.environ["EMAIL_URL"] = f"smtp://{HOST}:{mail.port}"
    ward = set_ward()
    idle = echoes(ground)
    port = ground.web()
    for queue in ("watch", "slow"):
        ground.celery("config", "worker", "--queues", queue, "--concurrency", "2", "--hostname", f"{queue}@b")
    ground.celery("config", "beat", "--pidfile=")
    stream = Stream(ground.events(), ward.token)
    stream.start()
    if not stream.open.wait(PATIENCE_S):
        raise UnexpectedAnswer(f"the stream did not open within {PATIENCE_S:g} s")
    began = time.perf_counter()
    _send(ward, port)
    seconds = time.perf_counter() - began
    counted = set(list(ward.began)[WARM_UP_S * FEVERS_PER_SECOND :])
    events = _waited(ward, counted, lambda: stream.came_at)
    mails = _waited(ward, counted, lambda: _mailed(mail))
    mail.close()
    rate = f"{ward.sent / seconds:.0f} readings/s"
    return [
        _result("POST → event", events, idle, EVENT_LIMIT_MS, rate),
        _result("POST → e-mail at the server", mails, idle, MAIL_LIMIT_MS, rate),
    ]


def _result(name: str, took: list[float], idle: list[float], limit: float, rate: str) -> Result:
    half, most = percentile(took, 50), percentile(took, 99)
    tasks = f"{half / percentile(idle, 50):.0f} and {most / percentile(idle, 99):.0f} empty tasks"
    return Result(
        f"{name} at {PER_SECOND}/s, p99, ms", most, limit, at_most=True,
        detail=f"p50 {half:.0f} ms; p50 and p99 are {tasks} ({percentile(idle, 50):.1f} and"
        f" {percentile(idle, 99):.1f} ms); {rate}, n {len(took)}",
    )  # fmt: skip


def _send(ward: Ward, port: int) -> None:
    """The steady load: each connection sends its share at its own beat, whatever the answers take."""
    wrong: list[str] = []
    lock = threading.Lock()
    fever = Readings(ward.token, (), {"temperature_c": 39.5})
    every = CONNECTIONS / PER_SECOND
    one_in = PER_SECOND // FEVERS_PER_SECOND

    def share(number: int) -> None:
        connection = Connection(port)
        requests = Readings(ward.token, ward.calm[number::CONNECTIONS], {})(0)
        ill: Iterator[UUID] = iter(ward.fevers[number::CONNECTIONS])
        due = time.perf_counter() + number / PER_SECOND
        until = due + SECONDS
        count = 0
        while due < until and not wrong:
            time.sleep(max(0.0, due - time.perf_counter()))
            patient = next(ill, None) if count % one_in == number % one_in else None
            request = next(requests) if patient is None else fever.request(patient)
            if patient is not None:
                ward.began[str(patient)] = moment()
            status, body = connection.send(request)
            if status != 201:
                wrong.append(f"{status}: {body[:500].decode(errors='replace')}")
            with lock:
                ward.sent += 1
            count += 1
            due += every
        connection.close()

    threads = [threading.Thread(target=share, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise UnexpectedAnswer(wrong[0])


def _waited(ward: Ward, counted: set[str], seen: Callable[[], dict[str, datetime]]) -> list[float]:
    """How long each counted fever took to be seen, in ms."""
    until = time.monotonic() + PATIENCE_S
    while counted - (found := seen()).keys():
        if time.monotonic() > until:
            missing = sorted(counted - found.keys())
            raise UnexpectedAnswer(f"{len(missing)} fevers were not seen, {missing[0]} among them")
        time.sleep(0.2)
    return [(found[each] - ward.began[each]).total_seconds() * 1000 for each in sorted(counted)]


def _mailed(mail: MailServer) -> dict[str, datetime]:
    """When the first mail about each infusion was begun at the server."""
    from monitoring.models import Delivery

    began = {each.delivery: each.began_at for each in reversed(mail.taken)}
    rows = Delivery.objects.filter(uuid__in=list(began)).values_list("uuid", "alert__infusion__uuid")
    found: dict[str, datetime] = {}
    for uuid, infusion in rows:
        at = began[str(uuid)]
        found[str(infusion)] = min(at, found.get(str(infusion), at))
    return found
