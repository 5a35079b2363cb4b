"""Which results of a laboratory the watch reads, and as what."""

from decimal import Decimal
from typing import Any

import pytest

from monitoring.laboratory import values_of


def read(analyte: str, value: str, unit: str, *, lln: str | None = None) -> dict[str, Any]:
    """The signals of a result, with its comparator before the number."""
    comparator = value[0] if value[0] in "<>" else ""
    number = value.lstrip("<>=")
    known = Decimal(number) if number.replace(".", "", 1).isdigit() else None
    limit = None if lln is None else Decimal(lln)
    return dict(values_of(analyte, known, comparator, value, unit, limit))


@pytest.mark.parametrize(
    "name", ["ANC", "anc", "Neutrophils", "neutrophil count", "neutrophil-count", "751-8"]
)
def test_an_analyte_is_known_by_its_names_and_its_code(name: str) -> None:
    assert read(name, "0.45", "10*9/L") == {"neutrophils_10e9_l": Decimal("0.45")}


@pytest.mark.parametrize(
    ("value", "unit", "lln", "wanted"),
    [
        pytest.param("450", "/uL", "1800", ("0.450", "1.800"), id="cells per microlitre"),
        pytest.param("0.45", "K/µL", "1.8", ("0.45", "1.8"), id="thousands per microlitre"),
        pytest.param("0.45", "x10^9/L", "1.8", ("0.45", "1.8"), id="billions per litre"),
    ],
)
def test_a_count_and_its_limit_are_read_in_one_unit(
    value: str, unit: str, lln: str, wanted: tuple[str, str]
) -> None:
    count, limit = wanted
    assert read("ANC", value, unit, lln=lln) == {
        "neutrophils_10e9_l": Decimal(count),
        "neutrophils_lln_10e9_l": Decimal(limit),
    }


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        pytest.param("8.0", "g/dL", {"hemoglobin_g_dl": Decimal("8.0")}, id="grams per decilitre"),
        pytest.param("80", "g/L", {"hemoglobin_g_dl": Decimal("8.0")}, id="grams per litre"),
        pytest.param(
            "4.9", "mmol/L", {"hemoglobin_mmol_l": Decimal("4.9")}, id="millimoles stay what they are"
        ),
    ],
)
def test_hemoglobin_is_read_in_the_unit_whose_cuts_are_printed(
    value: str, unit: str, wanted: dict[str, Any]
) -> None:
    assert read("Hb", value, unit) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        pytest.param("<0.1", "10*9/L", "<0.1", id="below what can be counted"),
        pytest.param("<=0.5", "10*9/L", "<=0.5", id="at most: the number itself may be it"),
        pytest.param("<100", "/uL", "<0.100", id="below, in another unit"),
        pytest.param("clotted", "10*9/L", "clotted 10*9/L", id="no number"),
        pytest.param("450", "cells", "450 cells", id="a unit that is not known"),
    ],
)
def test_what_is_no_exact_count_is_kept_as_it_was_reported(value: str, unit: str, wanted: str) -> None:
    assert read("ANC", value, unit) == {"neutrophils_reported": wanted}


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [pytest.param("CRP", "mg/L", id="not graded"), pytest.param("ANC", "%", id="a share")],
)
def test_what_is_no_count_is_not_for_the_watch(analyte: str, unit: str) -> None:
    assert read(analyte, "45", unit) == {}
