import pytest

from monitoring.core.grading.answer import Contradiction, Graded, range_of


def test_a_range_of_one_grade_is_that_grade() -> None:
    assert Graded(2, 2).grade == 2
    assert Graded(0, 2).grade is None


def test_a_range_upside_down_is_a_mistake_of_the_grader() -> None:
    with pytest.raises(ValueError, match="the lowest grade, 3, is above the highest, 2"):
        Graded(3, 2)


def test_only_what_the_grade_still_depends_on_is_missing() -> None:
    worst = {"known": (3, 3), "may add": (0, 4), "never adds": (0, 3)}
    assert range_of(max, worst) == (3, 4, ("may add",))
    assert range_of(max, {"known": (4, 4), "unknown": (0, 4)}) == (4, 4, ())


def test_a_part_that_can_only_lower_the_highest_is_missing_too() -> None:
    def both(gate: int, height: int) -> int:
        return height if gate else 0

    assert range_of(both, {"gate": (0, 1), "height": (2, 3)}) == (0, 3, ("gate", "height"))
    assert range_of(both, {"gate": (0, 0), "height": (2, 3)}) == (0, 0, ())


def test_two_unknown_parts_do_not_hide_each_other() -> None:
    assert range_of(max, {"known": (1, 1), "one": (0, 4), "other": (0, 4)}) == (1, 4, ("one", "other"))

    def gated(gate: int, one: int, other: int) -> int:
        return max(one, other) if gate else 0

    assert range_of(gated, {"gate": (0, 1), "one": (1, 4), "other": (1, 4)})[2] == ("gate", "one", "other")


def test_a_contradiction_names_both_inputs() -> None:
    assert str(Contradiction("oxygen_device", "oxygen")) == "oxygen_device contradicts oxygen"
