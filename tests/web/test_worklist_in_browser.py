"""Triage by keys alone, in a real browser: search, move, assign, take, with the focus where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.worklist import Wanted, see_worklist
from augderm.web.app import missing_vendor_files
from augderm.web.csrf import SESSION_COOKIE
from support.browser import chromium, complaints_of, grave_faults
from support.clinic import open_case, somebody
from support.served import serve_clinic, session_of

WAIT_MS = 60_000
CUT_OFF = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx tells as an error where a newer search, or leaving the page, ends a request."""
FOCUSED = "document.activeElement.closest('[data-keys-list] > li')?.id ?? document.activeElement.id"


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse")


@pytest.fixture
def page(platform: Platform, person: Person) -> Iterator[Page]:
    if missing_vendor_files():
        pytest.skip("no front-end files: build them (npm ci) to test pages that move by themselves")
    for number, family in enumerate(("Alba", "Bruno", "Carl")):
        entry = PatientEntry(
            identifier=str(number), family_name=family, given_name="Ada", birth_date="1961-04-23"
        )
        open_case(platform, person, entry, seed=number)
    with serve_clinic(platform) as address, chromium() as browser:
        context = browser.new_context(locale="en-GB")
        cookie = {"name": SESSION_COOKIE, "value": session_of(platform, person), "url": address}
        context.add_cookies([cookie])  # type: ignore[list-item]
        made = context.new_page()
        made.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        made.goto(address)
        yield made


@pytest.mark.slow
def test_a_reader_works_through_the_list_by_keys_alone(
    platform: Platform, person: Person, page: Page
) -> None:
    faults = complaints_of(page)
    lines = page.locator("[data-keys-list] > li")
    told = page.locator("#told")
    expect(lines).to_have_count(3)
    assert grave_faults(page) == []
    order = [f"case-{case.id}" for case in see_worklist(platform, person, Wanted()).cases]

    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == order[0]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == order[2], "the last line is the last"
    page.keyboard.press("k")
    assert page.evaluate(FOCUSED) == order[1]

    page.keyboard.press("a")
    expect(page.locator("select[name=reader]").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(told).to_contain_text(f"Assigned to {person.name}")
    page.wait_for_function(f"({FOCUSED}) === '{order[1]}'")

    page.keyboard.press("/")
    page.keyboard.type("bruno t")
    expect(lines).to_have_count(0)
    expect(told).to_contain_text("Shown: 0")
    page.keyboard.press("Control+a")
    page.keyboard.type("bruno")
    expect(lines).to_have_count(1)
    page.keyboard.press("Escape")
    assert str(page.evaluate(FOCUSED)).startswith("case-")
    assert "q=bruno" in page.url
    page.reload()
    expect(lines).to_have_count(1)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert grave_faults(page) == []
    page.get_by_label("Use keys of a single letter").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    assert "/worklist" in page.url, "letters are off"
    page.get_by_role("button", name="Keys").press("Enter")
    page.get_by_label("Use keys of a single letter").press("Space")
    page.keyboard.press("Escape")

    page.keyboard.press("t")
    page.wait_for_url(re.compile("/cases/"))
    taken = {case.id for case in see_worklist(platform, person, Wanted(reader="mine")).cases}
    assert {f"case-{key}" for key in taken} == {order[0], order[1]}, "the first that nobody had"
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cases/"))
    expect(page.get_by_label("Patient", exact=True)).to_contain_text("Bruno")
    assert [fault for fault in faults if not fault.startswith(CUT_OFF)] == []
