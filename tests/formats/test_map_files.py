"""Maps as files: exact values, a picture with its scale, and the figures."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps
from augderm.domain.errors import OutputRefused
from augderm.formats.map_files import write_maps
from augderm.formats.map_picture import (
    LEAST_SIDE_PX,
    RISING,
    SIGNED,
    UNKNOWN,
    map_png,
    scale_strip,
    shown_range,
)

VALUES = np.linspace(-1, 3, 40 * 50, dtype=np.float32).reshape(40, 50)
VALUES[0, :10] = np.nan
LESION = np.zeros((40, 50), bool)
LESION[10:20, 10:30] = True
SKIN = np.zeros((40, 50), bool)
SKIN[30:] = True


def one(signed: bool = False) -> ParameterMap:
    return ParameterMap("melanin", "Melanin", "µm of melanosome", VALUES, signed=signed)


def maps() -> ParameterMaps:
    residual = ParameterMap("residual", "Residual", "optical density", np.full_like(VALUES, np.nan))
    return ParameterMaps(
        kind="multispectral",
        maps=(one(), residual),
        lesion=LESION,
        skin=SKIN,
        limits=("Relative.",),
        facts={"a": float("nan"), "b": [1 / 3]},
    )


def test_the_tiff_holds_every_value_and_its_unit(tmp_path: Path) -> None:
    write_maps(tmp_path / "out", [maps()], {"image": "x"})
    with Image.open(tmp_path / "out" / "melanin.tif") as image:
        assert image.mode == "F"
        assert np.array_equal(np.asarray(image), VALUES, equal_nan=True)
        assert "um of melanosome" in image.tag_v2[270]  # type: ignore[attr-defined]
        assert "Not a medical device" in image.tag_v2[270]  # type: ignore[attr-defined]


def test_the_json_holds_the_figures_of_lesion_and_skin(tmp_path: Path) -> None:
    record = write_maps(tmp_path, [maps()], {"image": "x"})
    assert json.loads((tmp_path / "maps.json").read_text(encoding="utf-8")) == record
    melanin = record["sets"][0]["maps"]["melanin"]
    assert melanin["unit"] == "µm of melanosome"
    assert melanin["lesion"]["mean"] == pytest.approx(VALUES[LESION].mean(), rel=1e-4)
    assert melanin["skin"]["mean"] == pytest.approx(VALUES[SKIN].mean(), rel=1e-4)
    difference = VALUES[LESION].mean() - VALUES[SKIN].mean()
    assert melanin["lesion_minus_skin"] == pytest.approx(difference, rel=1e-4)
    assert record["sets"][0]["limits"] == ["Relative."]
    assert record["limit_of_use"].startswith("Not a medical device")


def test_what_is_not_known_is_null_and_never_0(tmp_path: Path) -> None:
    record = write_maps(tmp_path, [maps()], {})
    residual = record["sets"][0]["maps"]["residual"]
    assert residual["lesion"]["mean"] is None
    assert residual["lesion"]["known_share"] == 0
    assert residual["lesion_minus_skin"] is None
    assert record["sets"][0]["facts"] == {"a": None, "b": [0.333333]}


def test_every_file_that_the_json_names_is_there(tmp_path: Path) -> None:
    for found in write_maps(tmp_path, [maps()], {})["sets"][0]["maps"].values():
        for key in ("values", "picture"):
            assert (tmp_path / found[key]).is_file()
    lesion = np.asarray(Image.open(tmp_path / "multispectral-lesion.png")) > 0
    assert np.array_equal(lesion, LESION)


@pytest.mark.parametrize("signed", [False, True])
def test_the_picture_has_the_colours_of_its_scale(signed: bool) -> None:
    page = np.asarray(Image.open(io.BytesIO(map_png(one(signed), LESION))))
    colours = SIGNED if signed else RISING
    low, high = shown_range(one(signed))
    assert (low, high) == ((pytest.approx(-high), high) if signed else (0, high))
    assert high == pytest.approx(3, rel=0.02)
    factor = LEAST_SIDE_PX // 40
    left, top = 12, 12 * 2 + 13
    inside = page[top : top + 40 * factor : factor, left : left + 50 * factor : factor]
    assert (inside[0, 0] == UNKNOWN).all()
    assert (inside[-1, -1] == colours[-1]).all()
    assert (inside[10, 10:30] == 0).all()
    bar = page[top : top + 40 * factor, left + 50 * factor + 12 + 5]
    assert (bar[0] == colours[-1]).all()
    assert (bar[-1] == colours[0]).all()
    # The lettering beside the bar.
    assert (page[:, left + 50 * factor + 40 :] == 0).any()


@pytest.mark.parametrize(("signed", "colours"), [(False, RISING), (True, SIGNED)])
def test_a_strip_of_the_scale_goes_from_its_low_to_its_high_end(
    signed: bool, colours: tuple[tuple[int, int, int], ...]
) -> None:
    strip = scale_strip(signed=signed)
    assert strip.shape == (1, 128, 3)
    assert tuple(strip[0, 0]) == colours[0]
    assert tuple(strip[0, -1]) == colours[-1]


def test_a_map_without_any_value_is_drawn_grey() -> None:
    nothing = ParameterMap("a", "A", "1", np.full((40, 50), np.nan, np.float32))
    assert shown_range(nothing) == (0, 1)
    map_png(nothing, LESION)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputRefused, match="another folder"):
        write_maps(tmp_path / "file", [maps()], {})
