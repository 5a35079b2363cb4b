"""A sending system or a person at the REST doors: JSON in and out over HTTP, with a live token or session."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser

from accounts import tokens
from accounts.models import Client, ClientKind, Membership, User
from accounts.permissions import Role
from config.clock import now, real_now
from monitoring import rule_sets
from tests import builders
from tracker.models import Infusion, Site


@dataclass
class Api:
    """Somebody who calls the API."""

    token: str = ""
    client: Client | None = None
    user: User | None = None
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer; `path` without `/api/v1/`, `body` as text or as what becomes JSON."""
        sent = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value}
        data = body if isinstance(body, str | bytes) else json.dumps(body, default=str)
        address = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        if body is None:
            return self.browser.generic(method, address, headers=sent)
        return self.browser.generic(method, address, data, content_type="application/json", headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """The answer to a GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a POST, by default with a fresh Idempotency-Key."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """The answer to a PATCH."""
        return self.call("PATCH", path, body, **headers)


@pytest.fixture
def site(db: None) -> Site:
    """A site."""
    return builders.make_site("HERE")


@pytest.fixture
def by_token(db: None) -> Callable[..., Api]:
    """Makes a caller with a token of a role at a site."""

    def make(role: Role | str, site: Site | None, *, identified: bool = False, **options: Any) -> Api:
        client = Client.objects.create(
            site=site,
            name=f"feed {uuid4().hex[:8]}",
            kind=ClientKind.INTEGRATION,
            role=role,
            identified=identified,
        )
        _token, raw = tokens.issue(client, real_now(), **options)
        return Api(token=raw, client=client)

    return make


@pytest.fixture
def by_session(db: None) -> Callable[..., Api]:
    """Makes a signed-in person with a role at a site."""

    def make(role: Role | str, site: Site, *, identified: bool = False, csrf: bool = False) -> Api:
        user = builders.make_user()
        Membership.objects.create(user=user, role=role, site=site, identified=identified)
        browser = Browser(enforce_csrf_checks=csrf, raise_request_exception=False)
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return Api(user=user, browser=browser)

    return make


@pytest.fixture
def nurse(site: Site, by_token: Callable[..., Api]) -> Api:
    """A program that acts as a nurse of the site."""
    return by_token(Role.NURSE, site)


@pytest.fixture
def feed(site: Site, by_token: Callable[..., Api]) -> Api:
    """A sending system of the site."""
    return by_token(Role.INTEGRATION, site)


@pytest.fixture
def stranger(by_token: Callable[..., Api]) -> Api:
    """A nurse of another site."""
    return by_token(Role.NURSE, builders.make_site("ELSEWHERE"))


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """An infusion that has run for an hour."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site, started_at=now() - timedelta(hours=1))


@pytest.fixture(autouse=True)
def _unthrottled() -> None:
    """Each test begins with every allowance full."""
    from tracker.api import throttle

    throttle._bucket.levels.clear()
