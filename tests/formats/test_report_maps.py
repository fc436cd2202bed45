"""The maps of a report: where they are made, on which scale, and why not elsewhere."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.colour_maps import LIMITS
from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import Assessment, ModalityName, ModalityRead, Novelty
from augderm.formats.report.maps import LEAST_TOP, MAP_SIDE_PX, MapsView, view_maps
from augderm.reader.joined import join_photographs
from support.reports import abstained, abstained_without_lesion, assessment_of, clinical, failed

PIGMENTED = assessment_of(spec=PhantomSpec(colours=(("dark_brown", 1.0),)))


def maps_of(assessment: Assessment) -> MapsView:
    view, why = view_maps(assessment)
    assert view
    assert why == ""
    return view


def pixels_of(jpeg: bytes) -> NDArray[np.int_]:
    return np.asarray(Image.open(io.BytesIO(jpeg))).astype(int)


def with_pixels(assessment: Assessment, pixels: NDArray[np.uint8]) -> Assessment:
    assert assessment.pictures
    return dataclasses.replace(assessment, pictures=dataclasses.replace(assessment.pictures, pixels=pixels))


def test_pigment_is_red_on_the_melanin_map_and_skin_is_white() -> None:
    view = maps_of(PIGMENTED)
    assert [panel.title for panel in view.panels] == [
        "Melanin, relative",
        "Haemoglobin, relative",
        "Residual",
    ]
    melanin = pixels_of(view.panels[0].picture)
    assert melanin.shape == (view.height_px, view.width_px, 3) == (240, MAP_SIDE_PX, 3)
    inside, skin = melanin[110:130, 150:170].mean(axis=(0, 1)), melanin[10:30, 10:30].mean(axis=(0, 1))
    assert inside[0] > inside[2] + 60
    assert skin.min() > 235
    assert "mean over the lesion +" in view.panels[0].description


def test_all_maps_share_one_scale() -> None:
    weakest, strongest = zip(*((p.weakest, p.strongest) for p in maps_of(PIGMENTED).panels), strict=True)
    assert strongest[0] == strongest[1] == f"+{strongest[2]}"
    assert weakest == (f"\u2212{strongest[2]}", f"\u2212{strongest[2]}", "0")


def test_noise_of_plain_skin_is_not_painted_as_pigment() -> None:
    assert PIGMENTED.pictures
    noise = np.random.default_rng(0).normal(0, 2, PIGMENTED.pictures.pixels.shape)
    plain = np.clip(np.array([200, 160, 140]) + noise, 0, 255).astype(np.uint8)
    view = maps_of(with_pixels(PIGMENTED, plain))
    assert view.panels[0].strongest == f"+{LEAST_TOP:.2f}"
    picture = pixels_of(view.panels[0].picture)
    assert np.abs(picture - 247).mean() < 15


def test_the_limits_are_those_of_the_maps_themselves() -> None:
    assert maps_of(PIGMENTED).limits == LIMITS


def test_a_lesion_of_one_pixel_is_refused_like_any_that_is_too_small() -> None:
    large = assessment_of(spec=PhantomSpec(width_px=800, height_px=600))
    assert large.pictures
    mask = np.zeros_like(large.pictures.mask)
    mask[301, 401] = True
    dot = dataclasses.replace(large, pictures=dataclasses.replace(large.pictures, mask=mask))
    view, said = view_maps(dot)
    assert view is None
    assert "pixels of skin around the lesion" in said


UNFIT = dataclasses.replace(
    PIGMENTED,
    quality=dataclasses.replace(PIGMENTED.quality, verdict="unfit") if PIGMENTED.quality else None,
)
UNLIKE = dataclasses.replace(abstained(PIGMENTED, "Unlike."), novelty=Novelty(3.0, 1.3))


@pytest.mark.parametrize(
    ("assessment", "why"),
    [
        (clinical(), "clinical photograph"),
        (UNFIT, "not fit"),
        (UNLIKE, "unlike those that the model learned from"),
        (abstained_without_lesion(), "no lesion was found"),
        (dataclasses.replace(PIGMENTED, quality=None), "not fit"),
    ],
)
def test_where_they_would_mislead_they_are_not_made_and_why_is_said(assessment: Assessment, why: str) -> None:
    view, said = view_maps(assessment)
    assert view is None
    assert said.startswith("Not made: ")
    assert why in said


@pytest.mark.parametrize("name", ["dermoscopic", "clinical"])
def test_of_a_photograph_of_doubtful_kind_they_are_not_made(name: ModalityName) -> None:
    view, said = view_maps(dataclasses.replace(PIGMENTED, modality=ModalityRead(name, 0.4, in_doubt=True)))
    assert (view, said) == (None, "Not made: it is in doubt whether the light is that of a dermatoscope.")


def test_of_several_photographs_the_one_that_is_shown_decides() -> None:
    doubtful = dataclasses.replace(PIGMENTED, modality=ModalityRead("dermoscopic", 0.4, in_doubt=True))
    for other in (clinical(), doubtful):
        assert view_maps(join_photographs([PIGMENTED, other], "lesion"))[0] is not None
        assert view_maps(join_photographs([other, PIGMENTED], "lesion"))[0] is None


def test_without_skin_around_they_are_not_made_and_the_remedy_is_said() -> None:
    assert PIGMENTED.pictures
    full = dataclasses.replace(PIGMENTED.pictures, mask=np.ones_like(PIGMENTED.pictures.mask))
    view, said = view_maps(dataclasses.replace(PIGMENTED, pictures=full))
    assert view is None
    assert said.startswith("Not made. There are 0 pixels of skin around the lesion")
    assert "photograph the lesion with a margin of skin" in said


def test_of_a_file_that_could_not_be_read_nothing_is_said() -> None:
    assert view_maps(failed()) == (None, "")
