"""`manage.py demo`: the embedded mode with a synthetic study whose patients live in real time."""

import os
from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.clock import now, real_now
from monitoring.demo.cast import COLLEAGUES, INTEGRATION
from monitoring.demo.stage import RealStudyExists, admit_people, set_stage, token_for
from monitoring.demo.state import new_state, read_state, write_state

_SLOWEST, _FASTEST = 0.1, 600.0


class Command(BaseCommand):
    """Runs the demo until Ctrl-C."""

    help = "Run Febris with a synthetic study: SPEED is the rate of its clock, PORT and DATA_DIR as for `up`."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--seed` is what `up` calls back once the database stands."""
        parser.add_argument("--seed", action="store_true", help=SUPPRESS)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Run it, or (called back) set the stage and print the sign-ins.

        Raises: CommandError
        """
        if options["seed"]:
            self._seed()
        else:
            self._run()

    def _run(self) -> None:
        speed = _speed()
        state = read_state(settings.DATA_DIR)
        if state is not None and state.rate != speed:
            text = _("The demo in %(folder)s runs at SPEED=%(rate)g; another speed needs another DATA_DIR.")
            raise CommandError(text % {"folder": settings.DATA_DIR, "rate": state.rate})
        anchor = state.anchor if state is not None else real_now().isoformat()
        if speed != 1:
            os.environ |= {"CLOCK_ANCHOR": anchor, "CLOCK_RATE": str(speed)}
        os.environ["DEMO"] = "true"
        call_command("up", prepare="demo --seed")

    def _seed(self) -> None:
        anchor, rate = os.environ.get("CLOCK_ANCHOR", ""), float(os.environ.get("CLOCK_RATE") or "1")
        state = read_state(settings.DATA_DIR) or new_state(rate, anchor)
        try:
            stage = set_stage(now())
        except RealStudyExists as error:
            raise CommandError(str(error)) from error
        admit_people(stage, state.password)
        token = token_for(stage, state.token, real_now())
        write_state(settings.DATA_DIR, state.risen(real_now(), now(), token))
        self._print_sign_ins(state.password, token)

    def _print_sign_ins(self, password: str, token: str) -> None:
        address = f"http://localhost:{os.environ.get('PORT') or '8000'}"
        lines = [
            "",
            _("The demo's patients are synthetic. In two minutes one spikes a fever, one drops pressure,"),
            _("one goes quiet."),
            "",
            _("Sign in at %(address)s, everybody with the password %(password)s")
            % {"address": address, "password": password},
            *(f"  {each.username:14} {each.role.label}" for each in COLLEAGUES),
            "",
            _("API token of %(client)s: %(token)s") % {"client": INTEGRATION, "token": token},
            f'  curl -H "Authorization: Bearer {token}" {address}/api/v1/alerts/',
            "",
        ]
        self.stdout.write("\n".join(lines))


def _speed() -> float:
    typed = os.environ.get("SPEED") or "1"
    try:
        speed = float(typed)
    except ValueError:
        speed = 0.0
    if not _SLOWEST <= speed <= _FASTEST:
        text = _("SPEED must be a number from %(slowest)g to %(fastest)g, not %(typed)s")
        raise CommandError(text % {"slowest": _SLOWEST, "fastest": _FASTEST, "typed": typed})
    return speed
