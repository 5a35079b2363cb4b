"""The few tags and filters every page uses: the navigation, state badges, times in a site's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import emergency
from accounts.actors import actor_of
from accounts.appearance import THEMES, theme_of
from accounts.permissions import Act
from config import clock
from monitoring import sentences
from monitoring.forms.answers import ANSWERS, COMMITMENTS, OUTCOMES
from monitoring.markup import put
from monitoring.models import Alert, Condition, Priority
from monitoring.told import ROLE_NAMES
from tracker.models import EventKind

register = template.Library()

#: What a state looks like: shape first, then word; colour comes last, from the style sheet.
BADGES: dict[str, tuple[str, Any]] = {
    "high": ("▲", gettext_lazy("HIGH")),
    "medium": ("◆", gettext_lazy("MED")),
    "low": ("●", gettext_lazy("LOW")),
    "unknown": ("?", gettext_lazy("UNKNOWN")),
    "overdue": ("◷", gettext_lazy("LATE")),
    "abnormal": ("!", gettext_lazy("ABNORMAL")),
    "retracted": ("⊘", gettext_lazy("retracted")),
    "stale": ("◌", gettext_lazy("STALE")),
    "ok": ("✓", gettext_lazy("OK")),
    "system": ("⚙", gettext_lazy("SYSTEM")),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the main navigation."""

    url: str
    label: str
    key: str
    current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """Where this person may go, and the moment the page was drawn."""

    links: tuple[Link, ...]
    now: datetime
    rate: float
    #: `light`, `dark`, or blank when the device decides; and what may be chosen.
    theme: str
    themes: dict[str, Any]
    #: Whether emergency access may be opened, and sets given up that others left unsent on this device.
    may_open_emergency: bool
    may_clear: bool


#: Address, label, access key, and the acts of which one is enough to see it.
ENTRIES: tuple[tuple[str, Any, str, tuple[Act, ...]], ...] = (
    ("monitoring:board", gettext_lazy("Board"), "1", (Act.READ_BOARD,)),
    ("monitoring:alerts", gettext_lazy("Alerts"), "2", (Act.READ,)),
    ("monitoring:patients", gettext_lazy("Patients"), "3", (Act.READ,)),
    ("monitoring:rota_sites", gettext_lazy("Rota"), "", (Act.READ, Act.WRITE_ROTA)),
    ("tracker:setup", gettext_lazy("Set-up"), "4", (Act.WRITE_PATIENTS, Act.DRAFT_STUDY, Act.MANAGE_SITES)),
    ("people", gettext_lazy("People"), "5", (Act.MANAGE_PEOPLE, Act.UNLOCK_USER)),
    ("monitoring:status", gettext_lazy("System"), "6", (Act.READ, Act.MANAGE_PEOPLE)),
    ("monitoring:calculator", gettext_lazy("Calculator"), "", (Act.READ,)),
)


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> Navigation:
    """The main navigation of whoever is asking; empty for nobody. Asks the database for nothing new."""
    request: HttpRequest | None = context.get("request")
    actor = actor_of(request) if request is not None and hasattr(request, "user") else None
    links = []
    if request is not None and actor is not None:
        for name, label, key, acts in ENTRIES:
            if not any(actor.may_anywhere(act) for act in acts):
                continue
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            here = request.path == url if url == "/" else request.path.startswith(url)
            links.append(Link(url, str(label), key, here))
    theme = theme_of(request) if request is not None else ""
    return Navigation(
        tuple(links),
        clock.now(),
        clock.rate(),
        theme,
        THEMES,
        may_open_emergency=actor is not None and emergency.may_open(actor),
        may_clear=actor is not None and actor.may_anywhere(Act.UNLOCK_USER),
    )


@register.simple_tag
def badge(state: str, words: str = "", *, bare: bool = False) -> SafeString:
    """A state as shape, word and colour, in this order; `words` say more, `bare` shows the shape alone."""
    shape, word = BADGES.get(state, ("", state))
    return format_html(
        '<span class="badge {}"><span aria-hidden="true">{}</span> <span class="{}">{}</span></span>',
        state,
        shape,
        "visually-hidden" if bare else "word",
        words or word,
    )


@register.filter
def at(moment: datetime | None, zone: tzinfo | str | None = None) -> SafeString:
    """A moment as the ward reads it: 22-Nov-2026 14:05 CET, with UTC for who hovers or focuses."""
    return _time(moment, zone, "%d-%b-%Y %H:%M")


@register.filter
def hour(moment: datetime | None, zone: tzinfo | str | None = None) -> SafeString:
    """The time of day alone, for rows that are all of these two days; the day in the title."""
    return _time(moment, zone, "%H:%M")


@register.filter
def short(moment: datetime | None, zone: tzinfo | str | None = None) -> SafeString:
    """Day and time without the year: 22-Nov 14:05."""
    return _time(moment, zone, "%d-%b %H:%M")


def _time(moment: datetime | None, zone: tzinfo | str | None, pattern: str) -> SafeString:
    if moment is None:
        return SafeString("–")
    local = moment.astimezone(_zone(zone))
    text = formats_month(local.strftime(pattern), local)
    if "%Y" in pattern or is_ambiguous(local):
        text = f"{text} {local.tzname()}"
    universal = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return put('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), universal, text)


def formats_month(text: str, local: datetime) -> str:
    """The English month of a printed date in the reader's language."""
    return text.replace(local.strftime("%b"), date_format(local, "M")) if "-" in text else text


def is_ambiguous(local: datetime) -> bool:
    """True in the hour that the clocks show twice."""
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def _zone(zone: tzinfo | str | None) -> tzinfo:
    if isinstance(zone, str) and zone:
        return ZoneInfo(zone)
    return zone if isinstance(zone, tzinfo) else UTC


@register.filter
def span(length: timedelta | None, _: Callable[[str], str] = _) -> str:
    """A length of time: 12 min, 3 h 05 min, 2 d."""
    if length is None:
        return "–"
    minutes = int(abs(length) / timedelta(minutes=1))
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    if minutes < 48 * 60:
        return _("%(hours)s h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    return _("%(days)s d") % {"days": minutes // 1440}


@register.filter
def left(moment: datetime, now: datetime) -> str:
    """What is left until a moment, as minutes and seconds (2:05), with hours from one hour on; then "now".
    The page itself counts on.
    """
    seconds = int((moment - now).total_seconds())
    if seconds <= 0:
        return _("now")
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}"


@register.simple_tag
def age(
    moment: datetime | None,
    now: datetime,
    interval: timedelta | None = None,
    *,
    bare: bool = False,
    _: Callable[[str], str] = _,
) -> SafeString:
    """How long ago; the page itself counts on, greys it past the interval and hatches it past two."""
    if moment is None:
        return SafeString("")
    past, ahead = ("%s", _("in %s")) if bare else (_("%s ago"), _("in %s"))
    words = (past if moment <= now else ahead) % span(now - moment, _)
    return put(
        '<span class="age" data-since="{}" data-past="{}" data-ahead="{}"{}>{}</span>',
        moment.isoformat(),
        past,
        ahead,
        put(' data-interval="{}"', interval // timedelta(minutes=1)) if interval else "",
        words,
    )


@register.filter
def number(value: Decimal | None, places: int | None = None) -> str:
    """A number as stored, as the reader's language writes it and without trailing zeros; with `places`, that
    many of them for the eye.
    """
    if value is None:
        return "–"
    text = f"{value:f}" if places is None else f"{value:.{places}f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value under a key that is itself a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def state(alert: Alert) -> str:
    """The state that an alert shows: its priority, or that it was retracted."""
    return "retracted" if alert.condition == Condition.RETRACTED else Priority(alert.priority).name.lower()


@register.filter
def words(alert: Alert) -> Any:
    """The title and the sentence of an alert in the reader's language."""
    return sentences.words(alert, get_language() or "en")


@register.filter
def alert_title(alert: Alert) -> str:
    """The title alone."""
    return str(sentences.words(alert, get_language() or "en").title)


@register.filter
def role_name(role: str) -> str:
    """A role of the ladders, as a line begins."""
    name = str(ROLE_NAMES.get(role, role))
    return name[:1].upper() + name[1:]


@register.filter
def told_after(delay: timedelta) -> str:
    """How long after an alert somebody is told of it."""
    minutes = int(delay.total_seconds() // 60)
    return _("after %(n)d min") % {"n": minutes} if minutes else _("at once")


@register.filter
def phone_in(username: str, numbers: Mapping[str, str]) -> str:
    """On which number that person is called; blank where none is known."""
    return numbers.get(username, "")


@register.filter
def turn_name(kind: str) -> str:
    """What can happen to an infusion, as a button says it."""
    return str(EventKind(kind).label).capitalize()


@register.filter
def answer_name(kind: str) -> str:
    """An answer to an alert, as a button says it."""
    return str(ANSWERS[kind])


@register.filter
def commitment_name(commitment: str) -> str:
    """What somebody promised."""
    return str(dict(COMMITMENTS).get(commitment, commitment))


@register.filter
def why_so(alert: Alert) -> str:
    """Why an alert is not active any more."""
    return sentences.why_so_said(alert)


@register.filter
def outcome_name(outcome: str) -> str:
    """What an assessment came to."""
    return str(dict(OUTCOMES).get(outcome, outcome))


@register.filter
def shown(value: Any) -> Any:
    """Any value of a row as people read it: moments in UTC, numbers without idle zeros, blanks as a dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return _time(value, None, "%d-%b-%Y %H:%M")
    return number(value) if isinstance(value, Decimal) else value
