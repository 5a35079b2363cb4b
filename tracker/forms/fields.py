"""Fields that people at a ward type into: a moment in the site's own time, and a number with either comma."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FOLDS = (("", _("which of the two?")), ("0", _("first time")), ("1", _("second time")))


class MomentWidget(forms.MultiWidget):
    """Day and time of day; a third control, hidden at first, for the hour that the clocks show twice."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        super().__init__(
            {
                "on": forms.DateInput(
                    format="%Y-%m-%d", attrs={"type": "date", "aria-label": _("Day"), "class": "day"}
                ),
                "at": forms.TextInput(
                    attrs={
                        "inputmode": "numeric",
                        "autocomplete": "off",
                        "placeholder": "hh:mm",
                        "maxlength": 8,
                        "aria-label": _("Time of day"),
                        "class": "hour",
                    }
                ),
                "fold": forms.Select(
                    choices=FOLDS, attrs={"aria-label": _("Which of the two"), "hidden": True}
                ),
            }
        )

    def decompress(self, value: Any) -> list[Any]:
        """The parts of a stored moment as this zone shows them."""
        if not isinstance(value, datetime):
            return [None, None, None]
        local = value.astimezone(self.zone)
        return [local.date(), local.strftime("%H:%M"), str(local.fold) if local.fold else ""]


class MomentField(forms.MultiValueField):
    """A moment, typed in the site's own time. Times that the clocks skip are refused, doubled ones asked."""

    widget: MomentWidget
    default_error_messages = {
        "skipped": _("The clocks skip this time on that day."),
        "doubled": _("The clocks show this time twice on that day: which of the two?"),
        "incomplete": _("Give both the day and the time."),
    }

    def __init__(self, *, zone: tzinfo = UTC, **options: Any) -> None:
        options.pop("localize", None)
        super().__init__(
            fields=(
                forms.DateField(input_formats=["%Y-%m-%d", "%d.%m.%Y"]),
                forms.TimeField(input_formats=["%H:%M", "%H:%M:%S", "%H%M", "%H.%M"]),
                forms.ChoiceField(choices=FOLDS, required=False),
            ),
            require_all_fields=False,
            widget=MomentWidget(zone),
            **options,
        )

    def in_zone(self, zone: tzinfo) -> None:
        """From here on the field reads and shows the time of this zone."""
        self.widget.zone = zone

    def compress(self, data_list: list[Any]) -> datetime | None:
        """The moment with the zone's offset, or None when nothing was typed."""
        day, hour, fold = (*data_list, "", "", "")[:3] if data_list else (None, None, "")
        if not day and not hour:
            return None
        if not isinstance(day, date) or not isinstance(hour, time):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        local = datetime.combine(day, hour, tzinfo=self.widget.zone)
        if local.astimezone(UTC).astimezone(self.widget.zone).replace(tzinfo=None) != local.replace(
            tzinfo=None
        ):
            raise ValidationError(self.error_messages["skipped"], code="skipped")
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            self.widget.widgets[2].attrs.pop("hidden", None)
            if not fold:
                raise ValidationError(self.error_messages["doubled"], code="doubled")
            local = local.replace(fold=int(fold))
        return local


class QuantityField(forms.DecimalField):
    """A number with a decimal point or comma, kept with the digits that were typed."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        options.pop("max_digits", None)
        options.pop("decimal_places", None)
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        """The number as typed."""
        if isinstance(value, str):
            value = value.strip().replace(",", ".")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A number pad on a tablet, and no browser's guesses."""
        return {"inputmode": "decimal", "autocomplete": "off"}
