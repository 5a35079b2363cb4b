"""Studies, their arms, and the sites where they run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor, NotPermitted
from tracker.errors import Refused
from tracker.gates import DEFAULT_MODES, FIXED, Gate, Mode
from tracker.models import Arm, Site, Study, StudySite

from .patients import apply_changes, save_checked

_STUDY = frozenset(
    field.name for field in Study._meta.concrete_fields if field.name not in {"id", "uuid", "protocol_number"}
)
_ARM = frozenset({"name", "planned_cells_e9", "with_il2", "with_gm_csf"})


def create_site(
    actor: Actor,
    *,
    now: datetime,
    code: str,
    name: str,
    time_zone: str = "UTC",
    languages: Sequence[str] = ("en",),
    phone: str = "",
) -> Site:
    """Stores a site."""
    actor.require(Act.MANAGE_SITES, None)
    if time_zone not in available_timezones():
        raise Refused.at("time_zone", "unknown", _("“%s” is no time zone.") % time_zone)
    site = Site(code=code, name=name, time_zone=time_zone, languages=list(languages), phone=phone)
    return save_checked(site)


def update_site(actor: Actor, site: Site, *, now: datetime, **changes: Any) -> Site:
    """Changes a site's name, or the number that patients call."""
    actor.require(Act.MANAGE_SITES, site.pk)
    return apply_changes(site, changes, frozenset({"name", "phone"}))


def _require_gates(gates: object) -> None:
    if not isinstance(gates, dict):
        raise Refused.at("gates", "invalid", _("Gates are a table of gate and mode."))
    for gate, mode in gates.items():
        if gate not in set(Gate) or mode not in set(Mode):
            raise Refused.at(f"gates/{gate}", "invalid", _("A gate is hard, warn or off."))
        if gate in FIXED and mode != DEFAULT_MODES[Gate(gate)]:
            raise Refused.at(f"gates/{gate}", "fixed", _("This gate is always hard."))


def _require_writer(actor: Actor, study: Study | None) -> None:
    """A study is changed by an investigator at one of its sites; a new one by an investigator anywhere."""
    if study is None:
        if not actor.may_anywhere(Act.WRITE_STUDY):
            raise NotPermitted(actor, Act.WRITE_STUDY, None)
        return
    sites = list(study.study_sites.values_list("site_id", flat=True))
    if not sites:
        _require_writer(actor, None)
    elif not any(actor.may(Act.WRITE_STUDY, site_id, study.pk) for site_id in sites):
        raise NotPermitted(actor, Act.WRITE_STUDY, sites[0])


def create_study(
    actor: Actor, *, now: datetime, protocol_number: str, version: str, product: str, **details: Any
) -> Study:
    """Stores a study. `details` are further columns of Study."""
    _require_writer(actor, None)
    for name in set(details) - _STUDY:
        raise Refused.at(name, "unknown_field", _("A study has no such part."))
    _require_gates(details.get("gates", {}))
    return save_checked(Study(protocol_number=protocol_number, version=version, product=product, **details))


def update_study(actor: Actor, study: Study, *, now: datetime, **changes: Any) -> Study:
    """Changes a study, its limits or its gates."""
    _require_writer(actor, study)
    if "gates" in changes:
        _require_gates(changes["gates"])
    return apply_changes(study, changes, _STUDY)


def join_study(actor: Actor, study: Study, site: Site, *, now: datetime) -> StudySite:
    """Makes the site take part in the study."""
    if not actor.may(Act.MANAGE_SITES, site.pk):
        actor.require(Act.WRITE_STUDY, site.pk, study.pk)
    return save_checked(StudySite(study=study, site=site))


def create_arm(actor: Actor, study: Study, *, now: datetime, code: str, **details: Any) -> Arm:
    """Stores an arm. `details` are further columns of Arm."""
    _require_writer(actor, study)
    for name in set(details) - _ARM:
        raise Refused.at(name, "unknown_field", _("An arm has no such part."))
    return save_checked(Arm(study=study, code=code, **details))
