"""What holds for every term of CTCAE: no gap, no overlap, nothing above what the term permits, no guess."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.core.grading import ctcae
from monitoring.core.grading.ctcae.criteria import Number

EVERY = [term for version in ctcae.Version for term in ctcae.terms(version)]
NAMES = [f"{term.version} {term.id}" for term in EVERY]
#: Of each term, of which there are more than fifty.
EXAMPLES = 30
#: Inputs whose rise is never an improvement; of the others, only their fall is not.
WORSE_UPWARDS = {
    "systolic_mmhg",
    "diastolic_mmhg",
    "systolic_rise_mmhg",
    "map_rise_mmhg",
    "heart_rate_bpm",
    "fio2_percent",
    "bsa_percent",
    "hours_above_40c",
    "minutes_at_or_above_38c",
    "peak_temperature_c",
}


def inputs_of(term: ctcae.Term) -> st.SearchStrategy[dict[str, Any]]:
    """Inputs of every kind that the term reads, some left out."""
    return st.fixed_dictionaries({}, optional={name: _values(term, name) for name in term.reads})


def _values(term: ctcae.Term, name: str) -> st.SearchStrategy[Any]:
    input = ctcae.INPUTS[name]
    if input.kind is ctcae.Kind.WORD:
        return st.sampled_from(term.choices[name])
    if input.kind is ctcae.Kind.STATEMENT:
        return st.booleans()
    if input.kind is ctcae.Kind.UNIT:
        assert term.units is not None
        return st.sampled_from(term.units.names)
    exact = _numbers(term, name)
    if name in ("lln", "lower_limit_percent", "hours_above_40c", "minutes_at_or_above_38c"):
        return exact
    signs = st.sampled_from(["", "", "<", ">", "<=", ">="])
    return st.builds(ctcae.Amount, exact, signs).filter(
        lambda amount: amount.value or amount.comparator != "<"
    )


def _numbers(term: ctcae.Term, name: str) -> st.SearchStrategy[Decimal]:
    """Numbers about the cuts of the term, the cuts themselves among them."""
    cuts = _cuts(term, name) or [Decimal(1), Decimal(10), Decimal(100)]
    top = ctcae.INPUTS[name].highest
    shifted = [cut + step for cut in cuts for step in (Decimal("-0.01"), Decimal(0), Decimal("0.01"))]
    numbers = [number for number in [*shifted, Decimal(0)] if number >= 0 and (top is None or number <= top)]
    return st.sampled_from(sorted(set(numbers)))


def _cuts(term: ctcae.Term, name: str) -> list[Decimal]:
    found, parts = [], [begin.criterion for begin in term.begins]
    while parts:
        part = parts.pop()
        parts += getattr(part, "parts", ())
        if isinstance(part, Number) and part.input == name:
            found.append(part.cut)
        if name == "value":
            found += getattr(part, "cuts", {}).values()
    return found


def answer(term: ctcae.Term, inputs: dict[str, Any]) -> ctcae.CtcaeGrade | None:
    """The grade; None where the inputs contradict each other."""
    try:
        return ctcae.grade(term.version, term.id, **inputs)
    except ctcae.BadInput as error:
        if "contradicts" not in error.reason:
            raise
        return None


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_grade_is_never_above_what_the_term_permits_and_is_one_that_it_has(
    term: ctcae.Term, data: st.DataObject
) -> None:
    found = answer(term, data.draw(inputs_of(term)))
    if found is None:
        return
    assert 0 <= found.lowest <= found.highest <= found.highest_if_said <= term.highest_permitted_grade
    allowed = {0, *term.grades}
    assert {found.lowest, found.highest, found.highest_if_said} <= allowed


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_leaving_out_an_input_only_widens_what_could_be(term: ctcae.Term, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(term))
    whole = answer(term, inputs)
    dropped = data.draw(
        st.sets(st.sampled_from(sorted({*inputs} - {"death"})))
        if inputs.keys() - {"death"}
        else st.just(set())
    )
    part = answer(term, {name: value for name, value in inputs.items() if name not in dropped})
    if whole is None or part is None or inputs.get("death"):
        return
    assert part.lowest <= whole.lowest
    assert whole.highest <= part.highest_if_said
    if not any(ctcae.INPUTS[name].aside for name in dropped):
        assert whole.highest <= part.highest


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_an_exact_amount_lies_within_what_its_bound_allows(term: ctcae.Term, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(term))
    amounts = {name for name, value in inputs.items() if isinstance(value, ctcae.Amount)}
    exact = {name: data.draw(_within(value)) if name in amounts else value for name, value in inputs.items()}
    bounded, sharp = answer(term, inputs), answer(term, exact)
    if bounded is not None and sharp is not None:
        assert bounded.lowest <= sharp.lowest
        assert sharp.highest <= bounded.highest


def _within(amount: ctcae.Amount) -> st.SearchStrategy[Decimal]:
    """Amounts that the bound allows."""
    step = Decimal("0.001")
    choices = {
        "": [amount.value],
        "<": [amount.value - step, amount.value / 2],
        "<=": [amount.value, amount.value / 2],
        ">": [amount.value + step],
        ">=": [amount.value, amount.value + step],
    }[amount.comparator]
    return st.sampled_from([max(choice, Decimal(0)) for choice in choices])


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_grade_never_falls_as_a_value_worsens(term: ctcae.Term, data: st.DataObject) -> None:
    numbers = [name for name in term.reads if ctcae.INPUTS[name].kind is ctcae.Kind.NUMBER]
    if not numbers:
        return
    name = data.draw(st.sampled_from(numbers))
    inputs = data.draw(inputs_of(term))
    upwards = name in WORSE_UPWARDS or (name == "temperature_c" and term.id != "hypothermia")
    upwards = upwards or name in ("lln", "lower_limit_percent")
    drawn = data.draw(st.lists(_numbers(term, name), min_size=2, max_size=2))
    milder, worse = sorted(drawn, reverse=not upwards)
    first, second = answer(term, {**inputs, name: milder}), answer(term, {**inputs, name: worse})
    if first is not None and second is not None:
        assert (first.lowest, first.highest) <= (second.lowest, second.highest)
        assert first.highest <= second.highest


COUNTED = [term for term in EVERY if term.units is not None]


@pytest.mark.parametrize("term", COUNTED, ids=lambda term: f"{term.version} {term.id}")
@settings(max_examples=EXAMPLES)
@given(value=st.decimals(0, 400, places=3), unit=st.data())
def test_every_count_has_exactly_one_grade(term: ctcae.Term, value: Decimal, unit: st.DataObject) -> None:
    assert term.units is not None
    name = unit.draw(st.sampled_from(term.units.names))
    found = ctcae.grade(term.version, term.id, value=value, unit=name, lln=Decimal(500))
    assert found.grade is not None


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
def test_the_beginnings_rise_and_each_belongs_to_a_grade_of_the_term(term: ctcae.Term) -> None:
    grades = [begin.grade for begin in term.begins]
    assert all(one < other for one, other in pairwise(grades))
    assert {*grades} == {*term.grades} - {5}


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
def test_every_input_of_a_term_is_described(term: ctcae.Term) -> None:
    words = {name for name in term.reads if ctcae.INPUTS[name].kind is ctcae.Kind.WORD}
    assert words == set(term.choices)
    assert ("unit" in term.reads or "lln" in term.reads) == (term.units is not None)


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
def test_nothing_said_at_all_leaves_every_question_open(term: ctcae.Term) -> None:
    found = ctcae.grade(term.version, term.id)
    questions = {name for name in term.reads if not ctcae.INPUTS[name].aside}
    assert found.lowest == 0
    assert found.highest > 0
    assert {*found.missing} <= {*term.reads}
    assert questions - {*found.missing} <= {"lower_limit_percent"}


@pytest.mark.parametrize("term", EVERY, ids=NAMES)
def test_a_death_is_grade_5_only_where_the_term_has_it(term: ctcae.Term) -> None:
    found = ctcae.grade(term.version, term.id, death=True)
    if 5 in term.grades:
        assert found.grade == 5
    else:
        assert found.highest < 5
        assert ("not_read", "death") in [
            (reason.code, reason.values.get("input")) for reason in found.reasons
        ]


@pytest.mark.parametrize(
    ("version", "id", "instead"),
    [
        pytest.param("6.0", "lymphocyte_count_decreased", "lymphopenia", id="deleted from 6.0"),
        pytest.param("6.0", "platelet_count_decreased", "thrombocytopenia", id="deleted from 6.0 too"),
        pytest.param("5.0", "lymphopenia", "lymphocyte_count_decreased", id="not yet in 5.0"),
        pytest.param("5.0", "thrombocytopenia", "platelet_count_decreased", id="not yet in 5.0 either"),
        pytest.param("5.0", "icans", None, id="nothing in its place"),
    ],
)
def test_a_term_that_a_version_lacks_is_refused_naming_what_it_has_instead(
    version: str, id: str, instead: str | None
) -> None:
    with pytest.raises(ctcae.NotInThisVersion) as refused:
        ctcae.grade(version, id)
    assert refused.value.instead == instead
    assert ctcae.id_in(version, id) == instead


def test_unknown_names_are_refused_by_name() -> None:
    with pytest.raises(ctcae.UnknownVersion, match=r"CTCAE 4\.03 is not graded here"):
        ctcae.terms("4.03")
    with pytest.raises(ctcae.UnknownTerm, match="hiccups"):
        ctcae.grade("5.0", "hiccups")


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        pytest.param({"valu": 1}, "valu", id="an unknown input"),
        pytest.param({"value": "many"}, "value", id="no number"),
        pytest.param({"value": Decimal("NaN")}, "value", id="not a number"),
        pytest.param({"value": True}, "value", id="a truth for a number"),
        pytest.param({"value": -1}, "value", id="a negative count"),
        pytest.param({"value": "1e999"}, "value", id="out of all proportion"),
        pytest.param({"value": 1, "unit": "%"}, "unit", id="a unit of something else"),
        pytest.param({"value": 1, "lln": "<2", "unit": "/uL"}, "lln", id="an inexact limit"),
    ],
)
def test_an_input_that_cannot_be_read_is_named(inputs: dict[str, Any], name: str) -> None:
    with pytest.raises(ctcae.BadInput) as refused:
        ctcae.grade("5.0", "neutrophil_count_decreased", **inputs)
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        pytest.param({"severity": "terrible"}, "severity", id="no such word"),
        pytest.param(
            {"severity": "mild", "narcotics_indicated": "yes"}, "narcotics_indicated", id="no truth"
        ),
    ],
)
def test_a_word_or_a_statement_that_cannot_be_read_is_named(inputs: dict[str, Any], name: str) -> None:
    with pytest.raises(ctcae.BadInput) as refused:
        ctcae.grade("5.0", "chills", **inputs)
    assert refused.value.name == name


def test_an_input_of_another_term_is_put_aside_and_said() -> None:
    found = ctcae.grade("6.0", "neutrophil_count_decreased", value=2, unit="10^9/L", lln=3)
    assert found.grade == 0
    assert [(reason.code, reason.values) for reason in found.reasons] == [("not_read", {"input": "lln"})]


def test_what_nobody_said_is_named_with_what_it_would_change() -> None:
    found = ctcae.grade("5.0", "anemia", value=Decimal("9.0"), unit="g/dL", lln=12)
    assert (found.grade, found.unsaid) == (2, ("transfusion_indicated", "life_threatening"))
    assert found.highest_if_said == 4


def test_the_reasons_of_a_grade_name_its_cut_and_its_source() -> None:
    found = ctcae.grade("6.0", "neutrophil_count_decreased", value=450, unit="/uL")
    reason = found.reasons[0]
    assert (reason.code, reason.values["cut"], reason.values["unit"]) == ("beyond", Decimal("0.5"), "10^9/L")
    assert found.source == "NCI CTCAE v6.0, 22 July 2025 (MedDRA 28.0): Neutrophil count decreased"


def test_a_number_longer_than_any_context_is_compared_unrounded() -> None:
    value = Decimal("499." + "9" * 40)
    assert ctcae.grade("5.0", "neutrophil_count_decreased", value=value, unit="/uL").grade == 4
