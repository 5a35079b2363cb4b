"""A sheet kept on paper, typed back: many sets at once, each a row with a moment and faults of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identifiers import uuid7
from tracker.forms.vitals import VitalsForm
from tracker.models import Consciousness, OxygenDevice, Rigors, TemperatureSite, TemperatureUnit

#: A sheet is typed back for so many days at most: the longest watch and the day on which it is done.
DAYS = 4
ROWS, MORE, ROWS_MOST = 8, 6, 60


class SheetForm(forms.Form):
    """What holds for the whole sheet: whose it is, and how temperatures were taken on it."""

    temperature_unit = forms.ChoiceField(
        label=gettext_lazy("Temperatures in"), choices=TemperatureUnit.choices, initial="C"
    )
    temperature_site = forms.ChoiceField(
        label=gettext_lazy("Measured where"), choices=[("", "–"), *TemperatureSite.choices], required=False
    )


class PaperForm(VitalsForm):
    """One row of the sheet. That it is late goes without saying."""

    by = forms.CharField(label=gettext_lazy("By"), required=False, max_length=40)

    def __init__(self, *args: Any, zone: tzinfo, now: datetime, number: int, **options: Any) -> None:
        super().__init__(*args, zone=zone, now=now, prefix=f"r{number}", **options)
        self.number = number
        self.use_required_attribute = False
        widget = self.fields["measured_at"].widget
        assert isinstance(widget, forms.MultiWidget)
        today = now.astimezone(zone).date()
        days = [(f"{day:%Y-%m-%d}", date_format(day, "j-M")) for day in _days(today)]
        day = forms.Select(choices=days, attrs={"aria-label": _("Day")})
        widget.widgets = [day, *widget.widgets[1:]]
        for name, choices in (
            ("rigors", Rigors.choices),
            ("consciousness", [(letter, letter) for letter in Consciousness.values]),
            ("oxygen_device", OxygenDevice.choices),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.widget = forms.Select()
            field.choices = [("", "–"), *choices]
        for name in ("concern", "note", "by"):
            self.fields[name].widget = forms.TextInput(attrs={"autocomplete": "off"})
        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.MultiWidget):
                field.widget.attrs["aria-label"] = _("%(field)s, row %(n)s") % {
                    "field": field.label or name,
                    "n": number + 1,
                }

    def typed(self, name: str) -> str:
        """The text of a field as it came."""
        return super().typed(self.add_prefix(name)) if name != "measured_at" else self._moment_typed()

    def _moment_typed(self) -> str:
        name = self.add_prefix("measured_at")
        return " ".join(self.data.get(f"{name}_{part}", "") for part in ("on", "at")).strip()

    def ticked(self, answer: str) -> list[str]:
        """The fields whose question was answered in this row; that it is late was answered by the paper."""
        data: Any = self.data
        given = data.getlist(self.add_prefix(answer)) if hasattr(data, "getlist") else []
        pairs = (text.partition("=") for text in given)
        names = [name for name, _equals, value in pairs if name in self.fields and self.typed(name) == value]
        return [*names, "measured_at"] if answer == "confirmed" else names

    @property
    def is_blank(self) -> bool:
        """True when nobody wrote into the row: a day alone is no set."""
        silent = (
            "form_token",
            "measured_at",
            "temperature_unit",
            "temperature_site",
            "late_why",
        )
        hour = self.data.get(f"{self.add_prefix('measured_at')}_at", "").strip()
        return not hour and not any(self.typed(name) for name in self.fields if name not in silent)

    def clean(self) -> dict[str, Any]:
        """Whose hand it was is nothing that was measured."""
        by = self.cleaned_data.pop("by", "")
        cleaned = super().clean()
        cleaned["by"] = by
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the service is given; whose hand it was stands in the note."""
        values = super().values()
        if by := self.cleaned_data["by"].strip():
            said = _("On paper: %s.") % by
            values["note"] = f"{said} {values['note']}" if values.get("note") else said
        return values


def _days(today: date) -> Sequence[date]:
    return [today - timedelta(days=back) for back in range(DAYS)]


def blank_rows(count: int, *, zone: tzinfo, now: datetime, first: int = 0) -> list[PaperForm]:
    """Rows to type into; the day is today's."""
    today = now.astimezone(zone).date()
    rows = []
    for number in range(first, first + count):
        row = PaperForm(zone=zone, now=now, number=number, initial={"form_token": uuid7()})
        field = row.fields["measured_at"]
        field.initial = [f"{today:%Y-%m-%d}", "", ""]
        rows.append(row)
    return rows
