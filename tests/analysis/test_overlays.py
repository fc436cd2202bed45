"""What lies over the skin by its colour: found where it was laid, and not in lesions of any colour."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from augderm.analysis.color import DERMOSCOPIC_COLOURS, to_lab
from augderm.analysis.overlays import bubble_mask, dark_corner_mask, foreign_colour_masks
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from support.hindrances import with_bubbles, with_ink, with_patch

SPEC = PhantomSpec(width_px=400, height_px=300, long_axis_px=170, short_axis_px=130)
INKS = {"violet": (95, 70, 160), "blue": (40, 80, 190), "green": (60, 140, 90)}
DISCS = {"orange": (225, 130, 30), "yellow": (225, 205, 20), "cyan": (120, 195, 195), "blue": (30, 110, 210)}


@pytest.mark.parametrize("colour", INKS.values(), ids=INKS)
def test_ink_is_masked_also_where_it_crosses_the_lesion(colour: tuple[int, int, int]) -> None:
    bare = draw_phantom(SPEC)
    inked = with_ink(bare.pixels, colour)
    drawn = (inked != bare.pixels).any(axis=2)
    ink, patches = foreign_colour_masks(to_lab(inked), bare.mask)
    assert ink[drawn].mean() > 0.95
    assert ink[drawn & bare.mask].mean() > 0.95
    assert ink[~drawn].mean() < 0.03  # the pixel around
    assert not patches.any()


@pytest.mark.parametrize("light", [(0.75, 1.1, 0.8), (0.8, 0.85, 1.15), (1.1, 0.9, 0.75)])
def test_skin_under_a_coloured_lamp_is_not_foreign_and_ink_on_it_is(light: tuple[float, ...]) -> None:
    bare = draw_phantom(SPEC)
    cast = np.clip(bare.pixels * np.array(light), 0, 255).astype(np.uint8)
    ink, patches = foreign_colour_masks(to_lab(cast), bare.mask)
    assert not ink.any()
    assert not patches.any()
    for colour in INKS.values():
        inked = with_ink(bare.pixels, colour)
        drawn = (inked != bare.pixels).any(axis=2)
        lit = np.clip(inked * np.array(light), 0, 255).astype(np.uint8)
        assert foreign_colour_masks(to_lab(lit), bare.mask)[0][drawn].mean() > 0.95


@pytest.mark.parametrize("colour", DISCS.values(), ids=DISCS)
def test_a_disc_at_the_edge_is_a_patch(colour: tuple[int, int, int]) -> None:
    bare = draw_phantom(SPEC)
    covered = with_patch(bare.pixels, colour)
    drawn = (covered != bare.pixels).any(axis=2)
    ink, patches = foreign_colour_masks(to_lab(covered), bare.mask)
    assert patches[drawn].mean() > 0.98
    assert patches[~drawn].mean() < 0.02
    assert not ink.any()


@pytest.mark.parametrize("name", DERMOSCOPIC_COLOURS)
@pytest.mark.parametrize("center", [(0.5, 0.5), (0.05, 0.5)])
def test_no_colour_of_a_lesion_is_foreign(name: str, center: tuple[float, float]) -> None:
    drawn = draw_phantom(dataclasses.replace(SPEC, colours=((name, 1.0),), center=center))
    lab = to_lab(drawn.pixels)
    ink, patches = foreign_colour_masks(lab, drawn.mask)
    assert not ink.any()
    assert not patches.any()
    assert not dark_corner_mask(lab, drawn.mask).any()


def test_dark_corners_are_masked_and_a_black_lesion_in_the_corner_is_not() -> None:
    bare = draw_phantom(SPEC)
    cornered = draw_phantom(dataclasses.replace(SPEC, dark_corners=True))
    mask = dark_corner_mask(to_lab(cornered.pixels), cornered.mask)
    assert mask[0, 0]
    assert mask[-1, -1]
    # All that the lens darkens, its penumbra too.
    assert mask[(cornered.pixels != bare.pixels).any(axis=2)].mean() > 0.99
    black = draw_phantom(dataclasses.replace(SPEC, center=(0.0, 0.0), colours=(("black", 1.0),)))
    assert not dark_corner_mask(to_lab(black.pixels), black.mask).any()


def test_bubbles_and_reflections_are_masked_and_pale_lesions_are_not() -> None:
    bare = draw_phantom(SPEC)
    bubbly = with_bubbles(bare.pixels, 12)
    drawn = (bubbly != bare.pixels).any(axis=2)
    found = bubble_mask(bubbly.min(axis=2))
    assert found[drawn].mean() > 0.95
    assert bubble_mask(bare.pixels.min(axis=2)).mean() < 0.001
    pale = draw_phantom(dataclasses.replace(SPEC, colours=(("white", 1.0),)))
    assert bubble_mask(pale.pixels.min(axis=2))[pale.mask].mean() < 0.01
