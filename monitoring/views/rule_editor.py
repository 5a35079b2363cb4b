"""The page of a draft: its sentences with their figures as fields, its checks beside them, its raw JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Act, Actor
from config import clock
from monitoring import rule_drafts, rule_editing, rule_remarks, rulebook
from monitoring.core import loading
from monitoring.core.document import RuleSetError
from monitoring.core.rule_places import at
from monitoring.core.rule_vocabulary import word
from monitoring.models import RuleSet, RuleSetStatus
from monitoring.models.exact import written
from monitoring.rule_editing import Field, Sentence
from monitoring.views.rules import find_rules, grouped_remarks, language
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.views.door import page

#: What a field is, as its label says it.
KINDS = {
    "name": gettext_lazy("Name"),
    "version": gettext_lazy("Version"),
    "title": gettext_lazy("Title"),
    "sentence": gettext_lazy("Sentence of the alert"),
    "says": gettext_lazy("Words when it is true"),
    "source": gettext_lazy("Source"),
    "note": gettext_lazy("Note"),
    "steps": gettext_lazy("Worse when it moves by"),
    "reopens_after_minutes": gettext_lazy("Opens again after an assessment"),
    "carry_minutes": gettext_lazy("An earlier reading stands in for"),
}


@dataclass(slots=True)
class Typed:
    """What somebody typed into a draft, and what came of it."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def refuse(self, pointer: str, reason: str) -> None:
        """Takes a fault to its field, or to the head of the page where it has none."""
        if pointer in self.values:
            self.faults[pointer] = reason
        else:
            self.others.append(f"{pointer or '/'}: {reason}")


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a draft with what was typed into it."""

    field: Field
    number: int
    value: str
    fault: str
    said: str = ""
    """The sentence that it stands in, each figure left open."""

    @property
    def id(self) -> str:
        """Its name on the page."""
        return f"f{self.number}"

    @property
    def label(self) -> str:
        """Its name for people."""
        about = " ".join(word(each, language()) for each in self.field.about.split(" ") if each)
        return f"{KINDS.get(self.field.kind, self.field.kind)}{f' ({about})' if about else ''}"


@page(Act.DRAFT_RULES)
def draft(request: HttpRequest, actor: Actor, uuid: UUID, problem: str = rule_editing.SET) -> HttpResponse:
    """A draft: the set itself with all its rules to choose from, or one of its rules."""
    row = find_rules(actor, uuid)
    if row.status != RuleSetStatus.DRAFT or actor.user is None or row.drafted_by_id != actor.user.pk:
        raise PermissionDenied
    rule_drafts.require(actor, Act.DRAFT_RULES, row.study)
    examined = rule_drafts.examine(row.document)
    if problem and problem not in examined.rules.rules:
        raise Http404
    part = rule_editing.part_of(examined.rules, row.document, problem, language())
    typed, document = Typed(), row.document
    raw = ""
    if request.method == "POST":
        raw = request.POST.get("document", "")
        if raw:
            document = _read(raw, typed)
        else:
            typed.values = {
                each.pointer: request.POST.get(each.pointer, each.value) for each in part.fields()
            }
            document = _changed(row.document, typed)
        if request.POST.get("fingerprint") != examined.rules.fingerprint:
            typed.others.append(_("The draft was changed in another window meanwhile. Load it anew."))
        checked = _examined(document, typed)
        if checked is not None and "save" in request.POST and _saved(actor, row, document, typed):
            messages.success(request, _("The draft is saved."))
            if problem in checked.rules.rules:
                return redirect("monitoring:rule_draft_rule", uuid=row.uuid, problem=problem)
            return redirect("monitoring:rule_draft", uuid=row.uuid)
        examined = checked or examined
    context = _context(row, examined, problem, part, typed) | {
        "raw": raw or _pretty(row),
        "raw_open": bool(raw),
        "is_checked": request.method == "POST" and not typed.faults and not typed.others,
    }
    status = 422 if typed.faults or typed.others else 200
    return render(request, "monitoring/rule_draft.html", context, status=status)


def _read(raw: str, typed: Typed) -> Any:
    try:
        return loading.read(raw)
    except RuleSetError as error:
        typed.refuse(error.pointer, error.reason)
        return None


def _changed(document: Any, typed: Typed) -> Any:
    """The document with what was typed; figures that are none stay as they were, with a fault."""
    good = {}
    for pointer, text in typed.values.items():
        if rule_editing.is_figure(at(document, pointer)) and not rule_editing.is_figure(text):
            typed.faults[pointer] = _("A number is needed here.")
        else:
            good[pointer] = text
    return rule_editing.changed(document, good)


def _examined(document: Any, typed: Typed) -> rule_drafts.Examined | None:
    """What the checks say of the document; None where it cannot be read or something typed was wrong."""
    if document is None:
        return None
    try:
        examined = rule_drafts.examine(document)
    except RuleSetError as error:
        typed.refuse(error.pointer, error.reason)
        return None
    return None if typed.faults or typed.others else examined


def _saved(actor: Actor, row: RuleSet, document: Any, typed: Typed) -> bool:
    try:
        rule_drafts.redraft(actor, row, document, now=clock.now())
    except Refused as refusal:
        for each in refusal.errors:
            typed.refuse(each.pointer.removeprefix("/document"), each.detail)
    except (Conflict, Unprocessable) as refusal:
        typed.others.append(refusal.detail)
    return not typed.faults and not typed.others


def _context(
    row: RuleSet,
    examined: rule_drafts.Examined,
    problem: str,
    part: rule_editing.Part,
    typed: Typed,
) -> dict[str, Any]:
    numbers = {each.pointer: number for number, each in enumerate(part.fields())}

    def shown(each: Field, said: str = "") -> Input:
        value = typed.values.get(each.pointer, each.value)
        return Input(each, numbers[each.pointer], value, typed.faults.get(each.pointer, ""), said)

    def pieces(sentence: Sentence) -> list[str | Input]:
        open_texts = [piece if isinstance(piece, str) else "…" for piece in sentence.pieces]
        return [
            piece
            if isinstance(piece, str)
            else shown(piece, "".join([*open_texts[:index], _("[this figure]"), *open_texts[index + 1 :]]))
            for index, piece in enumerate(sentence.pieces)
        ]

    remarks = [rule_remarks.said(remark) for remark in examined.remarks]
    rules = examined.rules.rules
    place = f"/rules/{list(rules).index(problem)}/" if problem in rules else ""
    return {
        "rule_set": row,
        "problem": problem,
        "title": rulebook.text_of(rules.get(problem, examined.rules).title, language()),
        "fingerprint": rule_drafts.examine(row.document).rules.fingerprint,
        "levels": [(name, [pieces(each) for each in held]) for name, held in part.levels],
        "clearing": [pieces(each) for each in part.clearing],
        "schedule": [pieces(each) for each in part.schedule],
        "numbers": [shown(each) for each in part.numbers],
        "texts": [shown(each) for each in part.texts],
        "faults": [shown(each) for each in part.fields() if each.pointer in typed.faults],
        "others": typed.others,
        "rules": [
            (
                name,
                rulebook.text_of(rule.title, language()),
                [each for each in remarks if f"{each.pointer}/".startswith(f"/rules/{index}/")],
            )
            for index, (name, rule) in enumerate(rules.items())
        ],
        "remarks": grouped_remarks(examined, place),
    }


def _pretty(row: RuleSet) -> str:
    """The document for an expert's eyes, its figures as they are stored."""
    return msgspec.json.format(written(row.document), indent=2)
