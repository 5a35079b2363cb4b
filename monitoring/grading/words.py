"""What the inputs of the scales are called, and what each reason of a grade says to people."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitoring.core.events import Value
from monitoring.core.grading.answer import Reason
from monitoring.core.grading.ctcae import INPUTS

Text = str | Promise

LABELS: Mapping[str, Any] = {
    "temperature_c": gettext_lazy("Temperature"),
    "temperature_f": gettext_lazy("Temperature"),
    "fever_other_cause": gettext_lazy("The fever has another cause"),
    "crs_treated": gettext_lazy("CRS was diagnosed, then treated"),
    "hypotension": gettext_lazy("Hypotension needs"),
    "vasopressors": gettext_lazy("Vasopressors that run"),
    "oxygen": gettext_lazy("Hypoxia needs"),
    "oxygen_device": gettext_lazy("Oxygen device"),
    "oxygen_flow_l_min": gettext_lazy("Oxygen flow"),
    "death": gettext_lazy("The patient died of it"),
    "ice": gettext_lazy("ICE score"),
    "its items": gettext_lazy("the items of ICE"),
    "orientation": gettext_lazy("Orientation: year, month, city, hospital"),
    "naming": gettext_lazy("Naming three objects"),
    "commands": gettext_lazy("Following a command"),
    "writing": gettext_lazy("Writing a sentence"),
    "attention": gettext_lazy("Counting back from 100 by tens"),
    "consciousness": gettext_lazy("Consciousness"),
    "seizure": gettext_lazy("Seizure"),
    "deep_focal_motor_weakness": gettext_lazy("Deep focal weakness"),
    "cerebral_edema": gettext_lazy("Cerebral oedema"),
    "respiratory_rate_per_min": gettext_lazy("Respiratory rate"),
    "spo2_percent": gettext_lazy("SpO₂"),
    "spo2_scale": gettext_lazy("SpO₂ scale"),
    "on_oxygen": gettext_lazy("Oxygen is given"),
    "systolic_mmhg": gettext_lazy("Systolic pressure"),
    "diastolic_mmhg": gettext_lazy("Diastolic pressure"),
    "heart_rate_bpm": gettext_lazy("Heart rate"),
    "version": gettext_lazy("Version"),
    "term": gettext_lazy("Term"),
    "value": gettext_lazy("Result"),
    "unit": gettext_lazy("Unit"),
    "lln": gettext_lazy("The laboratory's lower limit of normal"),
    "hours_above_40c": gettext_lazy("Hours above 40.0 °C"),
    "peak_temperature_c": gettext_lazy("Highest temperature"),
    "minutes_at_or_above_38c": gettext_lazy("Minutes at 38.0 °C or above"),
    "anc_10e9_l": gettext_lazy("Neutrophils"),
    "systolic_rise_mmhg": gettext_lazy("Rise of the systolic pressure"),
    "map_rise_mmhg": gettext_lazy("Rise of the mean pressure"),
    "lower_limit_percent": gettext_lazy("The lower limit of SpO₂ here"),
    "spo2_on_exercise_percent": gettext_lazy("SpO₂ on exercise"),
    "pao2_mmhg": gettext_lazy("PaO₂"),
    "fio2_percent": gettext_lazy("FiO₂"),
    "bsa_percent": gettext_lazy("Share of the body's surface"),
    "persisting_over_1h": gettext_lazy("It persists for more than 1 hour"),
    "present": gettext_lazy("It is present"),
    "diagnosed": gettext_lazy("It was diagnosed"),
    "intervention": gettext_lazy("Intervention"),
    "severity": gettext_lazy("Severity"),
    "limits": gettext_lazy("What it limits"),
    "intake": gettext_lazy("Eating and drinking"),
    "exertion": gettext_lazy("It comes at"),
    "symptoms": gettext_lazy("Symptoms"),
    "course": gettext_lazy("Course"),
    "oxygen_need": gettext_lazy("Oxygen need"),
    "life_threatening": gettext_lazy("Life is in danger"),
    "transfusion_indicated": gettext_lazy("A transfusion is indicated"),
    "hospitalization_indicated": gettext_lazy("Hospital is indicated"),
    "narcotics_indicated": gettext_lazy("Narcotics are indicated"),
    "no_response_to_narcotics": gettext_lazy("Narcotics do not help"),
    "iv_intervention_indicated": gettext_lazy("Intravenous treatment is indicated"),
    "recurrent_or_persistent_24h": gettext_lazy("It recurs, or persists for 24 hours"),
    "symptomatic_rise": gettext_lazy("It rises with symptoms"),
    "one_drug_indicated": gettext_lazy("One drug is indicated"),
    "more_intensive_therapy_indicated": gettext_lazy("More than one drug, or more than before"),
}
"""The name of each input; one that is not here is read from its own name."""

UNITS: Mapping[str, str] = {
    "temperature_c": "°C",
    "respiratory_rate_per_min": "/min",
    "spo2_percent": "%",
    "systolic_mmhg": "mmHg",
    "heart_rate_bpm": "/min",
    "oxygen_flow_l_min": "L/min",
}

REASONS: Mapping[str, Text] = {
    "crs_death": gettext_lazy("Death due to CRS, with no other main cause."),
    "fever": gettext_lazy("Fever: %(temperature_c)s °C is 38.0 °C or more."),
    "no_fever": gettext_lazy("No fever: %(temperature_c)s °C is below 38.0 °C."),
    "fever_other_cause": gettext_lazy("The fever has another cause, so it does not count."),
    "fever_waived": gettext_lazy(
        "CRS was diagnosed and then treated, so fever is no longer needed: blood pressure and oxygen decide."
    ),
    "no_crs": gettext_lazy("No sign that counts as CRS now."),
    "hypotension_none": gettext_lazy("No hypotension."),
    "hypotension_no_vasopressor": gettext_lazy(
        "Hypotension without need of a vasopressor (fluids, for example): at least grade 2."
    ),
    "hypotension_one_vasopressor": gettext_lazy("Hypotension that needs one vasopressor: at least grade 3."),
    "hypotension_multiple_vasopressors": gettext_lazy(
        "Hypotension that needs two or more vasopressors: grade 4."
    ),
    "vasopressin_not_counted": gettext_lazy("Vasopressin beside another vasopressor is not counted."),
    "oxygen_none": gettext_lazy("No hypoxia."),
    "oxygen_low_flow": gettext_lazy(
        "Hypoxia that needs low flow (cannula up to 6 L/min, or blow-by): at least grade 2."
    ),
    "oxygen_high_flow": gettext_lazy(
        "Hypoxia that needs high flow (cannula above 6 L/min, or any mask): at least grade 3."
    ),
    "oxygen_positive_pressure": gettext_lazy(
        "Hypoxia that needs positive pressure (CPAP, BiPAP, ventilator): grade 4."
    ),
    "icans_death": gettext_lazy("Death due to ICANS, with no other main cause."),
    "ice": gettext_lazy("ICE is %(ice)s of 10."),
    "consciousness_voice": gettext_lazy("The patient wakes to voice: at least grade 2."),
    "consciousness_tactile": gettext_lazy("The patient wakes only to touch: at least grade 3."),
    "consciousness_unarousable": gettext_lazy(
        "The patient cannot be woken, or only by repeated strong touch: grade 4."
    ),
    "seizure_resolves_rapidly": gettext_lazy("A seizure that resolves rapidly: at least grade 3."),
    "seizure_prolonged_or_repetitive": gettext_lazy(
        "A seizure of more than 5 minutes, or seizures without recovery in between: grade 4."
    ),
    "deep_focal_motor_weakness": gettext_lazy("Deep focal weakness, such as of one side: grade 4."),
    "cerebral_edema_focal": gettext_lazy("Focal oedema on imaging: at least grade 3."),
    "cerebral_edema_diffuse_or_herniation_signs": gettext_lazy(
        "Diffuse cerebral oedema, or signs of herniation: grade 4."
    ),
    "no_neurotoxicity": gettext_lazy("No domain shows neurotoxicity."),
    "single_parameter_3": gettext_lazy("One parameter alone scores 3."),
    "cause_unanswered": gettext_lazy("Nobody has said yet whether the fever has another cause."),
    "as_before_the_infusion": gettext_lazy("It was grade %(grade)s before the infusion already."),
    "no_adverse_event": gettext_lazy("No grade of this term begins here."),
}
"""What each reason says. Numbers and words are filled in by their names."""

WORDS: Mapping[str, Text] = {
    "absent": gettext_lazy("not there"),
    "none": gettext_lazy("none"),
    "not_indicated": gettext_lazy("none is needed"),
    "non_urgent": gettext_lazy("needed, not urgent"),
    "outpatient": gettext_lazy("needed, without admission"),
    "hospital": gettext_lazy("needed in hospital"),
    "urgent": gettext_lazy("urgent"),
    "mild": gettext_lazy("mild"),
    "moderate": gettext_lazy("moderate"),
    "severe": gettext_lazy("severe"),
    "relieved_by_rest": gettext_lazy("nothing, rest relieves it"),
    "instrumental_adl": gettext_lazy("running a household"),
    "self_care_adl": gettext_lazy("caring for oneself"),
    "less_appetite": gettext_lazy("less appetite, eats as before"),
    "eats_less": gettext_lazy("eats less"),
    "inadequate": gettext_lazy("too little"),
    "minimal": gettext_lazy("minimal exertion"),
    "at_rest": gettext_lazy("rest"),
    "intermittent": gettext_lazy("now and then"),
    "continuous": gettext_lazy("all the time"),
    "no_vasopressor": gettext_lazy("no vasopressor"),
    "one_vasopressor": gettext_lazy("one vasopressor"),
    "multiple_vasopressors": gettext_lazy("two or more vasopressors"),
    "low_flow": gettext_lazy("low flow"),
    "high_flow": gettext_lazy("high flow"),
    "positive_pressure": gettext_lazy("positive pressure"),
    "mild_transient": gettext_lazy("mild, passes by itself"),
    "prompt_response": gettext_lazy("interrupted, responds promptly"),
    "prolonged_or_recurrent": gettext_lazy("prolonged, or comes again"),
}
"""What people call the words of CTCAE's choices; one that is not here is read as it stands."""

BEYOND: Mapping[str, Text] = {
    "<": gettext_lazy("%(part)s is below %(cut)s."),
    "<=": gettext_lazy("%(part)s is %(cut)s or below."),
    ">": gettext_lazy("%(part)s is above %(cut)s."),
    ">=": gettext_lazy("%(part)s is %(cut)s or above."),
}
"""How a number lies to the cut where a grade of CTCAE begins."""

RISKS: Mapping[str, Text] = {
    "low": gettext_lazy("low risk"),
    "low_medium": gettext_lazy("low to medium risk"),
    "medium": gettext_lazy("medium risk"),
    "high": gettext_lazy("high risk"),
}
MONITORING: Mapping[str, Text] = {
    "at_least_every_12_hours": gettext_lazy("Take a set at least every 12 hours."),
    "at_least_every_4_to_6_hours": gettext_lazy("Take a set at least every 4 to 6 hours; a nurse assesses."),
    "at_least_hourly": gettext_lazy("Take a set at least every hour, and have a doctor assess urgently."),
    "continuous": gettext_lazy("Monitor continuously, and call the emergency team."),
}
"""What chart 4 of NEWS2 asks for."""


def label(name: str) -> str:
    """What people call an input."""
    return str(LABELS[name]) if name in LABELS else name.replace("_", " ").capitalize()


def sentence(reason: Reason) -> str:
    """What a reason says, in the reader's language."""
    values = {name: written(value) for name, value in reason.values.items()}
    if reason.code in REASONS:
        return str(REASONS[reason.code]) % values
    if reason.code.endswith("_missing"):
        return _("Not known: %(part)s.") % {"part": label(reason.code.removesuffix("_missing"))}
    if reason.code.endswith("_scores"):
        return _scored(reason.code.removesuffix("_scores"), reason.values)
    return _of_ctcae(reason, values)


def _scored(part: str, values: Mapping[str, Value]) -> str:
    """The points of one parameter of NEWS2, with what was measured."""
    count = int(values["points"])
    points = ngettext("%(count)d point", "%(count)d points", count) % {"count": count}
    if isinstance(values["value"], bool):
        return _("%(part)s: %(points)s.") % {"part": label(part), "points": points}
    value = f"{written(values['value'])} {UNITS.get(part, '')}".strip()
    return _("%(part)s %(value)s: %(points)s.") % {"part": label(part), "value": value, "points": points}


def _of_ctcae(reason: Reason, values: Mapping[str, str]) -> str:
    """A reason that CTCAE's criteria give: an input, and what holds of it."""
    part = label(values.get("input", ""))
    match reason.code:
        case "beyond":
            unit = values.get("unit") or INPUTS[values["input"]].unit
            cut = {"part": part, "cut": f"{values['cut']} {unit}".strip()}
            return str(BEYOND[values["op"]]) % cut
        case "below_limit":
            limit = {"part": part, "limit": label(values["limit"]), "cut": values["cut"]}
            return _("%(part)s is below: %(limit)s (%(cut)s).") % limit
        case "chosen":
            return _("%(part)s: %(word)s.") % {"part": part, "word": word_label(values["word"])}
        case "stated":
            return f"{part}."
        case "bounded":
            bound = f"{values['comparator']} {values['value']}"
            return _("%(part)s is only known to be %(bound)s.") % {"part": part, "bound": bound}
        case "not_read":
            return _("This term does not look at: %(part)s.") % {"part": part}
    return reason.code.replace("_", " ")


def word_label(word: str) -> str:
    """What people call one of the words of a choice."""
    return str(WORDS[word]) if word in WORDS else word.replace("_", " ")


def written(value: Value) -> str:
    """A value as people write it: all its digits, in the reader's language."""
    if not isinstance(value, Decimal):
        return str(value)
    text = f"{value:f}"
    if "." in text:
        whole, _dot, places = text.partition(".")
        text = f"{whole}.{places.rstrip('0') or '0'}"
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))
