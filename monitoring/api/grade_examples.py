"""Examples of each grade door, as the description shows them; a test sends each and compares the answer."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from monitoring.grading import ctcae_terms

ASKED: dict[str, dict[str, Any]] = {
    "astct-crs": {
        "temperature_c": 38.6,
        "vasopressors": ["norepinephrine", "vasopressin"],
        "oxygen_device": "nasal_cannula",
        "oxygen_flow_l_min": 2,
    },
    "icans": {"ice": 8, "consciousness": "voice", "seizure": "none", "deep_focal_motor_weakness": False},
    "news2": {
        "respiratory_rate_per_min": 22,
        "spo2_percent": 95,
        "on_oxygen": True,
        "systolic_mmhg": 98,
        "heart_rate_bpm": 112,
        "consciousness": "A",
        "temperature_c": 38.4,
    },
    "ctcae": {"version": "6.0", "term": "neutrophil_count_decreased", "value": 0.45, "unit": "10^9/L"},
}
"""The body of each example."""


ANSWERED: dict[str, dict[str, Any]] = {
    "astct-crs": {
        "grade": 3,
        "lowest": 3,
        "highest": 3,
        "missing": [],
        "reasons": [
            {"code": "fever", "detail": "Fever: 38.6 °C is 38.0 °C or more."},
            {
                "code": "hypotension_one_vasopressor",
                "detail": "Hypotension that needs one vasopressor: at least grade 3.",
            },
            {
                "code": "vasopressin_not_counted",
                "detail": "Vasopressin beside another vasopressor is not counted.",
            },
            {
                "code": "oxygen_low_flow",
                "detail": "Hypoxia that needs low flow (cannula up to 6 L/min, or "
                "blow-by): at least grade 2.",
            },
        ],
        "source": "ASTCT consensus grading of CRS: Lee et al., Biol Blood Marrow Transplant "
        "2019;25:625-638, doi 10.1016/j.bbmt.2018.12.758",
    },
    "icans": {
        "grade": None,
        "lowest": 2,
        "highest": 4,
        "missing": ["cerebral_edema"],
        "reasons": [
            {"code": "ice", "detail": "ICE is 8 of 10."},
            {"code": "consciousness_voice", "detail": "The patient wakes to voice: at least grade 2."},
            {"code": "cerebral_edema_missing", "detail": "Not known: Cerebral oedema."},
        ],
        "source": "ASTCT consensus grading of ICANS: Lee et al., Biol Blood Marrow Transplant "
        "2019;25:625-638, doi 10.1016/j.bbmt.2018.12.758",
        "ice": 8,
    },
    "news2": {
        "grade": 10,
        "lowest": 10,
        "highest": 10,
        "missing": [],
        "reasons": [
            {"code": "respiratory_rate_per_min_scores", "detail": "Respiratory rate 22 /min: 2 points."},
            {"code": "spo2_percent_scores", "detail": "SpO₂ 95 %: 1 point."},
            {"code": "on_oxygen_scores", "detail": "Oxygen is given: 2 points."},
            {"code": "systolic_mmhg_scores", "detail": "Systolic pressure 98 mmHg: 2 points."},
            {"code": "heart_rate_bpm_scores", "detail": "Heart rate 112 /min: 2 points."},
            {"code": "temperature_c_scores", "detail": "Temperature 38.4 °C: 1 point."},
        ],
        "source": "Royal College of Physicians. National Early Warning Score (NEWS) 2: "
        "standardising the assessment of acute-illness severity in the NHS. London: "
        "RCP, 2017. Charts 1, 2 and 4",
        "total": 10,
        "parts": {
            "respiratory_rate_per_min": 2,
            "spo2_percent": 1,
            "on_oxygen": 2,
            "systolic_mmhg": 2,
            "heart_rate_bpm": 2,
            "consciousness": 0,
            "temperature_c": 1,
        },
        "single_parameter_3": False,
        "risk": "high",
        "monitoring": "continuous",
    },
    "ctcae": {
        "grade": 3,
        "lowest": 3,
        "highest": 3,
        "missing": [],
        "reasons": [{"code": "beyond", "detail": "Result is below 0.5 10^9/L."}],
        "source": "NCI CTCAE v6.0, 22 July 2025 (MedDRA 28.0): Neutrophil count decreased",
        "version": "6.0",
        "term": "neutrophil_count_decreased",
        "highest_permitted_grade": 4,
        "unsaid": [],
        "highest_if_said": 3,
    },
}
"""The answer to each, in English."""


def _pair(name: str) -> list[OpenApiExample]:
    """What is sent, and what comes back."""
    return [
        OpenApiExample("sent", ASKED[name], request_only=True),
        OpenApiExample("answered", ANSWERED[name], response_only=True, status_codes=["200"]),
    ]


EXAMPLES = {name: _pair(name) for name in ASKED}
"""The examples of each scale."""

TERMS = [
    OpenApiExample(
        "listed",
        {"next": None, "previous": None, "results": ctcae_terms("5.0")[:1]},
        response_only=True,
        status_codes=["200"],
    )
]
"""The beginning of the list of terms."""
