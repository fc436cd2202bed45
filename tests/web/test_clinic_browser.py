"""The clinic in a real browser, against the real command: first start to the machine's read on the screen."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from augderm.web.app import missing_vendor_files
from support.clinic import phantom_jpeg

CHROMIUM = Path("/usr/bin/chromium")
START_S = 120
"""How long a busy machine may take; how fast an idle one is, `augderm bench` says."""
WAIT_MS = 60_000


@pytest.fixture
def first_link(tmp_path: Path, toy_bundle: Path) -> Iterator[str]:
    """A served clinic's one-time link."""
    log = tmp_path / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "augderm", "serve", "--data", tmp_path / "clinic", "--port", "0",
             "--model", toy_bundle],
            stdout=file,
            stderr=file,
            start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + START_S
        found = None
        while found is None and time.monotonic() < until and server.poll() is None:
            time.sleep(0.1)
            found = re.search(r"http://localhost:\d+/start/[\w-]+", log.read_text())
        assert found is not None, log.read_text()
        yield found[0]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) in (0, -signal.SIGTERM), log.read_text()
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser: {CHROMIUM} is absent (apt-get install chromium)")
    if missing_vendor_files():
        pytest.skip("no front-end files: build them (npm ci) to test pages that move by themselves")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"], env={**os.environ, "HOME": home}
        )
        made = browser.new_page(locale="en-GB")
        made.set_default_timeout(WAIT_MS)
        yield made
        browser.close()


@pytest.mark.slow
def test_first_start_to_the_machines_read_on_the_screen(page: Page, first_link: str, tmp_path: Path) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    photograph = tmp_path / "phantom.jpg"
    photograph.write_bytes(phantom_jpeg())

    page.goto(first_link)
    page.get_by_label("Name of the clinic").fill("Dermatology")
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Start").click()

    page.get_by_role("link", name="New patient").click()
    page.get_by_label("Identifier").fill("4711")
    page.get_by_label("Family name").fill("Müller")
    page.get_by_label("Given name").fill("Eva")
    page.get_by_label("Date of birth").fill("1961-04-23")
    page.get_by_role("button", name="Save").click()

    page.get_by_label("Site on the body").select_option("left_back_upper")
    page.get_by_role("button", name="Add a lesion").click()
    expect(page.get_by_role("heading", name="Lesion L1")).to_be_visible()
    page.get_by_label("Patient", exact=True).get_by_role("link").click()
    page.get_by_role("button", name="Open a visit now").click()

    page.locator("form[data-ready]").wait_for()
    page.get_by_label("Photographs", exact=True).set_input_files(photograph)
    expect(page.get_by_text("Commit your own impression first")).to_be_visible(timeout=WAIT_MS)
    page.get_by_label("Your impression").select_option("nv")
    page.get_by_label("What you would do").select_option("monitor_3")
    page.get_by_role("button", name="Commit my impression").click()

    expect(page.get_by_text("Probability of malignancy")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Preliminary: the machine's read")).to_be_visible()
    expect(page.get_by_label("Patient", exact=True)).to_contain_text("April 23, 1961")
    assert page.evaluate("document.querySelector('.photograph img').naturalWidth") == 320
    assert faults == []
