"""The patient's form at home: one number, what is felt, what was taken. Says everything in plain words.

A time of day is the last one that the site's clocks showed: nobody at home is asked for a date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.errors import FieldError
from tracker.models import TemperatureSite, TemperatureUnit
from tracker.services import HomeEntry

#: The record's words for what the page asks. The word on the page is a patient's.
FELT = [
    ("rigors", _("Shivering or shaking")),
    ("dizziness", _("Dizzy or light-headed")),
    ("dyspnoea", _("Short of breath")),
    ("confusion", _("Confused, or others say so")),
    ("headache", _("Headache")),
    ("rash", _("New rash on the skin")),
]
WHERE = [
    ("", _("not said")),
    (TemperatureSite.ORAL.value, _("in the mouth")),
    (TemperatureSite.TYMPANIC.value, _("in the ear")),
    (TemperatureSite.TEMPORAL.value, _("on the forehead")),
    (TemperatureSite.AXILLARY.value, _("under the arm")),
    (TemperatureSite.RECTAL.value, _("in the bottom")),
]
#: A phone's clock may be ahead of ours by this much.
AHEAD = timedelta(minutes=5)
#: What is said of a medicine whose name was left out; the watch needs to know of it all the same.
UNNAMED = "not named"

_IMPOSSIBLE = _("This cannot be a body temperature. Please measure again and write the number you see.")
_IMPOSSIBLE = _("This cannot be a body temperature. Please measure again and write the number you see.")
_SAYS = {
    "not_a_number": _("Please write only the number, for example 37.2 or 37,2."),
    "beyond_hard_limit": _IMPOSSIBLE,
    "impossible": _IMPOSSIBLE,
    "empty": _("Please write your temperature, or tick how you feel."),
    "confirm": _("This is an unusual number. Please measure again."),
}


class TimeOfDay(forms.TimeField):
    """A time of day, as people write one."""

    default_error_messages = {"invalid": _("Please write a time like 21:30.")}

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=["%H:%M", "%H:%M:%S", "%H.%M", "%H%M", "%I:%M %p", "%H"],
            widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "autocomplete": "off"}),
        )


def latest(of_day: time, now: datetime, zone: tzinfo) -> datetime | None:
    """When the site's clocks last showed this time, or None when they skipped it."""
    today = (now + AHEAD).astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        for fold in (1, 0):
            local = datetime.combine(day, of_day.replace(tzinfo=None), tzinfo=zone).replace(fold=fold)
            there = local.astimezone(UTC)
            shown = there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            if shown and there <= now + AHEAD:
                return min(local, now.astimezone(zone))
    return None


class HomeForm(forms.Form):
    """One page from home. What was typed is never lost; the service alone judges the number."""

    temperature = forms.CharField(
        label=_("Your temperature"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}),
    )
    unit = forms.ChoiceField(
        label=_("Unit"), choices=TemperatureUnit.choices, required=False, widget=forms.RadioSelect()
    )
    symptoms = forms.MultipleChoiceField(
        label=_("Do you have any of these?"),
        choices=FELT,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    medicine = forms.BooleanField(label=_("I took a medicine against fever or pain"), required=False)
    medicine_name = forms.CharField(
        label=_("Which one?"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    medicine_time = TimeOfDay(_("When did you take it?"))
    time = TimeOfDay(_("When did you measure?"))
    where = forms.ChoiceField(label=_("Where did you measure?"), choices=WHERE, required=False)
    confirmed = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, now: datetime, zone: tzinfo, since: datetime | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.now, self.zone, self.since = now, zone, since
        #: What the record said of the temperature.
        self.fault: FieldError | None = None
        for name in self.fields:
            if self.is_bound and name in self.errors:
                self.fields[name].widget.attrs["aria-invalid"] = "true"

    def _moment(self, name: str) -> datetime | None:
        of_day: time | None = self.cleaned_data.get(name)
        if of_day is None:
            return None
        moment = latest(of_day, self.now, self.zone)
        if moment is None:
            raise forms.ValidationError(_("The clocks skipped this time. Please write another."))
        return moment

    def clean_time(self) -> datetime | None:
        """When it was measured; nothing for just now."""
        moment = self._moment("time")
        if moment is not None and self.since is not None and moment < self.since:
            raise forms.ValidationError(_("This time lies before your treatment began."))
        return moment

    def clean_medicine_time(self) -> datetime | None:
        """When the medicine was taken."""
        return self._moment("medicine_time")

    @property
    def typed(self) -> str:
        """The temperature as it was typed."""
        return str(self.data.get("temperature", "")).strip() if self.is_bound else ""

    @property
    def typed_unit(self) -> str:
        """The unit that was chosen."""
        return "F" if self.is_bound and self.data.get("unit") == "F" else "C"

    @property
    def felt(self) -> list[str]:
        """The symptoms that were ticked, whatever else is wrong with the page."""
        known = {kind for kind, _word in FELT}
        data: Any = self.data
        return [kind for kind in data.getlist("symptoms") if kind in known] if self.is_bound else []

    @property
    def is_confirmed(self) -> bool:
        """True when the question about this very number was answered."""
        return bool(self.typed) and self.data.get("confirmed", "") == f"{self.typed} {self.typed_unit}"

    def entry(self, form_token: UUID) -> HomeEntry:
        """What the service is given."""
        given = self.cleaned_data
        took = given["medicine"] or given["medicine_name"].strip() or given["medicine_time"]
        return HomeEntry(
            form_token=form_token,
            temperature=given["temperature"].strip(),
            unit=given["unit"] or "C",
            site=given["where"],
            symptoms=tuple(given["symptoms"]),
            antipyretic=(given["medicine_name"].strip() or UNNAMED) if took else "",
            antipyretic_at=given["medicine_time"],
            measured_at=given["time"],
            confirmed=self.is_confirmed,
        )

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Takes the record's errors to the temperature, in plain words."""
        for error in errors[:1]:
            self.fault = error
            says = _SAYS.get(error.code, _("Please look at the number again."))
            self.add_error("temperature", forms.ValidationError(says))
            self.fields["temperature"].widget.attrs["aria-invalid"] = "true"
