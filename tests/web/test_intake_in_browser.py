"""Intake in a real browser, on a phone: an upload that is cut in the middle goes on after a reload."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect, sync_playwright

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.platform import open_platform
from augderm.clinic.settings import Settings
from augderm.web.app import missing_vendor_files
from support.browser import CHROMIUM, complaints_of, grave_faults
from support.clinic import somebody
from support.served_process import Served

pytestmark = pytest.mark.slow
CHUNK_BYTES = 512 * 1024
WAIT_MS = 60_000
PASSWORD = "correct horse battery"
PHONE = {"width": 375, "height": 667}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def served(tmp_path: Path, toy_bundle: Path) -> Iterator[tuple[Served, str]]:
    folder = tmp_path / "clinic"
    platform = open_platform(Settings(data=folder, bundle=toy_bundle))
    login = somebody(platform, "reader", "nurse", password_hash=hashed("password", PASSWORD)).login
    platform.database.close()
    made = Served(folder, toy_bundle)
    yield made, login
    made.stop()


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
        made = browser.new_page(locale="en-GB", viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
        made.set_default_timeout(WAIT_MS)
        yield made
        browser.close()


def _photograph() -> bytes:
    spec = PhantomSpec(width_px=1280, height_px=960, long_axis_px=560, short_axis_px=440)
    pixels = draw_phantom(spec).pixels.astype(np.int16)
    noise = np.random.default_rng(0).integers(-6, 7, pixels.shape)
    buffer = io.BytesIO()
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(buffer, "PNG")
    assert len(buffer.getvalue()) > 3 * CHUNK_BYTES
    return buffer.getvalue()


def _sign_in_and_open_a_visit(page: Page, served: Served, login: str) -> None:
    page.goto(f"{served.address}/login")
    page.get_by_label("Sign-in name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="New patient").click()
    page.get_by_label("Identifier").fill("4711")
    page.get_by_label("Family name").fill("Müller")
    page.get_by_label("Given name").fill("Eva")
    page.get_by_label("Date of birth").fill("1961-04-23")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Patient", exact=True)).to_be_visible()


def test_on_a_phone_a_lesion_is_pointed_at_and_a_cut_upload_goes_on_after_a_reload(
    page: Page, served: tuple[Served, str]
) -> None:
    server, login = served
    complaints = complaints_of(page)
    _sign_in_and_open_a_visit(page, server, login)
    assert page.evaluate(WIDER) <= 0

    page.get_by_label("View").select_option("back")
    figure = page.locator('figure[data-view="back"]')
    figure.locator('[data-region="left_back_upper"]').click()
    expect(page.locator("[data-body-map-told]")).to_have_text("Upper back, patient's left")
    page.get_by_label("Side", exact=True).select_option("right")
    page.get_by_role("button", name="Add a lesion").click()
    expect(page.get_by_role("alert")).to_contain_text("is on the patient's left")
    expect(page.locator("[data-body-map-told]")).to_have_text("Upper back, patient's left")
    page.get_by_label("Side", exact=True).select_option("left")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Lesion L1")).to_be_visible()
    page.get_by_label("Patient", exact=True).get_by_role("link").click()
    expect(page.get_by_role("link", name="Lesion L1: Upper back, patient's left")).to_be_visible()
    assert grave_faults(page) == []
    page.get_by_role("button", name="Open a visit now").click()

    offsets: list[int] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) >= 3:
                route.abort("connectionreset")
                return
        route.continue_()

    page.route("**/uploads/**", cut)
    page.locator("form[data-ready]").wait_for()
    photograph = {"name": "back.png", "mimeType": "image/png", "buffer": _photograph()}
    page.locator("#camera").set_input_files(photograph)  # type: ignore[arg-type]
    expect(page.get_by_text("no connection; goes on by itself")).to_be_visible()
    assert offsets[:3] == [0, CHUNK_BYTES, 2 * CHUNK_BYTES]
    assert page.evaluate(WIDER) <= 0
    page.unroute_all(behavior="wait")
    sent: list[int] = []
    page.on(
        "request",
        lambda told: sent.append(int(told.headers["upload-offset"])) if told.method == "PATCH" else None,
    )
    page.reload()
    expect(page.get_by_text("was added", exact=True)).to_be_visible()
    assert sent
    assert min(sent) == 2 * CHUNK_BYTES, "what the server had was not sent again"
    expect(page.get_by_text("Commit your own impression first")).to_be_visible()
    assert page.evaluate("document.querySelector('.photograph img').naturalWidth") == 800

    page.get_by_role("link", name="Anamnesis").click()
    expect(page.get_by_label("Patient", exact=True)).to_contain_text("Müller, Eva")
    bleeding = page.get_by_role("group", name="Bleeding")
    expect(bleeding.get_by_label("unknown")).to_be_checked()
    bleeding.get_by_label("yes").check(force=True)
    page.get_by_label("Site", exact=True).select_option("scalp")
    assert page.evaluate(WIDER) <= 0
    assert grave_faults(page) == []
    page.get_by_role("button", name="Save, and let the machine read again").click()
    expect(page.get_by_role("alert")).to_contain_text("Ask again")
    page.get_by_label("Site", exact=True).select_option("back")
    page.get_by_role("button", name="Save, and let the machine read again").click()
    expect(page.get_by_text("Commit your own impression first")).to_be_visible()
    assert [
        each
        for each in complaints
        if "ERR_CONNECTION_RESET" not in each and "409" not in each and "422" not in each
    ] == []


def test_what_is_no_photograph_and_another_patients_photograph_are_told_and_asked(
    page: Page, served: tuple[Served, str]
) -> None:
    server, login = served
    _sign_in_and_open_a_visit(page, server, login)
    patient = page.url
    photograph = {"name": "a.png", "mimeType": "image/png", "buffer": _photograph()}
    for identifier in ("", "4712"):
        if identifier:
            page.goto(f"{server.address}/patients/new")
            page.get_by_label("Identifier").fill(identifier)
            page.get_by_label("Family name").fill("Müller")
            page.get_by_label("Given name").fill("Eva")
            page.get_by_label("Date of birth").fill("1961-04-23")
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("alert")).to_contain_text("with the identifier 4711")
            page.get_by_label("This is another person").check()
            page.get_by_role("button", name="Save").click()
            assert page.url != patient
        page.get_by_label("Site on the body").select_option("chin")
        page.get_by_role("button", name="Add a lesion").click()
        page.get_by_label("Patient", exact=True).get_by_role("link").click()
        page.get_by_role("button", name="Open a visit now").click()
        page.locator("form[data-ready]").wait_for()
        page.locator("#images").set_input_files(photograph)  # type: ignore[arg-type]
        if identifier:
            expect(page.get_by_text("at lesion L1 of Müller, Eva")).to_be_visible()
            page.get_by_role("button", name="I have looked: it belongs here").click()
        expect(page.get_by_text("was added", exact=True)).to_be_visible()
    page.locator("#images").set_input_files(
        {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": b"<html>" + bytes(2000)}
    )
    expect(page.get_by_text("This file is no photograph")).to_be_visible()
