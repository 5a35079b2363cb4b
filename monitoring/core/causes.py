"""Which alert explains which: what a rule explains folds under the alert of that rule.

Only the relation; whether the messages of a cause speak for what it explains is in `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from monitoring.core.alert import Alert, Condition
from monitoring.core.rule_set import Rule


def causes(
    alerts: Iterable[Alert], rules: Mapping[str, Rule], known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """By the id of an explained alert that of its cause: the one at the head, which nothing else explains.

    A cause has at least the priority of what it explains. Of several the highest, then the one that is
    `known` as the cause already, then the newest.
    """
    active = {alert.id: alert for alert in alerts if alert.condition is Condition.ACTIVE}
    above = {alert.id: _explaining(alert, active.values(), rules) for alert in active.values()}

    def rank(explained: str, head: str) -> tuple[object, ...]:
        is_known = (known or {}).get(explained) == head
        return active[head].priority, is_known, active[head].raised_at

    return {
        number: max(_heads(direct, above), key=partial(rank, number))
        for number, direct in above.items()
        if direct
    }


def _explaining(alert: Alert, others: Iterable[Alert], rules: Mapping[str, Rule]) -> list[str]:
    return [
        other.id
        for other in others
        if other.priority >= alert.priority
        and other.problem in rules
        and alert.problem in rules[other.problem].explains
    ]


def _heads(direct: Iterable[str], above: Mapping[str, list[str]]) -> list[str]:
    """Those at the end of every way up. No problem explains itself, however far round: a rule set that says
    so is refused.
    """
    heads: dict[str, None] = {}
    for number in direct:
        further = _heads(above[number], above) if above[number] else [number]
        heads |= dict.fromkeys(further)
    return list(heads)
