"""Reading in a real browser, by the keyboard alone: blind, overruled, warned, signed; and two at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.accounts.start import new_user
from augderm.clinic.platform import Platform
from augderm.clinic.settings import Settings
from augderm.reader.network import Network
from augderm.store.models import ClinicRow, ReadRow, UserRow
from augderm.web.app import create_app, missing_vendor_files
from augderm.web.csrf import SESSION_COOKIE
from support.browser import chromium, complaints_of, grave_faults
from support.clinic import open_case, somebody
from support.machine import all_work, machine_says
from support.served import served

WAIT_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if missing_vendor_files():
        pytest.skip("no front-end files: build them (python tools/front_end.py)")
    with chromium() as made:
        yield made


@pytest.fixture
def address(platform: Platform) -> Iterator[str]:
    assert isinstance(platform.settings, Settings)
    with served(create_app(platform.settings, platform)) as url:
        yield url


def _signed_in(browser: Browser, platform: Platform, address: str, user_id: str) -> Page:
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, user_id))
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    return page


def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until the focus is there, as somebody without a mouse does."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.mark.slow
def test_a_blind_read_by_the_keyboard_alone_with_an_alert_and_an_item_overruled(
    browser: Browser, platform: Platform, toy_network: Network, address: str
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    all_work(platform, toy_network)
    content = machine_says(platform, case.image.id, malignancy=0.8, band="urgent", likeliest="mel")
    assert content["malignancy"]["probability"] == 0.8
    page = _signed_in(browser, platform, address, person.user_id)
    said = complaints_of(page)
    page.goto(f"{address}/cases/{case.image.case_id}")
    expect(page.locator("[data-viewer][data-state=ready]")).to_be_visible()
    expect(page.get_by_text("hidden until you have committed")).to_be_visible()
    assert page.locator(".viewer-overlay").count() == 0
    assert grave_faults(page) == []

    _tab_to(page, ".viewer-pane")
    page.keyboard.press("+")
    _tab_to(page, "#impression")
    page.keyboard.type("Melanocytic")
    expect(page.locator("#impression")).to_have_value("nv")
    _tab_to(page, "#management")
    page.keyboard.type("No control")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    page.reload()
    expect(page.locator("#impression")).to_have_value("nv")
    expect(page.locator("#management")).to_have_value("reassure")
    _tab_to(page, "#decide form button:not([type])")
    page.keyboard.press("Enter")

    expect(page.get_by_role("note", name="Look once more")).to_contain_text("80%")
    expect(page.get_by_text("Preliminary: the machine's read")).to_be_visible()
    expect(page.locator("[data-viewer][data-state=ready]")).to_be_visible()
    assert page.locator(".viewer-overlay").count() >= 3
    assert grave_faults(page) == []

    _tab_to(page, "#list-three_point summary")
    page.keyboard.press("Enter")
    before = page.locator("#list-three_point-total strong").inner_text()
    _tab_to(page, "[id='three_point.atypical_network']")
    page.keyboard.type("present")
    expect(page.locator("#list-three_point").get_by_text("set by you")).to_be_visible()
    expect(page.locator("#list-three_point-total strong")).not_to_have_text(before)
    expect(page.locator("[id='three_point.atypical_network']")).to_be_focused()
    expect(page.locator("#list-three_point")).to_have_attribute("open", "")

    _tab_to(page, "#final_diagnosis", "Shift+Tab")
    page.keyboard.type("Melanoma")
    _tab_to(page, "#final_management")
    page.keyboard.type("Urgent")
    _tab_to(page, "#reason")
    page.keyboard.type("Changed my mind.")
    _tab_to(page, "#final button:not([type])")
    page.keyboard.press("Enter")
    expect(page.locator("#signed")).to_contain_text("Melanoma")
    expect(page.locator("#signed")).to_contain_text("Changed my mind.")
    expect(page.locator("[id='three_point.atypical_network']")).to_be_disabled()
    assert said == []
    with platform.database.reading() as session:
        read = session.scalars(select(ReadRow)).one()
    assert (read.impression, read.final_diagnosis, read.alert) == ("nv", "mel", "machine_malignant")


@pytest.mark.slow
def test_two_readers_at_once_are_told_and_neither_overwrites_the_other(
    browser: Browser, platform: Platform, toy_network: Network, address: str
) -> None:
    first = somebody(platform, "reader")
    case = open_case(platform, first)
    all_work(platform, toy_network)
    with platform.database.writing() as session:
        clinic = session.get_one(ClinicRow, first.clinic_id)
        second = new_user(session, platform, clinic, "ida", "Ida Other", "reader", None).id
    pages = [_signed_in(browser, platform, address, each) for each in (first.user_id, second)]
    for page, impression in zip(pages, ("nv", "mel"), strict=True):
        page.goto(f"{address}/cases/{case.image.case_id}")
        page.locator("#impression").select_option(impression)
        page.locator("#management").select_option("soon")
        page.get_by_role("button", name="Commit my impression").click()
        expect(page.locator("#final")).to_be_visible()
    one, two = pages
    expect(two.get_by_text("Some Body has this case open too, since")).to_be_visible()
    one.get_by_role("button", name="Sign", exact=True).click()
    expect(one.locator("#signed")).to_be_visible()
    two.get_by_role("button", name="Sign", exact=True).click()
    expect(two.get_by_role("alert")).to_contain_text("nothing was overwritten")
    expect(two.get_by_role("table")).to_contain_text("Melanocytic naevus")
    expect(two.get_by_role("table")).to_contain_text("Melanoma")
    two.locator("#reason").fill("A vessel that I see.")
    two.get_by_role("button", name="Sign mine beside it").click()
    expect(two.locator("#signed")).to_contain_text("A vessel that I see.")
    one.reload()
    expect(one.get_by_role("heading", name="Signed by Ida Other")).to_be_visible()
    expect(one.locator("#signed")).to_contain_text("Melanocytic naevus")
