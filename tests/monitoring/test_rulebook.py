"""`manage.py rulebook`: a book that a clinician can read without opening a page."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitoring.models import RuleSet

pytestmark = pytest.mark.django_db


def printed(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("rulebook", *arguments, stdout=out, **options)
    return out.getvalue()


def test_every_rule_is_printed_with_its_limits_clearing_and_source() -> None:
    text = printed()
    rules = RuleSet.objects.get(shipped=True).document["rules"]
    for rule in rules:
        assert f"[{rule['problem']}]" in text
        assert rule["source"] in text
    assert "temperature 39.0 °C or more" in text
    assert "Clears by 2 normal sets at least 15 min apart" in text
    assert "While the infusion runs: vital signs every 15 min" in text


def test_it_is_printed_in_spanish() -> None:
    assert "temperatura 39,0 °C o más" in printed(language="es")


def test_a_set_is_named_with_or_without_its_version() -> None:
    row = RuleSet.objects.get(shipped=True)
    assert printed(row.name) == printed(row.name, row.version) == printed()


@pytest.mark.parametrize("arguments", [("nothing",), ("bat_default", 99)])
def test_a_set_that_is_not_there_is_said(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(CommandError, match="no such rule set"):
        printed(*arguments)


def test_a_page_to_sign_stands_alone(tmp_path: Path) -> None:
    file = tmp_path / "rules.html"
    printed(html=file)
    text = file.read_text()
    assert "Read and approved" in text
    assert "size: A4 portrait" in text
    assert "<link" not in text
    assert "<script" not in text


def test_the_schema_is_printed() -> None:
    assert json.loads(printed(schema=True))["title"] == "Febris rule set"
