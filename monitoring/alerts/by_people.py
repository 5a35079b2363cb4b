"""What people do to an alert, asked for permission first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor, NotPermitted, Terms
from monitoring import notify
from monitoring.alert_rows import before_data, before_of, put, value_of
from monitoring.alerts.by_time import let_time_act, settle
from monitoring.alerts.joining import family
from monitoring.alerts.mending import look_again
from monitoring.alerts.writing import KIND_OF, save
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.core.actions import (
    Acknowledge,
    Assess,
    ByPeople,
    Close,
    HandOver,
    OptOut,
    See,
    Snooze,
    Undo,
)
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import Refusal
from monitoring.models import Alert, AlertLog, LogKind

#: For so long whoever acknowledged may take it back, in real time: 10 s to press, and the way to us.
UNDO_OFFERED = timedelta(seconds=10)
UNDO_TAKEN = timedelta(seconds=15)


class AlertRefused(Exception):
    """Something that cannot be done to an alert now; `reason` is a word, `detail` a sentence for people."""

    def __init__(self, alert: Alert, reason: str, detail: str) -> None:
        self.alert, self.reason, self.detail = alert, reason, detail
        super().__init__(f"alert {alert.uuid}: {reason}")


def acknowledge(
    actor: Actor,
    alert: Alert,
    *,
    commitment: str,
    until: datetime,
    note: str = "",
    now: datetime,
    practitioner: User | None = None,
) -> Alert:
    """The alert, taken on by somebody who promises something until a moment.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.ACKNOWLEDGE, practitioner)
    if commitment == core.Commitment.KNOWN_EXPECTED and alert.priority == Priority.HIGH:
        _require(actor, Act.SNOOZE_HIGH, alert)
    promise = _one_of(core.Commitment, commitment, alert)
    return _act(actor, alert, Acknowledge(str(by.pk), promise, until, note), now, note=note, by=by)


def undo(
    actor: Actor, alert: Alert, *, now: datetime, rate: float = 1, practitioner: User | None = None
) -> Alert:
    """The alert as it stood before the person acknowledged it a moment ago; both stay in its log. Its climb
    goes on where it would be: nobody is told again of a rung that rang. `rate` is that of the clock of `now`.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.ACKNOWLEDGE, practitioner)
    answer = AlertLog.objects.filter(alert=alert, kind=LogKind.ACKNOWLEDGED).order_by("-pk").first()
    if answer is None or "before" not in answer.detail:
        raise _refusal(alert, lifecycle.Reason.NOT_NOW)
    action = Undo(str(by.pk), before_of(answer.detail["before"]), UNDO_TAKEN * rate)
    row = _act(actor, alert, action, now, by=by, detail={"log": answer.pk})
    if row.joined_at is not None:
        with suppress(OperationalError):  # whoever holds its cause, or the auditor, looks at it too
            look_again(row.pk, now)
    return row


def assess(
    actor: Actor,
    alert: Alert,
    *,
    outcome: str,
    note: str = "",
    now: datetime,
    practitioner: User | None = None,
) -> Alert:
    """The alert with somebody's judgement, which answers for the evidence that it shows now and for no other.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.ASSESS, practitioner)
    action = Assess(str(by.pk), _one_of(core.Outcome, outcome, alert), note)
    return _act(actor, alert, action, now, note=note, by=by)


def close(
    actor: Actor,
    alert: Alert,
    *,
    outcome: str,
    note: str = "",
    now: datetime,
    practitioner: User | None = None,
) -> Alert:
    """The alert, closed with an outcome. One that is still true cannot be closed.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.CLOSE_HIGH if alert.priority == Priority.HIGH else Act.CLOSE, practitioner)
    action = Close(str(by.pk), _one_of(core.Outcome, outcome, alert), note)
    return _act(actor, alert, action, now, note=note, by=by)


def snooze(actor: Actor, alert: Alert, *, until: datetime, reason: str, now: datetime) -> Alert:
    """The alert, silent until a moment, with a reason.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.SNOOZE_HIGH if alert.priority == Priority.HIGH else Act.SNOOZE)
    return _act(actor, alert, Snooze(str(by.pk), until, reason), now, note=reason, by=by)


def hand_over(actor: Actor, alert: Alert, *, to: User, note: str = "", now: datetime) -> Alert:
    """The alert that nobody watches any more, taken over by a named person.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.ASSESS)
    here = to.memberships.filter(Q(site=alert.site_id) | Q(site=None), ends_at__isnull=True)
    if alert.site_id is not None and not (to.is_active and here.exists()):
        reason = lifecycle.Reason.NEEDS_PERSON
        raise AlertRefused(alert, reason.value, _("Name a person of this site."))
    detail = {"to": str(to.uuid)}
    return _act(actor, alert, HandOver(str(by.pk), str(to.pk), note), now, note=note, by=by, detail=detail)


def mark_seen(actor: Actor, alerts: Iterable[Alert], *, now: datetime) -> int:
    """How many of the alerts had not been seen by anybody before. Looking is no answer."""
    if actor.user is None:
        return 0
    unseen = [alert for alert in alerts if alert.seen_at is None and alert.response != core.Response.CLOSED]
    for alert in unseen:
        _require(actor, Act.READ, alert)
        _act(actor, alert, See(str(actor.user.pk)), now, by=actor.user)
    return len(unseen)


def opt_out(actor: Actor, alert: Alert, *, reason: str, now: datetime) -> Alert:
    """The alert, whose messages to the rungs to come are not sent; it stays true, in sight and counted.

    Raises: NotPermitted; AlertRefused.
    """
    by = _person(actor, alert, Act.OPT_OUT)
    return _act(actor, alert, OptOut(str(by.pk), reason), now, note=reason, by=by)


def _act(
    actor: Actor,
    alert: Alert,
    action: ByPeople,
    now: datetime,
    *,
    by: User,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Alert:
    """The alert after what a person did, or a refusal that says why not."""
    with transaction.atomic():
        row, *signs = family(alert.pk)
        before = value_of(row)
        value = lifecycle.apply(before, action, now)
        if isinstance(value, Refusal):
            raise _refusal(row, value.reason)
        said = dict(detail or {})
        if isinstance(action, Acknowledge):
            said["before"] = before_data(before)
        if isinstance(action, Assess | Close):
            said |= {"outcome": action.outcome.value, "evidence": row.answers_for}
            said["priority"] = Priority(row.priority).word
        logged = save(
            put(value, row), KIND_OF[type(action).__name__], now, actor=actor, by=by, note=note, detail=said
        )
        if isinstance(action, Assess | Close) and row.infusion_id is not None and row.answers_for:
            notify.assessed(row, logged, now)
        if isinstance(action, Undo):
            notify.owe_again(row)
            let_time_act(row, now)
        settle(row, signs, now)
    return row


def _person(actor: Actor, alert: Alert, act: Act, practitioner: User | None = None) -> User:
    """Who does it: the signed-in person, or the practitioner whom a permitted integration names.

    Raises: NotPermitted.
    """
    terms = _require(actor, act, alert)
    if actor.user is not None:
        return actor.user
    if practitioner is None or not (actor.is_system or Terms.FOR_NAMED_PRACTITIONER in terms):
        raise NotPermitted(actor, act, alert.site_id)
    at_site = practitioner.memberships.filter(site=alert.site, ends_at__isnull=True)
    if not practitioner.is_active or not at_site.exists():
        raise NotPermitted(actor, act, alert.site_id)
    return practitioner


def _require(actor: Actor, act: Act, alert: Alert) -> frozenset[Terms]:
    """The terms on which the actor may; an alert about the system itself is everybody's who may do such a
    thing.
    """
    if alert.site_id is None and actor.may_anywhere(act):
        return frozenset({Terms.FREELY})
    return actor.require(act, alert.site_id, alert.study_id)


def _one_of(kind: Any, word: str, alert: Alert) -> Any:
    try:
        return kind(word)
    except ValueError:
        detail = _("%(word)s is none of: %(words)s") % {"word": word, "words": ", ".join(kind)}
        raise AlertRefused(alert, "unknown_word", detail) from None


def _refusal(alert: Alert, reason: lifecycle.Reason) -> AlertRefused:
    said = {
        lifecycle.Reason.NOT_NOW: _("The alert is %(condition)s and %(response)s: this cannot be done now.")
        % {"condition": alert.get_condition_display(), "response": alert.get_response_display()},
        lifecycle.Reason.UNTIL_PAST: _("The time must lie in the future."),
        lifecycle.Reason.UNTIL_TOO_LATE: _("The time lies too far ahead for this priority."),
        lifecycle.Reason.NEEDS_REASON: _("Give a reason."),
        lifecycle.Reason.NEEDS_PERSON: _("Name a person."),
        lifecycle.Reason.STILL_ACTIVE: _("It is still true: it can be assessed, not closed."),
        lifecycle.Reason.NOT_HANDED_OVER: _("Nobody watches any more: hand it over to a named person first."),
        lifecycle.Reason.READING_NOT_VOIDED: _(
            "An artefact is a reading that is voided: void it, and the alert is retracted."
        ),
        lifecycle.Reason.NOT_LOW: _("Only a low alert closes itself."),
        lifecycle.Reason.NOT_DUE: _("That is not due yet."),
        lifecycle.Reason.NOT_YOURS: _("Somebody else has acknowledged it: only they can take that back."),
        lifecycle.Reason.TOO_LATE_TO_UNDO: _(
            "It can be taken back for %(n)d seconds. Acknowledge it again to promise something else."
        )
        % {"n": UNDO_OFFERED.seconds},
    }
    return AlertRefused(alert, reason.value, said[reason])
