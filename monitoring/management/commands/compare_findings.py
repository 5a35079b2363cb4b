"""`manage.py compare_findings KEY [KEY ...]`: first findings of imported patients against answer keys."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from monitoring.imports.answer_key import KeyedFinding, UnreadableKey, differences, read_key
from monitoring.imports.found import dropped_parts, first_findings


class Command(BaseCommand):
    """Compares; writes nothing."""

    help = "Compare first findings of temperature ≥ 38.0 and systolic < 90 with independent answer keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The keys."""
        parser.add_argument("keys", nargs="+", type=Path, metavar="KEY")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Print each difference and how many agree.

        Raises: CommandError when a difference is not explained, or a key cannot be read.
        """
        found, dropped = first_findings(), dropped_parts()
        unexplained = 0
        for path in options["keys"]:
            try:
                with path.open(encoding="utf-8-sig", newline="") as file:
                    key = read_key(file)
            except (OSError, UnreadableKey) as error:
                raise CommandError(f"{path}: {error}") from error
            different = list(differences(key, found, dropped))
            for each in different:
                reason = each.reason or _("NOT EXPLAINED")
                here = each.found.minute if each.found else "–"
                text = _("%(source)s %(patient)s %(finding)s: key %(key)s, found %(found)s: %(reason)s")
                names = {"source": each.patient[0], "patient": each.patient[1], "finding": each.finding.value}
                expected = "–" if each.expected is None else each.expected
                self.stdout.write(text % (names | {"key": expected, "found": here, "reason": reason}))
            missed = sum(not each.reason for each in different)
            unexplained += missed
            positive = {f.value: sum(m[f] is not None for m in key.values()) for f in KeyedFinding}
            text = _("%(path)s: %(patients)d patients, %(answers)d answers (%(positive)s), %(same)d the same")
            answers = len(key) * len(KeyedFinding)
            said = ", ".join(f"{name} {count}" for name, count in positive.items())
            figures = {"patients": len(key), "answers": answers, "same": answers - len(different)}
            text += _(", %(different)d different, %(missed)d of them not explained")
            figures |= {"different": len(different), "missed": missed}
            self.stdout.write(text % ({"path": path.name, "positive": said} | figures))
        if unexplained:
            raise CommandError(_("%d differences are not explained.") % unexplained)
