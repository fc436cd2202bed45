"""The training loop: plain, resumable, one network for diagnosis and border."""

from __future__ import annotations

import copy
import csv
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.domain.taxonomy import CODES
from augderm.learn.augment import random_views
from augderm.learn.config import TrainConfig
from augderm.learn.dataset import CachedImages, Record, Split
from augderm.learn.network import INPUT_MEAN, INPUT_SCALE, DermoscopyNetwork, build_network
from augderm.learn.scores import mean_class_recall, mean_jaccard

CHECKPOINT = "checkpoint.pt"
GRADIENT_LIMIT = 5.0
"""Largest norm of a step's gradient; a broken batch then cannot throw the network off."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: for a progress line."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says of N records, in their order.

    logits: (N, C) float32. labels: (N,) int64. jaccards: (N,) float32, of the border on the
    network's grid.
    """

    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    jaccards: NDArray[np.float32]


def train(
    config: TrainConfig,
    split: Split,
    cached: CachedImages,
    run: Path,
    *,
    data_sha256: str,
    resume: bool,
    on_progress: Callable[[Progress], None],
) -> DermoscopyNetwork:
    """Train to the last epoch and return the averaged network, in evaluation mode.

    Each finished epoch leaves `run/checkpoint.pt` and a line in `run/metrics.csv`; an interrupted
    run continues from there with `resume`.

    Raises:
        OutputRefused: the run folder holds a checkpoint and `resume` is off.
        InvalidConfig: the checkpoint to resume was made with other settings or data.
    """
    run.mkdir(parents=True, exist_ok=True)
    checkpoint = run / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputRefused(f"{run} holds a run already; add --resume, or give another --out")
    torch.manual_seed(config.seed)
    network = build_network(
        config.encoder,
        classes=len(CODES),
        embedding_size=config.embedding_size,
        dropout=config.dropout,
    )
    averaged = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    first_epoch = 0
    # The data's hash among them: with changed folds, held-back images would have been learned from.
    settings = json.loads(json.dumps(asdict(config), default=str)) | {"data_sha256": data_sha256}
    if checkpoint.exists():
        # weights_only: a checkpoint is data, and may not run code.
        state = torch.load(checkpoint, weights_only=True)
        if state["settings"] != settings:
            changed = [key for key in settings if state["settings"].get(key) != settings[key]]
            raise InvalidConfig(
                f"{checkpoint} was made with other settings ({', '.join(changed)}); "
                "restore them, or start another run with another --out"
            )
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        first_epoch = state["epoch"]

    labels = torch.tensor([record.label for record in split.train])
    counts = torch.bincount(labels, minlength=len(CODES)).double().clamp(min=1)
    weights = counts[labels] ** -config.balance_power
    # What sampling leaves of the imbalance is taken out of the logits (balanced softmax, Ren et
    # al., NeurIPS 2020), so the network's own logits speak for classes of equal frequency.
    sampled = counts ** (1 - config.balance_power)
    log_prior = torch.log(sampled / sampled.sum()).float()
    steps = math.ceil(len(split.train) / config.batch_size)

    for epoch in range(first_epoch, config.epochs):
        generator = torch.Generator().manual_seed(config.seed + epoch)
        order = torch.multinomial(weights, steps * config.batch_size, True, generator=generator)
        network.train()
        started, losses = time.monotonic(), 0.0
        for step in range(steps):
            rate = _learning_rate(config, epoch + step / steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            chosen = order[step * config.batch_size : (step + 1) * config.batch_size]
            batch = [split.train[index] for index in chosen.tolist()]
            images, masks = load_batch(cached, batch)
            aspects = torch.tensor([record.aspect for record in batch])
            images, masks = random_views(images, masks, aspects, config.input_size_px, generator)
            loss = _loss(network, normalise(images), masks, labels[chosen], log_prior, config)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_LIMIT)
            optimizer.step()
            _move_average(averaged, network, config.moving_average, epoch * steps + step)
            losses += loss.item()
            seconds = (time.monotonic() - started) / (step + 1)
            left = seconds * ((config.epochs - epoch) * steps - step - 1)
            on_progress(Progress(epoch, config.epochs, step + 1, steps, losses / (step + 1), left))
        state = {
            "epoch": epoch + 1,
            "settings": settings,
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "optimizer": optimizer.state_dict(),
        }
        save_checkpoint(state, checkpoint)
        found = predict(averaged, cached, split.validation, config)
        _append_metrics(run / "metrics.csv", epoch, losses / steps, found, split.validation)
    return averaged.eval()


def load_batch(cached: CachedImages, records: Sequence[Record]) -> tuple[Tensor, Tensor]:
    """Images (B, 3, S, S) float 0..255 and masks (B, 1, S, S) float 0..1 of some records."""
    rows = [cached.row_of[record.image] for record in records]
    images = torch.from_numpy(np.stack([cached.images[row] for row in rows]))
    masks = torch.from_numpy(np.stack([cached.masks[row] for row in rows]))
    return images.permute(0, 3, 1, 2).float(), masks[:, None].float() / 255.0


def normalise(images: Tensor) -> Tensor:
    """From 0..255 to the range that the encoder was pretrained on."""
    return ((images - INPUT_MEAN) / INPUT_SCALE).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def predict(
    network: DermoscopyNetwork, cached: CachedImages, records: Sequence[Record], config: TrainConfig
) -> Predictions:
    """Read records without augmentation, in one pass."""
    network.eval()
    size = config.input_size_px
    logits, jaccards = [], []
    for start in range(0, len(records), config.batch_size):
        images, masks = load_batch(cached, records[start : start + config.batch_size])
        images = nn.functional.interpolate(images, size, mode="bilinear", antialias=True)
        diagnosis, border, _, _ = network(normalise(images))
        logits.append(diagnosis)
        full = nn.functional.interpolate(border, masks.shape[2:], mode="bilinear")
        jaccards.append(_jaccards(full > 0, masks > 0.5))
    return Predictions(
        logits=torch.cat(logits).numpy(),
        labels=np.array([record.label for record in records]),
        jaccards=torch.cat(jaccards).numpy(),
    )


def _loss(
    network: DermoscopyNetwork,
    images: Tensor,
    masks: Tensor,
    labels: Tensor,
    log_prior: Tensor,
    config: TrainConfig,
) -> Tensor:
    logits, border, _, _ = network(images)
    diagnosis = nn.functional.cross_entropy(
        logits + log_prior, labels, label_smoothing=config.label_smoothing
    )
    wanted = nn.functional.interpolate(masks, border.shape[2:], mode="area")
    cross_entropy = nn.functional.binary_cross_entropy_with_logits(border, wanted)
    likely = torch.sigmoid(border)
    overlap = (likely * wanted).sum(dim=(1, 2, 3))
    total = (likely + wanted).sum(dim=(1, 2, 3))
    # The soft Jaccard is the figure that borders are judged by; +1 keeps empty masks defined.
    soft_jaccard = (overlap + 1) / (total - overlap + 1)
    border_loss = cross_entropy + (1 - soft_jaccard).mean()
    return diagnosis + config.border_weight * border_loss


def _learning_rate(config: TrainConfig, epoch: float) -> float:
    """Linear warm-up, then a half cosine down to zero. `epoch` counts from 0, with its fraction."""
    if epoch < config.warmup_epochs:
        return config.learning_rate * (epoch + 1e-3) / config.warmup_epochs
    done = (epoch - config.warmup_epochs) / (config.epochs - config.warmup_epochs)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


@torch.no_grad()
def _move_average(averaged: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    # Early on the average follows closely: it would else remember the untrained heads.
    decay = min(decay, (1 + step) / (10 + step))
    for old, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:
            old.copy_(new)


def _jaccards(found: Tensor, wanted: Tensor) -> Tensor:
    overlap = (found & wanted).sum(dim=(1, 2, 3)).float()
    union = (found | wanted).sum(dim=(1, 2, 3)).float()
    return torch.where(union > 0, overlap / union, torch.ones_like(union))


def _append_metrics(
    path: Path, epoch: int, loss: float, found: Predictions, records: Sequence[Record]
) -> None:
    chosen = found.logits.argmax(axis=1)
    ham = np.array([record.dataset == "ham10000" for record in records])
    row = {
        "epoch": epoch + 1,
        "loss": f"{loss:.4f}",
        "validation_mean_class_recall": f"{mean_class_recall(found.labels, chosen):.4f}",
        "validation_accuracy": f"{(chosen == found.labels).mean():.4f}",
        "ham10000_mean_class_recall": f"{mean_class_recall(found.labels[ham], chosen[ham]):.4f}",
        "validation_jaccard": f"{mean_jaccard(found.jaccards):.4f}",
    }
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def save_checkpoint(state: dict[str, object], path: Path) -> None:
    """Write a checkpoint whole or not at all.

    Raises:
        OutputRefused: the disk is full or gone; an earlier checkpoint is still there.
    """
    partial = path.with_suffix(".partial")
    try:
        torch.save(state, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise OutputRefused(
            f"{path}: the checkpoint cannot be written ({error}); free some disk and use --resume"
        ) from None
