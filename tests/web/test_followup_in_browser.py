"""From follow-up to outcome in a real browser: a visit closes the recall, both visits are compared, histology
is entered, and the figures count it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.platform import Platform
from augderm.reader.network import Network
from augderm.store.models import UserRow
from augderm.web.app import create_app, missing_vendor_files
from augderm.web.csrf import SESSION_COOKIE
from support.browser import chromium, complaints_of, grave_faults
from support.clinic import Clock, somebody
from support.followup import sign_case, signed_case, visit_again
from support.machine import all_work
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
    with served(create_app(platform.settings, platform)) as url:
        yield url


@pytest.mark.slow
def test_follow_up_to_outcome(
    browser: Browser, platform: Platform, toy_network: Network, clock: Clock, address: str
) -> None:
    person = somebody(platform, "reader", "nurse")
    case = signed_case(platform, person, "nv", "monitor_3")
    clock.forward(timedelta(days=100))
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, person.user_id))
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    said = complaints_of(page)

    page.goto(f"{address}/recalls?which=overdue")
    expect(page.locator("tr.overdue")).to_have_count(1)
    assert grave_faults(page) == []
    page.get_by_role("link", name="L1").click()
    expect(page.get_by_role("heading", name="Lesion L1")).to_be_visible()

    later = visit_again(platform, person, case)
    all_work(platform, toy_network)
    sign_case(platform, person, str(later.case_id), "mel", "urgent")
    page.reload()
    expect(page.locator("section[aria-labelledby=recalls] li > .hint").filter(has_text="Done")).to_have_count(
        1
    )
    expect(page.locator(".timeline > li")).to_have_count(2)
    assert grave_faults(page) == []

    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("The photographs are being compared.")).to_be_visible()
    all_work(platform, toy_network)
    # The page follows by itself; the case was signed without having been shown the machine's read.
    expect(page.get_by_text("Commit your own impression of the later visit first")).to_be_visible()
    page.goto(f"{address}/cases/{later.case_id}")
    page.goto(f"{address}/comparisons/{later.id}/{case.image.id}")
    expect(page.locator("[data-state=done]")).to_be_visible()
    expect(page.locator(".pair img")).to_have_count(2)
    assert grave_faults(page) == []

    page.get_by_role("link", name="Outcomes").click()
    page.get_by_role("link", name="Enter an outcome").click()
    page.get_by_label("Diagnosis", exact=True).select_option("mel")
    page.get_by_label("In the pathologist's words").fill("SSM, Breslow 0.4 mm")
    assert grave_faults(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("SSM, Breslow 0.4 mm")).to_be_visible()
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("row").filter(has_text="Both together (signed)").first).to_contain_text("1/1")
    assert grave_faults(page) == []
    assert said == []
    context.close()
