"""A trained network keeps a share of what it began with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augderm.domain.errors import InvalidConfig

torch = pytest.importorskip("torch", reason="training needs the train extra")


def small_network() -> Any:
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_weight_is_the_mean_of_both(share: float) -> None:
    from augderm.learn.start import keep_of_start

    network, start = small_network(), small_network()
    wanted = (1 - share) * network[0].weight + share * start[0].weight
    keep_of_start(network, start, share, [torch.randn(4, 3, 8, 8)])
    torch.testing.assert_close(network[0].weight, wanted)


def test_batch_norms_hold_what_they_will_see_and_learn_on_as_before() -> None:
    from augderm.learn.start import keep_of_start

    network, start = small_network(), small_network()
    momentum = network[1].momentum
    batches = [torch.randn(4, 3, 8, 8), 3 + torch.randn(4, 3, 8, 8)]
    keep_of_start(network, start, 0.5, batches)
    with torch.no_grad():
        seen = torch.stack([network[0](images).mean(dim=(0, 2, 3)) for images in batches])
    torch.testing.assert_close(network[1].running_mean, seen.mean(dim=0))
    assert network[1].momentum == momentum
    assert not any(layer.training for layer in network.modules())


def test_the_images_for_the_norms_are_spread_over_all() -> None:
    from augderm.learn.start import NORM_IMAGES, norm_records

    chosen: Any = norm_records(range(8922))  # type: ignore[arg-type]
    assert NORM_IMAGES * 0.9 < len(chosen) <= NORM_IMAGES
    assert chosen[-1] > 8900
    assert len(norm_records(range(5))) == 5  # type: ignore[arg-type]


def test_a_start_is_known_again_by_its_weights_and_a_missing_one_is_told(tmp_path: Path) -> None:
    from augderm.learn.start import weights_sha256

    with pytest.raises(InvalidConfig, match=r"checkpoint\.pt cannot be read.*train that run first"):
        weights_sha256(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"one")
    first = weights_sha256(tmp_path)
    assert first == weights_sha256(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"two")
    assert weights_sha256(tmp_path) != first
