"""A backtest as the API and the pages show it, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitoring.backtests.running import is_outdated
from monitoring.models import Backtest, RuleSet


def shown(backtest: Backtest, language: str = "en") -> dict[str, Any]:
    """The backtest as plain values."""
    asked_by = backtest.asked_by
    return {
        "id": str(backtest.uuid),
        "state": str(backtest.state),
        "error": backtest.error or None,
        "rule_set": _named(backtest.rule_set),
        "against": _named(backtest.against),
        "asked_by": None if asked_by is None else asked_by.username,
        "asked_at": backtest.asked_at.isoformat(),
        "finished_at": None if backtest.finished_at is None else backtest.finished_at.isoformat(),
        "outdated": is_outdated(backtest),
        "progress": {"done": backtest.done, "total": backtest.patients},
        "result": None if backtest.result is None else result_shown(backtest.result, language),
    }


def result_shown(result: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The figures with their words in one language."""
    return {
        **result,
        "rule_sets": [
            {**each, "problems": [_titled(problem, language) for problem in each["problems"]]}
            for each in result["rule_sets"]
        ],
        "changes": [
            {**change, **{side: _spoken(change[side], language) for side in ("first", "second")}}
            for change in result["changes"]
        ],
    }


def _titled(problem: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {**problem, "title": _in(problem["title"], language)}


def _spoken(side: Mapping[str, Any] | None, language: str) -> dict[str, Any] | None:
    return None if side is None else {**side, "sentence": _in(side["sentence"], language)}


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts["en"]


def _named(row: RuleSet | None) -> dict[str, Any] | None:
    return None if row is None else {"id": str(row.uuid), "name": row.name, "version": row.version}
