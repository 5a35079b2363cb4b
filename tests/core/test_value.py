"""Values that are made at every event: compared and hashed by what they hold, like frozen ones."""

from __future__ import annotations

from decimal import Decimal

from monitoring.core.findings import Reading

from .builders import START

WARM = Reading("vital_signs:1", START, Decimal("38.0"))


def test_two_values_of_one_content_are_equal_and_hash_alike() -> None:
    other = Reading("vital_signs:1", START, Decimal("38.00"))
    assert other == WARM
    assert len({WARM, other}) == 1


def test_a_value_is_no_tuple_and_equals_none() -> None:
    assert ("vital_signs:1", START, Decimal("38.0")) != WARM


def test_a_value_holds_its_fields_and_nothing_else() -> None:
    assert not hasattr(WARM, "__dict__")
