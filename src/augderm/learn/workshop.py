"""From a config to a bundle: read the sources, train, calibrate, export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.batches import whole_images
from augderm.learn.cache import CachedImages, cache_images, stored_size_px
from augderm.learn.calibrate import MIN_IMAGES
from augderm.learn.config import Source, TrainConfig, load_config
from augderm.learn.datasets.check import label_findings
from augderm.learn.datasets.findings import in_a_line
from augderm.learn.datasets.masks import check_outlines
from augderm.learn.datasets.registry import dataset_named, read_dataset
from augderm.learn.images_hash import images_sha256
from augderm.learn.loss import targets_of
from augderm.learn.network import DermoscopyNetwork
from augderm.learn.parallel import join_workers, threads_of_process
from augderm.learn.records import Record, Split, check_groups, records_hash, split_records
from augderm.learn.refit import head_inputs, refit_heads
from augderm.learn.run_folder import RunFolder
from augderm.learn.run_settings import IMAGES, START
from augderm.learn.start import (
    keep_of_start,
    knows_its_images,
    load_start,
    load_weights,
    norm_records,
    weights_sha256,
)
from augderm.learn.teachers import load_teachers
from augderm.learn.train import Progress, draw_weights, fresh_network, settings_of, train
from augderm.learn.training_facts import training_facts

SPLITS = (None, "train", "validation", "test")
"""The later one counts where an image is listed in two."""


class Reporter(Protocol):
    """Hears how far things are."""

    def hashed(self, done: int, count: int) -> None: ...
    def decoded(self, done: int, count: int) -> None: ...
    def trained(self, progress: Progress) -> None: ...
    def looked_over(self, done: int, count: int) -> None: ...


def read_sources(config: TrainConfig, warn: Callable[[str], None] = lambda _: None) -> list[Record]:
    """The records of all sources, each once, with the weight of its source.

    Args:
        config: names the sources.
        warn: hears of images whose diagnosis is not understood.

    Raises:
        InvalidDataset: a source is missing or broken, a group stands in two folds, an image is listed twice
            with contradictory labels or weights, or the mask of a structure cannot be read.
    """
    records: dict[Path, Record] = {}
    known_ids: dict[str, tuple[Source, Record]] = {}
    for source in config.sources:
        found = read_dataset(source.dataset, source.path)
        known = {record.dataset for record in found}
        if unknown := sorted(set(source.keep) - known):
            raise InvalidDataset(
                f"{source.path}: holds no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )
        kept = [
            replace(record, weight=source.weight)
            for record in found
            if not source.keep or record.dataset in source.keep
        ]
        check_outlines(kept)
        for record in kept:
            first = records.setdefault(record.path, record)
            _check_same(first, record)
            # Listed in two splits: one that is tested on anywhere is a test image.
            records[record.path] = max(first, record, key=lambda r: SPLITS.index(r.split))
            _check_seen_elsewhere(source, record, known_ids)
        for finding in label_findings(dataset_named(source.dataset), kept):
            if finding.level == "problem":
                warn(
                    f"{source.path}: {finding.what} ({in_a_line(finding.where)}). See `augderm data check "
                    f"{source.dataset} {source.path}`: {finding.remedy}"
                )
    check_groups(list(records.values()))
    return list(records.values())


def _check_same(first: Record, second: Record) -> None:
    """Refuse an image that is listed twice and not as the same: which is right cannot be told."""
    for name in ("label", "malignant", "group", "modality", "weight"):
        one, other = getattr(first, name), getattr(second, name)
        if one != other:
            if name == "label":
                one, other = first.diagnosis, second.diagnosis
            remedy = (
                "give its sources one weight, or name what each of them takes in `keep`"
                if name == "weight"
                else f"see `augderm data check`, and correct or drop the row ({second.dataset})"
            )
            raise InvalidDataset(
                f"{first.path}: listed twice, once with the {name} {one!r} and once with {other!r}; {remedy}"
            )


def _check_seen_elsewhere(source: Source, record: Record, known: dict[str, tuple[Source, Record]]) -> None:
    """Refuse an image of the ISIC Archive that two sources put into different folds.

    Archives overlap (HAM10000 is part of ISIC 2018 and 2019): the same image would be trained on by the
    one name and held back by the other.
    """
    if not record.isic_id:
        return
    other, first = known.setdefault(record.isic_id, (source, record))
    if (other.dataset, other.path) != (source.dataset, source.path) and first.fold != record.fold:
        raise InvalidDataset(
            f"{record.isic_id} is in fold {first.fold} of {other.dataset} ({other.path}) and in fold "
            f"{record.fold} of {source.dataset} ({source.path}); the two overlap: keep one of them"
        )


def split_of(config: TrainConfig, records: Sequence[Record]) -> Split:
    """The records split as a config says."""
    if missing := sorted(set(config.official_splits or ()) - {record.dataset for record in records}):
        raise InvalidConfig(
            f"official_splits names {', '.join(missing)}, of which there is no image; it takes "
            f"{', '.join(sorted({record.dataset for record in records}))}"
        )
    return split_records(
        records,
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
        official=config.official_splits or (),
    )


def _check_parts(config: TrainConfig, split: Split) -> None:
    """Tell before hours of training what would be missing at its end."""
    for name in ("train", "calibration", "validation"):
        if not getattr(split, name):
            raise InvalidDataset(
                f"no image is left for {name}; check the folds, calibration_share and sources of the config"
            )
    if config.checklist_weight is not None and not any(record.checklist for record in split.train):
        raise InvalidDataset(
            "checklist_weight is given, but no image to train on has labels of the 7-point checklist; leave "
            "it out, or add a source that has them (derm7pt, ph2)"
        )
    counts = {
        modality: sum(r.modality == modality and r.label is not None for r in split.calibration)
        for modality in MIN_IMAGES
    }
    if all(counts[modality] < least for modality, least in MIN_IMAGES.items()):
        raise InvalidDataset(
            f"{counts} calibration images with a diagnosis, the least is {dict(MIN_IMAGES)}; raise "
            "calibration_share or add sources"
        )


def _judged(config: TrainConfig) -> str:
    """The first source with its images held back, as `augderm evaluate` takes them."""
    source = config.sources[0]
    if source.dataset in (config.official_splits or ()):
        return f"{source.dataset}:{source.path} --split test"
    named = str(source.path) if source.dataset == "index" else f"{source.dataset}:{source.path}"
    return f"{named} --fold {config.validation_fold}"


def _keep_of_start(
    network: DermoscopyNetwork,
    config: TrainConfig,
    split: Split,
    cached: CachedImages,
    settings: Mapping[str, Any],
) -> None:
    """Average a trained network with what it began with, in place.

    Raises:
        InvalidConfig: the start is another one than when the run began.
    """
    assert config.start_from, "a config with keep_of_start has it"
    start = fresh_network(config)
    if weights_sha256(config.start_from) != settings[START]:
        raise InvalidConfig(
            f"start_from {config.start_from} was changed while this run trained; restore it, and go on with "
            "--resume"
        )
    load_start(start, config.start_from, settings, split.train, cached, config.side_px(0))
    whole = whole_images(cached, norm_records(split.train), config.input_size_px)
    keep_of_start(network, start, config.keep_of_start, whole)


def _check_start(config: TrainConfig, settings: Mapping[str, Any], train_images: int) -> None:
    """Tell before hours of decoding what would keep a run from beginning.

    Raises:
        InvalidConfig: the encoder, `frozen_blocks` or `start_from`.
    """
    network = fresh_network(config)
    network.freeze(config.frozen_blocks)
    if config.start_from:
        load_weights(network, config.start_from, settings, train_images)


def _say_how_it_begins(
    config: TrainConfig,
    out: Path,
    state: Mapping[str, Any] | None,
    resume: bool,
    say: Callable[[str], None],
) -> None:
    """Tell what a person would else take for granted."""
    if state is None:
        if resume:
            say(f"{out}: no epoch was finished; beginning with the first")
        trusted = [folder for folder in (config.start_from, *config.teachers) if folder]
        for folder in trusted:
            if not knows_its_images(folder):
                say(
                    f"{folder} was made by an earlier version, which kept no hash of the images' bytes: that "
                    "it learned from these images is known by their names and labels only"
                )
    elif IMAGES not in state["settings"]:
        say(
            f"{out} was begun by an earlier version, which kept no hash of the images' bytes: that they are "
            "still the same is known by their names and labels only"
        )


def train_bundle(
    config_path: Path,
    out: Path,
    *,
    resume: bool,
    cache: Path | None,
    say: Callable[[str], None],
    reporter: Reporter,
) -> None:
    """Train a network as a config says, and leave its bundle in `out / "bundle"`.

    Raises:
        InvalidConfig, InvalidDataset, OutputRefused: see the message.
    """
    config = load_config(config_path)
    torch.set_num_threads(threads_of_process())
    warnings: list[str] = []
    records = read_sources(config, warnings.append)
    split = split_of(config, records)
    _check_parts(config, split)
    with join_workers(config.images_per_step) as workers:
        if workers.leads:
            for warning in warnings:
                say(warning)
            say(
                f"{len(split.train)} images to train on, {len(split.calibration)} to calibrate, "
                f"{len(split.validation)} held back for validation"
            )
            if left_out := len(records) - split.images:
                say(
                    f"{left_out} images are in none of these: official test images, and what shows the same "
                    "image, lesion or patient"
                )
        learned = split.train + split.calibration
        run = RunFolder(out)
        settings = settings_of(config, records_hash(records))
        with workers.together():  # what can be refused is refused before every image is read
            if workers.leads and run.known(settings, resume=resume) is None:
                _check_start(config, settings, len(split.train))
        with workers.together():
            found = images_sha256(learned, reporter.hashed) if workers.leads else ""
        found = workers.agree(found)
        with workers.together():
            settings[IMAGES] = found
            state = run.open(settings, resume=resume) if workers.leads else None
        state = workers.agree(state)
        with workers.together():
            if state is None:
                _check_start(config, settings, len(split.train))  # once more, by the images' bytes
            teachers = load_teachers(config.teachers, settings, len(split.train), workers.device)
            if workers.leads:
                _say_how_it_begins(config, out, state, resume, say)
        if state and IMAGES not in state["settings"]:
            del settings[IMAGES]  # nothing is said of its earlier epochs that nobody knows
        for turn in (True, False):  # the first of each machine decodes, the others then open what it left
            with workers.together():
                if workers.first_here is turn:
                    cached = cache_images(
                        learned,
                        stored_px=stored_size_px(config.input_size_px),
                        cache=cache or out / "cache",
                        on_progress=reporter.decoded if workers.leads else lambda *_: None,
                    )
        network = train(
            config,
            split,
            cached,
            run,
            settings=settings,
            state=state,
            teachers=teachers,
            workers=workers,
            on_progress=reporter.trained if workers.leads else lambda _: None,
        )
        if not workers.leads:
            return
        if config.keep_of_start:
            _keep_of_start(network, config, split, cached, settings)
        if config.refit:
            inputs = head_inputs(
                network.to(workers.device), cached, split.train, config.input_size_px, reporter.looked_over
            )
            network.cpu()
            drawn = draw_weights(split.train, config)
            refit_heads(network, inputs, targets_of(split.train, drawn), drawn)
        from augderm.learn.export import export_bundle

        export_bundle(
            network.cpu(), config, split, training_facts(config, records, split, settings), out / "bundle"
        )
        say(
            f"The bundle is in {out / 'bundle'}. Its figures on the images held back:\n"
            f"  augderm evaluate {out / 'bundle'} {_judged(config)}"
        )
