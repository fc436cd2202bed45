"""The network and its export."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the train extra")


@pytest.fixture(scope="module")
def network() -> Any:
    from augderm.learn.network import build_network

    torch.manual_seed(0)
    return build_network("lite0", classes=7, embedding_size=32, dropout=0.2).eval()


def test_the_attention_s_mean_is_the_logit(network: Any) -> None:
    with torch.inference_mode():
        logits, _, _, attention = network(torch.randn(2, 3, 96, 96))
    torch.testing.assert_close(attention.mean(dim=(2, 3)), logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [64, 96, 224])
def test_outputs_have_the_shapes_that_are_promised(network: Any, size: int) -> None:
    with torch.inference_mode():
        logits, border, embedding, attention = network(torch.randn(2, 3, size, size))
    assert logits.shape == (2, 7)
    assert border.shape == (2, 1, size // 4, size // 4)
    assert embedding.shape == (2, 32)
    assert attention.shape == (2, 7, size // 32, size // 32)


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    from augderm.domain.errors import InvalidConfig
    from augderm.learn.network import build_network

    with pytest.raises(InvalidConfig, match="lite0"):
        build_network("resnet", classes=7, embedding_size=8, dropout=0.0)


def test_the_reader_prepares_images_as_training_did() -> None:
    from augderm.learn.network import INPUT_MEAN, INPUT_SCALE
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import preprocess

    bundle = load_bundle(DEFAULT_BUNDLE)
    assert (bundle.input_mean, bundle.input_scale) == (INPUT_MEAN, INPUT_SCALE)
    pixels = np.full((30, 40, 3), (0, 127, 255), np.uint8)
    prepared = preprocess(pixels, bundle)
    assert prepared.shape == (3, bundle.input_size_px, bundle.input_size_px)
    assert prepared[:, 5, 5] == pytest.approx([-127 / 128, 0, 1])
