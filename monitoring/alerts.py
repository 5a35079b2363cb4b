"""The only writer of alerts: what evaluation decided, what people do, what time brings.

Every change is made by `core.lifecycle` under a row lock; the log row and the messages are written in the
same transaction. What is to happen later is a due time in the row, found by a sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor, NotPermitted, Terms
from monitoring import notify
from monitoring.alert_rows import put, value_of
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.core.actions import (
    Acknowledge,
    Assess,
    ByPeople,
    Climb,
    Close,
    HandOver,
    See,
    Snooze,
    TellCoordinator,
)
from monitoring.core.decisions import Clear, Decision, Extend, Raise, Reactivate, Worsen
from monitoring.core.episodes import Episode
from monitoring.core.escalation import DEFAULT_LADDER
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import Refused
from monitoring.core.rule_set import Rule
from monitoring.models import Alert, AlertLog, LogKind
from monitoring.notify import COORDINATOR, LATE_ROLES
from monitoring.rule_sets import Book
from monitoring.sentences import shown
from tracker.models import Infusion, Patient, Site, Study

#: A late high alert climbs the full ladder when it is no older than this; an older one is told once.
CLIMBS_WHEN_LATE = timedelta(hours=6)

#: Responses of an alert that somebody still has before them.
LIVE = (core.Response.OPEN, core.Response.ACKNOWLEDGED, core.Response.ASSESSED)

KIND_OF: dict[str, LogKind] = {
    "Move": LogKind.MOVED,
    "Extend": LogKind.CHANGED,
    "Worsen": LogKind.WORSENED,
    "StillTrue": LogKind.STILL_TRUE,
    "Clear": LogKind.CLEARED,
    "Reactivate": LogKind.REACTIVATED,
    "Retract": LogKind.RETRACTED,
    "MarkUnwatched": LogKind.UNWATCHED,
    "See": LogKind.SEEN,
    "Acknowledge": LogKind.ACKNOWLEDGED,
    "Snooze": LogKind.SNOOZED,
    "Assess": LogKind.ASSESSED,
    "Close": LogKind.CLOSED,
    "HandOver": LogKind.HANDED_OVER,
    "Climb": LogKind.ESCALATED,
    "Lapse": LogKind.LAPSED,
    "Wake": LogKind.WOKEN,
    "Reopen": LogKind.REOPENED,
    "TellCoordinator": LogKind.TOLD,
    "CloseItself": LogKind.CLOSED,
}


class AlertRefused(Exception):
    """Something that cannot be done to an alert now; `reason` is a word, `detail` a sentence for people."""

    def __init__(self, alert: Alert, reason: str, detail: str) -> None:
        self.alert, self.reason, self.detail = alert, reason, detail
        super().__init__(f"alert {alert.uuid}: {reason}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the alerts of an evaluation hang. `silent`: nobody was watching, so nobody is told."""

    patient: Patient
    infusion: Infusion
    silent: bool
    also_infusions: tuple[UUID, ...] = ()


# --- by evaluation ---


def apply_decisions(
    decisions: Iterable[Decision],
    rows: Mapping[str, Alert],
    *,
    place_of: Callable[[Episode], Place],
    book: Book,
    at: datetime,
) -> list[Alert]:
    """The alerts that these decisions raised or changed, in their order. The watch's own lock keeps others
    out of evaluation; people are kept out by the lock of each row.
    """
    changed: dict[int, Alert] = {}
    for decision in decisions:
        if isinstance(decision, Raise):
            row = _raise(decision, place_of(decision.episode), book, at)
        else:
            row = rows[decision.alert]
            value = lifecycle.apply(value_of(row), decision, at)
            if isinstance(value, Refused):
                continue
            if isinstance(decision, Extend | Worsen):
                row.answers_for = sorted(decision.episode.keys())
            _save(put(value, row), KIND_OF[type(decision).__name__], at, detail={"reason": decision.reason})
            _let_time_act(row, at)
        changed[row.pk] = row
    return list(changed.values())


def hang(row: Alert, place: Place, at: datetime) -> bool:
    """True when the alert now names other infusions than before, because overlapping watches found or lost
    it.
    """
    also = list(place.also_infusions)
    if (row.infusion_id, row.also_infusions) == (place.infusion.pk, also):
        return False
    row.infusion, row.also_infusions = place.infusion, also
    _save(row, LogKind.CHANGED, at, detail={"reason": "watches_overlap"})
    return True


def explain(rows: Iterable[Alert], rules: Mapping[str, Rule], at: datetime) -> list[Alert]:
    """The alerts whose cause is another than before: what a rule explains folds under it on screens, and
    keeps its own life, row and count.
    """
    true = [row for row in rows if row.condition == core.Condition.ACTIVE]
    changed = []
    for row in true:
        causes = [
            other for other in true if other.problem in rules and row.problem in rules[other.problem].explains
        ]
        cause = max(causes, key=lambda other: (other.priority, other.raised_at), default=None)
        if row.explained_by_id != (cause.pk if cause else None):
            row.explained_by = cause
            _save(row, LogKind.CHANGED, at, detail={"reason": "explained" if cause else "explained_no_more"})
            changed.append(row)
    return changed


def _raise(decision: Raise, place: Place, book: Book, at: datetime) -> Alert:
    episode = decision.episode
    value = lifecycle.raised(decision, "", at, book.reopens_after(episode))
    is_old = value.late and at - value.raised_at > CLIMBS_WHEN_LATE
    if is_old:
        value = replace(value, climbs_from=None)
    row = Alert(
        patient=place.patient,
        infusion=place.infusion,
        site_id=place.infusion.site_id,
        study_id=place.infusion.study_id,
        rule_set=book.row_of(value.rule_set),
        also_infusions=list(place.also_infusions),
        answers_for=sorted(episode.keys()),
        silent=place.silent,
    )
    roles: tuple[str, ...] = LATE_ROLES if is_old and value.is_true else ()
    if not row.silent and isinstance(lifecycle.due_action(value, DEFAULT_LADDER, at), Climb):
        roles, value = _first_rung(value)
    put(value, row).escalates_at = _due(value, row)
    row.save(force_insert=True)
    _log(row, LogKind.RAISED, at, detail={"reason": decision.reason})
    if roles and not row.silent:
        notify.tell(row, roles, reason=LogKind.RAISED, at=at)
    return row


def _first_rung(value: core.Alert) -> tuple[tuple[str, ...], core.Alert]:
    """Whom the first rung tells, and the alert once it has: raising is the first ring."""
    return DEFAULT_LADDER.roles(value.priority, value.rung), replace(value, rung=value.rung + 1)


# --- by people ---


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

    Raises: NotPermitted; AlertRefused without a reason.
    """
    by = _person(actor, alert, Act.OPT_OUT)
    if not reason.strip():
        raise _refusal(alert, lifecycle.Reason.NEEDS_REASON)
    with transaction.atomic():
        row = Alert.objects.for_display().select_for_update(of=("self",)).get(pk=alert.pk)
        value = replace(value_of(row), climbs_from=None)
        _save(put(value, row), LogKind.OPTED_OUT, now, actor=actor, by=by, note=reason)
    return row


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
        row = Alert.objects.for_display().select_for_update(of=("self",)).get(pk=alert.pk)
        value = lifecycle.apply(value_of(row), action, now)
        if isinstance(value, Refused):
            raise _refusal(row, value.reason)
        said = dict(detail or {})
        if isinstance(action, Assess | Close):
            said |= {"outcome": action.outcome.value, "evidence": row.answers_for}
        logged = _save(
            put(value, row), KIND_OF[type(action).__name__], now, actor=actor, by=by, note=note, detail=said
        )
        if isinstance(action, Assess | Close) and row.infusion_id is not None and row.answers_for:
            notify.assessed(row, logged, now)
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
    }
    return AlertRefused(alert, reason.value, said[reason])


# --- by time ---


def escalate_due(now: datetime, *, limit: int = 200) -> int:
    """How many alerts climbed, lapsed, woke, opened again or closed because their moment has come."""
    ids = list(
        Alert.objects.filter(escalates_at__lte=now)
        .order_by("escalates_at")
        .values_list("pk", flat=True)[:limit]
    )
    count = 0
    for alert_id in ids:
        with transaction.atomic():
            row = (
                Alert.objects.for_display()
                .select_for_update(skip_locked=True, of=("self",))
                .filter(pk=alert_id, escalates_at__lte=now)
                .first()
            )
            if row is not None:
                count += _let_time_act(row, now)
    return count


def climb_at_once(alert_id: int, now: datetime) -> bool:
    """True when the next rung was rung now, because a channel of this one has failed."""
    with transaction.atomic():
        row = Alert.objects.for_display().select_for_update(of=("self",)).get(pk=alert_id)
        value = value_of(row)
        after = lifecycle.apply(value, Climb(), now)
        if row.silent or isinstance(after, Refused):
            return False
        roles = DEFAULT_LADDER.roles(value.priority, value.rung)
        detail = {"rung": after.rung, "roles": sorted(roles), "reason": "channel_failed"}
        _save(put(after, row), LogKind.ESCALATED, now, detail=detail)
        notify.tell(row, roles, reason=LogKind.ESCALATED, at=now, rung=after.rung)
    return True


def _let_time_act(row: Alert, at: datetime) -> int:
    """One when something was due. After a long silence several rungs are due at once: each role is told, and
    only once.
    """
    value, roles, acted = value_of(row), list[str](), 0
    while not row.silent and (action := lifecycle.due_action(value, DEFAULT_LADDER, at)) is not None:
        after = lifecycle.apply(value, action, at)
        if isinstance(after, Refused) or after == value:
            break
        if isinstance(action, Climb):
            roles += DEFAULT_LADDER.roles(value.priority, value.rung)
        else:
            acted = 1
            _save(put(after, row), KIND_OF[type(action).__name__], at)
            if isinstance(action, TellCoordinator):
                notify.tell(row, COORDINATOR, reason=LogKind.TOLD, at=at)
        value = after
    if roles:
        acted = 1
        _save(
            put(value, row), LogKind.ESCALATED, at, detail={"rung": value.rung, "roles": sorted(set(roles))}
        )
        notify.tell(row, roles, reason=LogKind.ESCALATED, at=at, rung=value.rung)
    elif row.escalates_at != (due := _due(value, row)):
        row.escalates_at = due
        row.save(update_fields=["escalates_at"])
    return acted


def _due(value: core.Alert, row: Alert) -> datetime | None:
    return None if row.silent else lifecycle.next_due(value, DEFAULT_LADDER)


# --- the system's own ---


def raise_system_alert(
    problem: str,
    *,
    about: str = "",
    site: Site | None = None,
    study: Study | None = None,
    infusion: Infusion | None = None,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
    priority: Priority = Priority.HIGH,
) -> Alert:
    """The standing alert about a fault of the watch itself; the one that stands already when there is one."""
    with transaction.atomic():
        row = Alert(
            problem=problem,
            about=about,
            infusion=infusion,
            site=infusion.site if infusion is not None else site,
            study=infusion.study if infusion is not None else study,
            priority=int(priority),
            told_priority=int(priority),
            raised_at=now,
            detected_at=now,
            climbs_from=now,
            detail=dict(detail or {}),
        )
        roles, value = _first_rung(value_of(row))
        put(value, row).escalates_at = _due(value, row)
        Alert.objects.bulk_create([row], ignore_conflicts=True)
        standing = (
            Alert.objects.for_display()
            .select_for_update(of=("self",))
            .get(patient=None, problem=problem, about=about, response__in=LIVE)
        )
        if standing.uuid == row.uuid:
            _log(standing, LogKind.RAISED, now)
            notify.tell(standing, roles, reason=LogKind.RAISED, at=now)
        elif standing.condition != core.Condition.ACTIVE:
            again = lifecycle.apply(value_of(standing), Reactivate(str(standing.pk), "true_again"), now)
            if not isinstance(again, Refused):
                _save(put(again, standing), LogKind.REACTIVATED, now)
                _let_time_act(standing, now)
    return standing


def clear_system_alert(problem: str, *, about: str = "", now: datetime) -> int:
    """How many standing alerts about that fault are cleared now: one or none."""
    with transaction.atomic():
        rows = (
            Alert.objects.for_display()
            .select_for_update(of=("self",))
            .filter(patient__isnull=True, problem=problem, about=about, condition=core.Condition.ACTIVE)
        )
        for row in rows:
            value = lifecycle.apply(value_of(row), Clear(str(row.pk), now, "over"), now)
            assert not isinstance(value, Refused)
            _save(put(value, row), LogKind.CLEARED, now)
            _let_time_act(row, now)
        return len(rows)


# --- writing ---


def _save(
    row: Alert,
    kind: LogKind,
    at: datetime,
    *,
    actor: Actor | None = None,
    by: User | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AlertLog:
    """The log row of a change that is stored with it."""
    row.escalates_at = _due(value_of(row), row)
    row.save(force_update=True)
    return _log(row, kind, at, actor=actor, by=by, note=note, detail=detail)


def _log(
    row: Alert,
    kind: LogKind,
    at: datetime,
    *,
    actor: Actor | None = None,
    by: User | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AlertLog:
    logged = AlertLog.objects.create(
        alert=row,
        site_id=row.site_id,
        kind=kind,
        at=at,
        actor=by,
        client=actor.client if actor is not None else None,
        note=note,
        detail=dict(detail or {}),
        snapshot=shown(row),
    )
    notify.ring()
    return logged
