"""The backtest on the page of a rule set: asked for with a button, watched as a bar, read as a table."""

from datetime import timedelta

import pytest

from accounts.permissions import Role
from config import clock
from monitoring import backtests, tasks
from monitoring.models import Backtest, RuleSet
from tests.builders import make_actor, make_infusion, make_subject, record_set
from tests.core.builders import a_rule
from tests.core.builders import document as rules_document
from tests.pages.conftest import SignIn
from tracker.models import Site, Study

pytestmark = pytest.mark.django_db

#: What htmx says of itself when it asks for a part of a page.
SWAPPED = {"HX-Request": "true"}


@pytest.fixture
def draft(ward: Site, study: Study) -> RuleSet:
    """A draft, and an infusion with a fever to try it on."""
    now = clock.now()
    start = now - timedelta(hours=3)
    infusion = make_infusion(make_subject(site=ward, study=study), started_at=start)
    record_set(infusion, start + timedelta(hours=1), temperature_c="38.5")
    hot = {"id": "hot", "signal": "temperature_c", "op": ">=", "value": "38.0", "says": {"en": "{value} °C"}}
    rules = [a_rule("fever", medium={"compare": hot})]
    RuleSet.objects.update(status="retired")
    usual = {**rules_document(), "name": "usual", "rules": rules}
    RuleSet.objects.create(name="usual", version=1, document=usual, status="active", shipped=True)
    document = {**rules_document(), "name": "mine", "rules": []}
    return RuleSet.objects.create(name="mine", version=1, document=document)


def test_asked_for_it_shows_a_bar_that_asks_again_without_counting_as_somebody_there(
    ward: Site, draft: RuleSet, sign_in: SignIn
) -> None:
    investigator = sign_in(Role.INVESTIGATOR, ward)
    page = investigator.post(f"/rules/{draft.uuid}/backtest/", headers=SWAPPED).content.decode()
    waiting = Backtest.objects.get()
    assert "0 of 1 patients" in page
    assert "<progress" in page
    assert f'hx-get="/rules/backtests/{waiting.uuid}/" hx-trigger="every 2s"' in page
    assert "X-Febris-Background" in page


def test_done_it_shows_both_rule_sets_and_who_changes_why(
    ward: Site, draft: RuleSet, sign_in: SignIn
) -> None:
    browser = sign_in(Role.INVESTIGATOR, ward)
    browser.post(f"/rules/{draft.uuid}/backtest/")
    tasks.run_backtests()
    page = browser.get(f"/rules/backtests/{Backtest.objects.get().uuid}/").content.decode()
    assert "usual@1: 1 alerts" in page
    assert "mine@1: 0 alerts" in page
    assert "1 of 1 patients changes" in page
    assert "38.5 °C" in page
    assert "no longer raised" in page
    assert "Overdue sets are not replayed" in page
    assert "hx-get" not in page


def test_another_sites_backtest_does_not_exist(
    ward: Site, elsewhere: Site, draft: RuleSet, sign_in: SignIn
) -> None:
    asked = backtests.start(make_actor(Role.INVESTIGATOR, ward), draft, now=clock.now())
    assert sign_in(Role.INVESTIGATOR, elsewhere).get(f"/rules/backtests/{asked.uuid}/").status_code == 404


def test_a_nurse_asks_for_none(ward: Site, draft: RuleSet, sign_in: SignIn) -> None:
    assert sign_in(Role.NURSE, ward).post(f"/rules/{draft.uuid}/backtest/").status_code == 403


def test_where_there_is_nothing_to_try_on_the_page_says_so(
    elsewhere: Site, draft: RuleSet, sign_in: SignIn
) -> None:
    investigator = sign_in(Role.INVESTIGATOR, elsewhere)
    page = investigator.post(f"/rules/{draft.uuid}/backtest/", headers=SWAPPED).content.decode()
    assert "no infusion yet" in page
    whole = investigator.post(f"/rules/{draft.uuid}/backtest/", follow=True)
    assert "no infusion yet" in whole.content.decode()


def test_without_javascript_one_comes_back_to_the_whole_page(
    ward: Site, draft: RuleSet, sign_in: SignIn
) -> None:
    answer = sign_in(Role.INVESTIGATOR, ward).post(f"/rules/{draft.uuid}/backtest/", follow=True)
    assert answer.redirect_chain == [(f"/rules/{draft.uuid}/", 302)]
    assert "0 of 1 patients" in answer.content.decode()
