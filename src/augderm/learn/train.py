"""The training loop: plain, resumable, one network for every head."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from augderm.domain.errors import InvalidConfig
from augderm.learn.augment import random_views
from augderm.learn.batches import load_batch, normalise, reduced
from augderm.learn.cache import CachedImages, stored_size_px
from augderm.learn.config import TrainConfig
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.loss import network_loss, targets_of, twins_loss
from augderm.learn.network import DermoscopyNetwork, NetworkOutput, build_network
from augderm.learn.parallel import Workers
from augderm.learn.records import Record, Split
from augderm.learn.revision import code_revision
from augderm.learn.run_folder import RunFolder
from augderm.learn.run_settings import COMMIT, START, TEACHERS
from augderm.learn.start import load_start, weights_sha256
from augderm.learn.teachers import Teachers

GRADIENT_LIMIT = 5.0
"""Largest norm of a step's gradient: no single batch throws the network off."""
BALANCE_POWER = {"none": 0.0, "square_root": 0.5, "equal": 1.0}
"""A class is drawn in proportion to its count to the power of 1 minus this."""
MIXED_PART = (0.7, 1.0)
"""Share of the first image where two are mixed (mixup, Zhang et al., ICLR 2018)."""


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

    logits: (N, C). structures: (N, 5). artefacts: (N, 7). clinical: (N,). All float32, uncalibrated.
    jaccards: (N,) float32, of the border at the size of the stored image; nan without a mask.
    checklist: (N, 19) float32, uncalibrated; None where the network has no such head.
    """

    logits: NDArray[np.float32]
    structures: NDArray[np.float32]
    artefacts: NDArray[np.float32]
    clinical: NDArray[np.float32]
    jaccards: NDArray[np.float32]
    checklist: NDArray[np.float32] | None = None


def train(
    config: TrainConfig,
    split: Split,
    cached: CachedImages,
    run: RunFolder,
    *,
    settings: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    teachers: Teachers,
    workers: Workers,
    on_progress: Callable[[Progress], None],
) -> DermoscopyNetwork:
    """Train to the last epoch and return the averaged network, in evaluation mode, on the CPU.

    Each finished epoch leaves a checkpoint and a line of metrics on the calibration images in the run
    folder; an interrupted run goes on from there. The validation fold is never read.

    Args:
        config: the settings.
        split: the records; `train` and `calibration` are read.
        cached: both, decoded.
        run: the folder, opened by the leader.
        settings: `settings_of` the run.
        state: the content of the checkpoint to go on from (`RunFolder.open`); None begins.
        teachers: what `load_teachers` gives for the settings.
        workers: the processes that train together.
        on_progress: told after each step.

    Raises:
        OutputRefused: the disk is full.
        AugDermError: another process could not go on.
        InvalidConfig: `start_from` cannot be the start, or the loss ran away.
    """
    torch.manual_seed(config.seed)
    network = fresh_network(config)
    with workers.together():
        if config.start_from and state is None and workers.leads:  # `share` gives it to the others
            load_start(network, config.start_from, settings, split.train, cached, config.side_px(0))
    network.freeze(config.frozen_blocks)
    network.to(workers.device)
    averaged = copy.deepcopy(network).requires_grad_(False)
    taught = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(taught, lr=config.learning_rate, weight_decay=config.weight_decay)
    first_epoch = 0
    metrics: list[dict[str, float]] = []
    if state is not None:
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        first_epoch = state["epoch"]
        metrics = state.get("metrics", [])
        with workers.together():
            if workers.leads and metrics:
                run.write_metrics(metrics)  # a stop right after the checkpoint had left it behind
    shared = workers.share(network)

    weights = draw_weights(split.train, config)
    targets = targets_of(split.train, weights)
    aspects = torch.tensor([record.aspect for record in split.train], dtype=torch.float32)
    rows = np.array(cached.rows(split.train))
    steps = math.ceil(len(split.train) / config.batch_size)

    for epoch in range(first_epoch, config.epochs):
        # Every process draws the same order, and augments its own part of it.
        order = torch.multinomial(
            weights, steps * config.images_per_step, True, generator=_generator(config.seed, epoch, 0)
        )
        generator = _generator(config.seed, epoch, 1 + workers.rank)
        # For dropout, which takes no generator: a resumed run then draws what an uninterrupted one does.
        torch.manual_seed(generator.initial_seed())
        side = config.side_px(epoch)
        network.train()
        started, losses = time.monotonic(), 0.0
        for step in range(steps):
            rate = _learning_rate(config, epoch + step / steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = order[step * config.images_per_step : (step + 1) * config.images_per_step]
            chosen = workers.part(batch).repeat(config.views)
            images, masks = load_batch(cached, rows[chosen.numpy()])
            images = reduced(images, stored_size_px(side))
            masks = reduced(masks, images.shape[2])
            images, masks, planted = random_views(
                images, masks, aspects[chosen], side, config.augment, generator
            )
            wanted = targets[chosen].with_planted(planted)
            mixed = float(torch.rand(1, generator=generator)) < config.mixup
            part = 1.0
            if mixed:
                low, high = MIXED_PART
                part = low + (high - low) * float(torch.rand(1, generator=generator))
                partner = _partners(len(chosen), config.views, generator)
                images = part * images + (1 - part) * images[partner]
            given = workers.send(normalise(images))
            with workers.precision():
                found = NetworkOutput(*shared(given)).each(Tensor.float)
            found = found.each(Tensor.cpu)
            loss = part * network_loss(found, masks, wanted, config)
            if mixed:
                loss = loss + (1 - part) * network_loss(found, masks[partner], wanted[partner], config)
            if config.twins_weight:
                loss = loss + config.twins_weight * twins_loss(found.logits)
            loss = loss + config.teachers_weight * teachers.loss(given, found)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(taught, GRADIENT_LIMIT)
            if not math.isfinite(norm):
                raise InvalidConfig(
                    f"the gradient is {float(norm)} in step {step + 1} of epoch {epoch + 1}; lower "
                    "learning_rate in another run"
                )
            optimizer.step()
            _move_average(averaged, network, config.moving_average, epoch * steps + step)
            losses += loss.item()
            seconds = (time.monotonic() - started) / (step + 1)
            left = seconds * _steps_left(config, epoch, step, steps)
            on_progress(Progress(epoch, config.epochs, step + 1, steps, losses / (step + 1), left))
        with workers.together():
            if workers.leads:
                seen = predict(averaged, cached, split.calibration, config.input_size_px, workers)
                row = {"epoch": epoch + 1.0, "loss": losses / steps}
                metrics.append(row | epoch_figures(seen, split.calibration))
                run.save(
                    {
                        "epoch": epoch + 1,
                        "metrics": metrics,
                        "settings": settings,
                        "network": network.state_dict(),
                        "averaged": averaged.state_dict(),
                        "optimizer": optimizer.state_dict(),
                    }
                )
                run.write_metrics(metrics)
                run.draw_curves([config.side_px(past) for past in range(epoch + 1)])
    if workers.leads:
        # Not within the loop: a stop right after the last checkpoint would leave a run without its pictures.
        run.draw_curves([config.side_px(past) for past in range(config.epochs)])
        seen = predict(averaged, cached, split.calibration, config.input_size_px, workers)
        run.show_mistakes(cached, seen, split.calibration)
    return averaged.cpu().eval()


def fresh_network(config: TrainConfig) -> DermoscopyNetwork:
    """The network of a config as ImageNet left it.

    Raises:
        InvalidConfig: its encoder is unknown or not installed.
    """
    return build_network(
        config.encoder,
        embedding_size=config.embedding_size,
        dropout=config.dropout,
        checklist=config.checklist_weight is not None,
    )


def _partners(count: int, views: int, generator: torch.Generator) -> Tensor:
    """A shuffle of the rows of a batch; where it holds each image twice, the same for both halves."""
    images = count // views
    order = torch.randperm(images, generator=generator)
    return torch.cat([order + view * images for view in range(views)])


def settings_of(config: TrainConfig, data_sha256: str) -> dict[str, Any]:
    """All that a run must be gone on with, as its checkpoint and `settings.json` hold it, but for
    `run_settings.IMAGES`, which takes reading them all.

    Args:
        config: of the run.
        data_sha256: `records_hash`: with changed folds, held-back images would have been learned from.
    """
    settings: dict[str, Any] = json.loads(json.dumps(asdict(config), default=str))
    settings |= {"data_sha256": data_sha256, COMMIT: code_revision()}
    if config.start_from:
        # Where something of it is kept it is read again at the end, perhaps days later, and must be the same.
        # Where nothing is, it may be gone by now.
        with nullcontext() if config.keep_of_start else suppress(InvalidConfig):
            settings[START] = weights_sha256(config.start_from)
    if config.teachers:
        settings[TEACHERS] = [weights_sha256(folder) for folder in config.teachers]
    return settings


def draw_weights(records: Sequence[Record], config: TrainConfig) -> Tensor:
    """How often each record is drawn: by its class's rarity, times its source's weight; (N,) float64."""
    classes = [str(record.label) for record in records]
    counts = {name: classes.count(name) for name in set(classes)}
    power = BALANCE_POWER[config.balance]
    weights = [counts[name] ** -power * record.weight for name, record in zip(classes, records, strict=True)]
    return torch.tensor(weights, dtype=torch.float64)


@torch.inference_mode()
def predict(
    network: DermoscopyNetwork,
    cached: CachedImages,
    records: Sequence[Record],
    size_px: int,
    workers: Workers,
    batch_size: int = 16,
) -> Predictions:
    """Read records without augmentation, in one pass, at this side."""
    network.eval()
    rows = np.array(cached.rows(records), dtype=np.int64)
    logits, structures, artefacts, clinical, jaccards, checklist = [], [], [], [], [], []
    for start in range(0, len(records), batch_size):
        images, masks = load_batch(cached, rows[start : start + batch_size])
        found = network(workers.send(normalise(reduced(images, size_px)))).each(Tensor.cpu)
        logits.append(found.logits)
        structures.append(found.structures)
        artefacts.append(found.artefacts)
        clinical.append(found.modality)
        if found.checklist is not None:
            checklist.append(found.checklist)
        full = nn.functional.interpolate(found.border, masks.shape[2:], mode="bilinear")
        jaccards.append(_jaccards(full > 0, masks > 0.5))
    found_jaccards = torch.cat(jaccards).numpy()
    found_jaccards[[record.mask is None for record in records]] = np.nan
    return Predictions(
        logits=torch.cat(logits).numpy(),
        structures=torch.cat(structures).numpy(),
        artefacts=torch.cat(artefacts).numpy(),
        clinical=torch.cat(clinical).numpy(),
        jaccards=found_jaccards,
        checklist=torch.cat(checklist).numpy() if checklist else None,
    )


def _generator(seed: int, epoch: int, stream: int) -> torch.Generator:
    return torch.Generator().manual_seed((seed * 1000 + epoch) * 1000 + stream)


def _learning_rate(config: TrainConfig, epoch: float) -> float:
    """Linear warm-up, then a half cosine down to zero. `epoch` counts from 0, with its fraction."""
    if epoch < config.warmup_epochs:
        return config.learning_rate * (epoch + 1e-3) / config.warmup_epochs
    done = (epoch - config.warmup_epochs) / (config.epochs - config.warmup_epochs)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _steps_left(config: TrainConfig, epoch: int, step: int, steps: int) -> float:
    """Steps still to go, in steps of this epoch's size: work grows with the area of the images."""
    now = config.side_px(epoch)
    later = sum((config.side_px(other) / now) ** 2 for other in range(epoch + 1, config.epochs))
    return steps - step - 1 + later * steps


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
