"""From a bundle back to a network that can be trained: its batch norms were folded into the convolutions.

What a bundle holds reads, and cannot be trained: a folded network is without the normalisation that keeps
training stable. It is put back by measuring what each batch norm would see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.learn.network import DermoscopyNetwork
from augderm.learn.run_settings import changed_images
from augderm.reader.bundle import MANIFEST, load_bundle

SAME_IMAGES = ("data_sha256", "validation_fold", "calibration_fold", "train_images", "official_splits")
"""Facts of a bundle's training that say which images it was not trained on."""
SHORTEST = 1e-12
STRETCHED = (0.01, 100.0)
"""How far a filter's length is changed: some are dead here or there."""


def is_bundle(folder: Path) -> bool:
    """Whether a folder looks like a bundle, not like a run."""
    return (folder / MANIFEST).exists()


def load_folded(network: DermoscopyNetwork, folder: Path, facts: Mapping[str, Any]) -> None:
    """Give a network the weights of a bundle, in place; each batch norm then only scales and adds.

    Args:
        network: freshly built.
        folder: the bundle.
        facts: of the run that begins, by the names of `SAME_IMAGES` and `run_settings.IMAGES`.

    Raises:
        InvalidConfig: the bundle is broken, of another shape, or may have learned from images that this run
            holds back.
    """
    import onnx
    from onnx import numpy_helper

    try:
        bundle = load_bundle(folder)
    except ModelMismatch as error:
        raise InvalidConfig(str(error)) from None
    before = bundle.manifest.get("training", {})
    if changed := changed_images(before, facts, SAME_IMAGES):
        raise InvalidConfig(
            f"{folder}: that bundle had another {', '.join(changed)}, so it may have learned from images "
            "that this run holds back; take a bundle with the same, or none"
        )
    graph = onnx.load_model_from_string(bundle.network).graph
    weights = {part.name: torch.tensor(numpy_helper.to_array(part)) for part in graph.initializer}
    state = network.state_dict()
    norms = _norm_after(network)
    for name, old in state.items():
        layer, _, kind = name.rpartition(".")
        if layer in norms.values():
            continue
        found = weights.get(name)
        if found is None or found.shape != old.shape:
            raise InvalidConfig(
                f"{folder}: its {name} is {_shape(found)}, this network's {_shape(old)}; take the encoder "
                "and embedding_size of that bundle, or none"
            )
        if norm := norms.get(layer):
            if kind != "weight" or f"{name}_bias" not in weights:
                raise InvalidConfig(
                    f"{folder}: {layer} holds no folded batch norm; take another bundle, or none"
                )
            # Folding left filters of any length. What the norm is given may be scaled at will, and a step of
            # the optimizer moves short filters far: each gets the length that it has in a fresh network.
            longer = (_lengths(old) / _lengths(found).clamp(min=SHORTEST)).clamp(*STRETCHED)
            state[name] = found * longer[:, None, None, None]
            state[f"{norm}.bias"] = weights[f"{name}_bias"]
            state[f"{norm}.weight"] = 1 / longer
            state[f"{norm}.running_mean"] = torch.zeros_like(longer)
            epsilon = network.get_submodule(norm).eps
            state[f"{norm}.running_var"] = torch.full_like(longer, 1 - float(epsilon))  # type: ignore[arg-type]
        else:
            state[name] = found
    network.load_state_dict(state)


@torch.no_grad()
def measure_norms(network: DermoscopyNetwork, batches: Iterable[Tensor]) -> None:
    """Give each batch norm the statistics of its inputs, in place; what the network gives stays the same.

    Args:
        network: as `load_folded` leaves it.
        batches: normalised images (B, 3, S, S), as the network will be shown them.
    """
    network.eval()
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    sums = {layer: [torch.zeros(2, layer.num_features, dtype=torch.float64), 0] for layer in norms}

    def take(layer: nn.Module, given: tuple[Tensor]) -> None:
        values = given[0].double()
        sums[layer][0] += torch.stack([values.sum(dim=(0, 2, 3)), values.square().sum(dim=(0, 2, 3))])
        sums[layer][1] += values.numel() // values.shape[1]

    hooks = [layer.register_forward_pre_hook(take) for layer in norms]
    try:
        for images in batches:
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
    for layer in norms:
        total, count = sums[layer]
        mean, square = total / count
        variance = (square - mean.square()).clamp(min=0)
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)
        layer.bias.add_(layer.weight * mean)
        layer.weight.mul_((variance + layer.eps).sqrt())


def _norm_after(network: DermoscopyNetwork) -> dict[str, str]:
    """By the name of each convolution that a batch norm follows, that norm's name."""
    kinds = nn.Conv2d | nn.BatchNorm2d
    layers = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, kinds)]
    return {
        before: name for (before, _), (name, layer) in pairwise(layers) if isinstance(layer, nn.BatchNorm2d)
    }


def _lengths(filters: Tensor) -> Tensor:
    """Euclidean length of each filter: (N,) of (N, C, H, W)."""
    return filters.flatten(1).norm(dim=1)


def _shape(weights: Tensor | None) -> str:
    return "missing" if weights is None else "x".join(map(str, weights.shape))
