"""A bundle's weights come back into a network that can be trained, and say what they said."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augderm.domain.errors import InvalidConfig
from augderm.reader.bundle import DEFAULT_BUNDLE, MANIFEST
from augderm.reader.network import OUTPUTS, open_session

torch = pytest.importorskip("torch", reason="training needs the train extra")

FACTS = json.loads((DEFAULT_BUNDLE / MANIFEST).read_text(encoding="utf-8"))["training"]
SIDE = json.loads((DEFAULT_BUNDLE / MANIFEST).read_text(encoding="utf-8"))["preprocessing"]["input_size_px"]


def built(embedding_size: int = 256) -> Any:
    from augderm.learn.network import build_network

    return build_network(FACTS["encoder"], embedding_size=embedding_size, dropout=0.0)


def images(seed: int) -> Any:
    """Two smooth colour patterns (2, 3, side, side)."""
    coarse = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, SIDE, mode="bicubic")


def test_a_network_from_a_bundle_says_what_the_bundle_says_and_still_does_with_measured_norms() -> None:
    from augderm.learn.folded import load_folded, measure_norms

    network = built()
    load_folded(network, DEFAULT_BUNDLE, FACTS)
    session = open_session((DEFAULT_BUNDLE / "network.onnx").read_bytes(), threads=1)
    given = images(1)
    wanted = session.run(OUTPUTS, {"images": given.numpy()})

    def check() -> None:
        with torch.inference_mode():
            found = network.eval()(given)._asdict()
        for name, values in zip(OUTPUTS, wanted, strict=True):
            assert np.abs(found[name].numpy() - values).max() < 1e-3 * max(1, np.abs(values).max()), name

    check()
    measure_norms(network, [images(2), images(3)])
    check()


def test_measured_norms_see_in_training_what_they_will_see_in_reading() -> None:
    from augderm.learn.folded import load_folded, measure_norms

    network = built()
    load_folded(network, DEFAULT_BUNDLE, FACTS)
    given = images(4)
    with torch.no_grad():
        folded = copy.deepcopy(network).train()(given).logits
        measure_norms(network, [given])
        wanted = network.eval()(given).logits
        for block in network.modules():  # the mean of one batch is then that of all that was measured
            if isinstance(block, torch.nn.BatchNorm2d):
                block.train()
        assert (network(given).logits - wanted).abs().max() < 0.05
        assert (folded - wanted).abs().max() > 0.5  # without statistics training would begin from noise


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"data_sha256": "0"}, "another data_sha256"), ({"train_images": 1}, "another train_images")],
)
def test_a_bundle_that_may_have_seen_what_is_held_back_is_no_start(
    changed: dict[str, object], why: str
) -> None:
    from augderm.learn.folded import load_folded

    with pytest.raises(InvalidConfig, match=why):
        load_folded(built(), DEFAULT_BUNDLE, FACTS | changed)


def test_a_bundle_of_another_shape_and_a_broken_one_are_told(tmp_path: Path) -> None:
    from augderm.learn.folded import load_folded

    with pytest.raises(InvalidConfig, match=r"project\.0\.weight is 256x1280x1x1, this network's 64x1280"):
        load_folded(built(embedding_size=64), DEFAULT_BUNDLE, FACTS)
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(InvalidConfig, match=r"entry is missing"):
        load_folded(built(), tmp_path, FACTS)
