"""What was given since the last set, in one line each beside the vital signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.forms.fields import QuantityField
from tracker.models import Indication, InterventionKind, InterventionMark, OxygenDevice

PAUSE = "pause"
_PREFIX = "given_"


@dataclass(frozen=True, slots=True)
class Kind:
    """One chip: what it is called, what its line asks, and what it says before anybody has typed."""

    kind: str
    label: Any
    unit: str = ""
    which: Any = None
    which_at_first: str = ""
    choices: Any = None
    indication: str = ""
    marks: bool = False


#: In the order of the chips.
KINDS = (
    Kind(InterventionKind.FLUIDS, _("Fluids"), "mL"),
    Kind(InterventionKind.ANTIPYRETIC, _("Antipyretic"), "mg", _("Which"), "paracetamol", indication="fever"),
    Kind(InterventionKind.MEPERIDINE, _("Pethidine"), "mg", indication="rigors"),
    Kind(InterventionKind.STEROID, _("Steroid"), "mg", _("Which")),
    Kind(InterventionKind.TOCILIZUMAB, _("Tocilizumab"), "mg", indication="crs"),
    Kind(InterventionKind.OXYGEN, _("O₂ change"), "L/min", _("By"), choices=OxygenDevice.choices),
    Kind(InterventionKind.VASOPRESSOR, _("Pressor"), "", _("Which"), marks=True, indication="hypotension"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One chip with the fields of its line."""

    kind: Kind
    ticked: forms.BoundField
    fields: list[forms.BoundField]


class GivenForm(forms.Form):
    """The ticked chips become rows of their own, stored together with the set."""

    def __init__(self, *args: Any, zone: tzinfo, may_pause: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        for kind in KINDS:
            self.fields |= {f"{_PREFIX}{kind.kind}{end}": field for end, field in _fields(kind).items()}
        if may_pause:
            self.fields[f"{_PREFIX}{PAUSE}"] = forms.BooleanField(label=_("Infusion paused"), required=False)

    @property
    def lines(self) -> list[Line]:
        """Every chip in order."""
        return [
            Line(
                kind,
                self[f"{_PREFIX}{kind.kind}"],
                [self[f"{_PREFIX}{kind.kind}{end}"] for end in _fields(kind) if end],
            )
            for kind in KINDS
        ]

    @property
    def pause(self) -> forms.BoundField | None:
        """The chip that pauses the infusion, where it runs."""
        name = f"{_PREFIX}{PAUSE}"
        return self[name] if name in self.fields else None

    @property
    def is_paused(self) -> bool:
        """True when the infusion was paused."""
        return bool(self.cleaned_data.get(f"{_PREFIX}{PAUSE}"))

    def given(self, with_set_at: datetime, token: str) -> Iterator[dict[str, Any]]:
        """What was ticked, as the record takes it. A line without a time was given at the time of the set."""
        for kind in KINDS:
            said = {end: self.cleaned_data.get(f"{_PREFIX}{kind.kind}{end}") for end in ("", *_fields(kind))}
            if not said[""]:
                continue
            at = said["_at"]
            values = {
                "kind": str(kind.kind),
                "mark": said.get("_mark") or self._mark(kind),
                "substance": said.get("_which"),
                "amount": said["_amount"],
                "unit": kind.unit if said["_amount"] is not None else None,
                "indication": said["_for"],
                "measured_at": with_set_at if at is None else self._before(with_set_at, at),
                "source_id": f"{token}:{kind.kind}",
            }
            yield {name: value for name, value in values.items() if value not in (None, "")}

    def _mark(self, kind: Kind) -> str:
        return str(InterventionMark.START if kind.marks else InterventionMark.GIVEN)

    def _before(self, moment: datetime, at: time) -> datetime:
        """The last time that the clock of the ward showed this, at or before the moment."""
        local = moment.astimezone(self.zone)
        found = datetime.combine(local.date(), at, tzinfo=self.zone)
        return found if found <= local else found - timedelta(days=1)


def _fields(kind: Kind) -> dict[str, forms.Field]:
    """The fields of a line by the ends of their names."""
    text = {"autocomplete": "off"}
    fields: dict[str, forms.Field] = {"": forms.BooleanField(label=kind.label, required=False)}
    if kind.choices is not None:
        fields["_which"] = forms.ChoiceField(
            label=kind.which, choices=[("", "–"), *kind.choices], required=False
        )
    elif kind.which is not None:
        widget = forms.TextInput(attrs=text)
        fields["_which"] = forms.CharField(
            label=kind.which, required=False, max_length=100, initial=kind.which_at_first, widget=widget
        )
    fields["_amount"] = QuantityField(label=kind.unit or _("Amount"), required=False)
    if kind.marks:
        marks = [(value, label) for value, label in InterventionMark.choices if value != "given"]
        fields["_mark"] = forms.ChoiceField(label=_("It"), choices=marks, required=False)
    fields["_for"] = forms.ChoiceField(
        label=_("For"), choices=[("", "–"), *Indication.choices], required=False, initial=kind.indication
    )
    clock = {"inputmode": "numeric", "placeholder": "hh:mm", "maxlength": 5, "class": "hour", **text}
    fields["_at"] = forms.TimeField(
        label=_("At"),
        required=False,
        input_formats=["%H:%M", "%H%M", "%H.%M"],
        widget=forms.TextInput(attrs=clock),
    )
    return fields
