"""The doors of rule sets: reading them, drafting one, its approval by another person, and its format."""

from typing import Annotated, Any, Literal
from uuid import UUID

import django_filters
import msgspec
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from msgspec import Meta
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.clock import now
from monitoring import backtests, rule_drafts, rule_remarks, rule_sets
from monitoring.core import loading
from monitoring.core.document import RuleSetError
from monitoring.core.rule_diff import differences
from monitoring.core.rule_schema import schema
from monitoring.models import RuleSet, RuleSetStatus
from tracker.api.door import Answer, Door
from tracker.api.problems import Problem
from tracker.api.schema import reference, takes
from tracker.api.wire import MEDIA_TYPE
from tracker.errors import FieldError
from tracker.ingest import Moment
from tracker.models import Study


class RemarkShown(msgspec.Struct):
    """What is doubtful: `pointer` leads into the document; an `error` refuses approval."""

    pointer: str
    severity: Literal["error", "warning", "note"]
    code: str
    sentence: str


class RuleSetRow(msgspec.Struct):
    """One version of a named list of rules. No study: every study that has none of its own."""

    id: UUID
    study: UUID | None
    name: str
    version: int
    title: str
    status: Literal["draft", "active", "retired"]
    shipped: bool
    drafted_by: UUID | None
    approved_by: UUID | None
    approved_at: Moment | None
    effective_from: Moment | None


class RuleSetWhole(RuleSetRow):
    """A rule set with its document and what is doubtful about it."""

    fingerprint: str
    document: dict[str, Any]
    remarks: list[RemarkShown]


class RuleSetIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new version as a draft: its document keeps to `rule-sets/schema/`."""

    document: dict[str, Any]
    study: UUID | None = None


class RuleSetChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Another document in place of a draft's own."""

    document: dict[str, Any]


class Approval(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """From which moment on the rules hold; `fingerprint` is that of the document that was read."""

    effective_from: Moment
    fingerprint: Annotated[str, Meta(max_length=64)] | None = None


class Trial(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to try the rules beside (else those active in their place), and of which study (else of all)."""

    against: UUID | None = None
    study: UUID | None = None


class DifferenceShown(msgspec.Struct):
    """One thing that is not as in the other version, in words."""

    pointer: str
    what: str
    problem: str
    priority: str | None
    about: str
    before: str
    after: str


class RuleSetFilter(django_filters.FilterSet):
    """Rule sets by their study, name and status."""

    study = django_filters.UUIDFilter(field_name="study__uuid")
    name = django_filters.CharFilter(max_length=100)
    status = django_filters.ChoiceFilter(choices=RuleSetStatus.choices, empty_label=None)


_ANY = {"type": "object", "additionalProperties": True}


@extend_schema_view(
    list=extend_schema(responses={(200, "application/json"): reference(RuleSetRow)}),
    retrieve=extend_schema(responses={(200, "application/json"): reference(RuleSetWhole)}),
    create=takes(RuleSetIn, reference(RuleSetWhole), 201),
    partial_update=takes(RuleSetChange, reference(RuleSetWhole)),
    approve=takes(Approval, reference(RuleSetWhole)),
)
class RuleSets(Door[RuleSet]):
    """Rule sets of the caller's studies, and those for every study, newest first."""

    queryset = RuleSet.objects.select_related("study", "drafted_by", "approved_by")
    filterset_class = RuleSetFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Rule sets in pages, without their documents."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response([_row(row) for row in page])

    def shown(self, row: RuleSet) -> dict[str, Any]:
        """The rule set with its document and its remarks."""
        examined = rule_drafts.examine(row.document)
        remarks = [msgspec.structs.asdict(RemarkShown(*_parts(each))) for each in examined.remarks]
        return {
            **_row(row),
            "fingerprint": examined.rules.fingerprint,
            "document": row.document,
            "remarks": remarks,
        }

    def create(self, request: Request) -> HttpResponse | Response:
        """Stores a new version as a draft."""
        body = self.read_document(RuleSetIn)

        def write() -> Answer:
            study = None if body.study is None else self.named(Study, body.study, "study")
            row = rule_drafts.draft(self.actor, body.document, study=study, now=now())
            return 201, self.shown(self.get_queryset().get(pk=row.pk))

        return self.once(write)

    def partial_update(self, request: Request, id: Any) -> Response:
        """Puts another document in place of a draft's own; only its author may."""
        body = self.read_document(RuleSetChange)
        return self.change(lambda row: rule_drafts.redraft(self.actor, row, body.document, now=now()))

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: Any) -> HttpResponse | Response:
        """Makes a draft active from a moment on; never by who drafted it."""
        body = self.read(Approval)
        row = self.get_object()

        def write() -> Answer:
            try:
                approved = rule_sets.approve(
                    self.actor,
                    row,
                    effective_from=body.effective_from,
                    now=now(),
                    fingerprint=body.fingerprint,
                )
            except rule_sets.RulesRefused as refusal:
                raise Problem(409, "rules_refused", str(refusal)) from refusal
            return 200, self.shown(self.get_queryset().get(pk=approved.pk))

        return self.once(write)

    @extend_schema(
        responses={(200, "application/json"): {"type": "array", "items": reference(DifferenceShown)}}
    )
    @action(detail=True, methods=["get"])
    def differences(self, request: Request, id: Any) -> Response:
        """What differs from the rules that are active in its place, in the caller's language."""
        row = self.get_object()
        active = rule_sets.active_beside(row)
        if active is None:
            return Response([])
        found = differences(
            rule_sets.parsed(active.pk),
            rule_drafts.examine(row.document).rules,
            get_language() or "en",
        )
        return Response(
            [
                {
                    "pointer": each.pointer,
                    "what": each.what,
                    "problem": each.problem,
                    "priority": None if each.priority is None else each.priority.word,
                    "about": each.about,
                    "before": each.before,
                    "after": each.after,
                }
                for each in found
            ]
        )

    @extend_schema(methods=["GET"], responses={(200, "application/json"): _ANY})
    @extend_schema(
        methods=["POST"],
        request={"application/json": reference(Trial)},
        responses={(202, "application/json"): _ANY},
    )
    @action(detail=True, methods=["get", "post"])
    def backtest(self, request: Request, id: Any) -> HttpResponse | Response:
        """GET: the newest trial of the rules on past infusions. POST: asks for one; a worker runs it."""
        row = self.get_object()
        if request.method == "GET":
            newest = backtests.newest(self.actor, row)
            if newest is None:
                raise Problem.of_status(404, _("These rules were not tried on past infusions yet."))
            return Response(backtests.shown(newest, get_language() or "en"))
        body = self.read(Trial)

        def write() -> Answer:
            against = None if body.against is None else self.named(RuleSet, body.against, "against")
            study = None if body.study is None else self.named(Study, body.study, "study")
            try:
                asked = backtests.start(self.actor, row, against=against, study=study, now=now())
            except rule_sets.RulesRefused as refusal:
                raise Problem(409, "rules_refused", str(refusal)) from refusal
            return 202, backtests.shown(asked, get_language() or "en")

        return self.once(write)

    @extend_schema(responses={(200, "application/json"): _ANY})
    @action(detail=False, methods=["get"], url_path="schema")
    def format(self, request: Request) -> Response:
        """The JSON Schema of a rule set's document."""
        return Response(schema())

    def read_document(self, shape: type[Any]) -> Any:
        """The body, read as a text that anybody may have sent: nothing twice, nothing too deep or too large.

        Raises: Problem naming the place.
        """
        if self.request._request.content_type != MEDIA_TYPE:
            raise Problem.of_status(415, _("Send JSON, as application/json."))
        try:
            written = loading.read(self.request._request.body)
        except RuleSetError as error:
            fault = FieldError(error.pointer, "rule_set", error.reason)
            raise Problem(400, "invalid", _("The body cannot be read."), errors=[fault]) from error
        body = self.read(shape)
        body.document = written["document"]
        return body


def _row(row: RuleSet) -> dict[str, Any]:
    return msgspec.structs.asdict(
        RuleSetRow(
            id=row.uuid,
            study=None if row.study is None else row.study.uuid,
            name=row.name,
            version=row.version,
            title=_title(row),
            status=row.status,  # type: ignore[arg-type]
            shipped=row.shipped,
            drafted_by=None if row.drafted_by is None else row.drafted_by.uuid,
            approved_by=None if row.approved_by is None else row.approved_by.uuid,
            approved_at=row.approved_at,
            effective_from=row.effective_from,
        )
    )


def _title(row: RuleSet) -> str:
    titles = row.document["title"]
    return str(titles.get((get_language() or "en")[:2], titles["en"]))


def _parts(remark: Any) -> tuple[str, Any, str, str]:
    said = rule_remarks.said(remark)
    return said.pointer, said.severity, said.code, said.sentence
