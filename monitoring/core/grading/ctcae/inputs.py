"""Every input that some term reads, and how one is read: a number, a word, a statement, a unit.

Knows names, units and limits, no grade. A choice's words belong to the term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from monitoring.core.grading.ctcae.amount import Amount
from monitoring.core.grading.ctcae.criteria import LLN, UNIT, VALUE, Given, Word
from monitoring.core.grading.ctcae.term import BadInput, Input, Kind, Term

Written = Decimal | int | str | bool | Amount | None
"""What a caller may hand in. None is left out; text is a word, or a number with its comparator ("<0.1")."""


def _number(name: str, unit: str, highest: int | None = None, *, aside: bool = False) -> Input:
    top = None if highest is None else Decimal(highest)
    return Input(name, Kind.NUMBER, unit, lowest=Decimal(0), highest=top, aside=aside)


_ALL = (
    _number(VALUE, "the unit given"),
    _number(LLN, "the unit given"),
    Input(UNIT, Kind.UNIT),
    _number("temperature_c", "°C"),
    _number("hours_above_40c", "h"),
    _number("peak_temperature_c", "°C"),
    _number("minutes_at_or_above_38c", "min"),
    _number("anc_10e9_l", "10^9/L"),
    _number("systolic_mmhg", "mmHg"),
    _number("diastolic_mmhg", "mmHg"),
    _number("systolic_rise_mmhg", "mmHg", aside=True),
    _number("map_rise_mmhg", "mmHg", aside=True),
    _number("heart_rate_bpm", "/min"),
    _number("spo2_percent", "%", 100),
    _number("lower_limit_percent", "%", 100),
    _number("spo2_on_exercise_percent", "%", 100, aside=True),
    _number("pao2_mmhg", "mmHg", aside=True),
    _number("fio2_percent", "%", 100),
    _number("bsa_percent", "%", 100),
    _number("ice", "points", 10),
    Input("persisting_over_1h", Kind.STATEMENT),
    Input("present", Kind.STATEMENT),
    *(
        Input(name, Kind.WORD)
        for name in ("intervention", "severity", "limits", "intake", "exertion", "symptoms", "course")
    ),
    *(Input(name, Kind.WORD) for name in ("hypotension", "oxygen", "oxygen_need")),
    *(
        Input(name, Kind.STATEMENT, aside=True)
        for name in (
            "death",
            "life_threatening",
            "diagnosed",
            "transfusion_indicated",
            "hospitalization_indicated",
            "narcotics_indicated",
            "no_response_to_narcotics",
            "iv_intervention_indicated",
            "recurrent_or_persistent_24h",
            "symptomatic_rise",
            "one_drug_indicated",
            "more_intensive_therapy_indicated",
        )
    ),
)
ORDERS = 12
"""How many orders of magnitude a number may lie from one."""

INPUTS: Mapping[str, Input] = {input.name: input for input in _ALL}
"""Each input by its name."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A choice whose words rise; the first says that the event is not there at all."""

    input: str
    words: tuple[str, ...]

    def reaches(self, word: str) -> Word:
        """True from this word upwards."""
        return Word(self.input, frozenset(self.words[self.words.index(word) :]))

    @property
    def choice(self) -> Mapping[str, tuple[str, ...]]:
        """Its name and words, as a term lists its choices."""
        return {self.input: self.words}


def read(term: Term, written: Mapping[str, Written]) -> Given:
    """What was handed in, read for this term. An input that other terms read is put aside.

    Raises: BadInput naming the input that is unknown, unreadable or out of its range.
    """
    amounts, words, statements = {}, {}, {}
    wanted = set(term.reads)
    for name, given in written.items():
        if name not in INPUTS:
            raise BadInput(name, "is no input of a CTCAE term")
        if given is None or name not in wanted or name == UNIT:
            continue
        match INPUTS[name].kind:
            case Kind.NUMBER:
                amounts[name] = _amount(INPUTS[name], given)
            case Kind.WORD:
                words[name] = _word(name, given, term.choices[name])
            case _:
                statements[name] = _statement(name, given)
    return _in_units(term, amounts, words, statements, written.get(UNIT))


def _in_units(
    term: Term,
    amounts: dict[str, Amount],
    words: dict[str, str],
    statements: dict[str, bool],
    unit: Written,
) -> Given:
    """The same with value and limit in a unit that the term's table is printed in."""
    if term.units is None or unit is None or unit == "":
        return Given(amounts, words, statements)
    found = term.units.read(unit) if isinstance(unit, str) else None
    if found is None:
        raise BadInput(UNIT, f"is none that this is counted in: {', '.join(term.units.names)}")
    name, exponent = found
    scaled = {key: amount.scaled(exponent) for key, amount in amounts.items() if key in (VALUE, LLN)}
    return Given({**amounts, **scaled}, words, statements, unit=name)


def _amount(input: Input, given: Written) -> Amount:
    if isinstance(given, bool):
        raise BadInput(input.name, "must be a number")
    try:
        amount = given if isinstance(given, Amount) else Amount.read(str(given))
    except ValueError:
        raise BadInput(input.name, "must be a number") from None
    if input.name in (LLN, "lower_limit_percent") and amount.comparator:
        raise BadInput(input.name, "must be an exact number")
    if amount.value and abs(amount.value.adjusted()) > ORDERS:
        raise BadInput(input.name, "is out of all proportion")
    if input.lowest is not None and (amount.is_below(input.lowest) or amount.value < input.lowest):
        raise BadInput(input.name, f"must be at least {input.lowest}")
    if input.highest is not None and amount.value > input.highest:
        raise BadInput(input.name, f"must be at most {input.highest}")
    return amount


def _word(name: str, given: Written, words: tuple[str, ...]) -> str:
    if not isinstance(given, str) or given not in words:
        raise BadInput(name, f"must be one of: {', '.join(words)}")
    return given


def _statement(name: str, given: Written) -> bool:
    if not isinstance(given, bool):
        raise BadInput(name, "must be true or false")
    return given
