"""Beat's timetable: complete from its first moment, and no file left behind."""

from pathlib import Path

import pytest
from celery.utils.imports import symbol_by_name

from config import embedded
from config.celery import Timetable, app


def test_every_line_is_due_as_soon_as_beat_starts() -> None:
    timetable = Timetable(app)
    assert set(timetable.schedule) >= set(app.conf.beat_schedule)
    waiting = {name for name, entry in timetable.schedule.items() if not entry.is_due().is_due}
    assert waiting == {"deliver"}


def test_deliveries_ask_after_the_others_two_seconds_later() -> None:
    assert 1 < Timetable(app).schedule["deliver"].is_due().next <= 2


def test_the_embedded_beat_keeps_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scheduler = embedded.beat().service.scheduler
    assert isinstance(scheduler, Timetable)
    scheduler.close()
    assert list(tmp_path.iterdir()) == []


def test_beat_on_its_own_finds_the_same_timetable() -> None:
    assert symbol_by_name(app.conf.beat_scheduler) is Timetable
