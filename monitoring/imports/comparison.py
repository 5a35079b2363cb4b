"""First findings against one answer key, in words for a command."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from monitoring.imports.answer_key import First, KeyedFinding, Patient, differences, read_key

Found = Mapping[Patient, Mapping[KeyedFinding, First]]
Dropped = Mapping[tuple[Patient, KeyedFinding], Iterable[Decimal]]


def compared(path: Path, found: Found, dropped: Dropped) -> tuple[list[str], int]:
    """A line for each difference and one with how many agree; and how many differences nothing explains.

    Raises: OSError, UnreadableKey.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        key = read_key(file)
    different = list(differences(key, found, dropped))
    lines = []
    for each in different:
        text = _("%(source)s %(patient)s %(finding)s: key %(key)s, found %(found)s: %(reason)s")
        figures = {
            "source": each.patient[0],
            "patient": each.patient[1],
            "finding": each.finding.value,
            "key": "–" if each.expected is None else each.expected,
            "found": each.found.minute if each.found else "–",
            "reason": each.reason or _("NOT EXPLAINED"),
        }
        lines.append(text % figures)
    missed = sum(not each.reason for each in different)
    positive = {
        finding.value: sum(at[finding] is not None for at in key.values()) for finding in KeyedFinding
    }
    answers = len(key) * len(KeyedFinding)
    text = _("%(path)s: %(patients)d patients, %(answers)d answers (%(positive)s), %(same)d the same")
    text += _(", %(different)d different, %(missed)d of them not explained")
    said = {
        "path": path.name,
        "patients": len(key),
        "answers": answers,
        "positive": ", ".join(f"{name} {count}" for name, count in positive.items()),
        "same": answers - len(different),
        "different": len(different),
        "missed": missed,
    }
    return [*lines, text % said], missed
