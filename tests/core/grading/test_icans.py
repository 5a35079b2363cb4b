from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.core.grading.answer import Contradiction
from monitoring.core.grading.icans import (
    CEREBRAL_EDEMA,
    CONSCIOUSNESS,
    ICE_ITEMS,
    SEIZURE,
    grade_icans,
    ice_score,
)

WELL: Mapping[str, Any] = {
    "ice": 10,
    "consciousness": "spontaneous",
    "seizure": "none",
    "deep_focal_motor_weakness": False,
    "cerebral_edema": "none",
}


def test_ice_10_with_all_else_normal_is_0() -> None:
    graded = grade_icans(**WELL)
    assert graded.grade == 0
    assert [reason.code for reason in graded.reasons] == ["no_neurotoxicity"]


@pytest.mark.parametrize(
    ("ice", "grade"),
    [
        pytest.param(9, 1, id="9"),
        pytest.param(7, 1, id="7 itself is still grade 1"),
        pytest.param(6, 2, id="6 is grade 2"),
        pytest.param(3, 2, id="3 itself is still grade 2"),
        pytest.param(2, 3, id="2 is grade 3"),
        pytest.param(0, 3, id="0 of a patient who is awake (global aphasia) is grade 3"),
    ],
)
def test_the_domain_of_ice(ice: int, grade: int) -> None:
    assert grade_icans(**{**WELL, "ice": ice}).grade == grade


@pytest.mark.parametrize(
    ("domain", "word", "grade"),
    [
        ("consciousness", "voice", 2),
        ("consciousness", "tactile", 3),
        ("consciousness", "unarousable", 4),
        ("seizure", "resolves_rapidly", 3),
        ("seizure", "prolonged_or_repetitive", 4),
        ("deep_focal_motor_weakness", True, 4),
        ("cerebral_edema", "focal", 3),
        ("cerebral_edema", "diffuse_or_herniation_signs", 4),
    ],
)
def test_each_other_domain(domain: str, word: str | bool, grade: int) -> None:
    assert grade_icans(**{**WELL, domain: word}).grade == grade


def test_ice_0_of_a_patient_who_cannot_be_roused_is_4() -> None:
    assert grade_icans(**{**WELL, "ice": 0, "consciousness": "unarousable"}).grade == 4


def test_a_patient_who_cannot_be_roused_needs_no_ice() -> None:
    graded = grade_icans(consciousness="unarousable")
    assert (graded.grade, graded.missing) == (4, ())


def test_the_worst_domain_wins() -> None:
    graded = grade_icans(**{**WELL, "ice": 8, "seizure": "resolves_rapidly", "consciousness": "voice"})
    assert graded.grade == 3
    assert [reason.code for reason in graded.reasons] == [
        "ice",
        "consciousness_voice",
        "seizure_resolves_rapidly",
    ]


def test_death_is_grade_5_whatever_else_is_known() -> None:
    assert grade_icans(death=True).grade == 5


def test_ice_alone_leaves_the_other_domains_open() -> None:
    graded = grade_icans(ice=8)
    assert (graded.lowest, graded.highest) == (1, 4)
    assert graded.missing == ("consciousness", "seizure", "deep_focal_motor_weakness", "cerebral_edema")


def test_with_nothing_examined_every_domain_is_missing() -> None:
    graded = grade_icans()
    assert (graded.lowest, graded.highest) == (0, 4)
    assert graded.missing == (
        "ice",
        "consciousness",
        "seizure",
        "deep_focal_motor_weakness",
        "cerebral_edema",
    )


def test_of_an_ice_begun_the_lacking_items_are_missing() -> None:
    items = {"orientation": 4, "naming": 3, "commands": 1, "writing": None}
    graded = grade_icans(**{**WELL, "ice": None}, items=items)
    assert (graded.lowest, graded.highest) == (0, 1)
    assert graded.missing == ("writing", "attention")


@pytest.mark.parametrize(
    ("ice", "items", "span"),
    [
        pytest.param(None, None, (0, 10), id="nothing is known"),
        pytest.param(7, None, (7, 7), id="the total alone"),
        pytest.param(
            None,
            {"orientation": 3, "naming": 3, "commands": 1, "writing": 0, "attention": 1},
            (8, 8),
            id="all items",
        ),
        pytest.param(None, {"orientation": 4}, (4, 10), id="one item"),
        pytest.param(
            8,
            {"orientation": 3, "naming": 3, "commands": 1, "writing": 0, "attention": 1},
            (8, 8),
            id="both agree",
        ),
        pytest.param(4, {"orientation": 4}, (4, 4), id="a total that the items still allow"),
    ],
)
def test_ice_from_its_total_or_its_items(
    ice: int | None, items: Mapping[str, int | None] | None, span: tuple[int, int]
) -> None:
    assert ice_score(ice, items) == span


@pytest.mark.parametrize(
    ("ice", "items"),
    [
        pytest.param(
            9,
            {"orientation": 3, "naming": 3, "commands": 1, "writing": 0, "attention": 1},
            id="9 is not 8",
        ),
        pytest.param(3, {"orientation": 4}, id="less than one item"),
        pytest.param(10, {"naming": 2}, id="more than the items still allow"),
    ],
)
def test_a_total_that_its_items_cannot_give_is_refused(ice: int, items: Mapping[str, int]) -> None:
    with pytest.raises(Contradiction) as refusal:
        grade_icans(ice=ice, items=items)
    assert refusal.value.part == "ice"


def test_the_items_of_ice_give_10_points() -> None:
    assert sum(ICE_ITEMS.values()) == 10


DOMAINS: Mapping[str, st.SearchStrategy[Any]] = {
    "ice": st.integers(0, 10),
    "consciousness": st.sampled_from([*CONSCIOUSNESS]),
    "seizure": st.sampled_from([*SEIZURE]),
    "deep_focal_motor_weakness": st.booleans(),
    "cerebral_edema": st.sampled_from([*CEREBRAL_EDEMA]),
}
COMPLETE = st.fixed_dictionaries(dict(DOMAINS))
ITEMS = st.fixed_dictionaries({name: st.integers(0, most) for name, most in ICE_ITEMS.items()})


@given(whole=COMPLETE, left_out=st.sets(st.sampled_from([*DOMAINS])), more=st.sampled_from([*DOMAINS]))
def test_the_range_holds_the_grade_of_every_completion_and_widens_with_each_part_left_out(
    whole: dict[str, Any], left_out: set[str], more: str
) -> None:
    grade = grade_icans(**whole).grade
    some = grade_icans(**{name: value for name, value in whole.items() if name not in left_out})
    fewer = grade_icans(**{name: value for name, value in whole.items() if name not in left_out | {more}})
    assert grade is not None
    assert fewer.lowest <= some.lowest <= grade <= some.highest <= fewer.highest
    assert set(some.missing) <= left_out
    assert bool(some.missing) == (some.grade is None)


@given(items=ITEMS, left_out=st.sets(st.sampled_from([*ICE_ITEMS])))
def test_items_left_out_only_widen_what_ice_can_be(items: dict[str, int], left_out: set[str]) -> None:
    total = sum(items.values())
    lowest, highest = ice_score(None, {name: items[name] for name in items if name not in left_out})
    assert ice_score(None, items) == (total, total)
    assert lowest <= total <= highest


@given(whole=COMPLETE, fewer=st.integers(0, 10))
def test_a_grade_never_falls_as_ice_falls(whole: dict[str, Any], fewer: int) -> None:
    lower = {**whole, "ice": min(fewer, whole["ice"])}
    assert grade_icans(**lower).lowest >= grade_icans(**whole).lowest


@given(whole=COMPLETE, worse=COMPLETE)
def test_a_grade_never_falls_as_any_domain_worsens(whole: dict[str, Any], worse: dict[str, Any]) -> None:
    tables: Mapping[str, list[Any]] = {
        "consciousness": [*CONSCIOUSNESS],
        "seizure": [*SEIZURE],
        "deep_focal_motor_weakness": [False, True],
        "cerebral_edema": [*CEREBRAL_EDEMA],
    }
    after = dict(whole)
    for name, words in tables.items():
        after[name] = max(whole[name], worse[name], key=words.index)
    assert grade_icans(**after).lowest >= grade_icans(**whole).lowest
