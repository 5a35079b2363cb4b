"""A check that runs before each migration, and so before each start: real patients live in real time."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.utils.translation import gettext as _

from config.clock import is_simulated


@register(Tags.database)
def the_clock_is_real_where_a_study_is(
    databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """An error where the simulated clock and a study of real patients meet."""
    from tracker.models import Study

    if not databases or not is_simulated():
        return []
    for alias in databases:
        if Study._meta.db_table not in connections[alias].introspection.table_names():
            continue
        if (real := Study.objects.using(alias).filter(synthetic=False).first()) is not None:
            text = _("CLOCK_ANCHOR is set, but %s is not a synthetic study.") % real.protocol_number
            return [Error(text, hint=_("Unset CLOCK_ANCHOR and CLOCK_RATE."), id="monitoring.E001")]
    return []
