"""What a network begins with, where that is not ImageNet's weights, and what it keeps of it in the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig
from augderm.learn.batches import whole_images
from augderm.learn.cache import CachedImages
from augderm.learn.folded import is_bundle, load_folded, measure_norms
from augderm.learn.network import DermoscopyNetwork
from augderm.learn.records import Record
from augderm.learn.run_folder import RunFolder
from augderm.learn.run_settings import IMAGES
from augderm.reader.bundle import NETWORK, load_bundle

NORM_IMAGES = 512
"""Images that batch norms are measured on."""


def load_start(
    network: DermoscopyNetwork,
    folder: Path,
    settings: Mapping[str, Any],
    records: Sequence[Record],
    cached: CachedImages,
    side_px: int,
) -> None:
    """Give a network the weights that an earlier run or a bundle left, in place.

    Args:
        network: freshly built.
        folder: of the run or the bundle.
        settings: of the run that begins.
        records: its training images.
        cached: them, decoded.
        side_px: of its first images.

    Raises:
        InvalidConfig: see `load_weights`.
    """
    load_weights(network, folder, settings, len(records))
    if is_bundle(folder):
        measure_norms(network, whole_images(cached, norm_records(records), side_px))


def load_weights(
    network: DermoscopyNetwork, folder: Path, settings: Mapping[str, Any], train_images: int
) -> None:
    """`load_start` before any image was decoded: those of a bundle with norms that are still to be measured.

    Raises:
        InvalidConfig: there are no weights, of another shape, or they may have been learned from images that
            this run holds back.
    """
    if is_bundle(folder):
        load_folded(network, folder, {**settings, "train_images": train_images})
    else:
        network.load_state_dict(RunFolder(folder).averaged_weights(settings))


def weights_sha256(folder: Path) -> str:
    """SHA-256 of the file that holds the weights of a run or a bundle.

    Raises:
        InvalidConfig: there is none.
    """
    file = folder / NETWORK if is_bundle(folder) else RunFolder(folder).checkpoint
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidConfig(
            f"{folder}: {file.name} cannot be read ({error.strerror}); restore it, or train that run first"
        ) from None


def knows_its_images(folder: Path) -> bool:
    """Whether a run or bundle says which bytes it learned from; those of earlier versions do not."""
    made: Mapping[str, Any]
    if is_bundle(folder):
        made = load_bundle(folder).manifest.get("training", {})
    else:
        made = RunFolder(folder).load()["settings"]
    return IMAGES in made


def norm_records(records: Sequence[Record]) -> Sequence[Record]:
    """About `NORM_IMAGES` of some records, evenly spread."""
    return records[:: -(-len(records) // NORM_IMAGES)]


@torch.no_grad()
def keep_of_start(
    network: DermoscopyNetwork, start: DermoscopyNetwork, share: float, batches: Iterable[Tensor]
) -> None:
    """Average a network with what it began with, weight by weight, in place (Wortsman et al., CVPR 2022).

    Both lie in one valley of the loss, and their mean lies deeper than either: what one of them learned by
    heart, the other did not. The batch norms are measured anew, since the mean of two networks gives other
    activations than either.

    Args:
        network: trained.
        start: as it began.
        share: of the start, 0..1.
        batches: normalised images (B, 3, S, S), as the network will read them.
    """
    mine, theirs = network.state_dict(), start.state_dict()
    for name, values in mine.items():
        if values.is_floating_point():
            values.lerp_(theirs[name], share)
    measure_norms_anew(network, batches)


@torch.no_grad()
def measure_norms_anew(network: DermoscopyNetwork, batches: Iterable[Tensor]) -> None:
    """Measure the batch norms of a network on some images, in place, and leave it in evaluation mode.

    Args:
        network: trained.
        batches: normalised images (B, 3, S, S), as the network will read them.
    """
    network.eval()
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over the batches
        layer.train()
    for images in batches:
        network(images)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    network.eval()
