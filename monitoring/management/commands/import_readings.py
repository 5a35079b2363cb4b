"""`manage.py import_readings FILE`: a tidy CSV of vitals into infusions, then each of them evaluated."""

import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.clock import now as clinical_now
from monitoring.evaluate import evaluate_infusion
from monitoring.imports.bar import Bar
from monitoring.imports.readings import Import, Progress, find_or_make_place, import_actor, start_for
from monitoring.imports.report import alerts_table
from monitoring.imports.survey import Survey, TooLong, survey
from monitoring.imports.tidy import UnreadableFile, read_rows
from tracker.models import Site, Study


class Command(BaseCommand):
    """Imports readings; safe to repeat."""

    help = "Import a tidy CSV of vitals: one patient, subject and infusion for each patient in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, where to put it, how to judge it."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--study", help="protocol number of a study that is there")
        parser.add_argument("--site", help="code of a site that is there")
        parser.add_argument(
            "--historical",
            action="store_true",
            help="nobody was watching: no schedule, nothing overdue, no deliveries; all else is judged",
        )
        parser.add_argument("--preview", action="store_true", help="say what would happen, and store nothing")
        parser.add_argument(
            "--start",
            type=datetime.fromisoformat,
            metavar="TIME",
            help="minute 0, with its offset (default: the newest midnight that leaves all of it in the past)",
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Survey, store, evaluate, report.

        Raises: CommandError naming the file, line and column at fault.
        """
        path: Path = options["file"]
        if options["start"] and options["start"].tzinfo is None:
            raise CommandError(_("--start needs an offset, as in 2026-01-31T08:00+01:00"))
        try:
            with path.open("rb") as file:
                found = self._survey(path, file, preview=options["preview"])
                if options["preview"]:
                    self.stdout.write(_("Preview: nothing was stored."))
                    return
                file.seek(0)
                self._import(file, found, options)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except (UnreadableFile, TooLong) as error:
            raise CommandError(f"{path}: {error}") from error

    def _survey(self, path: Path, file: BinaryIO, *, preview: bool) -> Survey:
        found = survey(read_rows(file), judged=preview)
        for fault in found.faults:
            self.stderr.write(str(fault))
        if found.fault_count:
            text = _("%(path)s: %(count)d rows cannot be read; nothing was stored.")
            raise CommandError(text % {"path": path, "count": found.fault_count})
        text = _("%(path)s: %(rows)s rows of %(patients)s patients, the last at minute %(last)s")
        figures = {
            "rows": f"{found.rows:,}",
            "patients": f"{len(found.patients):,}",
            "last": found.last_minute,
        }
        self.stdout.write(text % ({"path": path} | figures))
        for remark in found.remarks:
            self.stdout.write(str(remark))
        if (more := found.remark_count - len(found.remarks)) > 0:
            self.stdout.write(_("… and %d more") % more)
        return found

    def _import(self, file: BinaryIO, found: Survey, options: dict[str, Any]) -> None:
        now = clinical_now()
        started = time.perf_counter()
        from accounts.actors import system_actor

        try:
            study, site = find_or_make_place(system_actor("import"), options["study"], options["site"], now)
        except (Study.DoesNotExist, Site.DoesNotExist) as error:
            raise CommandError(_("There is no study or site %s.") % error) from error
        task = Import(
            study,
            site,
            options["start"] or start_for(found.last_minute, now),
            options["historical"],
            import_actor(site),
        )
        progress = Progress()
        with Bar(self.stderr, _("storing"), found.rows) as bar:
            for progress in task.run(read_rows(file), now):
                for warning in progress.warnings:
                    self.stdout.write(str(warning))
                bar.to(progress.rows)
        stored = time.perf_counter()
        text = _("stored %(created)s, already there %(repeated)s, refused %(refused)s, in %(seconds).1f s")
        figures = {"created": f"{progress.created:,}", "repeated": f"{progress.repeated:,}"}
        figures |= {"refused": f"{progress.refused:,}"}
        self.stdout.write(text % (figures | {"seconds": stored - started}))
        if progress.unusual:
            self.stdout.write(_("%s unusual values were kept as they are.") % f"{progress.unusual:,}")
        pending = self._evaluate(list(progress.infusion_ids))
        text = _("evaluated %(count)s infusions in %(seconds).1f s")
        seconds = time.perf_counter() - stored
        self.stdout.write(text % {"count": f"{len(progress.infusion_ids) - pending:,}", "seconds": seconds})
        if pending:
            self.stdout.write(_("%d infusions could not be evaluated now; the sweep will.") % pending)
        self.stdout.write(alerts_table(list(progress.infusion_ids)))

    def _evaluate(self, infusion_ids: list[int]) -> int:
        pending = 0
        with Bar(self.stderr, _("evaluating"), len(infusion_ids)) as bar:
            for number, infusion_id in enumerate(infusion_ids, start=1):
                if evaluate_infusion(infusion_id, clinical_now()).state == "pending":
                    pending += 1
                bar.to(number)
        return pending
