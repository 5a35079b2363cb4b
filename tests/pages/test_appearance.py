"""Light or dark, as the device was told."""

import pytest

from .conftest import Browser

pytestmark = pytest.mark.django_db


def choose(browser: Browser, theme: str, here: str = "/alerts/") -> str:
    answer = browser.post("/theme/", {"theme": theme, "next": here})
    assert answer.status_code == 302
    return answer["Location"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_device_keeps_its_theme(nurse: Browser, theme: str) -> None:
    assert choose(nurse, theme) == "/alerts/"
    assert f'data-theme="{theme}"' in nurse.get("/alerts/").content.decode()


def test_a_device_that_decides_itself_is_told_no_theme(nurse: Browser) -> None:
    choose(nurse, "dark")
    choose(nurse, "")
    assert "data-theme=" not in nurse.get("/alerts/").content.decode()


def test_an_unknown_theme_changes_nothing(nurse: Browser) -> None:
    choose(nurse, "dark")
    choose(nurse, '"><script>')
    assert 'data-theme="dark"' in nurse.get("/alerts/").content.decode()


def test_the_way_back_never_leaves_the_site(nurse: Browser) -> None:
    assert choose(nurse, "dark", "https://elsewhere.example/") == "/"
