"""Every page that links lead a person to: nothing for axe to find, in the light or in the dark, and none
wider than the narrowest phone (or than a desk's screen at 400 %)."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from accounts.models import Membership, User
from accounts.permissions import Role
from config import clock
from monitoring.evaluate import evaluate_infusion
from tests import builders
from tracker.models import Infusion, Site

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

#: Leads out of the pages, or is answered with a file.
NO_PAGES = ("/api/", "/static/", "/accounts/logout/", "/metrics")


@dataclass
class Walk:
    """A walk along the links, one page of each kind."""

    page: Any
    seen: set[str] = field(default_factory=set)
    found: dict[str, Any] = field(default_factory=dict)

    def along_the_links(self, start: str) -> None:
        """Looks at every page that links lead to from `start`."""
        waiting = deque([start])
        while waiting:
            address = waiting.popleft()
            kind = kind_of(address)
            if kind is None or kind in self.seen:
                continue
            self.seen.add(kind)
            if self._look_at(address):
                links = self.page.eval_on_selector_all(
                    "a[href]:not([download])", "links => links.map(link => link.getAttribute('href'))"
                )
                waiting.extend(link for link in links if link.startswith("/"))

    def _look_at(self, address: str) -> bool:
        from axe_playwright_python.sync_playwright import Axe
        from playwright.sync_api import Error

        self.page.set_viewport_size({"width": 1024, "height": 600})
        try:
            answer = self.page.goto(address)
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            return False
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return False
        assert answer.status < 500, f"{address} {answer.status}"
        for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            self.page.emulate_media(color_scheme=scheme)
            results = Axe().run(self.page, options=options)
            for violation in results.response["violations"]:
                nodes = [node["html"][:200] for node in violation["nodes"]][:3]
                self.found[f"{address} {scheme} {violation['id']}"] = nodes
        self.page.set_viewport_size({"width": 320, "height": 568})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            self.found[f"{address} is {width} px wide on the narrowest phone"] = self.page.evaluate(WIDE)
        return True


#: What sticks out, for whoever mends it.
WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(each => each.outerHTML.slice(0, 160))"""


def kind_of(address: str) -> str | None:
    """Which page it is, whatever row it shows; None for what is no page of ours."""
    path = urlsplit(address).path
    if path.startswith(NO_PAGES):
        return None
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


@pytest.fixture
def ward(infusion: Infusion) -> Site:
    """The ward on a bad night: a fever and a low pressure nobody has answered."""
    now = clock.now()
    builders.record_set(infusion, now, temperature_c="39.5", systolic_mmhg="84", diastolic_mmhg="50")
    evaluate_infusion(infusion.pk, now)
    return infusion.site


@pytest.mark.parametrize(
    ("roles", "language", "at_least"),
    [
        pytest.param([Role.NURSE, Role.INVESTIGATOR], "es", 40, id="clinical"),
        pytest.param([Role.ADMINISTRATOR], "en", 15, id="administrator"),
    ],
)
def test_no_page_shuts_anybody_out(
    browser: Any, server: Server, ward: Site, roles: list[Role], language: str, at_least: int
) -> None:
    user = builders.make_user("walker", name="Wilhelmina Walker")
    for role in roles:
        Membership.objects.create(user=user, role=role, site=ward, identified=True)
    User.objects.filter(pk=user.pk).update(language=language)
    page = browser.new_page()
    sign_in(page, "walker")
    walk = Walk(page)
    walk.along_the_links("/")
    assert not walk.found, "\n".join(f"{what}: {where}" for what, where in walk.found.items())
    assert len(walk.seen) >= at_least, sorted(walk.seen)


def test_who_is_not_signed_in_is_not_shut_out_either(browser: Any, server: Server) -> None:
    walk = Walk(browser.new_page())
    walk.along_the_links("/accounts/login/")
    assert not walk.found, "\n".join(f"{what}: {where}" for what, where in walk.found.items())
