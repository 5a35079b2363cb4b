"""`manage.py backtest`: what it says of a file is what an import would have raised, and it writes nothing."""

import copy
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import InternalError, connection

from monitoring import rule_sets
from monitoring.backtests import files, stored
from monitoring.backtests.trial import attempt
from monitoring.core import rule_set as core
from monitoring.models import Alert, RuleSet
from tracker.models import Infusion, Site

SYNTHETIC = Path(__file__).parent.parent / "data" / "synthetic_vitals.csv"
KEY = SYNTHETIC.with_name("synthetic_vitals.index.csv")
HEADER = "source,patient,minutes_from_start,temp_c,hr,sbp,dbp,map,rr,spo2\n"

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("backtest", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def imported() -> None:
    call_command("import_readings", str(SYNTHETIC), "--historical", stdout=StringIO(), stderr=StringIO())


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """The shipped rules with fever from 37.5 on."""
    document = copy.deepcopy(RuleSet.objects.get().document)
    document["name"] = "stricter"
    written = json.dumps(document["rules"], default=str).replace('"38.0"', '"37.5"')
    document["rules"] = json.loads(written)
    path = tmp_path / "stricter.json"
    path.write_text(json.dumps(document, default=str))
    return path


def rows_of_every_table() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), sum(xmin::text::bigint) FROM "{table}"')
            counts[table] = cursor.fetchone()
        return counts


Raised = tuple[str, int, str, Any]


def raised_in_the_database() -> Iterator[Raised]:
    starts = {infusion.pk: infusion.started_at for infusion in Infusion.objects.all()}
    for alert in Alert.objects.standing():
        assert alert.infusion_id is not None
        start = starts[alert.infusion_id]
        assert start is not None
        cleared = None if alert.cleared_at is None else alert.cleared_at - start
        yield alert.problem, int(alert.priority), str(alert.raised_at - start), cleared


def raised_in_a_trial() -> Iterator[Raised]:
    rules = core.parse(RuleSet.objects.get().document)
    for patient in files.recorded(files.rows_of(SYNTHETIC)):
        (tried,) = attempt(patient, [rules]).tried
        for alert in tried.alerts:
            cleared = None if alert.cleared_at is None else alert.cleared_at - files.START
            yield alert.problem, int(alert.priority), str(alert.raised_at - files.START), cleared


def test_a_trial_of_a_file_raises_what_an_import_of_it_raises(imported: None) -> None:
    in_the_database = sorted(raised_in_the_database(), key=str)
    assert len(in_the_database) > 10
    assert sorted(raised_in_a_trial(), key=str) == in_the_database


def test_a_file_and_its_import_give_the_same_table(imported: None) -> None:
    assert run("bat_default") == run("bat_default", "--csv", str(SYNTHETIC))


def test_a_backtest_writes_nothing(imported: None, stricter: Path) -> None:
    before = rows_of_every_table()
    said = run("bat_default", str(stricter))
    assert "patients change" in said
    assert rows_of_every_table() == before


def test_where_a_backtest_reads_the_database_itself_refuses_to_write() -> None:
    with pytest.raises(InternalError, match="read-only"), stored.read_only():
        Site.objects.create(code="X", name="X")


def test_two_rule_sets_name_the_patients_who_change_and_why(imported: None, stricter: Path) -> None:
    said = run("bat_default@1", str(stricter))
    assert "bat_default@1: " in said
    assert "stricter@1: " in said
    assert "37.5 or more" in said


def test_a_rule_set_beside_itself_changes_nobody(imported: None) -> None:
    assert "0 of 10 patients change" in run("bat_default@1", "bat_default@1")


def test_an_answer_key_is_compared(imported: None) -> None:
    assert "20 the same, 0 different" in run("bat_default", "--csv", str(SYNTHETIC), "--key", str(KEY))
    assert "20 the same, 0 different" in run("bat_default", "--key", str(KEY))


def test_a_difference_that_nothing_explains_fails(stricter: Path) -> None:
    with pytest.raises(CommandError, match="not explained"):
        run(str(stricter), "--csv", str(SYNTHETIC), "--key", str(KEY))


@pytest.mark.parametrize("name", ["nothing", "bat_default@99", "bat_default@new"])
def test_a_rule_set_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(CommandError, match=name):
        run(name)


def test_a_file_of_rules_that_cannot_be_used_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"format": 1}')
    with pytest.raises(CommandError, match="lacks 'name'"):
        run(str(path), "--csv", str(SYNTHETIC))


def test_a_row_that_cannot_be_read_stops_the_trial_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vitals.csv"
    path.write_text(HEADER + "icu,7,soon,37,,,,,,\n")
    with pytest.raises(CommandError, match="line 2"):
        run("bat_default", "--csv", str(path))


def test_one_infusion_alone_can_be_tried(imported: None) -> None:
    assert "1 patients, 1 infusions" in run(
        "bat_default", "--infusion", str(Infusion.objects.order_by("pk")[0].uuid)
    )


def test_a_study_without_infusions_has_nothing_to_try_on(imported: None) -> None:
    with pytest.raises(CommandError, match="nothing to try"):
        run("bat_default", "--study", "ELSEWHERE")


def test_parts_that_nothing_believes_are_no_signs(tmp_path: Path) -> None:
    path = tmp_path / "vitals.csv"
    path.write_text(HEADER + "icu,7,0,-17.8,80,0,0,0,0,\n")
    (patient,) = files.recorded(files.rows_of(path))
    (tried,) = attempt(patient, [rule_sets.parsed(RuleSet.objects.get().pk)]).tried
    assert tried.alerts == ()
    (row,) = files.rows_of(path)
    assert [found.field for found in files.artefacts(row)] == [
        "temperature_c",
        "systolic_mmhg",
        "diastolic_mmhg",
        "map_mmhg",
        "respiratory_rate_per_min",
    ]
