"""The calculator: every scale as a plain form, its answer in words, and nothing kept of what was typed."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from accounts.permissions import Role
from monitoring.core.grading import ctcae
from monitoring.core.grading.astct import AGENTS as NAMES
from monitoring.forms.calculator import AGENTS
from monitoring.grading.words import LABELS
from tracker.models import Site

from .conftest import SignIn

pytestmark = pytest.mark.django_db

PAGES = ["", "astct-crs/", "icans/", "news2/", "ctcae/", "ctcae/?term=6.0:anemia"]


def ask(browser: Browser, page: str, status: int = 200, **typed: Any) -> str:
    """The page after the form was sent."""
    answer = browser.post(f"/calculator/{page}", typed)
    assert answer.status_code == status, answer.content
    text: str = answer.content.decode()
    return text


def headline(text: str) -> str:
    """What the answer begins with."""
    found = re.search(r'id="answer-headline">([^<]*)<', text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_each_scale_has_a_page(nurse: Browser, page: str) -> None:
    answer = nurse.get(f"/calculator/{page}")
    assert answer.status_code == 200
    assert 'id="answer"' not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "page", ["karnofsky/", "ctcae/?term=6.0:joy", "ctcae/?term=7.0:anemia", "ctcae/?term=x"]
)
def test_a_scale_or_term_that_is_none_is_not_found(nurse: Browser, page: str) -> None:
    assert nurse.get(f"/calculator/{page}").status_code == 404


def test_it_is_linked_from_the_navigation(nurse: Browser) -> None:
    assert 'href="/calculator/"' in nurse.get("/patients/").content.decode()


def test_only_who_is_signed_in_may_ask(sign_in: SignIn, ward: Site) -> None:
    assert Browser().get("/calculator/").status_code == 302
    assert sign_in(Role.INVESTIGATOR, ward).get("/calculator/").status_code == 200
    assert sign_in(Role.WALL_DISPLAY, ward).get("/calculator/").status_code == 403


def test_a_crs_is_graded_with_its_reasons_and_source(nurse: Browser) -> None:
    text = ask(
        nurse,
        "astct-crs/",
        temperature="38,6",
        temperature_unit="C",
        hypotension="vasopressors",
        vasopressors=["norepinephrine", "vasopressin"],
        oxygen_device="nasal_cannula",
        oxygen_flow_l_min="2",
    )
    assert headline(text) == "Grade 3"
    assert "38.6 °C is 38.0 °C or more" in text
    assert "Vasopressin beside another vasopressor is not counted" in text
    assert "10.1016/j.bbmt.2018.12.758" in text


def test_fahrenheit_is_taken(nurse: Browser) -> None:
    typed = {"hypotension": "none", "oxygen_device": "room_air"}
    assert headline(ask(nurse, "astct-crs/", temperature="100.4", temperature_unit="F", **typed)) == "Grade 1"
    assert headline(ask(nurse, "astct-crs/", temperature="100.3", temperature_unit="F", **typed)) == "Grade 0"


def test_what_is_missing_is_named_with_a_way_to_its_field(nurse: Browser) -> None:
    text = ask(nurse, "astct-crs/", temperature="38.6", temperature_unit="C")
    assert headline(text) == "Grade 1 to 4"
    assert "The grade is not certain" in text
    assert 'href="#id_oxygen_device"' in text


def test_what_was_typed_is_kept(nurse: Browser) -> None:
    text = ask(
        nurse, "astct-crs/", temperature="38,6", temperature_unit="F", oxygen_device="cpap", status=422
    )
    assert 'value="38,6"' in text
    assert '<option value="cpap" selected>' in text


def test_an_error_stands_at_its_field_and_names_the_limit(nurse: Browser) -> None:
    text = ask(nurse, "news2/", heart_rate_bpm="400", temperature="abc", status=422)
    assert "400 /min lies outside 10 to 300." in text
    assert "“abc” is not a number." in text
    assert 'href="#id_heart_rate_bpm"' in text
    assert 'href="#id_temperature"' in text
    assert 'id="answer"' not in text


def test_a_slip_is_asked_about(nurse: Browser) -> None:
    text = ask(nurse, "astct-crs/", temperature="100.4", temperature_unit="C", status=422)
    assert "Was 100.4 °F meant" in text


def test_vasopressors_that_are_not_named_are_asked_for(nurse: Browser) -> None:
    text = ask(nurse, "astct-crs/", temperature="39", hypotension="vasopressors", status=422)
    assert "Tick each vasopressor that runs." in text


def test_a_contradiction_stands_at_its_field(nurse: Browser) -> None:
    text = ask(nurse, "astct-crs/", temperature="39", hypotension="none", vasopressors="dopamine", status=422)
    assert 'href="#id_vasopressors' in text
    text = ask(nurse, "icans/", ice="9", orientation="2", status=422)
    assert 'href="#id_ice"' in text


def test_icans_is_graded_by_the_items_of_ice(nurse: Browser) -> None:
    text = ask(
        nurse,
        "icans/",
        orientation="3",
        naming="3",
        commands="1",
        writing="0",
        attention="0",
        consciousness="spontaneous",
        seizure="none",
        deep_focal_motor_weakness="no",
        cerebral_edema="none",
    )
    assert headline(text) == "Grade 1"
    assert "ICE 7 of 10" in text


def test_news2_says_its_risk_and_how_often_to_look(nurse: Browser) -> None:
    text = ask(
        nurse,
        "news2/",
        respiratory_rate_per_min="22",
        heart_rate_bpm="112",
        systolic_mmhg="98",
        temperature="38.4",
        temperature_unit="C",
        spo2_percent="95",
        spo2_scale="1",
        on_oxygen="yes",
        consciousness="A",
    )
    assert headline(text) == "Score 10"
    assert "high risk" in text
    assert "Monitor continuously" in text
    assert "Royal College of Physicians" in text


def test_a_term_of_ctcae_is_chosen_and_then_graded(nurse: Browser) -> None:
    chosen = nurse.get("/calculator/ctcae/?term=5.0:neutrophil_count_decreased").content.decode()
    assert "Neutrophil count decreased, CTCAE 5.0" in chosen
    typed = {"value": "0.45", "unit": "10^9/L", "lln": "1.8"}
    assert headline(ask(nurse, "ctcae/?term=5.0:neutrophil_count_decreased", **typed)) == "Grade 4"
    assert headline(ask(nurse, "ctcae/?term=6.0:neutrophil_count_decreased", **typed)) == "Grade 3"


#: What is typed into a field of numbers, where 38 would be none or would contradict another.
TYPED = {"temperature": "41", "ice": "5", "temperature_unit": "C"}


def test_every_term_of_ctcae_has_a_form_and_an_answer_in_words(nurse: Browser) -> None:
    for term in (each for version in ctcae.Version for each in ctcae.terms(version)):
        page = f"ctcae/?term={term.version}:{term.id}"
        bare = nurse.post(f"/calculator/{page}")
        assert bare.status_code == 200, page
        assert headline(bare.content.decode()).startswith("Grade"), page
        said = {
            name: TYPED.get(name) or (list(field.choices)[-1][0] if hasattr(field, "choices") else "38")
            for name, field in bare.context["form"].fields.items()
        }
        assert headline(ask(nurse, page, **said)).startswith("Grade"), page


def test_every_input_of_every_term_has_a_name_for_people() -> None:
    assert ctcae.INPUTS.keys() <= LABELS.keys()


def test_every_vasopressor_of_the_form_is_one_of_the_grader_s_agents() -> None:
    assert set(AGENTS) == set(NAMES.values())


def rows() -> dict[str, int]:
    """How many rows each table of ours has."""
    models = [
        model
        for app in ("tracker", "monitoring")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.managed
    ]
    return {model._meta.label: model._default_manager.count() for model in models}


def test_nothing_that_is_typed_is_stored(nurse: Browser) -> None:
    before = rows()
    with CaptureQueriesContext(connection) as queries:
        ask(nurse, "astct-crs/", temperature="100.94", temperature_unit="F")
    assert rows() == before
    assert "100.94" not in " ".join(str(query["sql"]) for query in queries)


def test_what_is_typed_is_shown_as_text(nurse: Browser) -> None:
    hostile = '"><script>alert(1)</script>'
    text = ask(nurse, "news2/", temperature=hostile, status=422)
    assert hostile not in text
    assert escape(hostile) in text


@pytest.mark.parametrize("number", ["1e9999", "NaN", "Infinity", "９", "1" * 400, "-5", "\x00"])
def test_a_hostile_number_is_an_error_at_its_field(nurse: Browser, number: str) -> None:
    text = ask(nurse, "news2/", heart_rate_bpm=number, status=422)
    assert 'href="#id_heart_rate_bpm"' in text


def test_a_word_that_is_no_choice_is_refused(nurse: Browser) -> None:
    ask(nurse, "astct-crs/", hypotension="severe", status=422)
    ask(nurse, "astct-crs/", temperature="38", temperature_unit="K", status=422)
    ask(nurse, "ctcae/?term=5.0:anemia", unit="furlong", value="9", status=422)


def test_the_words_of_consciousness_are_in_the_reader_s_language(nurse: Browser) -> None:
    nurse.cookies["django_language"] = "es"
    assert "A alerta" in nurse.get("/calculator/news2/").content.decode()
