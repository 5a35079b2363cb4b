"""What the watch made of a number of infusions: alerts by problem and priority, and per patient-day."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import ExpressionWrapper, F, Max
from django.db.models.fields import DurationField
from django.utils.translation import gettext as _

from monitoring.models import Alert, Priority
from tracker.models import Infusion

_DAY_S = 86_400


def patient_days(infusion_ids: Sequence[int]) -> float:
    """For how long the infusions have readings, from their start on, in days."""
    spans = (
        Infusion.objects.filter(pk__in=infusion_ids)
        .annotate(last=Max("vitalsigns_rows__measured_at"))
        .annotate(span=ExpressionWrapper(F("last") - F("started_at"), output_field=DurationField()))
        .values_list("span", flat=True)
    )
    return sum((float(span.total_seconds()) for span in spans if span), 0.0) / _DAY_S


def alerts_table(infusion_ids: Sequence[int]) -> str:
    """The alerts that stand, counted by problem and priority."""
    alerts = Alert.objects.standing().filter(infusion_id__in=infusion_ids)
    counted: Counter[tuple[str, int]] = Counter()
    patients: dict[str, set[int | None]] = {}
    for problem, priority, patient in alerts.values_list("problem", "priority", "patient_id"):
        counted[problem, priority] += 1
        patients.setdefault(problem, set()).add(patient)
    days = patient_days(infusion_ids)
    lines = [
        _("%(alerts)s alerts in %(days).1f patient-days (%(rate).2f a day)")
        % {
            "alerts": f"{counted.total():,}",
            "days": days,
            "rate": counted.total() / days if days else 0,
        },
        f"{_('problem'):24} {_('patients'):>9} {_('high'):>7} {_('medium'):>7} {_('low'):>7} {_('a day'):>7}",
    ]
    for problem in sorted(patients):
        row = [counted[problem, priority] for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW)]
        rate = sum(row) / days if days else 0
        lines.append(
            f"{problem:24} {len(patients[problem]):9,} {row[0]:7,} {row[1]:7,} {row[2]:7,} {rate:7.2f}"
        )
    return "\n".join(lines)
