"""`manage.py real_data`: the tables of the report, here over the project's own synthetic patients."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from monitoring.backtests import files
from monitoring.backtests.bare import Bare
from monitoring.backtests.trial import attempt
from monitoring.rule_sets import SHIPPED, read
from tests.core.builders import default_rules

SYNTHETIC = Path(__file__).parent.parent / "data" / "synthetic_vitals.csv"
REAL = Path(__file__).parents[3] / "shared" / "data" / "vitals_dev"
HEADER = "source,patient,minutes_from_start,temp_c,hr,sbp,dbp,map,rr,spo2\n"
RULES = str(SHIPPED / "bat_default_v1.json")


def run(*paths: Path) -> str:
    out = StringIO()
    call_command("real_data", *map(str, paths), "--rules", RULES, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_every_rule_has_a_line_and_none_is_in_error() -> None:
    said = run(SYNTHETIC)
    assert "rules in error: 0; readings in evidence beyond their range: 0" in said
    for rule in read(Path(RULES))["rules"]:
        assert f"| {rule['problem']} |" in said


def test_each_artefact_is_named_by_the_range_that_it_lies_beyond(tmp_path: Path) -> None:
    path = tmp_path / "vitals.csv"
    path.write_text(HEADER + "icu,7,0,-17.8,80,0,60,70,,\nicu,7,60,37,80,120,60,70,105,\n")
    said = run(path)
    assert "| temperature_c | 25 to 45 °C | 1 | -17.8 |" in said
    assert "| systolic_mmhg | 30 to 300 mmHg | 1 | 0 |" in said
    assert "| respiratory_rate_per_min | 1 to 80 /min | 1 | 105 |" in said


def test_bare_thresholds_ring_at_every_reading_and_the_watch_raises_one_alert(tmp_path: Path) -> None:
    path = tmp_path / "vitals.csv"
    path.write_text(HEADER + "".join(f"icu,7,{minute},38.{minute},80,,,,,\n" for minute in range(4)))
    lines = [line for line in run(path).splitlines() if line.startswith("| fever | 4 ")]
    assert lines == ["| fever | 4 | 1 | 1 | 75% | 1 | 0 | 0 |", "| fever | 4 | 1 | 75% |"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="gone"):
        run(tmp_path / "gone.csv")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real vitals do not lie beside the project")
def test_no_real_patients_first_sign_comes_later_than_under_bare_thresholds() -> None:
    bare = Bare()
    for patient in files.recorded(files.rows_of(REAL / "mimic3_demo.csv")):
        bare.add(patient, attempt(patient, [default_rules()]).tried[0])
    assert bare.patients == {"fever": 15, "hypotension": 29}
    assert bare.later == {"fever": [], "hypotension": []}
