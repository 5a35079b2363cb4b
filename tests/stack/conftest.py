"""The production shape, started once for the tests that look at it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.stack.shape import FEBRIS, Shape


@contextmanager
def running(tick_s: int) -> Iterator[Shape]:
    """Everything of the compose file but the proxy, running and healthy."""
    made = Shape(tick_s)
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
def shape() -> Iterator[Shape]:
    """The production shape at a pace at which minutes pass in seconds."""
    with running(tick_s=1) as made:
        yield made


@pytest.fixture
def unhurried_shape() -> Iterator[Shape]:
    """The production shape at the pace at which it ships."""
    with running(tick_s=15) as made:
        yield made


@pytest.fixture(scope="package")
def proxy(shape: Shape) -> Shape:
    """The same, with the TLS proxy before it."""
    shape.start("proxy")
    shape.wait_healthy("proxy")
    return shape
