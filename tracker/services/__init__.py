"""The only writers of the clinical record. Each call is one transaction: rows, versions, then the signal.

Every function takes the actor and `now`, asks the actor's permission, and raises `tracker.errors`.
"""

from .answers import Door, Recorded, Warning, door_of
from .bulk import BulkAnswer, RowAnswer, record_vitals_bulk
from .corrections import amend, amend_vitals, void
from .events import (
    Happened,
    cancel_infusion,
    discharge_infusion,
    end_infusion,
    pause_infusion,
    readmit_infusion,
    resume_infusion,
    set_rate,
    start_infusion,
    stop_infusion,
)
from .home_entries import HomeEntry, LinkClosed, Sent, Told, home_actor, record_home, told_from_home
from .home_links import Knock, issue_link, knock, note_opened, plain_code, printed_code, revoke_links
from .infusions import plan_infusion, update_infusion
from .keeping import keep_message
from .moving import Moved, move
from .observations import (
    record_intervention,
    record_lab,
    record_neuro,
    record_response,
    record_symptom,
    record_temperature,
    record_vitals,
)
from .passage import override_baseline, require_second_person
from .patients import (
    add_identifier,
    create_patient,
    enrol_subject,
    record_cd20,
    record_consent,
    record_leukapheresis_eligibility,
    update_patient,
    update_subject,
    withdraw_consent,
)
from .preflight import before_discharge, facts_of, limits_of, others_started, preflight
from .products import add_bag, create_product, update_bag, update_product
from .start_checks import Checked, check_drugs, check_identity
from .studies import create_arm, create_site, create_study, join_study, update_site, update_study

__all__ = [
    "BulkAnswer",
    "Checked",
    "Door",
    "Happened",
    "HomeEntry",
    "Knock",
    "LinkClosed",
    "Moved",
    "Recorded",
    "RowAnswer",
    "Sent",
    "Told",
    "Warning",
    "add_bag",
    "add_identifier",
    "amend",
    "amend_vitals",
    "before_discharge",
    "cancel_infusion",
    "check_drugs",
    "check_identity",
    "create_arm",
    "create_patient",
    "create_product",
    "create_site",
    "create_study",
    "discharge_infusion",
    "door_of",
    "end_infusion",
    "enrol_subject",
    "facts_of",
    "home_actor",
    "issue_link",
    "join_study",
    "keep_message",
    "knock",
    "limits_of",
    "move",
    "note_opened",
    "others_started",
    "override_baseline",
    "pause_infusion",
    "plain_code",
    "plan_infusion",
    "preflight",
    "printed_code",
    "readmit_infusion",
    "record_cd20",
    "record_consent",
    "record_home",
    "record_intervention",
    "record_lab",
    "record_leukapheresis_eligibility",
    "record_neuro",
    "record_response",
    "record_symptom",
    "record_temperature",
    "record_vitals",
    "record_vitals_bulk",
    "require_second_person",
    "resume_infusion",
    "revoke_links",
    "set_rate",
    "start_infusion",
    "stop_infusion",
    "told_from_home",
    "update_bag",
    "update_infusion",
    "update_patient",
    "update_product",
    "update_site",
    "update_study",
    "update_subject",
    "void",
    "withdraw_consent",
]
