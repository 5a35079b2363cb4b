"""The sentences of what is doubtful about a rule set, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from monitoring.core import rule_words, signals
from monitoring.core.findings import Priority
from monitoring.core.remarks import Remark
from monitoring.core.rule_vocabulary import word
from monitoring.core.sentences import plain

SENTENCES: Mapping[str, Promise] = {
    "never_true": gettext_lazy("%(priority)s can never be true: its conditions contradict each other, or the"
                               " record takes no such value."),
    "hidden_by_higher": gettext_lazy("%(priority)s is never reached: whenever it is true, a higher priority"
                                     " is true too."),
    "same_as_higher": gettext_lazy("%(priority)s asks the same as a higher priority."),
    "always_true": gettext_lazy("“%(problem)s” is always true: it never clears."),
    "not_checked": gettext_lazy("Too many conditions together to be compared: not checked."),
    "hole": gettext_lazy("There is a hole: %(span)s raises nothing, though values nearer to the ordinary"
                         " do."),
    "less_beyond": gettext_lazy("%(span)s is only %(less)s, though values nearer to the ordinary are"
                                " %(more)s."),
    "ordinary_value_raises": gettext_lazy("An ordinary %(signal)s of %(value)s raises it."),
    "no_ordinary_value": gettext_lazy("%(signal)s has no ordinary value to start from: holes are not"
                                      " looked for."),
    "never_stops": gettext_lazy("The stop of %(kinds)s does not clear it."),
    "only_symptoms_stop": gettext_lazy("Only symptoms stop: say when a set shows that it is over."),
    "never_over": gettext_lazy("No set can ever say this: its conditions contradict each other."),
    "clears_too_late": gettext_lazy("%(sets)s normal sets %(apart)s apart take as long as the whole watch of"
                                    " %(watch)s."),
    "needs_baseline": gettext_lazy("Without a baseline it never clears by sets: changes of %(signals)s"
                                   " cannot be judged then."),
    "unknown_kind": gettext_lazy("Nobody can record “%(kind)s” as a %(family)s."),
    "no_known_kind": gettext_lazy("Nobody can record %(kinds)s as a %(family)s: it never happens."),
    "same_as_rule": gettext_lazy("It is always raised together with “%(other)s”: one of the two is enough."),
    "unjudged_sign": gettext_lazy("No rule judges %(signal)s."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A remark as people read it."""

    pointer: str
    severity: str
    code: str
    sentence: str


def said(remark: Remark) -> Said:
    """The remark with its sentence."""
    language = get_language() or "en"
    values = {name: _value(name, value, language) for name, value in remark.values.items()}
    if "low" in remark.values:
        values["span"] = span(remark.values, language)
    sentence = str(SENTENCES[remark.code]) % values
    return Said(remark.pointer, remark.severity.value, remark.code, sentence[0].upper() + sentence[1:])


@dataclass(frozen=True, slots=True)
class Group:
    """The same remark on several places, each by the name of its rule."""

    severity: str
    sentence: str
    places: list[str]
    pointers: str


def grouped(remarks: Iterable[Said], titles: Sequence[str]) -> list[Group]:
    """The remarks, each sentence once; `titles` are those of the rules in their order."""
    groups: dict[tuple[str, str], list[str]] = {}
    for remark in remarks:
        groups.setdefault((remark.severity, remark.sentence), []).append(remark.pointer)
    return [
        Group(
            severity,
            sentence,
            list(dict.fromkeys(_place(each, titles) for each in pointers)),
            " ".join(pointers),
        )
        for (severity, sentence), pointers in groups.items()
    ]


def _place(pointer: str, titles: Sequence[str]) -> str:
    """The rule and the priority that a pointer leads to: “Fever, medium”."""
    steps = pointer.split("/")
    if len(steps) < 3 or steps[1] != "rules" or not steps[2].isdigit() or int(steps[2]) >= len(titles):
        return ""
    title = titles[int(steps[2])]
    if len(steps) > 4 and steps[3] == "priorities":
        return f"{title}, {word(steps[4], get_language() or 'en')}"
    return title


def span(values: Mapping[str, Any], language: str) -> str:
    """A stretch of values: “temperature from 38.9 to below 39 °C”."""
    signal, low, high = values["signal"], values["low"], values["high"]
    name, unit = word(signal, language), signals.unit(signal)
    given = {
        "name": name,
        "unit": unit,
        "low": plain(low, language) if low is not None else "",
        "high": plain(high, language) if high is not None else "",
    }
    if low is not None and low == high:
        sentence = _("%(name)s %(low)s %(unit)s")
    elif high is None:
        low_end = values["with_low"]
        sentence = _("%(name)s from %(low)s %(unit)s on") if low_end else _("%(name)s above %(low)s %(unit)s")
    elif low is None:
        with_high = values["with_high"]
        sentence = (
            _("%(name)s up to %(high)s %(unit)s") if with_high else _("%(name)s below %(high)s %(unit)s")
        )
    else:
        sentence = {
            (True, True): _("%(name)s from %(low)s to %(high)s %(unit)s"),
            (True, False): _("%(name)s from %(low)s to below %(high)s %(unit)s"),
            (False, True): _("%(name)s above %(low)s, to %(high)s %(unit)s"),
            (False, False): _("%(name)s above %(low)s and below %(high)s %(unit)s"),
        }[values["with_low"], values["with_high"]]
    return (sentence % given).strip()


def _value(name: str, value: Any, language: str) -> str:
    if isinstance(value, Priority):
        return word(value.word, language)
    if isinstance(value, Decimal):
        return plain(value, language)
    if isinstance(value, tuple):
        return ", ".join(word(str(each), language) for each in value)
    if name in ("apart", "watch"):
        return rule_words.span(value)
    return word(str(value), language) if name == "signal" else str(value)
