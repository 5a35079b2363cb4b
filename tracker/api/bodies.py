"""What a body may say of patients, subjects, cells and infusions. Observed rows are in `tracker.ingest`."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tracker.ingest import Moment

Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(min_length=1, max_length=40)]
Label = Annotated[str, Meta(min_length=1, max_length=60)]
Year = Annotated[int, Meta(ge=1890, le=2199)]
Small = Annotated[int, Meta(ge=0, le=1000)]
Sex = Literal["female", "male", "other", "unknown"]
Diagnosis = Literal["b_nhl", "cll", "myeloma", "lymphopenia", "other"]
Transplant = Literal["", "autologous", "allogeneic"]
Status = Literal["screening", "active", "follow_up", "completed", "withdrawn", "failed"]
Source = Literal["autologous", "donor", "cord"]


class _Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A body in which every element is known."""


class PatientIn(_Body, kw_only=True):
    """A new patient. Names and numbers need a caller who may see them."""

    site: UUID
    sex: Sex = "unknown"
    birth_date: date | None = None
    birth_year: Year | None = None
    allergies: Text = ""
    family_name: Annotated[str, Meta(max_length=200)] = ""
    given_name: Annotated[str, Meta(max_length=200)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    #: {system: number}
    identifiers: dict[Name, Annotated[str, Meta(min_length=1, max_length=100)]] = {}


class PatientChange(_Body, kw_only=True):
    """What of a patient may change."""

    sex: Sex | UnsetType = UNSET
    birth_date: date | UnsetType | None = UNSET
    birth_year: Year | UnsetType | None = UNSET
    allergies: Text | UnsetType = UNSET
    family_name: Name | UnsetType = UNSET
    given_name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET


class SubjectChange(_Body, kw_only=True):
    """What of a subject may change."""

    arm: UUID | UnsetType | None = UNSET
    diagnosis: Diagnosis | UnsetType = UNSET
    diagnosis_detail: Text | UnsetType = UNSET
    prior_lines: Small | UnsetType | None = UNSET
    prior_rituximab: bool | UnsetType | None = UNSET
    last_anti_cd20_on: date | UnsetType | None = UNSET
    transplant: Transplant | UnsetType = UNSET
    transplant_on: date | UnsetType | None = UNSET
    spo2_target: Literal["", "88-92"] | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class SubjectIn(SubjectChange, kw_only=True):
    """A patient enters a study."""

    study: UUID
    patient: UUID
    subject_number: Code


class BagIn(_Body, kw_only=True):
    """A bag of armed cells."""

    label: Label
    lot: Label
    cells_e9: Decimal | None = None
    viability_percent: Decimal | None = None
    volume_ml: Decimal | None = None
    released_on: date | None = None
    expires_at: Moment | None = None


class ProductChange(_Body, kw_only=True):
    """What of a product may change; `bags` are added."""

    name: Name | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    donor_id: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    collected_at: Moment | UnsetType | None = UNSET
    collected_cells_e9: Decimal | UnsetType | None = UNSET
    activation_started_at: Moment | UnsetType | None = UNSET
    activation_ended_at: Moment | UnsetType | None = UNSET
    armed_at: Moment | UnsetType | None = UNSET
    arming_antibody_ug: Decimal | UnsetType | None = UNSET
    arming_cells_e9: Decimal | UnsetType | None = UNSET
    bags: Annotated[list[BagIn], Meta(max_length=50)] | UnsetType = UNSET


class ProductIn(ProductChange, kw_only=True):
    """A collection of a subject's cells."""

    subject: UUID
    collection_id: Label


class InfusionChange(_Body, kw_only=True):
    """What of an infusion's plan may change."""

    bag: UUID | UnsetType | None = UNSET
    route: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    planned_cells_e9: Decimal | UnsetType | None = UNSET
    planned_start_at: Moment | UnsetType | None = UNSET
    planned_end_at: Moment | UnsetType | None = UNSET
    watch_hours: Annotated[int, Meta(ge=1, le=72)] | UnsetType = UNSET
    bed: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET


class InfusionIn(InfusionChange, kw_only=True):
    """The plan of a subject's next infusion."""

    subject: UUID
    number: Annotated[int, Meta(ge=1, le=99)] | UnsetType = UNSET
    product: Name | UnsetType = UNSET


class EventIn(_Body, kw_only=True):
    """Something happened to an infusion."""

    at: Moment
    source_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    note: Text = ""


class PassageIn(EventIn, kw_only=True):
    """What went past gates: `override_reason` says why; `countersignature` is the second person's, where two
    are needed.
    """

    override_reason: Text = ""
    countersignature: Annotated[str, Meta(max_length=500)] = ""


class StartIn(PassageIn, kw_only=True):
    """It started. `override_reason` passes gates that may be passed, with `countersignature` those of two."""

    bag_label: Label | None = None
    rate_ml_per_h: Decimal | None = None
    actual_cells_e9: Decimal | None = None


class DischargeIn(PassageIn, kw_only=True):
    """The patient went home. `override_reason` passes a close watch that the study lets a reason end, with
    `countersignature` one that needs two people.
    """


class CountersignIn(_Body, kw_only=True):
    """A second person stands beside whoever goes past gates: by their own password, for this reason alone."""

    act: Literal["start", "discharge"]
    override_reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    username: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=4096)]


class Countersigned(msgspec.Struct):
    """The countersignature, and until when it is good."""

    countersignature: str
    signed_by: UUID
    name: str
    until: datetime


class StartCheckIn(_Body, kw_only=True):
    """A look by the bed before a start: `identity` with both labels as read, or `drugs` with what is at hand.

    Who looks is the person signed in: a second person looks in a session of their own.
    """

    kind: Literal["identity", "drugs"]
    patient_identifier: Annotated[str, Meta(max_length=100)] = ""
    bag_label: Annotated[str, Meta(max_length=60)] = ""
    at_hand: Annotated[list[Label], Meta(max_length=50)] = []


class StartChecked(msgspec.Struct):
    """The look as it was kept. `missing` names what did not agree or is not at hand; what was read of the
    patient is compared and not kept.
    """

    id: UUID
    kind: str
    checked_by: str | None
    found: list[str]
    missing: list[str]
    agreed: bool
    details: list[str]
    recorded_at: datetime


class ResumeIn(EventIn, kw_only=True):
    """It runs again."""

    rate_ml_per_h: Decimal | None = None


class RateIn(EventIn, kw_only=True):
    """Its rate was changed."""

    rate_ml_per_h: Decimal


class StopIn(EventIn, kw_only=True):
    """It stopped."""

    actual_cells_e9: Decimal | None = None


class Reason(_Body, kw_only=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


#: What a correction cannot change: whose reading it is, and under which key it came.
_FIXED = frozenset({"infusion", "patient", "source_id", "source_version", "corrected", "sent_at", "reason"})


@cache
def changes_of(shape: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The body of a correction: what of `shape` may change (null empties it), and the reason."""
    parts: list[Any] = [("reason", Annotated[str, Meta(min_length=1, max_length=2000)])]
    parts += [
        (field.encode_name, field.type | None | UnsetType, UNSET)
        for field in msgspec.structs.fields(shape)
        if field.encode_name not in _FIXED
    ]
    return msgspec.defstruct(
        shape.__name__.removesuffix("In") + "Change",
        parts,
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": "A correction: what is named replaces what stood, the rest stays."},
    )
