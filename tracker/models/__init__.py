"""The tables of the clinical record, one noun a module. Rows are written by `tracker.services` alone."""

from .adverse_event import AdverseEvent, AdverseEventGrade
from .assessment import (
    Arousal,
    CerebralEdema,
    Comparator,
    LabResult,
    NeuroAssessment,
    ResponseAssessment,
    Seizure,
)
from .fields import MeasuredField
from .home_link import HomeLink
from .infusion import (
    Baseline,
    EventKind,
    GateOverride,
    Infusion,
    InfusionEvent,
    Phase,
    SubjectFacts,
)
from .intervention import Indication, Intervention, InterventionKind, InterventionMark
from .patient import Patient, PatientIdentifier, PatientIdentity, Sex
from .product import Bag, CellProduct, CellSource
from .record import IdempotencyKey, KeptKind, KeptMessage, Record, RecordChange
from .rows import Observed, ObservedRows, SiteRows
from .start_check import EMERGENCY_DRUGS, CheckKind, StartCheck
from .study import Arm, Site, Study, StudySite
from .subject import (
    Cd20Assessment,
    Cd20Method,
    Cd20Result,
    Consent,
    Diagnosis,
    LeukapheresisEligibility,
    Subject,
    SubjectStatus,
    Transplant,
)
from .symptom import Severity, SymptomKind, SymptomMark, SymptomReport
from .vitals import (
    Consciousness,
    OxygenDevice,
    Position,
    Rigors,
    TemperatureLog,
    TemperatureSite,
    TemperatureUnit,
    VitalSigns,
)

#: The observed nouns: what a record change may name, and what amend and void work on.
OBSERVED: tuple[type[Observed], ...] = (
    InfusionEvent,
    VitalSigns,
    TemperatureLog,
    SymptomReport,
    Intervention,
    NeuroAssessment,
    LabResult,
    ResponseAssessment,
)

__all__ = [
    "EMERGENCY_DRUGS",
    "OBSERVED",
    "AdverseEvent",
    "AdverseEventGrade",
    "Arm",
    "Arousal",
    "Bag",
    "Baseline",
    "Cd20Assessment",
    "Cd20Method",
    "Cd20Result",
    "CellProduct",
    "CellSource",
    "CerebralEdema",
    "CheckKind",
    "Comparator",
    "Consciousness",
    "Consent",
    "Diagnosis",
    "EventKind",
    "GateOverride",
    "HomeLink",
    "IdempotencyKey",
    "Indication",
    "Infusion",
    "InfusionEvent",
    "Intervention",
    "InterventionKind",
    "InterventionMark",
    "KeptKind",
    "KeptMessage",
    "LabResult",
    "LeukapheresisEligibility",
    "MeasuredField",
    "NeuroAssessment",
    "Observed",
    "ObservedRows",
    "OxygenDevice",
    "Patient",
    "PatientIdentifier",
    "PatientIdentity",
    "Phase",
    "Position",
    "Record",
    "RecordChange",
    "ResponseAssessment",
    "Rigors",
    "Seizure",
    "Severity",
    "Sex",
    "Site",
    "SiteRows",
    "StartCheck",
    "Study",
    "StudySite",
    "Subject",
    "SubjectFacts",
    "SubjectStatus",
    "SymptomKind",
    "SymptomMark",
    "SymptomReport",
    "TemperatureLog",
    "TemperatureSite",
    "TemperatureUnit",
    "Transplant",
    "VitalSigns",
]
