"""Each service of the compose file, by its own command and health check, on real PostgreSQL and Redis."""

import pytest

from tests.stack.shape import FEBRIS, Shape, wait_for

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("name", ["postgres", "redis", *FEBRIS])
def test_the_service_is_healthy_by_its_own_check(shape: Shape, name: str) -> None:
    assert shape.is_healthy(name)


@pytest.mark.parametrize("service", ["web", "events"])
def test_both_servers_serve(shape: Shape, service: str) -> None:
    assert shape.status("/health/live", service) == 200


def test_everything_is_ready(shape: Shape) -> None:
    wait_for("readiness", lambda: shape.status("/health/ready") == 200)


@pytest.mark.proxy
def test_the_proxy_serves_pages_over_tls(proxy: Shape) -> None:
    assert proxy.status("/health/live", "proxy") == 200


def test_the_servers_connect_as_the_application(shape: Shape) -> None:
    users = {
        user
        for (user,) in shape.query("SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'febris'")
    }
    assert users == {"febris_app", "febris_owner"}  # the owner is this question itself
