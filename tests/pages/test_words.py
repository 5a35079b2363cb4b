"""Every word that a person reads goes through gettext, and Spanish has it. Needs no xgettext."""

import ast
import gettext
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.template.base import Lexer, TokenType
from django.utils.functional import Promise
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "config", "interop", "monitoring", "tracker")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
CODE = [path for app in OURS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]

#: Names of gettext in our code, and how many of their first arguments are texts; a context comes first.
CALLS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 2,
    "pgettext_lazy": 2,
    "npgettext": 3,
    "npgettext_lazy": 3,
}
Message = tuple[str, str | None]


def shown(path: Path) -> str:
    """The path as a person writes it."""
    return str(path.relative_to(ROOT))


def in_code(path: Path) -> Iterator[Message]:
    """(text, context) of every call of gettext in a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (name := getattr(node.func, "id", None)) in CALLS:
            texts = [each.value for each in node.args[: CALLS[name]] if isinstance(each, ast.Constant)]
            if texts:
                yield (texts[1], texts[0]) if "pgettext" in name else (texts[0], None)


_IN_TEMPLATE = re.compile(
    r"""\b(gettext|ngettext|pgettext|npgettext|_)\(\s*((?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,?\s*)+)"""
)
_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


def in_template(path: Path) -> Iterator[Message]:
    """(text, context) of every translated text of a template, as Django's own extraction sees them."""
    for call, arguments in _IN_TEMPLATE.findall(templatize(path.read_text(), origin=shown(path))):
        texts = [ast.literal_eval(text) for text in _TEXT.findall(arguments)]
        yield (texts[1], texts[0]) if "pgettext" in call else (texts[0], None)


@pytest.fixture(scope="module")
def spanish() -> dict[str, str]:
    """The compiled Spanish texts, by msgid as the catalogue keeps it. What is fuzzy is not compiled."""
    with (ROOT / "locale/es/LC_MESSAGES/django.mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {(key[0] if isinstance(key, tuple) else key): text for key, text in kept.items()}


def test_every_text_has_its_spanish(spanish: dict[str, str]) -> None:
    lacking: dict[str, str] = {}
    for path in (*CODE, *TEMPLATES):
        for text, context in in_code(path) if path.suffix == ".py" else in_template(path):
            key = text if context is None else f"{context}\x04{text}"
            if not spanish.get(key, "").strip():
                lacking.setdefault(text, shown(path))
    assert not lacking, "without Spanish:\n" + "\n".join(
        f"{where}: {text!r}" for text, where in sorted(lacking.items(), key=lambda each: (each[1], each[0]))
    )


#: Words that are the same in every language: names, signs, units, scales and what is typed as it stands.
SAME = frozenset(
    """Febris NEWS2 ICE ICANS ASTCT CRS CTCAE RCP mmHg min SpO2 SBP DBP MAP FiO2 mL kg cm ng mg µg UTC ID JSON
    API TOTP MRN ACVPU SpO₂ O₂ CD3 CD20 CPAP BiPAP µL IL GM CSF BAT CSV manage py http https""".split()  # noqa: SIM905 - a list of 40 is no better
)
#: Attributes that are read, or read aloud.
READ = frozenset({"title", "aria-label", "alt", "placeholder", "aria-description", "label"})
_WORD = re.compile(r"[^\W\d_]{2,}\d*")
#: Blocks that stand inside the tag of the page that they extend.
_IN_A_TAG = frozenset({"body_attributes", "body_class", "html_attributes"})
_FILLED = "\N{OBJECT REPLACEMENT CHARACTER}"


class _Bare(HTMLParser):
    """Collects the words that stand in a page as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in {"script", "style", "code", "kbd"}
        for name, value in attrs:
            if name in READ and value:
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in {"script", "style", "code", "kbd"}

    def handle_data(self, data: str) -> None:
        if self.unread == 0:
            self._note(data)

    def _note(self, text: str) -> None:
        words = [word for word in _WORD.findall(text.replace(_FILLED, " ")) if word not in SAME]
        if words:
            self.found.append(" ".join(text.replace(_FILLED, "…").split()))


def bare(template: str) -> list[str]:
    """The texts of a template that no language can change."""
    kept, inside = [], False
    for token in Lexer(template).tokenize():
        words = token.contents.split() if token.token_type is TokenType.BLOCK else [""]
        if words[0] in {"blocktranslate", "blocktrans", "comment"} or words[-1] in _IN_A_TAG:
            inside = True
        elif words[0] in {"endblocktranslate", "endblocktrans", "endcomment", "endblock"}:
            inside = False
        if token.token_type is TokenType.TEXT and not inside:
            kept.append(token.contents)
        elif token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            kept.append(_FILLED)
    parser = _Bare()
    parser.feed("".join(kept))
    parser.close()
    return parser.found


#: The page of last resort speaks both languages, as gettext may be what broke; the other puts the name of its
#: first tag in.
BY_ITSELF = frozenset({"templates/500.html", "templates/allauth/elements/button.html"})


def test_no_word_stands_bare_in_a_template() -> None:
    templates = [path for path in TEMPLATES if shown(path) not in BY_ITSELF]
    found = [f"{shown(path)}: {text}" for path in templates for text in bare(path.read_text())]
    assert not found, "\n".join(found)


def test_what_stands_bare_is_found() -> None:
    page = '<p title="Read me">{% translate "Hello" %} 38 mmHg <b>{{ name }} spoke</b></p>{# not this #}'
    assert bare(page) == ["Read me", "… spoke"]


#: Fields whose choices have the same name everywhere: languages in their own words, zones by their key.
NAMED_BY_THEMSELVES = frozenset({"language", "languages", "time_zone"})


def _said_by_models() -> Iterator[tuple[str, object]]:
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in OURS or hasattr(model, "pgh_tracked_model"):
            continue
        for field in model._meta.get_fields():
            where = f"{model.__module__}.{model.__name__}.{field.name}"
            said = str(getattr(field, "verbose_name", "") or "")
            if said != field.name.replace("_", " "):
                yield f"{where} (verbose name)", getattr(field, "verbose_name", "")
            for key, label in getattr(field, "choices", ()) or ():
                if str(label) != str(key).replace("_", " ").title():  # else nobody wrote it
                    yield f"{where} (choice {key})", label


def _said_by_forms() -> Iterator[tuple[str, object]]:
    for app in OURS:
        package = importlib.import_module(app)
        for found in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".forms" not in found.name:
                continue
            for _name, form in inspect.getmembers(importlib.import_module(found.name), inspect.isclass):
                for name, field in getattr(form, "base_fields", {}).items():
                    where = f"{form.__module__}.{form.__name__}.{name}"
                    yield f"{where} (label)", field.label or ""
                    yield f"{where} (help)", field.help_text or ""
                    is_fixed = isinstance(field, forms.ChoiceField) and not isinstance(
                        field, forms.ModelChoiceField
                    )
                    if is_fixed and name not in NAMED_BY_THEMSELVES:
                        yield from (
                            (f"{where} (choice {key})", label)
                            for key, label in field.choices
                            if isinstance(label, str | Promise)
                        )


def test_models_and_forms_speak_through_gettext() -> None:
    escaped = {
        f"{where}: {said!r}"
        for where, said in (*_said_by_models(), *_said_by_forms())
        if not isinstance(said, Promise)
        and where.split(".")[0] in OURS
        and any(word not in SAME for word in _WORD.findall(str(said)))
    }
    assert not escaped, "\n".join(sorted(escaped))


#: What is said to people by calls, and which argument says it.
SAID = {
    "add_error": 1,
    "success": 1,
    "warning": 1,
    "error": 1,
    "info": 1,
    "of_status": 1,
    "at": 2,
    "Conflict": 1,
    "FieldError": 2,
    "NotInThisPhase": 0,
    "RotaRefused": 0,
    "RulesRefused": 0,
    "Unprocessable": 0,
    "ValidationError": 0,
}
#: Logs speak English, whoever reads them.
UNREAD = frozenset({"log", "logger"})


def test_no_refusal_and_no_message_is_said_in_one_language_alone() -> None:
    found = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            speaker = getattr(getattr(node.func, "value", None), "id", "")
            if name not in SAID or speaker in UNREAD or len(node.args) <= SAID[name]:
                continue
            said = node.args[SAID[name]]
            texts = [each.value for each in ast.walk(said) if isinstance(each, ast.Constant)]
            is_text = isinstance(said, ast.JoinedStr | ast.Constant)
            if is_text and any(isinstance(text, str) and _WORD.search(text) for text in texts):
                found.append(f"{shown(path)}:{node.lineno}: {ast.unparse(said)}")
    assert not found, "\n".join(found)
