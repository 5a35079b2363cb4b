"""The broker is a doorbell: it holds no timer of ours, and every wait for it is set on purpose."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from kombu.transport import redis, virtual

from config.broker import QoS
from config.celery import app

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("config", "accounts", "tracker", "monitoring", "interop")
#: Words of Celery that leave a timer in the broker, and the calls that could take one.
TIMERS = {"eta", "countdown", "retry_backoff", "default_retry_delay", "autoretry_for"}
CALLS = {"apply_async", "send_task", "retry", "signature", "subtask", "s", "si", "set", "shared_task", "task"}


def timers(source: str) -> Iterator[int]:
    """The lines that ask Celery to wait: by keyword, by `**{...}`, by an options dict, or by `retry()` alone,
    whose default is a countdown of three minutes.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in CALLS and TIMERS & {word.arg for word in node.keywords}:
                yield node.lineno
            if name == "retry":
                yield node.lineno
        if isinstance(node, ast.Dict):
            words = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if {"eta", "countdown"} & words:
                yield node.lineno


def test_nothing_in_the_code_leaves_a_timer_in_the_broker() -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}:{line}"
        for package in PACKAGES
        for path in sorted((CHECKOUT / package).rglob("*.py"))
        for line in timers(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "task.apply_async(args, countdown=5)",
        "app.send_task('x', eta=then)",
        "self.retry()",
        "signature('x', countdown=1)",
        "task.s(1).set(countdown=3)",
        "@shared_task(autoretry_for=(Exception,))\ndef work(): ...",
        "beat = {'task': 'x', 'options': {'countdown': 5}}",
        "task.apply_async(**{'eta': then})",
    ],
)
def test_each_way_to_leave_one_would_be_found(source: str) -> None:
    assert list(timers(source)) != []


def test_no_line_of_the_timetable_carries_one() -> None:
    for name, line in app.conf.beat_schedule.items():
        assert set(line["options"]) <= {"expires", "queue"}, name


def test_no_task_asks_to_be_tried_again_later() -> None:
    app.loader.import_default_modules()
    for name, task in app.tasks.items():
        if not name.startswith("celery."):
            assert not getattr(task, "autoretry_for", ()), name


#: What the settings must choose for a broker that can freeze, die and forget. Seconds.
CHOSEN = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "retry_on_timeout": False,
}
REASONED = (*CHOSEN, "CELERY_TASK_ACKS_LATE", "CELERY_TASK_REJECT_ON_WORKER_LOST")


def test_every_wait_for_redis_is_chosen() -> None:
    asked = "from django.conf import settings; print(settings.CELERY_BROKER_TRANSPORT_OPTIONS)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env={
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only for this test",
            "DATABASE_URL": "postgres://nobody@localhost/nothing",
            "REDIS_URL": "redis://localhost:1/0",
        },
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ast.literal_eval(done.stdout) == CHOSEN


def test_what_could_not_be_acknowledged_does_not_keep_a_worker_from_taking_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object, **__: object) -> object:
        raise ConnectionError("Redis went away")

    monkeypatch.setattr(redis.QoS, "_remove_from_indices", gone)
    monkeypatch.setattr(redis.QoS, "restore_by_tag", gone)
    for answer in ("ack", "reject"):
        held = QoS(SimpleNamespace(do_restore=False), prefetch_count=1)
        virtual.QoS.append(held, object(), "one")
        assert not held.can_consume()
        with pytest.raises(ConnectionError):
            getattr(held, answer)("one")
        assert held.can_consume()


def test_the_workers_use_that_transport() -> None:
    with app.connection_for_read("redis://localhost:1/0", transport="config.broker:Transport") as connection:
        assert connection.transport_cls == "config.broker:Transport"
        assert issubclass(connection.get_transport_cls(), redis.Transport)
        assert connection.get_transport_cls().Channel.QoS is QoS


def test_a_task_is_acknowledged_when_it_is_done() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


@pytest.mark.parametrize("name", REASONED)
def test_its_reason_stands_beside_it(name: str) -> None:
    """A comment directly above, or above the lines of the same dict just before it."""
    lines = (CHECKOUT / "config" / "settings.py").read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if re.match(rf'\s*"?{name}"?( =|:)', line))
    indent = re.match(r"\s*", lines[place])
    assert indent is not None
    above = place - 1
    while indent[0] and lines[above].startswith(f'{indent[0]}"'):
        above -= 1
    assert lines[above].strip().startswith("#"), f"{name} stands without its reason"
