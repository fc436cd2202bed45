"""Planted hair and dark corners lie where they should, and leave the rest alone."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the train extra")


def test_hair_covers_a_little_of_every_image_and_leaves_the_rest() -> None:
    from augderm.learn.planted import plant_hair

    skin = torch.full((12, 3, 128, 128), 150.0)
    haired = plant_hair(skin, torch.Generator().manual_seed(0))
    changed = ((haired - skin).abs() > 5).any(dim=1).float().mean(dim=(1, 2))
    assert changed.min() > 0.005
    assert changed.max() < 0.35
    assert ((haired - skin).abs() == 0).float().mean() > 0.6


def test_dark_corners_darken_the_corners_and_keep_the_middle() -> None:
    from augderm.learn.planted import plant_dark_corners

    skin = torch.full((12, 3, 96, 96), 180.0)
    darkened = plant_dark_corners(skin, torch.Generator().manual_seed(0))
    assert darkened[:, :, 0, 0].max() < 60
    assert darkened[:, :, 40:56, 40:56].min() > 170
