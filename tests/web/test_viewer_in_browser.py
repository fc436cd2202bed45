"""The image viewer in a real browser, on a page of its own under the clinic's policy."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.assessment import Scale
from augderm.formats.viewer_page import (
    KEY_WORDS,
    VIEWER_WORDS,
    Legend,
    Overlay,
    ViewerImage,
    script_json,
    viewer_data,
)
from support.browser import chromium, complaints_of, grave_faults
from support.page_server import STATIC, Pages, serve_pages

WIDTH, HEIGHT = 600, 450
MM_PER_PX = 0.025
SHIFT = ((1.0, 0.0, 30.0), (0.0, 1.0, -20.0), (0.0, 0.0, 1.0))
SQUARES = ((250, 150), (340, 160), (270, 280))
CENTRE, RADIUS = (300.0, 225.0), 80.0
"""Of the circle that is measured, and that the border's contour is."""


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def phantom_png(**changes: Any) -> bytes:
    return png(draw_phantom(PhantomSpec(width_px=WIDTH, height_px=HEIGHT, **changes)).pixels)


def images() -> list[ViewerImage]:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    (x, y), r = CENTRE, RADIUS
    circle = [(x + r * np.cos(t), y + r * np.sin(t)) for t in turn]
    scale = Scale(MM_PER_PX, 0.0005, "ruler")
    return [
        ViewerImage(
            id="base", url="/base.png", width=WIDTH, height=HEIGHT, label="3 May 2026, polarised",
            visit="2026-05-03", polarisation="polarised", scale=scale,
            overlays=[
                Overlay(id="border", label="Border", contours=[circle], colour="#ffd84b"),
                Overlay(
                    id="melanin", label="Melanin, relative", url="/map.png", opacity=0.6, shown=False,
                    legend=Legend(low="0", high="0.31", colours=("#440154", "#21918c", "#fde725")),
                ),
            ],
        ),
        ViewerImage(
            id="twin", url="/twin.png", width=WIDTH, height=HEIGHT, label="3 May 2026, non-polarised",
            visit="2026-05-03", polarisation="non_polarised",
        ),
        ViewerImage(
            id="earlier", url="/earlier.png", width=WIDTH, height=HEIGHT, label="1 February 2026",
            visit="2026-02-01", to_base=SHIFT,
        ),
        ViewerImage(
            id="loose", url="/twin.png", width=WIDTH, height=HEIGHT, label="7 August 2025",
            visit="2025-08-07", not_registered="Too few points agree.",
        ),
    ]  # fmt: skip


def page_of(data: dict[str, Any]) -> bytes:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Viewer</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/base.png">
<link rel="stylesheet" href="/static/css/viewer.css">
<script defer src="/static/vendor/openseadragon.min.js"></script>
<script type="module" src="/static/js/viewer.js"></script></head>
<body><main><h1>Case</h1><script type="application/json" id="viewer-data">{script_json(data)}</script>
<div data-viewer="viewer-data"><img src="/base.png" alt="3 May 2026" width="300"></div></main></body></html>
""".encode()


def pages() -> Pages:
    ramp = np.zeros((45, 60, 3), np.uint8)
    ramp[..., 0] = np.arange(60) * 4
    unscaled = [
        ViewerImage(id="base", url="/base.png", width=WIDTH, height=HEIGHT, label="No scale"),
    ]
    squares = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for x, y in SQUARES:
        squares[y - 4 : y + 4, x - 4 : x + 4] = (0, 255, 0)
    marked = [ViewerImage(id="base", url="/squares.png", width=WIDTH, height=HEIGHT, label="Squares")]
    # The file is half as large as the image whose pixels the page speaks of.
    reduced = [
        ViewerImage(
            id="base", url="/base.png", width=2 * WIDTH, height=2 * HEIGHT, label="Reduced",
            scale=Scale(MM_PER_PX / 2),
        ),
    ]  # fmt: skip
    return {
        "/base.png": phantom_png(),
        "/twin.png": phantom_png(seed=5),
        "/earlier.png": phantom_png(long_axis_px=180, short_axis_px=140),
        "/map.png": png(ramp),
        "/squares.png": png(squares),
        "/squares.html": page_of(viewer_data(marked, "base")),
        "/viewer.html": page_of(viewer_data(images(), "base")),
        "/german.html": page_of(viewer_data(images(), "base", language="de")),
        "/unscaled.html": page_of(viewer_data(unscaled, "base")),
        "/reduced.html": page_of(viewer_data(reduced, "base")),
        "/broken.html": page_of(viewer_data([ViewerImage(
            id="base", url="/none.png", width=5, height=5, label="Lost")], "base")),
    }  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_pages(pages()) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts must throw nothing and ask for nothing that the policy refuses."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    made = context.new_page()
    said = complaints_of(made)
    yield made
    context.close()
    assert said == []


def opened(page: Page, address: str, name: str = "viewer.html") -> Page:
    page.goto(f"{address}/{name}")
    page.wait_for_selector("[data-viewer][data-state=ready]")
    page.wait_for_timeout(400)
    return page


def picture(page: Page) -> Any:
    return page.locator(".viewer-pane").first


def place_of(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the image is on the screen, by the layers' own transform in the browser."""
    found: list[float] = page.evaluate(
        """([x, y]) => { const layers = document.querySelector('.viewer-layers');
        const at = new DOMMatrix(getComputedStyle(layers).transform).transformPoint({x, y});
        const box = layers.offsetParent.getBoundingClientRect();
        return [at.x + box.x, at.y + box.y]; }""",
        [x, y],
    )
    return found[0], found[1]


def told(page: Page) -> str:
    return page.locator(".viewer-told").inner_text()


def millimetres(page: Page) -> tuple[float, float]:
    found = re.match(r"([\d.]+) ± ([\d.]+) mm", told(page))
    assert found, told(page)
    return float(found[1]), float(found[2])


def measure_disc(page: Page) -> None:
    (x, y), r = CENTRE, RADIUS
    page.get_by_role("button", name="Measure").click()
    for at in ((x - r, y), (x + r, y)):
        page.mouse.click(*place_of(page, *at))
        page.wait_for_timeout(150)


def is_shown(page: Page, selector: str) -> bool:
    return bool(page.locator(selector).evaluate("e => getComputedStyle(e).display !== 'none'"))


def test_the_layers_lie_where_the_image_lies(page: Page, address: str) -> None:
    """Small green squares of the image are on the screen where the layers' transform puts them."""
    opened(page, address, "squares.html")
    for keys in ((), ("+",), ("[", "[", "["), ("ArrowRight", "ArrowUp")):
        picture(page).focus()
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(700)
        shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), dtype=float)
        for x, y in SQUARES:
            across, down = place_of(page, x, y)
            around = shot[round(down) - 12 : round(down) + 12, round(across) - 12 : round(across) + 12]
            rows, columns = np.nonzero(around[..., 1] - around[..., 0] > 100)
            assert len(rows) > 20
            assert (columns.mean() - 11.5, rows.mean() - 11.5) == pytest.approx((0, 0), abs=1.5)


def test_a_known_distance_is_measured_in_millimetres_with_its_uncertainty(page: Page, address: str) -> None:
    opened(page, address)
    measure_disc(page)
    mm, uncertainty = millimetres(page)
    assert mm == pytest.approx(160 * MM_PER_PX, abs=0.05)
    # Of the scale 2 % of 4 mm, with that of pointing on top.
    assert 0.08 <= uncertainty < 0.15
    assert VIEWER_WORDS["uncertainty"] in told(page)


def test_zoom_and_turn_do_not_change_a_measured_distance(page: Page, address: str) -> None:
    opened(page, address)
    picture(page).focus()
    for key in ("+", "+", "]", "]"):
        page.keyboard.press(key)
    page.wait_for_timeout(700)
    measure_disc(page)
    assert millimetres(page)[0] == pytest.approx(4.0, abs=0.04)


def test_a_reduced_file_is_measured_in_the_pixels_of_the_whole_image(page: Page, address: str) -> None:
    opened(page, address, "reduced.html")
    page.get_by_role("button", name="Measure").click()
    for at in ((440, 450), (760, 450)):
        page.mouse.click(*place_of(page, *at))
        page.wait_for_timeout(150)
    assert millimetres(page)[0] == pytest.approx(320 * MM_PER_PX / 2, abs=0.05)
    assert VIEWER_WORDS["scale_uncertainty_unknown"] in told(page)


def test_without_a_scale_no_millimetre_is_said(page: Page, address: str) -> None:
    opened(page, address, "unscaled.html")
    measure_disc(page)
    assert " mm" not in told(page)
    assert VIEWER_WORDS["no_scale"] in told(page)
    assert float(told(page).split()[0].replace(",", "")) == pytest.approx(160, abs=2)


def test_an_end_can_be_dragged_and_the_image_stays(page: Page, address: str) -> None:
    opened(page, address)
    measure_disc(page)
    before = place_of(page, 0, 0)
    page.mouse.move(*place_of(page, 380, 225))
    page.mouse.down()
    page.mouse.move(*place_of(page, 300, 225), steps=6)
    page.mouse.up()
    page.wait_for_timeout(200)
    assert place_of(page, 0, 0) == pytest.approx(before, abs=1)
    assert millimetres(page)[0] == pytest.approx(2.0, abs=0.08)


def test_numbers_are_written_as_the_language_does(page: Page, address: str) -> None:
    opened(page, address, "german.html")
    measure_disc(page)
    assert re.match(r"(4,0|3,9)\d+ ± 0,0\d+ mm \(1(60|59),\d ", told(page))


def test_an_overlay_has_a_switch_and_an_opacity(page: Page, address: str) -> None:
    opened(page, address)
    assert is_shown(page, "[data-overlay=border]")
    assert not is_shown(page, "[data-overlay=melanin]")
    plain = picture(page).screenshot()
    page.get_by_label("Melanin, relative", exact=False).first.check()
    assert is_shown(page, "[data-overlay=melanin]")
    slider = page.get_by_label("Melanin, relative: opacity")
    layer = page.locator("[data-overlay=melanin]")
    assert layer.evaluate("e => getComputedStyle(e).opacity") == "0.6"
    with_map = picture(page).screenshot()
    assert with_map != plain
    slider.focus()
    page.keyboard.press("Home")
    assert layer.evaluate("e => getComputedStyle(e).opacity") == "0"
    assert picture(page).screenshot() == plain
    page.keyboard.press("End")
    assert layer.evaluate("e => getComputedStyle(e).opacity") == "1"
    assert slider.get_attribute("aria-valuetext") == "100 %"


def test_flicker_swaps_the_visits_and_says_which_is_seen(page: Page, address: str) -> None:
    opened(page, address)
    page.get_by_role("button", name="Flicker").click()
    badge, laid = page.locator(".viewer-badge"), page.locator(".viewer-flicker")
    seen = set()
    for _ in range(14):
        # Both in one question: between two, the pictures may have swapped.
        seen.add(
            tuple(
                laid.evaluate(
                    "e => [document.querySelector('.viewer-badge').innerText, e.style.display !== 'none']"
                )
            )
        )
        page.wait_for_timeout(150)
    assert seen == {("1 February 2026", True), ("3 May 2026, polarised", False)}
    # Of the style: what is computed of a hidden layer, half of the time, is nothing.
    transform = laid.evaluate("e => { const m = new DOMMatrix(e.style.transform); return [m.e, m.f]; }")
    assert transform == [30, -20]
    page.get_by_role("button", name="Flicker").click()
    assert laid.count() == 0
    assert not badge.is_visible()


def test_less_motion_is_respected(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1200, "height": 900})
    page = opened(context.new_page(), address)
    page.get_by_role("button", name="Flicker").click()
    page.wait_for_timeout(2000)
    assert page.locator(".viewer-badge").inner_text() == "1 February 2026"
    page.get_by_role("button", name="Swap").click()
    assert page.locator(".viewer-badge").inner_text() == "3 May 2026, polarised"
    context.close()


def test_what_is_not_registered_does_not_flicker_and_says_so(page: Page, address: str) -> None:
    opened(page, address)
    page.get_by_label("Compare with").locator("select").or_(
        page.locator(".viewer select")
    ).first.select_option("loose")
    assert page.get_by_role("button", name="Flicker").is_disabled()
    page.get_by_role("button", name="Side by side").click()
    note = page.locator(".viewer-note").last
    assert "Too few points agree." in note.inner_text()
    assert VIEWER_WORDS["not_registered"] in note.inner_text()


def views(page: Page) -> list[str]:
    return list(page.locator(".viewer-layers").evaluate_all("all => all.map(e => e.style.transform)"))


def test_side_by_side_moves_together_until_it_is_unlocked(page: Page, address: str) -> None:
    opened(page, address)
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_timeout(800)
    for act in ("+", "ArrowRight", "]"):
        picture(page).focus()
        page.keyboard.press(act)
        page.wait_for_timeout(600)
        first, second = views(page)
        assert first == second
    # The second picture leads as well.
    box = page.locator(".viewer-pane").nth(1).bounding_box()
    assert box is not None
    before = views(page)[0]
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(800)
    first, second = views(page)
    assert first == second != before
    page.get_by_role("button", name="Move together").click()
    picture(page).focus()
    page.keyboard.press("+")
    page.wait_for_timeout(600)
    first, second = views(page)
    assert first != second


def test_polarised_and_non_polarised_are_one_key_apart(page: Page, address: str) -> None:
    opened(page, address)
    polarised, other = (
        page.get_by_role("button", name=n, exact=True) for n in ("Polarised", "Non-polarised")
    )
    assert polarised.get_attribute("aria-pressed") == "true"
    before = picture(page).screenshot()
    picture(page).focus()
    page.keyboard.press("p")
    page.wait_for_timeout(600)
    assert other.get_attribute("aria-pressed") == "true"
    assert polarised.get_attribute("aria-pressed") == "false"
    # Its own frame: no border of the other photograph, and no flicker against another frame.
    assert page.locator("[data-overlay]").count() == 0
    assert page.get_by_role("button", name="Flicker").is_disabled()
    assert picture(page).screenshot() != before
    page.keyboard.press("p")
    page.wait_for_timeout(600)
    assert page.locator("[data-overlay]").count() == 2


def test_everything_works_by_keys_alone(page: Page, address: str) -> None:
    opened(page, address)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('viewer-pane')"):
            break
    else:
        pytest.fail("Tab does not reach the picture")
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    pixels = 200 / page.evaluate("new DOMMatrix(document.querySelector('.viewer-layers').style.transform).a")
    assert millimetres(page)[0] == pytest.approx(pixels * MM_PER_PX, abs=0.02)
    page.keyboard.press("Escape")
    assert page.locator(".viewer-measure").evaluate("e => e.children.length") == 0
    page.keyboard.press("1")
    assert not is_shown(page, "[data-overlay=border]")
    page.keyboard.press("o")
    assert is_shown(page, "[data-overlay=border]")
    assert is_shown(page, "[data-overlay=melanin]")
    before = views(page)[0]
    for key in ("+", "ArrowLeft", "]"):
        page.keyboard.press(key)
        page.wait_for_timeout(500)
        assert views(page)[0] != before
        before = views(page)[0]
    page.keyboard.press("f")
    assert page.locator(".viewer-flicker").count() == 1
    page.keyboard.press("f")
    page.keyboard.press("c")
    page.wait_for_timeout(500)
    assert page.locator(".viewer-pane").count() == 2
    assert page.locator(".viewer-pane").nth(1).is_visible()


def test_a_focused_control_shows_a_ring(page: Page, address: str) -> None:
    opened(page, address)
    page.keyboard.press("Tab")
    style = page.locator(":focus").evaluate(
        "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    )
    assert style == ["solid", "3px"]


def test_a_finger_measures_at_375_px_and_nothing_overflows(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    page = opened(context.new_page(), address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    small = page.locator(".viewer-tools button:visible, .viewer-tools select:visible").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    page.get_by_role("button", name="Measure").tap()
    for at in ((220, 225), (380, 225)):
        page.touchscreen.tap(*place_of(page, *at))
        page.wait_for_timeout(300)
    assert millimetres(page)[0] == pytest.approx(4.0, abs=0.1)
    page.get_by_role("button", name="Side by side").tap()
    page.wait_for_timeout(600)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()


@pytest.mark.parametrize("width", [375, 1200])
def test_axe_finds_nothing_grave(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, address)
    assert grave_faults(page) == []
    page.get_by_role("button", name="Side by side").click()
    page.locator(".viewer summary").click()
    page.wait_for_timeout(500)
    assert grave_faults(page) == []


def test_an_image_that_cannot_be_had_is_named(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/broken.html")
    page.wait_for_selector("[data-viewer][data-state=failed]")
    assert told(page) == f"{VIEWER_WORDS['failed']} Lost"
    context.close()


def test_the_script_and_the_words_agree() -> None:
    text = "".join(file.read_text() for file in (STATIC / "js").glob("*.js"))
    used = set(re.findall(r"\bwords\.(\w+)", text)) | {"polarised", "non_polarised"}
    assert used - {"keys"} == set(VIEWER_WORDS)
    keys = re.search(r"const KEYS = (\[.*?\]);", text)
    assert keys is not None
    assert len(json.loads(keys[1])) == len(KEY_WORDS)
