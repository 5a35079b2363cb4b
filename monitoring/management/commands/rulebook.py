"""`manage.py rulebook`: every rule, limit, clearing and source, for a clinician to read and sign."""

import json
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string
from django.utils import translation

from config import clock
from monitoring import rule_drafts, rule_remarks, rulebook
from monitoring.core import rule_words
from monitoring.core.rule_schema import schema
from monitoring.models import RuleSet, RuleSetStatus


class Command(BaseCommand):
    """Prints the active rule sets, or those named; reads and changes nothing."""

    help = "Print every rule, limit, clearing and source of the active rule sets, or of the one named."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which rule set, in which language, and where to."""
        parser.add_argument("name", nargs="?", help="a rule set's name; without one, those that are active")
        parser.add_argument("version", nargs="?", type=int, help="its version; without one, the newest")
        parser.add_argument("--language", default="en", help="en or es (default: en)")
        parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to print instead")
        parser.add_argument(
            "--schema", action="store_true", help="print the JSON Schema of the format instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints, or writes the page."""
        if options["schema"]:
            self.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False))
            return
        with translation.override(options["language"]):
            rows = self._chosen(options["name"], options["version"])
            if options["html"] is not None:
                options["html"].write_text(_page(rows, options["language"]), encoding="utf-8")
                self.stdout.write(f"{len(rows)} in {options['html']}")
                return
            for row in rows:
                self.stdout.write("\n".join(_lines(row, options["language"])))

    def _chosen(self, name: str | None, version: int | None) -> list[RuleSet]:
        rows = RuleSet.objects.select_related("study", "approved_by").order_by("-version", "-pk")
        if name is None:
            chosen = list(rows.filter(status=RuleSetStatus.ACTIVE))
        else:
            named = rows.filter(name=name)
            chosen = list(named.filter(version=version) if version is not None else named[:1])
        if not chosen:
            raise CommandError(
                "There is no such rule set. Run `manage.py load_rule_sets` first, or name another."
            )
        return chosen


def _lines(row: RuleSet, language: str) -> list[str]:
    """The rule set as lines for a terminal."""
    examined = rule_drafts.examine(row.document)
    title = rulebook.text_of(row.document["title"], language)
    lines = [f"{title} ({row}, {row.status})", row.document["source"], ""]
    for chapter in rulebook.chapters(examined.rules, language):
        lines += [f"{chapter.title} [{chapter.problem}]"]
        for level in chapter.levels:
            lines += [
                f"  {level.title.upper():8}{'   or ' if number else '      '}{each}"
                for number, each in enumerate(level.alternatives)
            ]
        lines += [f"  {each}" for each in chapter.clearing]
        lines += [f"  {chapter.phases}", f"  {chapter.source}", ""]
    lines += rule_words.schedule(examined.rules.schedule, language)
    titles = [chapter.title for chapter in rulebook.chapters(examined.rules, language)]
    for remark in rule_remarks.grouped(map(rule_remarks.said, examined.remarks), titles):
        lines.append(f"{remark.severity}: {'; '.join(remark.places)}: {remark.sentence}")
    return [*lines, f"fingerprint {examined.rules.fingerprint}", ""]


def _page(rows: list[RuleSet], language: str) -> str:
    """The rule sets as one page that stands alone."""
    found = [finders.find(f"monitoring/{name}.css") for name in ("febris", "rules")]
    css = "".join(Path(file).read_text(encoding="utf-8") for file in found if isinstance(file, str))
    sheets = []
    for row in rows:
        rules = rule_drafts.examine(row.document).rules
        sheets.append(
            {
                "rule_set": row,
                "title": rulebook.text_of(row.document["title"], language),
                "source": row.document["source"],
                "chapters": rulebook.chapters(rules, language),
                "schedule": rule_words.schedule(rules.schedule, language),
                "fingerprint": rules.fingerprint,
            }
        )
    return render_to_string(
        "monitoring/rulebook_file.html",
        {"sheets": sheets, "css": css, "language": language, "now": clock.now(), "zone": "UTC"},
    )
