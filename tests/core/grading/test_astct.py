from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.core.grading.answer import Contradiction
from monitoring.core.grading.astct import DEVICES, HYPOTENSION, OXYGEN, grade_crs

FREE = {"hypotension": "none", "oxygen": "none"}
FEVER = {"temperature_c": Decimal("38.5")}


def codes(**parts: Any) -> list[str]:
    """The codes of the reasons."""
    return [reason.code for reason in grade_crs(**parts).reasons]


@pytest.mark.parametrize(
    ("temperature_c", "grade"),
    [
        pytest.param("37.9", 0, id="37.9 is no fever"),
        pytest.param("37.96", 0, id="37.96 is not rounded up to a fever"),
        pytest.param("37.99999", 0, id="a hair under 38.0 is no fever"),
        pytest.param("38.0", 1, id="38.0 itself is a fever"),
        pytest.param("38", 1, id="38 without its decimal is 38.0"),
        pytest.param("41.2", 1, id="a high fever alone is still grade 1"),
    ],
)
def test_fever_opens_the_gate(temperature_c: str, grade: int) -> None:
    assert grade_crs(temperature_c=Decimal(temperature_c), **FREE).grade == grade


@pytest.mark.parametrize(
    ("need", "grade"),
    [("none", 1), ("no_vasopressor", 2), ("fluids", 2), ("one_vasopressor", 3), ("multiple_vasopressors", 4)],
)
def test_the_arm_of_hypotension(need: str, grade: int) -> None:
    assert grade_crs(**FEVER, hypotension=need, oxygen="none").grade == grade


@pytest.mark.parametrize(
    ("need", "grade"), [("none", 1), ("low_flow", 2), ("high_flow", 3), ("positive_pressure", 4)]
)
def test_the_arm_of_hypoxia(need: str, grade: int) -> None:
    assert grade_crs(**FEVER, hypotension="none", oxygen=need).grade == grade


@pytest.mark.parametrize(
    ("names", "grade"),
    [
        pytest.param(["norepinephrine"], 3, id="one"),
        pytest.param(["norepinephrine", "vasopressin"], 3, id="vasopressin beside another is not counted"),
        pytest.param(["vasopressin"], 3, id="vasopressin alone is one"),
        pytest.param(["vasopressin", "argipressin"], 3, id="vasopressin under two names is one"),
        pytest.param(["norepinephrine", "phenylephrine"], 4, id="two"),
        pytest.param(["norepinephrine", "epinephrine", "vasopressin"], 4, id="two and vasopressin"),
        pytest.param(["norepinephrine", "noradrenaline"], 3, id="one agent under two names is one"),
        pytest.param(["Norepinephrine", " norepinephrine "], 3, id="named twice it is one"),
        pytest.param(["adrenaline", "noradrenaline"], 4, id="adrenaline is not noradrenaline"),
        pytest.param(["angiotensin II", "Angiotensin-II"], 3, id="spelt in two ways it is one"),
        pytest.param(["something new", "norepinephrine"], 4, id="a name that nobody knows counts"),
    ],
)
def test_vasopressors_by_their_names(names: list[str], grade: int) -> None:
    assert grade_crs(**FEVER, vasopressors=names, oxygen="none").grade == grade


def test_without_a_vasopressor_it_may_be_grade_1_or_2() -> None:
    graded = grade_crs(**FEVER, vasopressors=[], oxygen="none")
    assert (graded.lowest, graded.highest, graded.missing) == (1, 2, ("hypotension",))
    assert grade_crs(**FEVER, vasopressors=[], hypotension="no_vasopressor", oxygen="none").grade == 2


@pytest.mark.parametrize(
    ("device", "flow", "grade"),
    [
        pytest.param("room_air", None, 1, id="room air"),
        pytest.param("nasal_cannula", "2", 2, id="cannula at 2 L/min is low flow"),
        pytest.param("nasal_cannula", "6", 2, id="cannula at 6 L/min itself is low flow"),
        pytest.param("nasal_cannula", "6.1", 3, id="cannula above 6 L/min is high flow"),
        pytest.param("nasal_cannula", "0", 1, id="cannula at 0 L/min gives nothing"),
        pytest.param("blow_by", "10", 2, id="blow-by is low flow at any flow"),
        pytest.param("high_flow", "40", 3, id="high-flow cannula"),
        pytest.param("simple_mask", "5", 3, id="a face mask is high flow at any flow"),
        pytest.param("venturi", None, 3, id="Venturi"),
        pytest.param("non_rebreather", "15", 3, id="non-rebreather"),
        pytest.param("cpap", None, 4, id="CPAP"),
        pytest.param("bipap", "0", 4, id="BiPAP, whatever the added oxygen"),
        pytest.param("ventilator", None, 4, id="ventilator"),
    ],
)
def test_hypoxia_by_its_device(device: str, flow: str | None, grade: int) -> None:
    litres = None if flow is None else Decimal(flow)
    graded = grade_crs(**FEVER, hypotension="none", oxygen_device=device, oxygen_flow_l_min=litres)
    assert graded.grade == grade


def test_a_cannula_of_unknown_flow_is_low_or_high_flow_and_asks_for_the_flow() -> None:
    graded = grade_crs(**FEVER, hypotension="none", oxygen_device="nasal_cannula")
    assert (graded.lowest, graded.highest, graded.missing) == (2, 3, ("oxygen_flow_l_min",))


def test_a_flow_without_a_device_asks_for_the_device() -> None:
    assert grade_crs(**FEVER, hypotension="none", oxygen_flow_l_min=Decimal(2)).missing == ("oxygen_device",)


@pytest.mark.parametrize(
    ("parts", "grade"),
    [
        pytest.param({"vasopressors": ["norepinephrine"], "oxygen": "low_flow"}, 3, id="one and low flow: 3"),
        pytest.param({"hypotension": "fluids", "oxygen": "positive_pressure"}, 4, id="fluids and CPAP: 4"),
    ],
)
def test_the_worse_arm_counts(parts: Mapping[str, Any], grade: int) -> None:
    assert grade_crs(**FEVER, **parts).grade == grade


@pytest.mark.parametrize(
    ("parts", "grade"),
    [
        pytest.param({"fever_other_cause": True, **FEVER}, 0, id="a fever of another cause opens nothing"),
        pytest.param({"temperature_c": Decimal("36.8")}, 0, id="no fever, never treated"),
        pytest.param({"temperature_c": Decimal("36.8"), "crs_treated": True}, 2, id="waived after treatment"),
        pytest.param(
            {"crs_treated": True}, 2, id="waived, so that the temperature does not matter to grade 2"
        ),
        pytest.param({"fever_other_cause": True, "crs_treated": True, **FEVER}, 2, id="waived all the same"),
    ],
)
def test_hypotension_needs_a_fever_or_its_waiver(parts: Mapping[str, Any], grade: int) -> None:
    assert grade_crs(**parts, hypotension="fluids", oxygen="none").grade == grade


def test_treated_and_free_of_every_sign_is_grade_0() -> None:
    assert grade_crs(temperature_c=Decimal(37), crs_treated=True, **FREE).grade == 0
    without = grade_crs(crs_treated=True, **FREE)
    assert (without.lowest, without.highest, without.missing) == (0, 1, ("temperature_c",))


def test_death_is_grade_5_whatever_else_is_known() -> None:
    graded = grade_crs(death=True, temperature_c=Decimal(36))
    assert graded.grade == 5
    assert [reason.code for reason in graded.reasons] == ["crs_death"]


def test_without_a_fever_nothing_else_is_asked_for() -> None:
    graded = grade_crs(temperature_c=Decimal(37))
    assert (graded.grade, graded.missing) == (0, ())
    assert codes(temperature_c=Decimal(37)) == ["no_fever", "no_crs"]


def test_with_nothing_known_everything_is_asked_for() -> None:
    graded = grade_crs()
    assert (graded.lowest, graded.highest) == (0, 4)
    assert graded.missing == ("temperature_c", "hypotension", "oxygen")


def test_what_cannot_change_the_grade_is_not_asked_for() -> None:
    assert grade_crs(**FEVER, oxygen="positive_pressure").missing == ()
    assert grade_crs(**FEVER, hypotension="multiple_vasopressors").grade == 4


def test_the_reasons_name_the_gate_both_arms_and_what_is_missing() -> None:
    assert codes(**FEVER, vasopressors=["noradrenaline", "vasopressin"]) == [
        "fever",
        "hypotension_one_vasopressor",
        "vasopressin_not_counted",
        "oxygen_missing",
    ]
    assert codes(temperature_c=Decimal(37), crs_treated=True, **FREE) == [
        "no_fever",
        "fever_waived",
        "no_crs",
    ]


@pytest.mark.parametrize(
    ("parts", "part"),
    [
        pytest.param(
            {"hypotension": "none", "vasopressors": ["dopamine"]}, "vasopressors", id="none, yet one runs"
        ),
        pytest.param(
            {"hypotension": "one_vasopressor", "vasopressors": []}, "vasopressors", id="one, yet none runs"
        ),
        pytest.param(
            {"hypotension": "multiple_vasopressors", "vasopressors": ["dopamine", "vasopressin"]},
            "vasopressors",
            id="two, yet vasopressin is not counted",
        ),
        pytest.param(
            {"oxygen": "none", "oxygen_device": "cpap"}, "oxygen_device", id="no oxygen, yet on CPAP"
        ),
    ],
)
def test_inputs_that_cannot_both_be_true_are_refused(parts: Mapping[str, Any], part: str) -> None:
    with pytest.raises(Contradiction) as refusal:
        grade_crs(**FEVER, **parts)
    assert refusal.value.part == part


def test_the_same_said_twice_is_fine() -> None:
    said = {"hypotension": "one_vasopressor", "vasopressors": ["dopamine"]}
    breath = {"oxygen": "high_flow", "oxygen_device": "nasal_cannula"}
    assert grade_crs(**FEVER, **said, **breath).grade == 3  # type: ignore[arg-type]


TEMPERATURES = st.decimals(min_value=34, max_value=42, places=2)
PARTS: Mapping[str, st.SearchStrategy[Any]] = {
    "temperature_c": TEMPERATURES,
    "hypotension": st.sampled_from([*HYPOTENSION, "fluids"]),
    "oxygen": st.sampled_from([*OXYGEN]),
}
SAID = st.fixed_dictionaries({}, optional={"fever_other_cause": st.booleans(), "crs_treated": st.booleans()})
COMPLETE = st.fixed_dictionaries(dict(PARTS))
BY_DEVICE = st.fixed_dictionaries(
    {
        "temperature_c": TEMPERATURES,
        "vasopressors": st.lists(st.sampled_from(["norepinephrine", "dopamine", "vasopressin"])),
        "hypotension": st.just("no_vasopressor"),
        "oxygen_device": st.sampled_from([*DEVICES]),
        "oxygen_flow_l_min": st.decimals(min_value=Decimal("0.1"), max_value=80, places=1),
    }
)


@given(said=SAID, whole=COMPLETE, left_out=st.sets(st.sampled_from([*PARTS])), more=st.sampled_from([*PARTS]))
def test_the_range_holds_the_grade_of_every_completion_and_widens_with_each_part_left_out(
    said: dict[str, Any], whole: dict[str, Any], left_out: set[str], more: str
) -> None:
    grade = grade_crs(**said, **whole).grade
    some = grade_crs(**said, **{name: value for name, value in whole.items() if name not in left_out})
    fewer = grade_crs(
        **said, **{name: value for name, value in whole.items() if name not in left_out | {more}}
    )
    assert grade is not None
    assert fewer.lowest <= some.lowest <= grade <= some.highest <= fewer.highest
    assert set(some.missing) <= left_out
    assert bool(some.missing) == (some.grade is None)


@given(whole=BY_DEVICE, data=st.data())
def test_the_range_holds_the_grade_of_every_device_and_of_every_list_of_vasopressors(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    if whole["vasopressors"]:
        del whole["hypotension"]
    kept = data.draw(st.sets(st.sampled_from(sorted(whole))))
    grade = grade_crs(**whole).grade
    some = grade_crs(**{name: whole[name] for name in kept})
    assert grade is not None
    assert some.lowest <= grade <= some.highest


@given(
    said=SAID,
    temperatures=st.lists(TEMPERATURES, min_size=2, max_size=2).map(sorted),
    needs=st.lists(st.sampled_from([*HYPOTENSION]), min_size=2, max_size=2),
    oxygen=st.lists(st.sampled_from([*OXYGEN]), min_size=2, max_size=2),
)
def test_a_grade_never_falls_as_a_value_worsens(
    said: dict[str, Any], temperatures: list[Decimal], needs: list[str], oxygen: list[str]
) -> None:
    rising = zip(
        temperatures,
        sorted(needs, key=HYPOTENSION.__getitem__),
        sorted(oxygen, key=OXYGEN.__getitem__),
        strict=True,
    )
    before, after = (
        grade_crs(**said, temperature_c=temperature, hypotension=need, oxygen=oxygen_need).lowest
        for temperature, need, oxygen_need in rising
    )
    assert before <= after


@given(whole=COMPLETE, left_out=st.sets(st.sampled_from([*PARTS])), other_cause=st.booleans())
def test_the_waiver_never_lowers_a_grade_and_another_cause_never_raises_it(
    whole: dict[str, Any], left_out: set[str], other_cause: bool
) -> None:
    parts = {name: value for name, value in whole.items() if name not in left_out}
    plain = grade_crs(**parts, fever_other_cause=other_cause)
    waived = grade_crs(**parts, fever_other_cause=other_cause, crs_treated=True)
    assert waived.lowest >= plain.lowest
    assert waived.highest >= plain.highest
    explained = grade_crs(**parts, fever_other_cause=True)
    assert explained.highest <= grade_crs(**parts).highest


@given(
    flow=st.decimals(min_value=0, max_value=80, places=1),
    more=st.decimals(min_value=0, max_value=9, places=1),
)
def test_more_flow_through_a_cannula_is_never_a_lower_grade(flow: Decimal, more: Decimal) -> None:
    def grade(litres: Decimal) -> int:
        return grade_crs(**FEVER, oxygen_device="nasal_cannula", oxygen_flow_l_min=litres).lowest

    assert grade(flow + more) >= grade(flow)
