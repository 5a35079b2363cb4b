"""Who may do what: the table of roles and acts as data, and the actor that is asked.

Knows no door. Services call `actor.require(...)` before they write; tenant querysets use `actor.within(...)`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import Client, User


class Role(TextChoices):
    """What somebody is at a site."""

    NURSE = "nurse", _("Nurse")
    CHARGE_NURSE = "charge_nurse", _("Charge nurse")
    INVESTIGATOR = "investigator", _("Investigator")
    SAFETY_COORDINATOR = "safety_coordinator", _("Safety coordinator")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    INTEGRATION = "integration", _("Integration")
    WALL_DISPLAY = "wall_display", _("Wall display")


#: Who treats patients. Nobody is an administrator and this at once.
CLINICAL = frozenset({Role.NURSE, Role.CHARGE_NURSE, Role.INVESTIGATOR, Role.SAFETY_COORDINATOR})


class Act(TextChoices):
    """What can be asked for: one entry per verb of the table of permissions."""

    READ = "read", _("read clinical data")
    READ_BOARD = "read_board", _("see the board without names")
    READ_AUDIT = "read_audit", _("read the audit trail")
    RECORD_READINGS = "record_readings", _("enter, amend and void readings")
    RECORD_EVENTS = "record_events", _("enter, amend and void events of an infusion")
    OVERRIDE_START = "override_start", _("start without a baseline or beyond the study's limits")
    ACKNOWLEDGE = "acknowledge", _("acknowledge an alert")
    ASSESS = "assess", _("assess an alert")
    SNOOZE = "snooze", _("snooze a low or medium alert")
    OPT_OUT = "opt_out", _("stop an alert from climbing, with a reason")
    SNOOZE_HIGH = "snooze_high", _("snooze a high alert, or call it known and expected")
    CLOSE = "close", _("close a low or medium alert")
    CLOSE_HIGH = "close_high", _("close a high alert")
    DRAFT_ADVERSE_EVENT = "draft_adverse_event", _("draft an adverse event")
    REVIEW_ADVERSE_EVENT = "review_adverse_event", _("review an adverse event")
    SIGN_ADVERSE_EVENT = "sign_adverse_event", _("sign an adverse event")
    DRAFT_RULES = "draft_rules", _("draft a rule set")
    APPROVE_RULES = "approve_rules", _("approve a rule set")
    WRITE_PATIENTS = "write_patients", _("create and change patients")
    WRITE_SUBJECTS = "write_subjects", _("create and change subjects")
    WRITE_CONSENT = "write_consent", _("record consent")
    WRITE_PRODUCT = "write_product", _("record a cell product")
    WRITE_LABS = "write_labs", _("record laboratory results")
    WRITE_ELIGIBILITY = "write_eligibility", _("record eligibility")
    DRAFT_STUDY = "draft_study", _("draft a study, its arms, schedule and gates")
    WRITE_STUDY = "write_study", _("change a study, its arms, schedule and gates")
    WRITE_ROTA = "write_rota", _("change the rota and the ladders")
    UNLOCK_USER = "unlock_user", _("unlock a user")
    REVIEW_EMERGENCY = "review_emergency", _("review emergency access")
    MANAGE_PEOPLE = "manage_people", _("manage users, memberships, clients and tokens")
    MANAGE_SITES = "manage_sites", _("manage sites")


class Terms(Enum):
    """The condition under which a role may do an act."""

    FREELY = "freely"
    WITH_SECOND_PERSON = "with a second person"
    FOR_NAMED_PRACTITIONER = "only for a named practitioner"
    NOT_OWN_DRAFT = "not one's own draft"


_N, _C, _I, _S = Role.NURSE, Role.CHARGE_NURSE, Role.INVESTIGATOR, Role.SAFETY_COORDINATOR
_AUDITOR, _ADMIN, _SYSTEM, _WALL = Role.AUDITOR, Role.ADMINISTRATOR, Role.INTEGRATION, Role.WALL_DISPLAY


def _freely(*roles: Role) -> dict[Role, Terms]:
    return dict.fromkeys(roles, Terms.FREELY)


def _named(*roles: Role) -> dict[Role, Terms]:
    return dict.fromkeys(roles, Terms.FOR_NAMED_PRACTITIONER)


#: Act -> role -> terms. What is not in it is not allowed.
TABLE: dict[Act, dict[Role, Terms]] = {
    Act.READ: _freely(_N, _C, _I, _S, _AUDITOR, _SYSTEM),
    Act.READ_BOARD: _freely(_N, _C, _I, _S, _AUDITOR, _SYSTEM, _WALL),
    Act.READ_AUDIT: _freely(_AUDITOR),
    Act.RECORD_READINGS: _freely(_N, _C, _I, _SYSTEM),
    Act.RECORD_EVENTS: _freely(_N, _C, _I),
    Act.OVERRIDE_START: dict.fromkeys((_N, _C, _I), Terms.WITH_SECOND_PERSON),
    Act.ACKNOWLEDGE: _freely(_N, _C, _I) | _named(_SYSTEM),
    Act.ASSESS: _freely(_N, _C, _I, _S) | _named(_SYSTEM),
    Act.SNOOZE: _freely(_C, _I),
    Act.OPT_OUT: _freely(_C, _I),
    Act.SNOOZE_HIGH: _freely(_C, _I),
    Act.CLOSE: _freely(_N, _C, _I, _S),
    Act.CLOSE_HIGH: _freely(_I, _S),
    Act.DRAFT_ADVERSE_EVENT: _freely(_N, _C, _I, _S, _SYSTEM),
    Act.REVIEW_ADVERSE_EVENT: _freely(_I, _S),
    Act.SIGN_ADVERSE_EVENT: _freely(_I),
    Act.DRAFT_RULES: _freely(_I, _S),
    Act.APPROVE_RULES: {_I: Terms.NOT_OWN_DRAFT},
    Act.WRITE_PATIENTS: _freely(_N, _C, _I, _SYSTEM),
    Act.WRITE_SUBJECTS: _freely(_N, _C, _I),
    Act.WRITE_CONSENT: _freely(_N, _C, _I),
    Act.WRITE_PRODUCT: _freely(_N, _C, _I),
    Act.WRITE_LABS: _freely(_N, _C, _I, _SYSTEM),
    Act.WRITE_ELIGIBILITY: _freely(_N, _C, _I),
    Act.DRAFT_STUDY: _freely(_I, _S),
    Act.WRITE_STUDY: _freely(_I),
    Act.WRITE_ROTA: _freely(_C, _I, _ADMIN),
    Act.UNLOCK_USER: _freely(_C, _ADMIN),
    Act.REVIEW_EMERGENCY: _freely(_I, _S, _ADMIN),
    Act.MANAGE_PEOPLE: _freely(_ADMIN),
    Act.MANAGE_SITES: _freely(_ADMIN),
}

#: What emergency access opens at a site: to look, to record what is measured and given, to answer an alert.
EMERGENCY = frozenset({Act.READ, Act.READ_BOARD, Act.RECORD_READINGS, Act.ACKNOWLEDGE, Act.ASSESS})

#: What a session that a PIN opened cannot do: these want the whole sign-in.
WANTS_FULL_SIGN_IN = frozenset(
    {
        Act.SIGN_ADVERSE_EVENT,
        Act.APPROVE_RULES,
        Act.WRITE_STUDY,
        Act.REVIEW_EMERGENCY,
        Act.MANAGE_PEOPLE,
        Act.MANAGE_SITES,
    }
)


class NotPermitted(Exception):
    """An actor asked for something that no membership of theirs allows there."""

    def __init__(self, actor: Actor, act: Act, site_id: int | None) -> None:
        self.actor, self.act, self.site_id = actor, act, site_id
        where = "anywhere" if site_id is None else f"at site {site_id}"
        super().__init__(f"{actor.label} may not {act.value} {where}")


@dataclass(frozen=True)
class Grant:
    """One role somewhere. No site: everywhere. A study: that study's rows alone. Acts: those alone."""

    role: Role
    site_id: int | None = None
    study_id: int | None = None
    identified: bool = False
    acts: frozenset[Act] | None = None

    def allows(self, act: Act) -> bool:
        """True when the act is one of the role, and of the acts that the grant is limited to."""
        return self.role in TABLE[act] and (self.acts is None or act in self.acts)

    def reaches(self, site_id: int | None, study_id: int | None) -> bool:
        """True where this grant holds; one bound to a study never answers for a row of no stated study."""
        return (self.site_id is None or self.site_id == site_id) and (
            self.study_id is None or self.study_id == study_id
        )


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts: a person at a screen, a sending system, or Febris itself."""

    client: Client
    user: User | None = None
    memberships: tuple[Grant, ...] = ()
    #: The acts that a token, or a session opened by a PIN, is limited to; None where neither is used.
    scopes: frozenset[str] | None = None
    #: Febris itself: tasks, commands, imports. Nobody signs in as this.
    is_system: bool = False

    @property
    def label(self) -> str:
        """How logs name the actor: a kind and a uuid, never a name."""
        if self.user is not None:
            return f"user {self.user.uuid}"
        return f"{self.client.kind} client {self.client.uuid}"

    def _grants(self, act: Act) -> list[Grant]:
        if self.scopes is not None and act.value not in self.scopes:
            return []
        return [grant for grant in self.memberships if grant.allows(act)]

    def terms(self, act: Act, site_id: int | None, study_id: int | None = None) -> frozenset[Terms]:
        """The terms on which the actor may act there; empty when not at all."""
        if self.is_system:
            return frozenset({Terms.FREELY})
        return frozenset(
            TABLE[act][grant.role] for grant in self._grants(act) if grant.reaches(site_id, study_id)
        )

    def may(self, act: Act, site_id: int | None, study_id: int | None = None) -> bool:
        """True when some membership allows the act there, on whatever terms."""
        return bool(self.terms(act, site_id, study_id))

    def require(self, act: Act, site_id: int | None, study_id: int | None = None) -> frozenset[Terms]:
        """The terms of the permission; the caller keeps those that are not `FREELY`.

        Raises: NotPermitted when there is none.
        """
        terms = self.terms(act, site_id, study_id)
        if not terms:
            raise NotPermitted(self, act, site_id)
        return terms

    def may_anywhere(self, act: Act) -> bool:
        """True when the actor may do this at one site at least."""
        return self.is_system or bool(self._grants(act))

    def site_ids(self, act: Act = Act.READ) -> frozenset[int]:
        """The sites where the act is allowed in every study (see `within` for memberships of one study)."""
        grants = [grant for grant in self._grants(act) if grant.study_id is None]
        if self.is_system or any(grant.site_id is None for grant in grants):
            from accounts.models import every_site_id

            return every_site_id()
        return frozenset(grant.site_id for grant in grants if grant.site_id is not None)

    def within(self, act: Act = Act.READ, site: str = "site_id", study: str | None = None) -> Q:
        """The filter that leaves only rows the actor may act on.

        `site` and `study` are the lookups that lead from the row; without `study`, memberships bound to one
        study see nothing.
        """
        # Never an empty Q: "nothing | other" is "other", which would turn everything into little.
        everything, reach = ~Q(pk__in=[]), Q(pk__in=[])
        if self.is_system:
            return everything
        for grant in self._grants(act):
            if grant.study_id is not None and study is None:
                continue
            here = Q() if grant.site_id is None else Q(**{site: grant.site_id})
            if grant.study_id is not None and study is not None:
                here &= Q(**{study: grant.study_id})
            if not here:
                return everything
            reach |= here
        return reach

    def is_identified(self, site_id: int) -> bool:
        """True when the actor may see names of people at the site."""
        return self.is_system or any(
            grant.identified and grant.allows(Act.READ) and grant.site_id in (None, site_id)
            for grant in self.memberships
        )

    def at(self, client: Client) -> Actor:
        """The same actor, writing through another client (a person at the bedside of another site)."""
        return replace(self, client=client)
