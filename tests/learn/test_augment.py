"""Augmentation on the tensor: masks follow, levels stay in range, the same seed gives the same view."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from augderm.learn.config import Augment
from support.dataset import AUGMENT

torch = pytest.importorskip("torch", reason="training needs the train extra")

PLAIN = Augment(
    zoom_in=0.65, zoom_out=1.15, colour=1, sharpness=0, noise=0,
    constancy_share=0, hair_share=0, corner_share=0, erase_share=0,
)  # fmt: skip
EVERYTHING = Augment(
    zoom_in=0.65, zoom_out=1.15, colour=2, sharpness=1, noise=10,
    constancy_share=1, hair_share=1, corner_share=1, erase_share=1,
)  # fmt: skip


def test_masks_move_with_their_images() -> None:
    from augderm.learn.augment import random_views

    masks = torch.zeros(16, 1, 96, 96)
    masks[:, :, 30:60, 20:70] = 1
    images = masks.expand(-1, 3, -1, -1) * 200 + 20
    generator = torch.Generator().manual_seed(0)
    views, moved, _ = random_views(images, masks, torch.full((16,), 4 / 3), 64, PLAIN, generator)
    assert views.shape == (16, 3, 64, 64)
    assert moved.shape == (16, 1, 64, 64)
    for view, mask in zip(views.mean(dim=1), moved[:, 0], strict=True):
        inside, outside = view[mask > 0.9], view[mask < 0.1]
        # Colour changes differ between images, but within one the lesion stays the brighter part.
        assert inside.min() > outside.max()


@pytest.mark.parametrize("how", [PLAIN, EVERYTHING, Augment(**AUGMENT)])
def test_levels_stay_in_range_and_the_same_seed_gives_the_same_views(how: Augment) -> None:
    from augderm.learn.augment import random_views

    images = torch.rand(8, 3, 96, 96, generator=torch.Generator().manual_seed(1)) * 255
    masks = (images[:, :1] > 128).float()
    one, two = (
        random_views(images, masks, torch.ones(8), 64, how, torch.Generator().manual_seed(5))
        for _ in range(2)
    )
    assert torch.equal(one[0], two[0])
    assert one[0].isfinite().all()
    assert one[0].min() >= 0
    assert one[0].max() <= 255
    assert one[1].min() >= 0
    assert one[1].max() <= 1 + 1e-6


def test_what_was_planted_is_told_by_image() -> None:
    from augderm.learn.augment import random_views

    how = dataclasses.replace(PLAIN, colour=0, hair_share=0.5)
    skin = torch.full((40, 3, 64, 64), 150.0)
    views = random_views(skin, skin[:, :1] * 0, torch.ones(40), 64, how, torch.Generator().manual_seed(0))
    changed = (views.images - 150).abs().amax(dim=(1, 2, 3)) > 5
    assert torch.equal(views.planted["hair"], changed)
    assert 8 < changed.sum() < 32
    assert not views.planted["dark_corner"].any()


def test_rotation_keeps_shapes_true_in_a_wide_image() -> None:
    """A circle in a 2:1 photograph, squashed to an ellipse, covers the same share however it is turned."""
    from augderm.learn import augment

    x = (torch.arange(256) + 0.5) / 256 * 2 - 1
    circle = ((x[None] * 2) ** 2 + x[:, None] ** 2 < 0.3**2).float()[None, None].expand(64, 1, -1, -1)
    grids = augment._grids(torch.full((64,), 2.0), 256, PLAIN, torch.Generator().manual_seed(0))
    moved = torch.nn.functional.grid_sample(circle, grids, align_corners=False, padding_mode="zeros")
    # In the true frame both half-axes are equal: bounding boxes then have the window's aspect alone,
    # so width x height follows the area (pi / 4 of the box) in every view.
    for mask in moved[:, 0] > 0.5:
        rows, columns = mask.any(dim=1).sum(), mask.any(dim=0).sum()
        share = mask.float().sum() / (rows * columns)
        assert share == pytest.approx(torch.pi / 4, abs=0.06)


def test_colour_constancy_takes_a_cast_away() -> None:
    from augderm.learn.augment import shades_of_grey

    scene = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(2)) * 100 + 50
    cast = scene * torch.tensor([1.4, 1.0, 0.7])[None, :, None, None]
    levelled = shades_of_grey(cast)
    means = levelled.mean(dim=(0, 2, 3))
    assert means.max() / means.min() < 1.02


def test_sharpness_goes_both_ways() -> None:
    from augderm.learn.augment import random_views

    checks = ((torch.arange(64)[None] // 4 + torch.arange(64)[:, None] // 4) % 2).float() * 100 + 70
    images = checks.expand(64, 3, -1, -1).clone()
    how = dataclasses.replace(PLAIN, colour=0, sharpness=1.0)
    still = dataclasses.replace(how, sharpness=0.0)
    masks = torch.zeros(64, 1, 64, 64)

    def edges(setting: Augment) -> Any:
        views, _, _ = random_views(
            images, masks, torch.ones(64), 64, setting, torch.Generator().manual_seed(3)
        )
        return views.diff(dim=3).abs().mean(dim=(1, 2, 3))

    ratio = edges(how) / edges(still)
    assert ratio.min() < 0.9
    assert ratio.max() > 1.05
