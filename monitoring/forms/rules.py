"""The forms of rule sets: from when on they hold, what replaces a figure or a baseline for one patient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.core.signals import WORDS
from tracker.forms.fields import MomentField, QuantityField
from tracker.plausibility import RANGES, Verdict

AT_ONCE = [("now", gettext_lazy("at once")), ("later", gettext_lazy("from this moment on:"))]


class FromWhenForm(forms.Form):
    """At once, or from a moment on."""

    when = forms.ChoiceField(
        label=gettext_lazy("Effective"), choices=AT_ONCE, widget=forms.RadioSelect, initial="now"
    )
    at = MomentField(label=gettext_lazy("Moment"), required=False)

    def __init__(self, *args: Any, zone: tzinfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.in_zone(zone)

    def clean(self) -> dict[str, Any]:
        """A moment is needed where it is not at once."""
        cleaned = super().clean() or {}
        if cleaned.get("when") == "later" and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", _("Say from when on, or choose “at once”."))
        return cleaned

    @property
    def starts_at(self) -> datetime:
        """The moment that was chosen."""
        chosen: datetime = self.cleaned_data["at"] if self.cleaned_data["when"] == "later" else self.now
        return chosen


class ApproveForm(FromWhenForm):
    """From when on the rules hold; by whom is who is signed in."""

    fingerprint = forms.CharField(widget=forms.HiddenInput, max_length=64)
    read = forms.BooleanField(label=gettext_lazy("I have read these rules and what differs."))
    field_order = ("read", "when", "at", "fingerprint")


class OverrideForm(FromWhenForm):
    """Another figure for one subject: which, how much, from when until when, why, and the second person."""

    threshold = forms.ChoiceField(label=gettext_lazy("Figure"))
    value = QuantityField(label=gettext_lazy("New value"))
    ends_at = MomentField(label=gettext_lazy("Expires"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    second_username = forms.CharField(
        label=gettext_lazy("Second person"),
        max_length=150,
        help_text=gettext_lazy("Another investigator of this site."),
    )
    second_password = forms.CharField(
        label=gettext_lazy("Their password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    field_order = (
        "threshold",
        "value",
        "when",
        "at",
        "ends_at",
        "reason",
        "second_username",
        "second_password",
    )

    def __init__(self, *args: Any, thresholds: list[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["threshold"].choices = thresholds  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial.setdefault("ends_at", self.now + timedelta(hours=24))


#: What a baseline holds, in the order of the form.
PARTS = (
    "temperature_c",
    "systolic_mmhg",
    "diastolic_mmhg",
    "map_mmhg",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_percent",
    "oxygen_device",
    "oxygen_flow_l_min",
    "fio2_percent",
)


class BaselineForm(forms.Form):
    """A baseline in place of the frozen one; what is left blank is unknown."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, labels: Mapping[str, Any], devices: list[tuple[str, Any]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        for name in PARTS:
            if name in WORDS:
                self.fields[name] = forms.ChoiceField(
                    label=labels[name], choices=[("", "–"), *devices], required=False
                )
            else:
                self.fields[name] = QuantityField(label=labels[name], required=False)
        self.order_fields([*PARTS, "reason"])

    def clean(self) -> dict[str, Any]:
        """What no record takes is no baseline either."""
        cleaned = super().clean() or {}
        for name in PARTS:
            value = cleaned.get(name)
            if isinstance(value, Decimal):
                known = RANGES[name]
                if known.judge(value) in (Verdict.IMPLAUSIBLE, Verdict.IMPOSSIBLE):
                    limits = {"low": known.hard_low, "high": known.hard_high, "unit": known.unit}
                    self.add_error(name, _("Between %(low)s and %(high)s %(unit)s.") % limits)
        if not any(cleaned.get(name) not in (None, "") for name in PARTS) and not self.errors:
            raise ValidationError(_("Give at least one value."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The parts that are known, by their columns."""
        return {name: self.cleaned_data[name] for name in PARTS if self.cleaned_data[name] not in (None, "")}
