"""Masked, the measures of a phantom are those of the same phantom with nothing over it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from augderm.analysis import lesion_view
from augderm.analysis.artefacts import ArtefactMasks, find_artefacts
from augderm.analysis.border import outline
from augderm.analysis.color import to_lab
from augderm.analysis.measures import MAX_HIDDEN, measure_lesion
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.analysis.ruler import find_ruler
from augderm.domain.assessment import Measures
from support.hindrances import Pixels, RulerSpec, with_bubbles, with_ink, with_ruler

SPEC = PhantomSpec(
    width_px=400, height_px=300, long_axis_px=180, short_axis_px=130,
    colours=(("light_brown", 0.5), ("red", 0.5)),
)  # fmt: skip
PLANTED: dict[str, Callable[[Phantom], Pixels]] = {
    "hair": lambda bare: draw_phantom(dataclasses.replace(bare.spec, hairs=14)).pixels,
    "ink": lambda bare: with_ink(bare.pixels),
    "bubbles": lambda bare: with_bubbles(bare.pixels, 14),
}


def measured(pixels: Pixels, drawn: Phantom) -> Measures:
    return measure_lesion(pixels, drawn.mask, outline(drawn.mask))


def disagreement(one: Measures, other: Measures) -> float:
    """Greatest difference of any colour's share, and of mean L*a*b* and colour asymmetry over 100."""
    assert one.colours
    assert other.colours
    assert one.lab_mean
    assert other.lab_mean
    assert one.colour_asymmetry
    assert other.colour_asymmetry
    shares = [abs(one.colours[name].share - other.colours[name].share) for name in one.colours]
    means = [abs(a - b) / 100 for a, b in zip(one.lab_mean, other.lab_mean, strict=True)]
    folds = [abs(a - b) for a, b in zip(one.colour_asymmetry, other.colour_asymmetry, strict=True)]
    return max(*shares, *means, *folds)


def blind(
    pixels: Pixels, lab: object, lesion: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], **_: object
) -> ArtefactMasks:
    """Finds nothing: what measuring without masks would be."""
    none = np.zeros(lesion.shape, bool)
    return ArtefactMasks(none, none, none, none, none, none)


@pytest.mark.parametrize("kind", PLANTED)
def test_colours_stay_what_they_are_under_what_is_planted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = draw_phantom(SPEC)
    covered = PLANTED[kind](bare)
    truth = measured(bare.pixels, bare)
    masked = disagreement(measured(covered, bare), truth)
    monkeypatch.setattr(lesion_view, "find_artefacts", blind)
    unmasked = disagreement(measured(covered, bare), truth)
    assert masked < 0.05
    assert unmasked > 2 * masked
    assert unmasked > 0.05


def test_the_share_that_is_hidden_is_told_by_artefact() -> None:
    bare = draw_phantom(SPEC)
    inked = with_ink(bare.pixels)
    drawn = (inked != bare.pixels).any(axis=2)
    found = measured(inked, bare)
    assert found.hidden_by["ink"] == pytest.approx(drawn[bare.mask].mean(), abs=0.05)
    assert found.hidden_share >= found.hidden_by["ink"]
    assert set(found.hidden_by) == {"hair", "dark_corner", "bubbles", "ink", "patches", "ruler"}
    assert measured(bare.pixels, bare).hidden_share < 0.005


def test_a_lesion_that_is_mostly_hidden_has_no_colours_and_says_why() -> None:
    bare = draw_phantom(dataclasses.replace(SPEC, long_axis_px=120, short_axis_px=60, angle_deg=0))
    covered = np.array(bare.pixels)
    covered[112:165] = (95, 70, 160)
    found = measured(covered, bare)
    assert found.hidden_share > MAX_HIDDEN
    colours = (found.colours, found.lab_mean, found.lab_spread, found.colour_asymmetry)
    assert colours == (None,) * 4
    assert "hidden" in found.no_colours
    assert found.area_px2 == pytest.approx(measured(bare.pixels, bare).area_px2)
    assert measured(bare.pixels, bare).no_colours == ""


def test_colours_are_not_folded_onto_a_hidden_half() -> None:
    bare = draw_phantom(dataclasses.replace(SPEC, angle_deg=0, layout="sectors"))
    covered = np.array(bare.pixels)
    covered[:, :196] = (95, 70, 160)
    found = measured(covered, bare)
    assert found.hidden_share == pytest.approx(0.48, abs=0.03)
    assert found.colours is not None
    assert found.colour_asymmetry is None


def test_the_border_is_not_judged_under_ink() -> None:
    bare = draw_phantom(dataclasses.replace(SPEC, angle_deg=0))
    covered = np.array(bare.pixels)
    covered[:, 250:] = (95, 70, 160)
    eighths = measured(covered, bare).border_eighths
    assert eighths[0].contrast is eighths[7].contrast is None
    assert eighths[3].contrast is not None
    assert eighths[4].contrast is not None


def test_the_ruler_is_masked_and_the_lesion_far_from_it_is_not() -> None:
    bare = draw_phantom(PhantomSpec(long_axis_px=200, short_axis_px=150))
    ruled = with_ruler(bare.pixels, RulerSpec(mm_per_px=0.03, angle_deg=5))
    drawn = (ruled != bare.pixels).any(axis=2)
    ruler = find_ruler(ruled)
    assert ruler
    masks = find_artefacts(ruled, to_lab(ruled), bare.mask, ruler=ruler)
    assert masks.ruler[drawn].mean() > 0.9
    assert not masks.ruler[bare.mask].any()
    assert not find_artefacts(ruled, to_lab(ruled), bare.mask).ruler.any()


def test_a_ruler_gives_the_scale_only_where_none_was_given() -> None:
    bare = draw_phantom(PhantomSpec(long_axis_px=200, short_axis_px=150))
    ruled = with_ruler(bare.pixels, RulerSpec(mm_per_px=0.03))
    ruler, edge = find_ruler(ruled), outline(bare.mask)
    found = measure_lesion(ruled, bare.mask, edge, reduction=2.0, ruler=ruler)
    assert found.scale
    assert found.scale.source == "ruler"
    assert found.scale.mm_per_px == pytest.approx(0.015, rel=0.01)
    assert found.scale.uncertainty_mm_per_px
    assert found.long_axis_mm == pytest.approx(200 * 0.03, rel=0.03)
    given = measure_lesion(ruled, bare.mask, edge, mm_per_px=0.04, ruler=ruler).scale
    assert given
    assert (given.source, given.mm_per_px, given.uncertainty_mm_per_px) == ("given", 0.04, None)
