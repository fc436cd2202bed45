"""A trained network keeps a share of what it began with."""

from __future__ import annotations

from typing import Any

import pytest

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
