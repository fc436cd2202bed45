"""Running the network on one image, and on its views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.paint_over import paint_over
from augderm.analysis.phantom import Phantom
from augderm.domain.errors import ModelMismatch
from augderm.reader.bundle import Preprocessing, load_bundle
from augderm.reader.network import Network, open_session, preprocess
from support.images import picture


def test_everything_it_says_has_its_shape(toy_network: Network, phantom: Phantom) -> None:
    read = toy_network.read(phantom.pixels)
    assert read.logits.shape == (7,)
    assert read.border.shape == (16, 16)
    assert 0 <= read.border.min() <= read.border.max() <= 1
    assert read.attention.shape == (7, 2, 2)
    assert (read.structures.shape, read.structure_maps.shape) == ((5,), (5, 8, 8))
    assert read.artefacts.shape == (7,)
    assert isinstance(read.modality, float)
    assert (read.embedding.shape, read.features.shape) == ((4,), (3,))


def test_the_mean_of_the_attention_is_the_logit(toy_network: Network, phantom: Phantom) -> None:
    for views in (1, 8):
        read = toy_network.read(phantom.pixels, views)
        np.testing.assert_allclose(read.attention.mean(axis=(1, 2)), read.logits, atol=1e-5)


def test_all_views_of_a_turned_image_give_the_same_read_turned(toy_network: Network) -> None:
    square = np.asarray(picture().resize((90, 90)))
    upright, turned = toy_network.read(square, 8), toy_network.read(np.rot90(square).copy(), 8)
    np.testing.assert_allclose(turned.logits, upright.logits, atol=5e-3)
    np.testing.assert_allclose(turned.border, np.rot90(upright.border), atol=0.02)
    np.testing.assert_allclose(
        turned.structure_maps, np.rot90(upright.structure_maps, axes=(1, 2)), atol=0.05
    )


def test_a_steady_bundle_reads_a_turned_or_mirrored_photograph_as_the_same_lesion() -> None:
    bundle = load_bundle()
    network = Network(replace(bundle, preprocessing=replace(bundle.preprocessing, steady=True)))
    image = np.asarray(picture())
    read = network.read(image)
    for quarters in range(4):
        for flipped in (False, True):
            grid = read.border[:, ::-1] if flipped else read.border
            turned = np.rot90(image[:, ::-1] if flipped else image, quarters)
            other = network.read(np.ascontiguousarray(turned))
            np.testing.assert_allclose(other.logits, read.logits, atol=0.2)
            np.testing.assert_allclose(other.border, np.rot90(grid, quarters), atol=0.1)


def test_novelty_is_read_from_the_image_as_it_is(toy_network: Network) -> None:
    image = np.asarray(picture())
    one, eight = toy_network.read(image), toy_network.read(image, 8)
    np.testing.assert_allclose(one.features, eight.features, atol=1e-6)
    np.testing.assert_allclose(one.embedding, eight.embedding, atol=1e-6)


def test_a_view_without_hair_is_averaged_in_and_changes_nothing_that_is_located_or_measured(
    toy_network: Network,
) -> None:
    image = np.asarray(picture())
    hair = np.zeros(image.shape[:2], bool)
    hair[:, 40:44] = True
    bare = paint_over(image, hair)
    assert (bare != image).any()
    as_it_is, both = toy_network.read(image), toy_network.read(image, hair=hair)
    for name in ("border", "embedding", "structure_maps", "artefacts", "features"):
        np.testing.assert_array_equal(getattr(both, name), getattr(as_it_is, name))
    assert both.modality == as_it_is.modality
    assert np.abs(both.logits - as_it_is.logits).max() > 0
    np.testing.assert_allclose(both.attention.mean(axis=(1, 2)), both.logits, atol=1e-5)
    nothing = toy_network.read(image, hair=np.zeros_like(hair))
    np.testing.assert_array_equal(nothing.logits, as_it_is.logits)


def test_hair_that_is_painted_over_cannot_be_seen_by_the_network() -> None:
    bare = np.full((146, 146, 3), (190, 140, 120), np.uint8)
    hair = np.zeros(bare.shape[:2], bool)
    hair[:, 70:74] = True
    hairy = np.where(hair[..., None], np.uint8(30), bare)
    how = Preprocessing(73, 64, 127.0, 128.0)
    np.testing.assert_array_equal(preprocess(hairy, how, hair)[0], preprocess(bare, how)[0])
    assert np.abs(preprocess(hairy, how)[0] - preprocess(bare, how)[0]).max() > 0.5


def test_pixels_are_squashed_twice_and_normalised() -> None:
    pixels = np.full((40, 60, 3), (127, 255, 0), np.uint8)
    found, _ = preprocess(pixels, Preprocessing(73, 64, 127.0, 128.0))
    assert found.shape == (3, 64, 64)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0, 0], [0, 1, -127 / 128])
    expected = Image.fromarray(np.asarray(picture())).resize((73, 73), Image.Resampling.BILINEAR)
    expected = expected.resize((64, 64), Image.Resampling.BILINEAR)
    twice, _ = preprocess(np.asarray(picture()), Preprocessing(73, 64, 0.0, 1.0))
    np.testing.assert_array_equal(twice.transpose(1, 2, 0), np.asarray(expected))


@pytest.mark.parametrize("data", [b"", b"no network", b"\x08\x07"])
def test_what_is_no_network_is_refused(data: bytes) -> None:
    with pytest.raises(ModelMismatch, match="restore the bundle"):
        open_session(data)
