"""A second opinion across two clinics in a real browser, without identity: asked, read blind, answered."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.referrals import ask
from augderm.store.models import ImageRow
from augderm.web.app import missing_vendor_files
from support.browser import chromium, complaints_of, grave_faults
from support.clinic import open_case, somebody
from support.served import browser_of, serve_clinic
from support.signing import read_by_machine, sign

WIDE = {"width": 1280, "height": 900}


@pytest.mark.slow
def test_a_case_is_asked_and_answered_across_two_clinics_without_identity(platform: Platform) -> None:
    if missing_vendor_files():
        pytest.skip("no front-end files: build them (npm ci) to test pages that move by themselves")
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = open_case(platform, ada)
    key = str(case.image.case_id)
    read_by_machine(platform, case.image.id)
    commit_impression(platform, ada, key, "nv", "monitor_3")
    with chromium() as browser, serve_clinic(platform) as address:
        here = browser_of(browser, platform, ada, address).new_page()
        there = browser_of(browser, platform, bob, address, viewport={"width": 375, "height": 800}).new_page()
        said = [complaints_of(here), complaints_of(there)]

        here.goto(f"/cases/{key}/referrals")
        here.get_by_label("Whom you ask").select_option(bob.user_id)
        expect(here.get_by_label("without identity")).to_be_checked()
        here.get_by_label("Your question").fill("Naevus or melanoma?")
        assert grave_faults(here) == []
        here.get_by_role("button", name="Ask").click()
        expect(here.get_by_text("waits for an answer")).to_be_visible()

        there.goto("/patients")
        there.get_by_role("link", name="Second opinions (1)").click()
        there.get_by_role("table").get_by_role("link").click()
        expect(there.get_by_text("Naevus or melanoma?")).to_be_visible()
        expect(there.get_by_label("Patient", exact=True)).to_contain_text("65 years")
        expect(there.get_by_text("Probability of malignancy")).to_have_count(0)
        assert "Müller" not in there.content()
        expect(there.locator(".photograph img")).to_have_js_property("naturalWidth", 320)
        assert there.evaluate("document.documentElement.scrollWidth") <= 375
        assert grave_faults(there) == []
        there.get_by_label("Your impression").select_option("nv")
        there.get_by_label("What you would do").select_option("soon")
        there.get_by_role("button", name="Commit my impression").click()
        expect(there.get_by_text("Probability of malignancy")).to_be_visible()
        assert grave_faults(there) == []
        there.get_by_label("Your impression").select_option("mel")
        there.get_by_label("Your answer").last.fill("Excise it.")
        there.get_by_role("button", name="Send the answer").click()
        expect(there.get_by_text("closed to you again")).to_be_visible()

        here.goto("/patients")
        expect(here.get_by_role("link", name="Second opinions 1 new answer")).to_be_visible()
        here.goto(f"/cases/{key}/referrals")
        expect(here.get_by_text("Excise it.")).to_be_visible()
        expect(here.get_by_text("new answer", exact=True)).to_be_visible()
        assert grave_faults(here) == []

        sign(platform, ada, key, diagnosis="mel", management="urgent")
        here.goto(f"/cases/{key}/report")
        here.get_by_label("Language of the report").select_option("ar")
        here.get_by_label("Letter to").select_option("patient")
        assert grave_faults(here) == []
        here.get_by_role("button", name="Open as a page").click()
        expect(here.get_by_role("heading", level=1)).to_have_text("تقرير عن آفة جلدية")
        assert here.evaluate("getComputedStyle(document.body).direction") == "rtl"
        assert here.evaluate("getComputedStyle(document.body).margin") == "0px", "the style came"
        assert grave_faults(here) == []
        assert said == [[], []]


@pytest.mark.slow
def test_an_asked_reader_zooms_and_measures_declines_and_the_asker_is_told(platform: Platform) -> None:
    if missing_vendor_files():
        pytest.skip("no front-end files: build them (npm ci) to test pages that move by themselves")
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = open_case(platform, ada)
    key = str(case.image.case_id)
    with platform.database.writing() as session:
        session.get_one(ImageRow, case.image.id).mm_per_px = 0.05
    commit_impression(platform, ada, key, "nv", "monitor_3")
    asked = ask(platform, ada, key, bob.user_id, False, "Naevus or melanoma?")
    with chromium() as browser, serve_clinic(platform) as address:
        there = browser_of(
            browser, platform, bob, address, viewport={"width": 1280, "height": 900}
        ).new_page()
        said = complaints_of(there)
        fetched: list[str] = []
        there.on("request", lambda request: fetched.append(request.url))
        there.goto(f"/questions/{asked.id}")
        expect(there.locator(".openseadragon-canvas").first).to_be_visible()
        there.get_by_role("button", name="Measure").click()
        box = there.locator(".openseadragon-canvas").first.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        for part in (0.4, 0.6):
            there.mouse.click(box["x"] + box["width"] * part, middle)
            there.wait_for_timeout(400)
        expect(there.locator("[data-viewer]")).to_contain_text(" mm")
        assert [url for url in fetched if url.endswith(f"/images/{case.image.id}/original")]
        assert not [url for url in fetched if f"{address}/images/" in url], "only by way of the question"
        assert grave_faults(there) == []
        there.get_by_text("Decline this question").click()
        there.get_by_label("Reason").fill("I am on leave.")
        assert grave_faults(there) == []
        there.get_by_role("button", name="Decline", exact=True).click()
        expect(there.get_by_text("You declined on")).to_be_visible()
        assert said == []

        here = browser_of(browser, platform, ada, address).new_page()
        here.goto("/patients")
        expect(here.get_by_role("link", name="Second opinions 1 new answer")).to_be_visible()
        here.goto(f"/cases/{key}/referrals")
        expect(here.get_by_text("I am on leave.")).to_be_visible()
        expect(here.get_by_role("button", name="Ask")).to_be_visible()
        assert grave_faults(here) == []
