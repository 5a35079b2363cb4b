"""The pages of rule sets: read by all, drafted by two roles, approved by another, and one patient's own."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from monitoring.models import Alert, RuleSet, RuleSetStatus
from monitoring.models.exact import written
from tests import builders
from tracker.models import Site, Study

from .conftest import Patient, typed
from .test_overrides import baseline_of, overrides_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shipped(ward: Site) -> RuleSet:
    return RuleSet.objects.get(shipped=True)


@pytest.fixture
def draft(author: Browser, shipped: RuleSet, study: Study) -> RuleSet:
    """A draft of Ada's for the study, as it begins: the shipped rules."""
    author.post(f"/rules/{shipped.uuid}/begin/", {"study": str(study.uuid)})
    return RuleSet.objects.get(status=RuleSetStatus.DRAFT)


def pages_of(row: RuleSet) -> list[str]:
    return [f"/rules/{row.uuid}/", f"/rules/{row.uuid}/print/", f"/rules/{row.uuid}/differences/"]


def fields_of(browser: Browser, address: str) -> dict[str, str]:
    """What the form of a draft would send if nobody changed anything."""
    context = browser.get(address).context
    sentences = [
        *(each for _, held in context["levels"] for each in held),
        *context["clearing"],
        *context["schedule"],
    ]
    inputs = [piece for each in sentences for piece in each if not isinstance(piece, str)]
    inputs += [*context["numbers"], *context["texts"]]
    return {"fingerprint": context["fingerprint"], **{each.field.pointer: each.value for each in inputs}}


def fever_limit(row: RuleSet) -> Any:
    row.refresh_from_db()
    rule = next(rule for rule in row.document["rules"] if rule["problem"] == "fever")
    return rule["priorities"]["medium"]["compare"]["value"]


FEVER = "/rules/0/priorities/medium/compare/value"


def test_everybody_of_the_site_reads_the_rules_in_sentences(nurse: Browser, shipped: RuleSet) -> None:
    assert str(shipped.uuid) in nurse.get("/rules/").content.decode()
    for address in pages_of(shipped):
        assert nurse.get(address).status_code == 200, address
    text = nurse.get(f"/rules/{shipped.uuid}/").content.decode()
    assert "temperature 38.0 °C or more" in text
    assert 'id="fever"' in text
    assert "Begin a draft" not in text


def test_who_may_draft_who_may_only_read_and_who_sees_nothing(
    coordinator: Browser, nurse: Browser, stranger: Browser, shipped: RuleSet, study: Study, elsewhere: Site
) -> None:
    begin = f"/rules/{shipped.uuid}/begin/"
    assert nurse.post(begin, {"study": str(study.uuid)}).status_code == 403
    assert coordinator.post(begin, {"study": str(study.uuid)}).status_code == 302
    row = RuleSet.objects.get(status=RuleSetStatus.DRAFT)
    own = RuleSet.objects.filter(pk=row.pk)
    own.update(study=builders.make_study(study.sites.get(code="WARD"), number="WARD-ONLY"))
    assert coordinator.get(f"/rules/{row.uuid}/draft/").status_code == 200
    assert nurse.get(f"/rules/{row.uuid}/").status_code == 200
    assert nurse.get(f"/rules/{row.uuid}/draft/").status_code == 403
    for address in [*pages_of(row), f"/rules/{row.uuid}/draft/", f"/rules/{row.uuid}/approve/"]:
        assert stranger.get(address).status_code in (403, 404), address
    assert str(row.uuid) not in stranger.get("/rules/").content.decode()


def test_who_may_approve_who_drafted_it_and_who_may_not(
    author: Browser, second: Browser, coordinator: Browser, draft: RuleSet
) -> None:
    address = f"/rules/{draft.uuid}/approve/"
    assert coordinator.get(address).status_code == 403
    own = author.get(address)
    assert (own.status_code, "another person has to approve it" in own.content.decode()) == (200, True)
    data = {"read": "on", "when": "now", "fingerprint": own.context["fingerprint"]}
    refused = author.post(address, data)
    assert (refused.status_code, "own draft" in refused.content.decode()) == (422, True)
    assert second.post(address, data).status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.approved_by.username) == (RuleSetStatus.ACTIVE, "bob")


def test_a_figure_in_a_sentence_is_changed_and_saved(author: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/draft/fever/"
    data = fields_of(author, address)
    assert data[FEVER] == "38.0"
    assert author.post(address, {**data, FEVER: "38,3", "save": "1"}).status_code == 302
    assert str(fever_limit(draft)) == "38.3"
    shown = author.get(f"/rules/{draft.uuid}/differences/").content.decode()
    assert "<del>temperature 38.0 °C or more</del>" in shown
    assert "<ins>temperature 38.3 °C or more</ins>" in shown


def test_checking_saves_nothing_and_shows_what_is_doubtful_beside_what_was_typed(
    author: Browser, draft: RuleSet
) -> None:
    address = f"/rules/{draft.uuid}/draft/fever/"
    answer = author.post(address, {**fields_of(author, address), FEVER: "39.5", "check": "1"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Medium is never reached" in text
    assert 'value="39.5"' in text
    assert str(fever_limit(draft)) == "38.0"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        pytest.param("warm", "A number is needed here", id="a word"),
        pytest.param("", "A number is needed here", id="nothing"),
        pytest.param("1" * 20, "beyond all measure", id="too large"),
    ],
)
def test_a_bad_figure_is_refused_at_its_place_and_kept(
    value: str, says: str, author: Browser, draft: RuleSet
) -> None:
    address = f"/rules/{draft.uuid}/draft/fever/"
    answer = author.post(address, {**fields_of(author, address), FEVER: value, "save": "1"})
    text = answer.content.decode()
    assert answer.status_code == 422
    field = re.search(rf'<input[^>]*name="{FEVER}"[^>]*>.*?</span>', text, re.DOTALL)
    assert field is not None
    assert f'value="{value}"' in field[0]
    assert says in text
    assert str(fever_limit(draft)) == "38.0"


def test_a_sentence_of_the_alert_is_refused_where_it_would_run_code(author: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/draft/fever/"
    data = {**fields_of(author, address), "/rules/0/sentence/en": "{because.__class__}", "save": "1"}
    answer = author.post(address, data)
    assert (answer.status_code, "in braces" in answer.content.decode()) == (422, True)


def test_one_figure_that_stands_at_several_places_is_changed_at_each(author: Browser, draft: RuleSet) -> None:
    rules = [rule["problem"] for rule in draft.document["rules"]]
    address = f"/rules/{draft.uuid}/draft/hypotension/"
    place = f"/rules/{rules.index('hypotension')}/priorities/high/any/0/unless/condition/compare/value"
    author.post(address, {**fields_of(author, address), place: "88", "save": "1"})
    draft.refresh_from_db()
    assert (
        str(draft.document).count(
            "'id': 'systolic_below_90', 'signal': 'systolic_mmhg', 'op': '<', 'value': '90'"
        )
        == 0
    )


def test_the_schedule_is_changed_in_its_sentences(author: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/draft/"
    data = {**fields_of(author, address), "/schedule/while_running/every_minutes": "10", "save": "1"}
    assert author.post(address, data).status_code == 302
    draft.refresh_from_db()
    assert draft.document["schedule"]["while_running"]["every_minutes"] == 10


def test_an_expert_edits_the_json_and_keeps_what_was_typed(author: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/draft/"
    fingerprint = fields_of(author, address)["fingerprint"]
    bad = '{"format": 1, "format": 2, "mine": "typed"}'
    answer = author.post(address, {"document": bad, "fingerprint": fingerprint, "save": "1"})
    assert answer.status_code == 422
    assert "/format: is named twice" in answer.content.decode()
    assert "&quot;mine&quot;: &quot;typed&quot;" in answer.content.decode()
    good = written({**draft.document, "note": "from an expert"})
    assert (
        author.post(address, {"document": good, "fingerprint": fingerprint, "save": "1"}).status_code == 302
    )
    draft.refresh_from_db()
    assert draft.document["note"] == "from an expert"


def test_a_draft_changed_in_another_window_is_not_overwritten(author: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/draft/fever/"
    stale = fields_of(author, address)
    author.post(address, {**stale, FEVER: "38.2", "save": "1"})
    answer = author.post(address, {**stale, FEVER: "38.4", "save": "1"})
    assert (answer.status_code, "another window" in answer.content.decode()) == (422, True)
    assert str(fever_limit(draft)) == "38.2"


def test_nobody_else_changes_a_draft(second: Browser, draft: RuleSet) -> None:
    assert second.get(f"/rules/{draft.uuid}/draft/").status_code == 403
    assert second.post(f"/rules/{draft.uuid}/draft/", {"save": "1"}).status_code == 403


def test_what_changed_since_it_was_read_is_not_approved(
    author: Browser, second: Browser, draft: RuleSet
) -> None:
    address = f"/rules/{draft.uuid}/approve/"
    data = typed(second, address, read="on", when="now")
    change = f"/rules/{draft.uuid}/draft/fever/"
    author.post(change, {**fields_of(author, change), FEVER: "38.2", "save": "1"})
    answer = second.post(address, data)
    assert (answer.status_code, "has changed since" in answer.content.decode()) == (422, True)


def test_an_approval_from_a_moment_on_needs_the_moment(second: Browser, draft: RuleSet) -> None:
    address = f"/rules/{draft.uuid}/approve/"
    data = typed(second, address, read="on", when="later", at_on="", at_at="")
    answer = second.post(address, data)
    assert (answer.status_code, "Say from when on" in answer.content.decode()) == (422, True)


def test_a_draft_with_an_error_is_not_approved(author: Browser, second: Browser, draft: RuleSet) -> None:
    change = f"/rules/{draft.uuid}/draft/fever/"
    author.post(change, {**fields_of(author, change), FEVER: "39.5", "save": "1"})
    address = f"/rules/{draft.uuid}/approve/"
    page = second.get(address)
    assert "never reached" in page.content.decode()
    answer = second.post(address, typed(second, address, read="on", when="now"))
    assert (answer.status_code, "has errors" in answer.content.decode()) == (422, True)


def test_figures_that_new_rules_do_not_know_are_named_before_approval(
    author: Browser, second: Browser, draft: RuleSet, running: Patient, asked: dict[str, str]
) -> None:
    author.post(overrides_of(running), asked)
    RuleSet.objects.filter(pk=draft.pk).update(
        document={
            **draft.document,
            "rules": [rule for rule in draft.document["rules"] if rule["problem"] == "concern"],
        }
    )
    text = second.get(f"/rules/{draft.uuid}/approve/").content.decode()
    assert "temperature_38 38.4" in text


def test_an_alert_leads_to_its_rule(nurse: Browser, running: Patient, shipped: RuleSet) -> None:
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5", heart_rate_bpm="88"))
    alert = Alert.objects.get(problem="fever")
    assert f'href="/rules/{shipped.uuid}/#fever"' in nurse.get(f"/alerts/{alert.uuid}/").content.decode()


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_rules_are_read_in_every_language_of_the_pages(
    language: str, nurse: Browser, shipped: RuleSet
) -> None:
    nurse.cookies["django_language"] = language
    assert nurse.get(f"/rules/{shipped.uuid}/", headers={"accept-language": language}).status_code == 200


def test_an_active_rule_set_has_no_form(author: Browser, shipped: RuleSet) -> None:
    assert author.get(f"/rules/{shipped.uuid}/draft/").status_code == 403
    assert author.post(f"/rules/{shipped.uuid}/begin/", {"study": ""}).status_code in (302, 403)


def test_a_second_version_takes_the_next_number(
    author: Browser, shipped: RuleSet, study: Study, draft: RuleSet
) -> None:
    author.post(f"/rules/{draft.uuid}/begin/", {"study": str(study.uuid)})
    assert [row.version for row in RuleSet.objects.filter(study=study).order_by("version")] == [2, 3]


def test_no_page_of_rules_carries_inline_script_or_style(
    author: Browser, second: Browser, running: Patient, draft: RuleSet
) -> None:
    pages = [(author, each) for each in pages_of(draft)]
    pages += [(author, f"/rules/{draft.uuid}/draft/"), (author, f"/rules/{draft.uuid}/draft/fever/")]
    pages += [(second, f"/rules/{draft.uuid}/approve/"), (author, overrides_of(running))]
    for browser, address in [*pages, (author, baseline_of(running)), (author, "/rules/")]:
        text = browser.get(address).content.decode()
        assert " style=" not in text, address
        assert "<style" not in text, address
        assert "<script>" not in text, address
