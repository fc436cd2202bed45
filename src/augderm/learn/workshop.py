"""From a config to a bundle: read the sources, train, calibrate, export."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch

from augderm.domain.errors import InvalidDataset
from augderm.learn.cache import cache_images, stored_size_px
from augderm.learn.config import TrainConfig, load_config
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.parallel import join_workers
from augderm.learn.records import Record, check_groups, records_hash, split_records
from augderm.learn.run_folder import RunFolder
from augderm.learn.train import Progress, train


class Reporter(Protocol):
    """Hears how far things are."""

    def decoded(self, done: int, count: int) -> None: ...
    def trained(self, progress: Progress) -> None: ...


def read_sources(config: TrainConfig) -> list[Record]:
    """The records of all sources, each once.

    Raises:
        InvalidDataset: a source is missing or broken, or a group stands in two folds.
    """
    records: dict[Path, Record] = {}
    for source in config.sources:
        found = read_dataset(source.dataset, source.path)
        known = {record.dataset for record in found}
        if unknown := sorted(set(source.keep) - known):
            raise InvalidDataset(
                f"{source.path}: holds no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )
        for record in found:
            if not source.keep or record.dataset in source.keep:
                records.setdefault(record.path, record)
    check_groups(list(records.values()))
    return list(records.values())


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
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    records = read_sources(config)
    split = split_records(
        records,
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
    )
    with join_workers(config.batch_size) as workers:
        if workers.leads:
            say(
                f"{len(split.train)} images to train on, {len(split.calibration)} to calibrate, "
                f"{len(split.validation)} held back for validation"
            )
        else:
            workers.wait()  # the leader decodes, the others then open what it left
        cached = cache_images(
            split.train + split.calibration,
            stored_px=stored_size_px(config.input_size_px),
            cache=cache or out / "cache",
            on_progress=reporter.decoded,
        )
        if workers.leads:
            workers.wait()
        data_sha256 = records_hash(records)
        network = train(
            config,
            split,
            cached,
            RunFolder(out, writes=workers.leads),
            data_sha256=data_sha256,
            resume=resume,
            workers=workers,
            on_progress=reporter.trained if workers.leads else lambda _: None,
        )
        if not workers.leads:
            return
        from augderm.learn.export import export_bundle

        facts = {
            "readers": sorted({source.dataset for source in config.sources}),
            "datasets": sorted({record.dataset for record in records}),
            "data_sha256": data_sha256,
            "train_images": len(split.train),
            "calibration_images": len(split.calibration),
            "validation_fold": config.validation_fold,
            "calibration_fold": config.calibration_fold,
            "encoder": config.encoder,
            "epochs": config.epochs,
            "seed": config.seed,
        }
        export_bundle(network, config, split, facts, out / "bundle")
        say(
            f"The bundle is in {out / 'bundle'}. Its figures on the validation fold:\n"
            f"  augderm evaluate {out / 'bundle'} {config.sources[0].path} --fold {config.validation_fold}"
        )
