"""Backtests: rule sets tried on infusions that are over, side by side, before anybody approves them.

`trial` thinks, `tally` counts, `stored` and `files` read, `running` is what people ask for, `showing` what
they see. Whoever wants a backtest imports it from here.
"""

from monitoring.backtests.running import (
    Progress,
    is_outdated,
    is_waiting,
    may_read,
    newest,
    progress,
    run_next,
    start,
)
from monitoring.backtests.showing import shown

__all__ = [
    "Progress",
    "is_outdated",
    "is_waiting",
    "may_read",
    "newest",
    "progress",
    "run_next",
    "shown",
    "start",
]
