import pytest

from monitoring.core.truth import Truth, all_of, any_of, not_


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, None, None, None),
    ],
)
def test_all_and_any_follow_kleene(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    assert all_of([left, right]) is all_of([right, left]) is both
    assert any_of([left, right]) is any_of([right, left]) is either


def test_the_opposite_of_unknown_is_unknown() -> None:
    assert (not_(True), not_(False), not_(None)) == (False, True, None)
