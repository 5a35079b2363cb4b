"""`manage.py backtest RULESET [RULESET]`: rule sets tried on stored infusions or on CSV files, side by side.

Every look at the database is a transaction in which PostgreSQL refuses to write.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.clock import now as clinical_now
from monitoring.backtests import files, named, stored
from monitoring.backtests.report import tables
from monitoring.backtests.tally import Tally, summary
from monitoring.backtests.trial import Recorded, attempt
from monitoring.core.rule_set import RuleSet, RuleSetError
from monitoring.imports.answer_key import First, KeyedFinding, Patient, UnreadableKey
from monitoring.imports.bar import Bar
from monitoring.imports.comparison import Dropped, compared
from monitoring.imports.found import dropped_parts
from monitoring.imports.tidy import UnreadableFile


class Command(BaseCommand):
    """Tries rules; writes nothing."""

    help = "Try one rule set, or two side by side, on what is already recorded. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which rules, on which records."""
        text = "a stored rule set, NAME or NAME@VERSION, or a JSON file of one"
        parser.add_argument("rule_sets", nargs="+", metavar="RULESET", help=text)
        parser.add_argument("--study", help="protocol number: the infusions of one study")
        parser.add_argument(
            "--infusion", action="append", type=UUID, metavar="UUID", help="this infusion; may be repeated"
        )
        parser.add_argument(
            "--csv",
            action="append",
            type=Path,
            metavar="FILE",
            help="a tidy CSV of vitals instead; may be repeated",
        )
        parser.add_argument(
            "--key",
            action="append",
            type=Path,
            metavar="FILE",
            help="an answer key to compare with; may be repeated",
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Read, try, print.

        Raises: CommandError naming what cannot be read, or when a difference from a key is not explained.
        """
        if len(options["rule_sets"]) > 2:
            raise CommandError(_("One rule set, or two side by side."))
        try:
            rules = [named.rule_set(name, options["study"]) for name in options["rule_sets"]]
            self._try(rules, options)
        except (RuleSetError, named.NoSuchRuleSet, UnreadableFile, UnreadableKey) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _try(self, rules: Sequence[RuleSet], options: dict[str, Any]) -> None:
        tally = Tally.of(len(rules))
        found: list[dict[Patient, dict[KeyedFinding, First]]] = [{} for _each in rules]
        total, patients, dropped = self._records(options)
        if not total:
            raise CommandError(_("There is nothing to try rules on."))
        with Bar(self.stderr, _("trying"), total) as bar:
            for number, patient in enumerate(patients, start=1):
                trial = attempt(patient, rules)
                tally.add(trial, rules)
                if patient.key is not None:
                    for firsts, tried in zip(found, trial.tried, strict=True):
                        firsts[patient.key] = tried.firsts(patient)
                bar.to(number)
        for line in tables(summary(tally, rules), get_language() or "en"):
            self.stdout.write(line)
        unexplained = 0
        for each, firsts in zip(rules, found, strict=True):
            for path in options["key"] or ():
                lines, missed = compared(path, firsts, dropped)
                unexplained += missed
                for line in lines:
                    self.stdout.write(f"{each.label}: {line}")
        if unexplained:
            raise CommandError(_("%d differences are not explained.") % unexplained)

    def _records(self, options: dict[str, Any]) -> tuple[int, Iterator[Recorded], Dropped]:
        """How many patients there are, the patients, and the parts that no range believes."""
        if options["csv"]:
            rows = [row for path in options["csv"] for row in files.rows_of(path)]
            return len({row.who for row in rows}), files.recorded(rows), files.dropped(rows)
        with stored.read_only():
            chosen = stored.started()
            if options["study"]:
                chosen = chosen.filter(study__protocol_number=options["study"])
            if options["infusion"]:
                chosen = chosen.filter(uuid__in=options["infusion"])
            pairs = list(chosen.values_list("patient_id", "pk"))
            dropped = dropped_parts() if options["key"] else {}
        own = [[pk for _patient, pk in group] for _patient, group in groupby(pairs, key=lambda pair: pair[0])]
        return len(own), self._stored(own), dropped

    def _stored(self, infusions: list[list[int]]) -> Iterator[Recorded]:
        until = clinical_now()
        for infusion_ids in infusions:
            with stored.read_only():
                patients = list(stored.recorded(infusion_ids, until))
            yield from patients
