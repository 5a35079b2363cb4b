"""What an alert says to people, in their language; and the alert as the API shows it. The rules' words come
from the rule set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, override

from monitoring import rule_sets
from monitoring.alert_rows import evidence_of
from monitoring.core import sentences
from monitoring.core.episodes import BROKEN
from monitoring.core.findings import Priority
from monitoring.core.state_data import grading_from_data
from monitoring.grading.words import LABELS
from monitoring.models import Alert, AlertLog, Condition, LogKind
from monitoring.told import next_shown

WHY_SO: dict[str, str | Promise] = {
    "normal_sets": gettext_lazy("normal sets"),
    "stop": gettext_lazy("it stopped"),
    "assessment": gettext_lazy("a person answered for it"),
    "judged_again": gettext_lazy("the rule could be judged again"),
    "came": gettext_lazy("it came"),
    "evidence_corrected": gettext_lazy("what it rested on was corrected or voided"),
    "part_of_another": gettext_lazy("it is part of an earlier alert"),
    "watch_ended": gettext_lazy("the watch ended while it was true"),
    "data_stopped": gettext_lazy("readings stopped while it was true"),
}
"""Why an alert is not active any more."""

SYSTEM: dict[str, tuple[str | Promise, str | Promise]] = {
    "evaluation_failed": (
        gettext_lazy("Evaluation failed"),
        gettext_lazy("The record of an infusion could not be judged. Readings are stored but NOT checked."),
    ),
    "evaluation_stopped": (
        gettext_lazy("Nobody evaluates"),
        gettext_lazy("The worker that evaluates is silent. Readings by machines are stored but NOT checked."),
    ),
    "delivery_stopped": (
        gettext_lazy("Messages are not sent"),
        gettext_lazy("The worker that sends messages is silent. Look at the screens."),
    ),
    "beat_stopped": (
        gettext_lazy("The timetable stands still"),
        gettext_lazy("Nothing is swept, escalated or sent by the clock."),
    ),
    "auditor_stopped": (
        gettext_lazy("Nobody audits the watch"),
        gettext_lazy("The part that looks for forgotten alerts, watches and messages is silent."),
    ),
    "canary_stopped": (
        gettext_lazy("The watch may not be watching"),
        gettext_lazy("Its trial reading no longer comes through to a message. Use the bedside monitor."),
    ),
    "alert_without_step": (
        gettext_lazy("Alerts had stopped climbing"),
        gettext_lazy("Nothing would have happened to them any more. They were looked at again."),
    ),
    "watch_without_due": (
        gettext_lazy("Watched without a next set"),
        gettext_lazy("No time is known by which the next set is due: take one, and look at the rules."),
    ),
    "record_waits": (
        gettext_lazy("Readings wait to be checked"),
        gettext_lazy("For more than a minute nobody has looked at them. Judge them yourself."),
    ),
    "delivery_stuck": (
        gettext_lazy("Messages lie unsent"),
        gettext_lazy("For more than a minute no worker has taken them. Look at the screens."),
    ),
    "feed_quiet": (
        gettext_lazy("A sending system has gone quiet"),
        gettext_lazy("It has not been heard for longer than was agreed."),
    ),
    "stop_not_recorded": (
        gettext_lazy("No stop recorded"),
        gettext_lazy("The infusion should have ended. Record its stop, or that it still runs."),
    ),
    "nobody_reachable": (
        gettext_lazy("Nobody can be reached"),
        gettext_lazy("No rung of the ladder reaches anybody. Look at the rota and at people's addresses."),
    ),
    "emergency_access": (
        gettext_lazy("Emergency access was opened"),
        gettext_lazy("Somebody reached this site beyond their roles. See who, why and what, and review it."),
    ),
    "webhook_disabled": (
        gettext_lazy("A webhook was disabled"),
        gettext_lazy("A system was not told of alerts for a day, or says that it is gone. Enable it again."),
    ),
    "feed_refused": (
        gettext_lazy("A feed is refused"),
        gettext_lazy("Two messages in a row of one sending system could not be read."),
    ),
}


#: A grade of one scale, where only one is possible and where it is a range.
NUMBERED: dict[str, Any] = {
    "": gettext_lazy("grade %(lowest)d"),
    "news2": gettext_lazy("NEWS2 %(lowest)d"),
}
RANGED: dict[str, Any] = {
    "": gettext_lazy("grade %(lowest)d to %(highest)d"),
    "news2": gettext_lazy("NEWS2 %(lowest)d to %(highest)d"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a sentence."""

    title: str
    summary: str


def words(alert: Alert, language: str | None = None) -> Words:
    """What the alert says, in a language (the reader's own without one)."""
    with override(language or _language()):
        return Words(title(alert.problem, alert.rule_set_id), _summary(alert))


def title(problem: str, rule_set_id: int | None) -> str:
    """What an alert of these rules is called (one of no rules is the system's), in the reader's language."""
    if rule_set_id is None:
        return str(SYSTEM.get(problem, (problem.replace("_", " "), ""))[0])
    if problem.startswith(BROKEN):
        return gettext("Rule failed: %(rule)s") % {"rule": _broken_rule(problem, rule_set_id)}
    return sentences.title(rule_sets.parsed(rule_set_id).rules[problem], _language())


def _summary(alert: Alert) -> str:
    if alert.rule_set_id is None:
        return _summary_of_system(alert)
    if alert.problem.startswith(BROKEN):
        summary = gettext(
            "The rule “%(rule)s” could not be judged; what it watches for is unknown. The other rules were."
        )
        return summary % {"rule": _broken_rule(alert.problem, alert.rule_set_id)}
    rule = rule_sets.parsed(alert.rule_set_id).rules[alert.problem]
    evidence = tuple(evidence_of(entry) for entry in alert.evidence)
    return sentences.sentence(rule, Priority(alert.priority), evidence, _language())


def _summary_of_system(alert: Alert) -> str:
    summary = SYSTEM[alert.problem][1] if alert.problem in SYSTEM else ""
    names = alert.detail.get("names", ())
    more = alert.detail.get("count", len(names)) - len(names)
    named = ", ".join(names) + (f" (+{more})" if more > 0 else "")
    return f"{summary} {named}".rstrip()


def _broken_rule(problem: str, rule_set_id: int) -> str:
    name = problem.removeprefix(BROKEN)
    rule = rule_sets.parsed(rule_set_id).rules.get(name)
    return sentences.title(rule, _language()) if rule else name


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def shown(alert: Alert, language: str | None = None) -> dict[str, Any]:
    """The alert as the API shows it, without its log. Load it by `for_display`."""
    said = words(alert, language)
    every = {code: words(alert, code) for code, _ in settings.LANGUAGES} if language is None else {}
    return {
        "id": str(alert.uuid),
        "patient": str(alert.patient.uuid) if alert.patient is not None else None,
        "infusion": str(alert.infusion.uuid) if alert.infusion is not None else None,
        "also_infusions": [str(uuid) for uuid in alert.also_infusions],
        "problem": alert.problem,
        "priority": Priority(alert.priority).word,
        "condition": str(alert.condition),
        "condition_because": why_so(alert) or None,
        "response": str(alert.response),
        "title": said.title,
        "summary": said.summary,
        "raised_at": _moment(alert.raised_at),
        "detected_at": _moment(alert.detected_at),
        "cleared_at": _moment(alert.cleared_at),
        "late": alert.late,
        "masked": alert.masked,
        "grade": alert.grade,
        "graded": alert.graded or None,
        "evidence": alert.evidence,
        "rule_set": None
        if alert.rule_set is None
        else {"name": alert.rule_set.name, "version": alert.rule_set.version},
        "acknowledged_by": alert.acknowledged_by.username if alert.acknowledged_by is not None else None,
        "acknowledged_at": _moment(alert.acknowledged_at),
        "commitment": alert.commitment or None,
        "until": _moment(alert.until),
        "seen_at": _moment(alert.seen_at),
        "snoozed_until": _moment(alert.snoozed_until),
        "outcome": alert.outcome or None,
        "rung": alert.rung,
        "escalates_at": _moment(alert.escalates_at),
        "next_rung": next_shown(alert),
        "unreached_since": _moment(alert.unreached_since),
        "explained_by": str(alert.explained_by.uuid) if alert.explained_by is not None else None,
        "joined_at": _moment(alert.joined_at),
        **({"words": {code: [said.title, said.summary] for code, said in every.items()}} if every else {}),
    }


def signs_of(alert: Alert) -> list[Alert]:
    """The alerts for which the messages of this one speak, the highest first."""
    joined = Alert.objects.filter(explained_by=alert, joined_at__isnull=False, condition=Condition.ACTIVE)
    return list(joined.select_related("rule_set").order_by("-priority", "raised_at", "pk"))


def signs_said(alert: Alert) -> str:
    """How many more signs the alert speaks for, and which, in the reader's language; empty without any."""
    signs = signs_of(alert)
    if not signs:
        return ""
    named = ", ".join(words(sign).title for sign in signs)
    said = ngettext("With it %(n)d more sign: %(signs)s.", "With it %(n)d more signs: %(signs)s.", len(signs))
    return said % {"n": len(signs), "signs": named}


def worse_said(alert: Alert, at: datetime) -> str:
    """What became worse at that moment: the alert itself, or signs that its messages speak for."""
    near = Alert.objects.filter(Q(pk=alert.pk) | Q(explained_by=alert))
    worse = near.filter(log__kind=LogKind.WORSENED, log__at=at).select_related("rule_set").distinct()
    found = sorted(worse, key=lambda row: (row.pk != alert.pk, -row.priority, row.raised_at))
    said = [_worse(row, is_sign=row.pk != alert.pk) for row in found]
    return " ".join(said) or gettext("It has become worse.")


def _worse(row: Alert, *, is_sign: bool) -> str:
    if not is_sign:
        return gettext("It has become worse.")
    text = words(row)
    said = gettext("With it: %(sign)s has become worse. %(summary)s")
    return said % {"sign": text.title, "summary": text.summary}


def why_so(alert: Alert) -> str:
    """The code of what made the condition what it is; empty while it is active."""
    return {
        Condition.CLEARED: alert.cleared_by,
        Condition.RETRACTED: alert.retracted_because,
        Condition.UNWATCHED: alert.unwatched_because,
    }.get(Condition(alert.condition), "")


def why_so_said(alert: Alert) -> str:
    """The same as people read it."""
    code = why_so(alert)
    return str(WHY_SO.get(code, code))


def grade_said(alert: Alert) -> str:
    """The grade of the alert in words: its range, whether it is only proposed, and what it asks for."""
    if not alert.graded:
        return ""
    graded = grading_from_data(alert.graded)
    said = NUMBERED if graded.grade is not None else RANGED
    family = graded.scale.partition(":")[0]
    text: str = said.get(family, said[""]) % {"lowest": graded.lowest, "highest": graded.highest}
    if graded.is_proposed:
        text = gettext("%s (proposed)") % text
    if graded.missing:
        asked = ", ".join(str(LABELS.get(part, part.replace("_", " "))) for part in graded.missing)
        text = gettext("%(grade)s; to know it better: %(parts)s") % {"grade": text, "parts": asked}
    return text


def log_shown(row: AlertLog) -> dict[str, Any]:
    """One line of an alert's log as the API shows it."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "at": _moment(row.at),
        "by": row.actor.username if row.actor is not None else None,
        "note": row.note,
        "detail": row.detail,
    }


def in_language(body: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The body of a log entry with the alert's words in one language."""
    alert = dict(body["alert"])
    every = alert.pop("words", {})
    if language in every:
        alert["title"], alert["summary"] = every[language]
    return {**body, "alert": alert}


def _moment(at: Any) -> str | None:
    return None if at is None else at.isoformat()
