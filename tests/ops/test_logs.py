"""Log lines hold ids and never a person."""

import json
import logging
import sys

import psycopg
import pytest

from config.logs import Line, NotAProbe


def line(
    message: str, *arguments: object, error: BaseException | None = None, **ids: object
) -> dict[str, object]:
    """What becomes of a record."""
    info = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("monitoring", logging.ERROR, __file__, 1, message, arguments, info)
    record.__dict__ |= ids
    parsed: dict[str, object] = json.loads(Line().format(record))
    return parsed


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException:
        caught = sys.exc_info()[1]
        assert caught is not None
        return caught


def test_ids_given_beside_the_message_are_on_the_line() -> None:
    assert line("evaluated", infusion="01a2")["infusion"] == "01a2"


@pytest.mark.parametrize(
    "error",
    [ValueError("Ada Patient is 39.5"), psycopg.errors.CheckViolation("Failing row contains (Ada Patient)")],
)
def test_the_words_of_an_exception_stay_out(error: BaseException) -> None:
    described = line("it failed", error=raised(error))
    assert "Ada" not in json.dumps(described)
    assert type(error).__name__ in json.dumps(described)


def test_the_words_of_a_machine_stay() -> None:
    assert "refused" in json.dumps(line("no broker", error=raised(ConnectionRefusedError("refused"))))


def test_a_database_error_names_its_state() -> None:
    outer = ValueError("Ada")
    outer.__cause__ = psycopg.errors.UniqueViolation("Key (name)=(Ada) already exists")
    described = line("it failed", error=raised(outer))
    assert "Ada" not in json.dumps(described)
    assert "psycopg.errors.UniqueViolation" in json.dumps(described)


@pytest.mark.parametrize(("address", "kept"), [("/health/ready", False), ("/api/v1/vitals/", True)])
def test_an_answered_probe_is_no_news(address: str, kept: bool) -> None:
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "%s: %s", ("503", address), None)
    assert NotAProbe().filter(record) is kept
