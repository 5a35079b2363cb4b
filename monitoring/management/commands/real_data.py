"""`manage.py real_data FILE...`: the tables of docs/real-data.md, made from tidy CSV files of vitals."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from monitoring.backtests import files, named
from monitoring.backtests.bare import Bare
from monitoring.backtests.tally import Tally, summary
from monitoring.backtests.trial import attempt
from monitoring.core.findings import Evidence
from monitoring.core.rule_set import RuleSetError
from monitoring.imports.bar import Bar
from monitoring.imports.tidy import UnreadableFile
from tracker.plausibility import RANGES, Verdict


class Command(BaseCommand):
    """Measures rules on files; writes nothing."""

    help = (
        "How a rule set does on tidy CSV files of vitals: rules, artefacts, and bare thresholds, as Markdown."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which files, which rules."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--rules", required=True, metavar="RULESET", help="NAME, NAME@VERSION or a JSON file"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Read, try, print.

        Raises: CommandError naming what cannot be read.
        """
        try:
            rules = named.rule_set(options["rules"])
            rows = [row for path in options["files"] for row in files.rows_of(path)]
        except (RuleSetError, named.NoSuchRuleSet, UnreadableFile) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        tally, bare, beyond = Tally.of(1), Bare(), 0
        total = len({row.who for row in rows})
        with Bar(self.stderr, _("trying"), total) as bar:
            for number, patient in enumerate(files.recorded(rows), start=1):
                trial = attempt(patient, [rules])
                tally.add(trial, [rules])
                bare.add(patient, trial.tried[0])
                beyond += sum(
                    _is_beyond(entry) for alert in trial.tried[0].alerts for entry in alert.evidence
                )
                bar.to(number)
        result = summary(tally, [rules])
        (of,) = result["rule_sets"]
        days = f"{result['patient_days']:,.1f} patient-days"
        self.stdout.write(
            f"{of['label']}: {result['sets']:,} sets of {result['patients']} patients, "
            f"{days}; {of['alerts']:,} alerts, {of['per_day']:.2f} a day\n"
            f"rules in error: {len(of['failed'])}; readings in evidence beyond their range: {beyond}\n"
        )
        self._rules(of["problems"])
        self._artefacts(rows)
        self.stdout.write("\n".join(bare.lines()))

    def _rules(self, problems: list[dict[str, Any]]) -> None:
        self.stdout.write(
            "| problem | high | medium | low | a patient-day | patients | share | median hours to first |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- |"
        )
        for each in problems:
            first = each["median_hours_to_first"]
            cells = (
                each["problem"],
                *(f"{each[word]:,}" for word in ("high", "medium", "low")),
                f"{each['per_day']:.3f}",
                str(each["patients"]),
                f"{each['share']:.1%}",
                "–" if first is None else f"{first:.1f}",
            )
            self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.write("")

    def _artefacts(self, rows: list[Any]) -> None:
        self.stdout.write("| part | range | left out | values |\n| --- | --- | --- | --- |")
        found: dict[str, list[files.Artefact]] = {}
        for artefact in (each for row in rows for each in files.artefacts(row)):
            found.setdefault(artefact.field, []).append(artefact)
        for name, artefacts in sorted(found.items()):
            limits = RANGES[name]
            values = sorted({artefact.value for artefact in artefacts})
            shown = ", ".join(f"{value:f}" for value in values)
            scope = f"{limits.hard_low} to {limits.hard_high} {limits.unit}"
            self.stdout.write(f"| {name} | {scope} | {len(artefacts)} | {shown} |")
        crossed = sum(files.is_crossed_row(row) for row in rows)
        self.stdout.write(
            f"\n{crossed:,} sets have crossed pressures: the systolic counts, the mean is unknown\n"
        )


def _is_beyond(entry: Evidence) -> bool:
    """True for evidence that rests on a number which no range believes: there is never any."""
    limits = RANGES.get(entry.signal)
    readings = (entry.first.value, entry.worst.value, entry.last.value)
    return limits is not None and any(
        limits.judge(value) in (Verdict.IMPLAUSIBLE, Verdict.IMPOSSIBLE)
        for value in readings
        if isinstance(value, Decimal)
    )
