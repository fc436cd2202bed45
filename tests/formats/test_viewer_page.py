"""What a page hands to the image viewer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.assessment import Scale
from augderm.domain.errors import InvalidConfig
from augderm.formats.viewer_page import (
    KEY_WORDS,
    VIEWER_WORDS,
    Overlay,
    ViewerImage,
    scaled_matrix,
    script_json,
    viewer_data,
)

IMAGE = ViewerImage(id="a", url="/a.png", width=60, height=40, label="A", scale=Scale(0.02, 0.001))


def test_every_word_is_given_to_the_translator() -> None:
    words = viewer_data([IMAGE], "a", translate=lambda text: f"<{text}>")["words"]
    assert set(words) == {*VIEWER_WORDS, "keys"}
    assert words["measure"] == "<Measure>"
    assert words["keys"] == [f"<{text}>" for text in KEY_WORDS]


def test_scale_and_uncertainty_go_with_the_image() -> None:
    (image,) = viewer_data([IMAGE], "a")["images"]
    assert (image["mm_per_px"], image["mm_per_px_uncertainty"]) == (0.02, 0.001)
    (image,) = viewer_data([replace(IMAGE, scale=None)], "a")["images"]
    assert (image["mm_per_px"], image["mm_per_px_uncertainty"]) == (None, None)


@given(st.text())
def test_no_text_ends_the_script_element(text: str) -> None:
    written = script_json({"label": text + "</script><!--<script>"})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written)["label"] == text + "</script><!--<script>"


@pytest.mark.parametrize(
    "changes",
    [
        {"to_base": [[1, 0], [0, 1]]},
        {"to_base": [[1, 0, 0], [0, float("nan"), 0], [0, 0, 1]]},
        {"to_base": [[1, 1, 0], [1, 1, 0], [0, 0, 1]]},
        {"overlays": [Overlay(id="o", label="neither")]},
        {"overlays": [Overlay(id="o", label="both", contours=[[(0, 0), (1, 1)]], url="/o.png")]},
        {"overlays": [Overlay(id="o", label="bright", url="/o.png", opacity=1.5)]},
    ],
)
def test_what_could_mislead_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        viewer_data([replace(IMAGE, **changes)], "a")


def test_ids_and_base_must_fit() -> None:
    for images, base in (([IMAGE, IMAGE], "a"), ([IMAGE], "b")):
        with pytest.raises(InvalidConfig, match="its own id"):
            viewer_data(images, base)


finite = st.floats(-2, 2)


@given(finite, finite, st.floats(0.1, 1), st.floats(0.1, 1))
def test_a_scaled_matrix_does_to_whole_pixels_what_the_first_did_to_reduced_ones(
    x: float, y: float, s: float, t: float
) -> None:
    matrix = [[1.1, 0.1, 12.0], [-0.05, 0.9, 7.0], [1e-4, -2e-4, 1.0]]

    def through(m: Any, point: tuple[float, float]) -> Any:
        u, v, w = np.array(m) @ np.array([*point, 1.0])
        return u / w, v / w

    u, v = through(matrix, (x * 100 * s, y * 100 * s))
    assert through(scaled_matrix(matrix, s, t), (x * 100, y * 100)) == pytest.approx((u / t, v / t))
