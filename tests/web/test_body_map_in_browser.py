"""The body map in a real browser, on a page of its own under the clinic's policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, Page

from augderm.domain.body_map import VIEWS, middle_of, region_at
from augderm.formats.body_map_page import MapPoint, map_content
from support.browser import chromium, complaints_of, grave_faults
from support.page_server import STATIC, serve_pages

TEMPLATES = STATIC.parent / "templates"
HOSTILE = "<img src=x onerror=alert(1)>"
LESIONS = (
    MapPoint("1", "left_chest_upper", "front", 0.6, 0.22),
    MapPoint("2", "right_back_middle", "back", 0.58, 0.31),
    MapPoint("3", "left_calf"),
    MapPoint(HOSTILE, "right_thigh_front", "front", 0.38, 0.58),
)
WALK = """figure => {
  const all = [...figure.querySelectorAll('[data-region]')];
  const found = new Set([figure.querySelector('[data-region][tabindex="0"]')]);
  for (const from of found) for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
    from.focus();
    from.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    found.add(document.activeElement);
  }
  return all.filter(region => !found.has(region)).map(region => region.dataset.region);
}"""
"""Goes from region to region by every arrow key, and names those that it never came to."""
READ_FORM = "() => Object.fromEntries(new FormData(document.querySelector('form')))"


def page_of(chosen: MapPoint | None = None) -> bytes:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    template = environment.from_string(
        """{% from "body_map.html.j2" import body_map %}<!doctype html><html lang="en"><head>
<meta charset="utf-8"><title>Body map</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/css/body_map.css">
<script type="module" src="/static/js/body_map.js"></script></head>
<body><main><h1>Lesion</h1><form>{{ body_map(map) }}</form></main></body></html>"""
    )
    return template.render(map=map_content(LESIONS, chosen)).replace("data:,", "/icon.png").encode()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    chosen = MapPoint("", "left_cheek", "head_front", *middle_of("left_cheek", "head_front"))
    with serve_pages(
        {"/map.html": page_of(), "/chosen.html": page_of(chosen), "/icon.png": b""}
    ) as found:  # fmt: skip
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    made = context.new_page()
    said = complaints_of(made)
    made.goto(f"{address}/map.html")
    yield made
    context.close()
    assert said == []


def form(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(READ_FORM)
    return found


def click_at(page: Page, view: str, x: float, y: float) -> None:
    box = page.locator(f"figure[data-view={view}] svg").evaluate(
        """s => { const m = s.getScreenCTM();
        return [m.e, m.f, m.a * s.dataset.width, m.d * s.dataset.height]; }"""
    )
    page.mouse.click(box[0] + x * box[2], box[1] + y * box[3])


@pytest.mark.parametrize(
    ("view", "x", "y"),
    [("front", 0.6, 0.21), ("front", 0.4, 0.21), ("back", 0.4, 0.3), ("palms", 0.72, 0.75)],
)
def test_a_click_sets_the_region_and_the_point_that_python_finds_there(
    page: Page, view: str, x: float, y: float
) -> None:
    page.get_by_label("View", exact=True).select_option(view)
    click_at(page, view, x, y)
    found = form(page)
    region = region_at(view, x, y)
    assert region is not None
    assert found["site_region"] == region.code
    assert found["site_view"] == view
    assert float(found["site_x"]) == pytest.approx(x, abs=0.01)
    assert float(found["site_y"]) == pytest.approx(y, abs=0.01)
    assert region_at(view, float(found["site_x"]), float(found["site_y"])) == region
    assert page.locator("[data-body-map-told]").inner_text() == region.words()
    assert page.locator(f"figure[data-view={view}] .body-map-mark").is_visible()


def test_the_patients_left_is_on_the_viewers_right_in_front_and_on_the_left_behind(page: Page) -> None:
    click_at(page, "front", 0.6, 0.21)
    assert form(page)["site_region"].startswith("left_")
    page.get_by_label("View", exact=True).select_option("back")
    click_at(page, "back", 0.4, 0.21)
    assert form(page)["site_region"].startswith("left_")
    assert page.locator("figure[data-view=back] figcaption").inner_text().split("\n")[0] == "patient's left"


def test_a_click_beside_the_body_chooses_nothing(page: Page) -> None:
    click_at(page, "front", 0.02, 0.02)
    assert form(page)["site_region"] == ""


def test_the_keys_choose_a_region(page: Page) -> None:
    page.get_by_label("View", exact=True).focus()
    page.keyboard.press("Tab")
    before = page.evaluate("document.activeElement.dataset.region")
    page.keyboard.press("ArrowDown")
    code = page.evaluate("document.activeElement.dataset.region")
    assert code != before
    style = page.locator(":focus").evaluate("e => getComputedStyle(e).strokeWidth")
    assert style == "3px"
    page.keyboard.press("Enter")
    assert form(page)["site_region"] == code
    assert form(page)["site_x"] == form(page)["site_view"] == ""
    name = page.locator(":focus").get_attribute("aria-label")
    assert page.locator("[data-body-map-told]").inner_text() == name
    assert page.locator(":focus").get_attribute("aria-checked") == "true"


def test_the_arrow_keys_lead_from_the_first_region_to_every_other(page: Page) -> None:
    for view in VIEWS:
        page.get_by_label("View", exact=True).select_option(view)
        missed = page.locator(f"figure[data-view={view}]").evaluate(WALK)
        assert missed == [], view


def test_the_list_chooses_too_and_shows_a_view_of_it(page: Page) -> None:
    page.get_by_label("Site on the body").select_option("left_great_toe_nail")
    assert page.locator("figure[data-view=tops_of_feet]").is_visible()
    assert page.locator("[data-region=left_great_toe_nail]").get_attribute("aria-checked") == "true"


def test_lesions_are_numbered_points_with_names_and_no_markup(page: Page) -> None:
    front = page.locator("figure[data-view=front] .body-map-lesion")
    assert front.count() == 2
    assert front.first.get_attribute("aria-label") == "Lesion 1: Upper chest, patient's left"
    assert page.locator("img").count() == 0
    assert HOSTILE in (front.nth(1).get_attribute("aria-label") or "")
    about = page.locator("figure[data-view=back] .body-map-about")
    assert about.count() == 1


def test_what_was_chosen_before_is_shown(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/chosen.html")
    assert page.locator("figure[data-view=head_front]").is_visible()
    assert page.locator("figure[data-view=head_front] .body-map-mark").is_visible()
    assert form(page)["site_region"] == "left_cheek"
    context.close()


def test_without_script_the_list_alone_sets_the_site(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/map.html")
    assert not page.locator("[data-body-map-pictures]").is_visible()
    page.get_by_label("Site on the body").select_option("chin")
    assert page.get_by_label("Site on the body").input_value() == "chin"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1000])
def test_axe_finds_nothing_grave_and_nothing_overflows(page: Page, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert grave_faults(page) == []
