"""The production shape, started once for the tests that look at it."""

from collections.abc import Iterator

import pytest

from tests.stack.shape import FEBRIS, Shape


@pytest.fixture(scope="package")
def shape() -> Iterator[Shape]:
    """Everything of the compose file but the proxy, running and healthy."""
    made = Shape()
    try:
        made.make_database()
        made.start("redis")
        made.run("migrate", patience_s=600)
        made.start(*FEBRIS)
        made.wait_healthy("redis", *FEBRIS)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="package")
def proxy(shape: Shape) -> Shape:
    """The same, with the TLS proxy before it."""
    shape.start("proxy")
    shape.wait_healthy("proxy")
    return shape
