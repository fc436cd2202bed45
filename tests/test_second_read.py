"""The one function behind all doors."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import augderm
from augderm import assess
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.domain.taxonomy import CODES


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_path_bytes_and_an_array_are_read_alike(phantom: Phantom, tmp_path: Path) -> None:
    data = _png(Image.fromarray(phantom.pixels))
    (tmp_path / "a.png").write_bytes(data)
    reads = [
        assess(tmp_path / "a.png"),
        assess(str(tmp_path / "a.png")),
        assess(data),
        assess(phantom.pixels),
    ]
    assert [read.status for read in reads] == ["ok"] * 4
    assert len({str(read.diagnosis) for read in reads}) == 1
    assert len({str(read.measures) for read in reads}) == 1
    assert [read.image for read in reads[2:]] == ["<bytes>", "<array>"]


def test_it_stays_a_function_however_often_it_is_imported() -> None:
    from augderm import assess as again

    assert callable(assess)
    assert again is assess is augderm.assess


def test_an_ok_read_has_every_part(phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    assert read.quality
    assert read.border
    assert read.measures
    assert read.diagnosis
    assert read.malignancy
    assert read.pictures
    assert tuple(read.diagnosis.probabilities) == CODES
    assert sum(read.diagnosis.probabilities.values()) == pytest.approx(1)
    assert read.diagnosis.likeliest == read.diagnosis.prediction_set[0]
    assert read.border.area_fraction == pytest.approx(read.pictures.mask.mean())


def test_the_border_box_and_centroid_are_those_of_the_mask(phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    assert read.border
    assert read.pictures
    rows, columns = np.nonzero(read.pictures.mask)
    height, width = read.pictures.mask.shape
    box = (columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height)
    assert read.border.box == pytest.approx(box)
    centroid = ((columns.mean() + 0.5) / width, (rows.mean() + 0.5) / height)
    assert read.border.centroid == pytest.approx(centroid)


def test_the_mean_of_the_attention_gives_the_order_of_the_probabilities(phantom: Phantom) -> None:
    read = assess(phantom.pixels)
    assert read.pictures
    assert read.diagnosis
    logits = read.pictures.attention.mean(axis=(1, 2))
    assert CODES[int(logits.argmax())] == read.diagnosis.likeliest


def test_lengths_are_those_of_the_unreduced_image() -> None:
    small = draw_phantom(PhantomSpec())
    large = Image.fromarray(small.pixels).resize((2400, 1800), Image.Resampling.BICUBIC)
    at_one, at_four = assess(small.pixels).measures, assess(_png(large)).measures
    assert at_one
    assert at_four
    assert at_four.long_axis_px / at_one.long_axis_px == pytest.approx(4, rel=0.02)


def test_a_known_scale_gives_millimetres(phantom: Phantom) -> None:
    measures = assess(phantom.pixels, mm_per_px=0.02).measures
    assert measures
    assert measures.long_axis_mm == pytest.approx(measures.long_axis_px * 0.02)
    assert measures.area_mm2 == pytest.approx(measures.area_px2 * 0.0004)


def test_an_unfit_image_abstains_with_the_reason_and_still_measures(phantom: Phantom) -> None:
    blurred = np.asarray(Image.fromarray(phantom.pixels).filter(ImageFilter.GaussianBlur(14)))
    read = assess(blurred)
    assert read.status == "abstained"
    assert "blurred" in read.reason
    assert read.diagnosis is None
    assert read.malignancy is None
    assert read.measures


def test_blank_skin_is_read_whole_or_abstains_whole() -> None:
    rng = np.random.default_rng(0)
    skin = np.clip(rng.normal((210, 170, 150), 3, (450, 600, 3)), 0, 255).astype(np.uint8)
    read = assess(skin)
    whole = read.border is not None and read.diagnosis is not None
    assert (read.status, read.reason == "") == (("ok", True) if whole else ("abstained", False))


def test_what_is_no_image_fails_with_a_reason() -> None:
    read = assess(b"not an image")
    assert read.status == "failed"
    assert "JPEG" in read.reason
    assert (read.diagnosis, read.measures, read.pictures) == (None, None, None)


@pytest.mark.parametrize(
    "pixels", [np.zeros((9, 9, 3)), np.zeros((50, 50), np.uint8), np.zeros((9, 9, 4), np.uint8)]
)
def test_a_wrong_array_is_the_caller_s_error(pixels: np.ndarray) -> None:
    with pytest.raises((TypeError, ValueError), match="give"):
        assess(pixels)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wrong_scale_is_the_caller_s_error(phantom: Phantom, scale: float) -> None:
    with pytest.raises(ValueError, match="mm_per_px"):
        assess(phantom.pixels, mm_per_px=scale)


def test_a_sharp_224_pixel_image_is_read(phantom: Phantom) -> None:
    small = Image.fromarray(phantom.pixels).resize((299, 224), Image.Resampling.LANCZOS)
    assert assess(np.asarray(small)).status == "ok"


def test_the_same_image_gives_the_same_read(phantom: Phantom) -> None:
    assert assess(phantom.pixels) == assess(phantom.pixels)
