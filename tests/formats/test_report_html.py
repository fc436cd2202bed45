"""The report page as one HTML file, and how a browser shows it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from markupsafe import escape
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from augderm.analysis.maps.colour_maps import LIMITS
from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import LIMIT_OF_USE, Assessment
from augderm.formats.report import report_html
from augderm.formats.report.content import report_content
from support.pages import tags_of, text_of
from support.reports import (
    abstained,
    abstained_without_lesion,
    assessment_of,
    clinical,
    failed,
    several_photographs,
    with_findings,
)

CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}.png"
CASES = {
    "ok": assessment_of(),
    "with millimetres": assessment_of(mm_per_px=0.03, name="a" * 300 + ".png"),
    "tall": assessment_of(spec=PhantomSpec(width_px=300, height_px=800, long_axis_px=200, short_axis_px=150)),
    "abstained": abstained(assessment_of(), "The image is blurred beyond use."),
    "without lesion": abstained_without_lesion(),
    "failed": failed(),
    "clinical": clinical(),
    "several photographs": several_photographs(),
    "with findings": with_findings(),
}


@pytest.mark.parametrize("assessment", CASES.values(), ids=CASES.keys())
def test_the_page_is_one_file_without_script_or_request(assessment: Assessment) -> None:
    page = report_html(assessment)
    tags = tags_of(page)
    assert not {"script", "iframe", "object", "embed", "form", "base"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#border"))
    assert "url(" not in page
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page


@pytest.mark.parametrize("assessment", CASES.values(), ids=CASES.keys())
def test_the_page_says_the_limit_of_use_and_names_the_model(assessment: Assessment) -> None:
    text = text_of(report_html(assessment))
    assert text.count(LIMIT_OF_USE) == 2
    assert "augderm-lite 0.1.0" in text
    assert assessment.sha256 is not None
    assert assessment.sha256[:12] in text


@pytest.mark.parametrize("assessment", CASES.values(), ids=CASES.keys())
def test_the_page_can_be_read_without_eyes(assessment: Assessment) -> None:
    tags = tags_of(report_html(assessment))
    assert ("html", {"lang": "en"}) in tags
    assert all(attributes.get("alt") for tag, attributes in tags if tag == "img")
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    inputs = {attributes["id"] for tag, attributes in tags if tag == "input"}
    assert inputs == {attributes["for"] for tag, attributes in tags if tag == "label"}
    levels = [int(tag[1]) for tag, _ in tags if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_hostile_names_notes_and_reasons_are_only_text() -> None:
    clean = tags_of(report_html(abstained(assessment_of(notes=("a",)), "b")))
    page = report_html(abstained(assessment_of(name=HOSTILE, notes=(HOSTILE,)), HOSTILE))
    assert [tag for tag, _ in tags_of(page)] == [tag for tag, _ in clean]
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_the_page_stays_small_and_holds_the_photograph() -> None:
    page = report_html(assessment_of())
    assert len(page.encode()) < 400_000
    jpeg = re.search(r"data:image/jpeg;base64,([^\"]+)", page)
    assert jpeg
    with Image.open(io.BytesIO(base64.b64decode(jpeg[1]))) as image:
        assert image.size == (600, 450)


def test_an_ok_page_shows_every_section() -> None:
    text = text_of(report_html(assessment_of(), read_at=datetime(2026, 11, 3, 14, 5, tzinfo=UTC)))
    for heading in (
        "In words", "Parameter maps", "Malignancy", "Diagnosis", "Where the network looked",
        "Structures and artefacts",
        "Dermoscopic scores", "Quality of the image", "Measures",
        "Sharpness of the border", "Dermoscopic colours", "Mean colour", "Notes from decoding",
    ):  # fmt: skip
        assert heading in text
    assert "47 %" in text
    assert "● in the set" in re.sub(r"\s+", " ", text)
    assert "No scale known" in text
    assert "2026-11-03 14:05 UTC" in text


def test_a_clinical_photograph_says_so_and_has_no_structures() -> None:
    text = text_of(report_html(CASES["clinical"]))
    assert "Clinical photograph, not dermoscopy" in text
    assert "Structures and artefacts" not in text


def test_each_score_is_a_checklist_with_who_set_what() -> None:
    page = report_html(assessment_of())
    section = text_of(page.split('aria-labelledby="scores"')[1].split("</section>")[0])
    for score in assessment_of().scores.values():
        assert score.limits in section
        for item in score.items:
            assert item.title.lower() in section.lower()
            assert item.set_by == "nobody" or item.evidence in section
    assert "C: colours, of 6 3 machine Dark brown 46 %" in section
    assert "5.4 to 7.4 points , undecided: suspicious to melanoma" in section
    for name in ("clinical", "failed", "without lesion"):
        assert "Dermoscopic scores" not in report_html(CASES[name])
    assert "Dermoscopic scores" in report_html(CASES["abstained"])


def test_the_paragraph_comes_before_everything_that_it_sums_up() -> None:
    for name in ("ok", "abstained", "without lesion", "clinical", "several photographs"):
        page, paragraph = report_html(CASES[name]), report_content(CASES[name]).paragraph
        assert escape(paragraph) in page
        assert page.index(escape(paragraph)) < min(
            page.index(f'id="{part}"') for part in ("malignancy", "quality")
        )
    assert "In words" not in report_html(CASES["failed"])


def test_the_maps_have_their_scale_and_their_limits() -> None:
    section = report_html(CASES["ok"]).split('aria-labelledby="maps"')[1].split("</section>")[0]
    pictures = re.findall(r"data:image/jpeg;base64,([^\"]+)", section)
    assert [Image.open(io.BytesIO(base64.b64decode(each))).size for each in pictures] == [(320, 240)] * 3
    text = text_of(section)
    for part in ("Melanin, relative.", "Haemoglobin, relative.", "Residual.", *LIMITS):
        assert part in text
    assert text.count("\u2212") == 2
    assert "Not made: no lesion was found." in report_html(CASES["without lesion"])
    assert "Parameter maps" not in report_html(CASES["failed"])


def test_several_photographs_are_listed() -> None:
    text = text_of(report_html(CASES["several photographs"]))
    for part in ("Photographs of this lesion", "a.png", "b.png", "c.jpg", "Blurred.", "truncated"):
        assert part in text


def test_pages_without_diagnosis_show_no_probability() -> None:
    text = text_of(report_html(CASES["abstained"]))
    assert "The image is blurred beyond use." in text
    assert "Not given: the machine abstains." in text
    # The rules of the scores say "melanoma"; the machine's own bars must not.
    assert "mel · malignant" not in text
    assert "mel · malignant" in text_of(report_html(CASES["ok"]))
    assert "35 500 px²" in text
    failed_text = text_of(report_html(CASES["failed"]))
    assert "The file is damaged or truncated" in failed_text
    assert "px²" not in failed_text


def test_a_phantom_is_labelled_only_when_told() -> None:
    assert "Synthetic phantom: not a patient" in text_of(report_html(assessment_of(), synthetic=True))
    assert "not a patient" not in text_of(report_html(assessment_of()))


def test_the_same_assessment_gives_the_same_page() -> None:
    assert report_html(assessment_of()) == report_html(assessment_of())


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser: {CHROMIUM} is absent (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser.new_page()
        browser.close()


def open_report(page: Page, assessment: Assessment, folder: Path) -> list[str]:
    """Open the page from a file, as a user does; returns the requests that are not for it or in it."""
    file = folder / "report.html"
    file.write_text(report_html(assessment), encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    return [url for url in asked if url != file.as_uri() and not url.startswith("data:")]


LAYERS = {
    "Image": (".photograph", True),
    "Border": (".outline", True),
    "Lesion area": (".area", False),
    "Where the network looked": (".heat", False),
}


def test_each_switch_shows_and_hides_its_layer(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    assert open_report(page, assessment_of(), tmp_path) == []

    def shown(selector: str) -> bool:
        return bool(page.locator(selector).evaluate("e => getComputedStyle(e).display !== 'none'"))

    for label, (selector, on_at_first) in LAYERS.items():
        switch = page.get_by_label(label, exact=True)
        assert switch.is_checked() is shown(selector) is on_at_first
        page.locator(".picture label").get_by_text(label, exact=True).click()
        assert shown(selector) is not on_at_first
        switch.focus()
        page.keyboard.press("Space")
        assert shown(selector) is on_at_first


def test_each_located_structure_has_a_switch_of_its_own(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    open_report(page, with_findings(), tmp_path)
    stack = page.locator(".stack")
    layers = page.locator(".stack .structure")
    assert layers.count() == 3
    plain = stack.screenshot()
    seen = {plain}
    for index in range(3):
        assert not layers.nth(index).is_visible()
        switch = page.locator(".picture label:has(.mark-of)").nth(index)
        switch.click()
        assert layers.nth(index).is_visible()
        seen.add(stack.screenshot())
        switch.click()
        assert not layers.nth(index).is_visible()
    assert len(seen) == 4
    assert stack.screenshot() == plain


def test_a_layer_changes_what_is_seen(page: Page, tmp_path: Path) -> None:
    open_report(page, assessment_of(), tmp_path)
    stack = page.locator(".stack")
    seen = {stack.screenshot()}
    for label in LAYERS:
        page.get_by_label(label, exact=True).click()
        seen.add(stack.screenshot())
    assert len(seen) == 1 + len(LAYERS)


@pytest.mark.parametrize("width", [375, 768, 1200])
@pytest.mark.parametrize("assessment", CASES.values(), ids=CASES.keys())
def test_nothing_overflows_sideways(page: Page, tmp_path: Path, assessment: Assessment, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert open_report(page, assessment, tmp_path) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.unseen, thead'))
        .filter(e => e.getBoundingClientRect().right > document.body.clientWidth + 0.5)
        .map(e => e.outerHTML)"""
    )
    assert outside == []


def test_each_printed_page_says_the_limit_of_use(page: Page, tmp_path: Path) -> None:
    open_report(page, CASES["with millimetres"], tmp_path)
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    texts = [sheet.get_textpage().get_text_range() for sheet in document]
    document.close()
    assert len(texts) <= 5
    assert all(LIMIT_OF_USE in text for text in texts)
