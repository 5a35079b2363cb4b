"""The answers to an alert as forms: what is promised or found, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, User
from monitoring.core.alert import Commitment, Outcome
from monitoring.core.findings import Priority
from monitoring.core.guards import LONGEST_ACKNOWLEDGEMENT, LONGEST_AT_BEDSIDE, LONGEST_SNOOZE
from monitoring.models import Alert

#: The answers by their names in addresses.
ANSWERS = {
    "acknowledge": gettext_lazy("Acknowledge"),
    "assess": gettext_lazy("Assess"),
    "hand-over": gettext_lazy("Hand over"),
    "close": gettext_lazy("Close"),
    "snooze": gettext_lazy("Snooze"),
    "opt-out": gettext_lazy("Stop escalating"),
}
COMMITMENTS = [
    (Commitment.AT_BEDSIDE.value, gettext_lazy("At the bedside now")),
    (Commitment.REPEAT_VITALS.value, gettext_lazy("I repeat the vital signs")),
    (Commitment.CALL_INVESTIGATOR.value, gettext_lazy("I call the investigator")),
    (Commitment.KNOWN_EXPECTED.value, gettext_lazy("Known and expected (say why)")),
]
OUTCOMES = [
    (Outcome.ACTIONED.value, gettext_lazy("Acted upon")),
    (Outcome.EXPECTED.value, gettext_lazy("Expected")),
    (Outcome.OTHER_CAUSE.value, gettext_lazy("Another cause than the infusion")),
    (Outcome.NOT_ACTIONABLE.value, gettext_lazy("Nothing to be done")),
    (Outcome.ARTEFACT.value, gettext_lazy("Artefact (void the reading first)")),
]
MINUTES = (5, 10, 15, 30, 60, 120, 240)


def _minutes(longest: timedelta) -> list[tuple[int, str]]:
    return [(n, _("%d min") % n) for n in MINUTES if timedelta(minutes=n) <= longest]


class AnswerForm(forms.Form):
    """What every answer has: words."""

    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    #: What the page says once it is done.
    said: Any = gettext_lazy("Done.")

    def __init__(
        self, *args: Any, alert: Alert, now: datetime, may_expect: bool = True, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.may_expect = may_expect
        self.alert, self.now = alert, now
        self.priority = Priority(alert.priority)

    def given(self) -> dict[str, Any]:
        """The arguments of the service."""
        return {"note": self.cleaned_data["note"].strip()}


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise as the page offers it: its button, and the box for its minutes where it has one."""

    value: str
    label: str
    checked: bool
    minutes: BoundField | None
    refused: str


class AcknowledgeForm(AnswerForm):
    """Somebody takes it on and promises something, until a moment that each promise has of its own."""

    said = gettext_lazy("Acknowledged. It rings again if the promise lapses.")
    commitment = forms.ChoiceField(
        label=gettext_lazy("I promise"), choices=COMMITMENTS, widget=forms.RadioSelect, initial="at_bedside"
    )
    repeat_vitals_minutes = forms.TypedChoiceField(required=False, coerce=int, initial=10)
    call_investigator_minutes = forms.TypedChoiceField(required=False, coerce=int, initial=5)
    known_expected_minutes = forms.TypedChoiceField(required=False, coerce=int, initial=30)
    field_order = ("commitment", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].widget.attrs["placeholder"] = _("In your own words, if there is more to say")
        for commitment in Commitment:
            minutes = self.fields.get(f"{commitment.value}_minutes")
            if isinstance(minutes, forms.ChoiceField):
                minutes.choices = _minutes(LONGEST_ACKNOWLEDGEMENT[self.priority])
                minutes.label = _("within")
                minutes.widget.attrs["aria-label"] = f"{dict(COMMITMENTS)[commitment.value]}: {_('within')}"

    @property
    def promises(self) -> list[Promise]:
        """The promises in their order."""
        chosen = self["commitment"].value()
        return [
            Promise(value, str(label), value == chosen, self._box(value), self._refused(value))
            for value, label in COMMITMENTS
        ]

    def _box(self, commitment: str) -> BoundField | None:
        name = f"{commitment}_minutes"
        return self[name] if name in self.fields else None

    def _refused(self, commitment: str) -> str:
        if commitment != Commitment.KNOWN_EXPECTED or self.may_expect:
            return ""
        return _("of a high alert the charge nurse or an investigator may say so")

    def clean(self) -> dict[str, Any]:
        """Calling something expected needs words."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("commitment") == Commitment.KNOWN_EXPECTED and not (cleaned.get("note") or "").strip():
            self.add_error("note", _("Say why it is known and expected."))
        return cleaned

    def given(self) -> dict[str, Any]:
        """The promise and its moment; being at the bedside lasts as long as it may."""
        commitment = self.cleaned_data["commitment"]
        name = f"{commitment}_minutes"
        within = LONGEST_AT_BEDSIDE
        if name in self.fields:
            within = timedelta(minutes=self.cleaned_data.get(name) or self.fields[name].initial)
        return super().given() | {"commitment": commitment, "until": self.now + within}


class AssessForm(AnswerForm):
    """Somebody says what it comes to."""

    said = gettext_lazy("Assessed.")
    outcome = forms.ChoiceField(label=gettext_lazy("It comes to"), choices=OUTCOMES, widget=forms.RadioSelect)
    field_order = ("outcome", "note")

    def given(self) -> dict[str, Any]:
        """The outcome."""
        return super().given() | {"outcome": self.cleaned_data["outcome"]}


class CloseForm(AssessForm):
    """Somebody ends it, with an outcome."""

    said = gettext_lazy("Closed.")


class SnoozeForm(AnswerForm):
    """Somebody asks for silence until a moment, with a reason that others see."""

    said = gettext_lazy("Snoozed. It rings again then, and at once if it gets worse.")
    minutes = forms.TypedChoiceField(label=gettext_lazy("Silent for"), coerce=int)
    field_order = ("minutes", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        minutes = self.fields["minutes"]
        assert isinstance(minutes, forms.ChoiceField)
        minutes.choices = _minutes(LONGEST_SNOOZE[self.priority])
        self.fields["note"].required = True
        self.fields["note"].label = _("Reason")

    def clean_note(self) -> str:
        """A reason of blanks is none."""
        note = str(self.cleaned_data["note"]).strip()
        if not note:
            raise ValidationError(_("Say why."))
        return note

    def given(self) -> dict[str, Any]:
        """The reason and the moment."""
        until = self.now + timedelta(minutes=self.cleaned_data["minutes"])
        return {"reason": self.cleaned_data["note"], "until": until}


class OptOutForm(AnswerForm):
    """Somebody stops the messages to further rungs, with a reason; the alert itself stays."""

    said = gettext_lazy("Nobody further is told. The alert stays in sight.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].required = True
        self.fields["note"].label = _("Reason")

    def given(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.cleaned_data["note"].strip()}


class HandOverForm(AnswerForm):
    """A named person of the site takes over what nobody watches any more."""

    said = gettext_lazy("Handed over.")
    to = forms.ModelChoiceField(label=gettext_lazy("To"), queryset=User.objects.none())
    field_order = ("to", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)
        here = Membership.objects.in_force(self.now).filter(site=self.alert.site)
        to.queryset = User.objects.filter(is_active=True, pk__in=here.values("user_id")).order_by("name")

    def given(self) -> dict[str, Any]:
        """The person and the words."""
        return super().given() | {"to": self.cleaned_data["to"]}
