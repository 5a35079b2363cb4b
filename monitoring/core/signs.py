"""How each sign of a set stands, now that the rules have spoken.

What no rule has judged is unknown, never normal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from monitoring.core import signals
from monitoring.core.events import Value
from monitoring.core.findings import MISSING, PART, Finding, Grading, RuleFailure, Sign, Status
from monitoring.core.grades import graded_by, gradings
from monitoring.core.judging import CompiledRule, Verdict
from monitoring.core.moment import Moment
from monitoring.core.truth import Truth


class Signs(Mapping[str, Sign]):
    """Signs that are worked out when somebody looks: of many sets in a row only the newest is looked at."""

    __slots__ = ("_found", "_work_out")

    def __init__(self, work_out: Callable[[], Mapping[str, Sign]]) -> None:
        self._work_out = work_out
        self._found: Mapping[str, Sign] | None = None

    @property
    def found(self) -> Mapping[str, Sign]:
        """The signs, worked out once."""
        if self._found is None:
            self._found = self._work_out()
        return self._found

    def __getitem__(self, name: str) -> Sign:
        """How that signal stands."""
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        """Each signal."""
        return iter(self.found)

    def __len__(self) -> int:
        """How many signals stand."""
        return len(self.found)

    def __repr__(self) -> str:
        """The signs as a mapping shows them."""
        return repr(self.found)


def signs_of(
    asked: Sequence[CompiledRule],
    verdicts: Collection[Verdict],
    failures: Sequence[RuleFailure],
    now: Moment,
) -> Signs:
    """Each signal of a set and each that some rule reads, with its status in this set; grades among them.

    What a nurse says only when it is so (a concern) is left out when she did not say it.
    """
    return Signs(lambda: _found(asked, verdicts, failures, now))


def _found(
    asked: Sequence[CompiledRule],
    verdicts: Collection[Verdict],
    failures: Sequence[RuleFailure],
    now: Moment,
) -> Mapping[str, Sign]:
    scales = {scale for compiled in asked for scale in compiled.scales}
    for scale in scales:
        with suppress(Exception):  # a scale that fails has failed its rule, and is named there
            graded_by(scale, now)
    grades = {grading.scale: grading for grading in gradings(scales, now)}
    failed = {failure.rule for failure in failures}
    silent = {sign for compiled in asked if compiled.rule.problem in failed for sign in compiled.signs}
    read = dict.fromkeys([*signals.RAW, *sorted(sign for compiled in asked for sign in compiled.signs)])
    truths: dict[str, list[Truth]] = {}
    shows: dict[str, dict[str, Finding]] = {}
    for verdict in verdicts:
        for name, truth in verdict.judged:
            truths.setdefault(name, []).append(truth)
        if verdict.finding is not None:
            for reason in verdict.finding.because:
                if reason.op in (PART, MISSING):
                    continue
                shows.setdefault(reason.signal, {})[verdict.rule.problem] = verdict.finding
    values = now.values
    found = {}
    for name in read:
        grade = grades.get(name)
        value = values.get(name) if grade is None else _known(grade)
        is_unsaid = name in signals.STATEMENTS and not value
        if name in shows:
            found[name] = _abnormal(value, shows[name], grade)
        elif name not in signals.FACTS and not is_unsaid:
            found[name] = _otherwise(value, [] if name in silent else truths.get(name, []), grade)
    return found


def _known(grade: Grading) -> Value | None:
    return None if grade.grade is None else Decimal(grade.grade)


def _abnormal(value: Value | None, shows: Mapping[str, Finding], grade: Grading | None) -> Sign:
    """A sign that is part of why some rule found something."""
    priority = max(finding.priority for finding in shows.values())
    return Sign(Status.ABNORMAL, priority, value, tuple(sorted(shows)), grade)


def _otherwise(value: Value | None, truths: Sequence[Truth], grade: Grading | None) -> Sign:
    """Normal only where it was measured and every condition that reads it could be judged."""
    known = value is not None and truths and None not in truths
    return Sign(Status.NORMAL if known else Status.UNKNOWN, None, value, (), grade)
