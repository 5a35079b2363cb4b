"""The compose file against the compose program's own schema. No engine, no process."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.stack.compose import CHECKOUT, ENVIRONMENT, FILE, compose, services


def test_the_file_is_what_compose_understands() -> None:
    assert compose("config", "--quiet") == ""


def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(FILE.read_text().replace("healthcheck:", "helthcheck:", 1))
    with pytest.raises(subprocess.CalledProcessError) as found:
        compose("config", "--quiet", file=wrong)
    assert "helthcheck" in found.value.stderr


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_secret_stops_the_start_by_name(name: str) -> None:
    lacking = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(subprocess.CalledProcessError) as found:
        compose("config", "--quiet", environment=lacking)
    assert name in found.value.stderr


def test_the_example_names_every_variable_that_is_required() -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?\}", FILE.read_text()))
    example = set(
        re.findall(r"^([A-Z_]+)=$", (CHECKOUT / "deploy" / "example.env").read_text(), re.MULTILINE)
    )
    assert required == example


def test_every_service_has_a_health_check_and_a_restart_policy() -> None:
    for name, service in services().items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert name == "migrate" or "test" in service["healthcheck"], name


def test_the_parts_of_the_design_are_all_there() -> None:
    parts = {"postgres", "redis", "migrate", "web", "events", "worker-watch", "worker-slow", "beat", "proxy"}
    assert set(services()) == parts


def test_only_the_migration_knows_the_owner() -> None:
    for name, service in services().items():
        if name not in {"migrate", "postgres"}:
            assert ENVIRONMENT["OWNER_PASSWORD"] not in str(service), name


def test_the_archive_is_on() -> None:
    command = services()["postgres"]["command"]
    assert "--archive_mode=on" in command
    assert any(part.startswith("--archive_command=") for part in command)


def test_the_image_copies_every_folder_that_is_ours() -> None:
    copied = set(re.findall(r"^COPY (\w+) ", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE))
    ignored_but = set(re.findall(r"^!([\w.]+)$", (CHECKOUT / ".dockerignore").read_text(), re.MULTILINE))
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages | {"locale", "templates"} <= copied
    assert copied <= ignored_but
