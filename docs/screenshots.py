"""`make screenshots`: the pictures of the README, taken from a demo of its own once patients are worse."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCREENS = ROOT / "docs" / "screens"
SIZE = {"width": 1280, "height": 760}
WHO = "nurse"
#: The demo's patients turn after two minutes; its environment may have to be set up before.
PATIENCE_S = 300


def main() -> int:
    """0 once every picture is written."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium: apt-get install chromium")
    folder = Path(tempfile.mkdtemp(prefix="febris-screens-"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"DATA_DIR": str(folder / "data"), "PORT": str(port)}
    demo = subprocess.Popen(
        [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _take(chromium, f"http://127.0.0.1:{port}", _password(folder / "data" / "demo.json"))
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _password(kept: Path) -> str:
    """The password of the demo's people, once the demo has made them."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            return str(json.loads(kept.read_text())["password"])
        time.sleep(1)
    sys.exit(f"The demo did not come up within {PATIENCE_S} s")


def _take(chromium: str, address: str, password: str) -> None:
    from playwright.sync_api import Error, sync_playwright

    SCREENS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, base_url=address, color_scheme="light")
        for _second in range(PATIENCE_S):
            try:
                page.goto("/accounts/login/?next=/")
                break
            except Error:
                time.sleep(1)
        page.fill("input[name=login]", WHO)
        page.fill("input[name=password]", password)
        page.click("main button.primary")
        page.wait_for_url(f"{address}/")
        for problem in ("Fever", "Hypotension"):
            page.get_by_text(problem).first.wait_for(timeout=PATIENCE_S * 1000)
        patient = page.locator("main a[href^='/infusions/']").first.get_attribute("href")
        for name, path in (
            ("board", "/"),
            ("flowsheet", f"{patient}flowsheet/"),
            ("entry", f"{patient}vitals/new/"),
            ("inbox", "/alerts/"),
        ):
            _picture(page, name, path)
        browser.close()


def _picture(page: Any, name: str, path: str) -> None:
    page.goto(path)
    page.wait_for_selector(".live.on")
    page.screenshot(path=SCREENS / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
