"""Short runs that differ in one thing, judged on the same images by source.

    .venv/bin/python tools/experiments/short_runs.py CONFIG sources --out RUNS --cache CACHE
    .venv/bin/python tools/experiments/short_runs.py CONFIG balance --out RUNS --cache CACHE
    .venv/bin/python tools/experiments/short_runs.py CONFIG folds --out RUNS --cache CACHE

Or under `.venv/bin/torchrun --nproc-per-node 2`.

`sources` trains on all sources, then without each: how far does what is learned travel to a source that was
never seen? `balance` draws the classes in each way that there is. Both are judged on the calibration
images. `folds` leaves out each fold in turn but the one held back for validation, and judges on the whole
of it: a cross-validation, with the mean and the standard deviation over the folds; run it for several
configs to compare what they say of encoder, classes, losses and augmentation. What they say of stages,
start, teachers and frozen blocks is left aside: from ImageNet, on a short schedule of small images; compare
the rows with each other, not with the shipped network. Nothing of the validation fold is read. A run that
is there already is gone on with.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from augderm.domain.errors import InvalidConfig
from augderm.domain.folds import FOLDS
from augderm.learn.cache import CachedImages, cache_images, stored_size_px
from augderm.learn.config import BALANCES, MODALITIES, Source, Stage, TrainConfig, load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.parallel import Workers, join_workers
from augderm.learn.records import Record, Split, records_hash
from augderm.learn.run_folder import RunFolder
from augderm.learn.teachers import load_teachers
from augderm.learn.train import predict, settings_of, train
from augderm.learn.workshop import read_sources, split_of

SHOWN = (
    "mean_class_recall",
    "accuracy",
    "ham10000_melanoma_auc",
    "other_melanoma_auc",
    "clinical_malignancy_auc",
    "jaccard",
    "structures_auc",
    "artefacts_auc",
)


def main() -> None:
    """Train the networks that are not there yet, and print a row for each and each source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("vary", choices=["sources", "balance", "folds"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="decoded images, of the config's own size")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    config = load_config(asked.config)
    short = dataclasses.replace(
        config,
        stages=(Stage(side_px=asked.side, epochs=asked.epochs),),
        input_size_px=asked.side,
        start_from=None,
        keep_of_start=0.0,
        teachers=(),  # these know the images that are left out
        teachers_weight=0.0,
        frozen_blocks=0,
    )
    over: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    everything = split_of(config, read_sources(config))
    with join_workers(config.batch_size) as workers:
        cached = cache_images(
            everything.train + everything.calibration,
            stored_px=stored_size_px(config.input_size_px),
            cache=asked.cache,
            on_progress=lambda *_: None,
        )
        for name, varied in _variants(short, asked.vary):
            out = asked.out / f"{asked.config.stem}-{asked.side}px-{name}"
            judged_by = varied if asked.vary == "folds" else short
            for source, figures in _run(varied, judged_by, cached, out, workers):
                for figure, value in figures.items():
                    over[source, figure].append(value)
    if asked.vary == "folds" and workers.leads:
        for (source, figure), values in over.items():
            spread = f", sd {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            print(f"{source:<18} {figure:<24} {np.mean(values):.3f}{spread} over {len(values)} folds")


def _variants(config: TrainConfig, vary: str) -> Iterator[tuple[str, TrainConfig]]:
    if vary == "folds":
        if config.official_splits:
            raise InvalidConfig("official_splits keep a split of their own: no fold of it can be left out")
        whole = dict.fromkeys(MODALITIES, 1.0)
        for fold in range(FOLDS):
            if fold != config.validation_fold:
                yield (
                    f"without-fold-{fold}",
                    dataclasses.replace(config, calibration_fold=fold, calibration_share=whole),
                )
        return
    yield "as-it-is", config
    if vary == "balance":
        for balance in BALANCES:
            if balance != config.balance:
                yield f"balance-{balance}", dataclasses.replace(config, balance=balance)
        return
    for left_out in config.sources:
        kept = tuple(source for source in config.sources if source is not left_out)
        yield f"without-{_named(left_out)}", dataclasses.replace(config, sources=kept)


def _named(source: Source) -> str:
    return "+".join(source.keep) or source.dataset


def _run(
    varied: TrainConfig, whole: TrainConfig, cached: CachedImages, out: Path, workers: Workers
) -> Iterator[tuple[str, dict[str, float]]]:
    """Train as `varied` says, and give the figures on the calibration images of `whole`, by source."""
    everything = split_of(whole, read_sources(whole))
    learned = split_of(varied, read_sources(varied)).train
    split = Split(train=learned, calibration=everything.calibration, validation=[])
    run = RunFolder(out)
    settings = settings_of(varied, records_hash(split.train + split.calibration))
    resume = run.checkpoint.exists()
    network = train(
        varied,
        split,
        cached,
        run,
        settings=settings,
        state=workers.agree(run.open(settings, resume=resume) if workers.leads else None),
        teachers=load_teachers((), settings, len(learned), workers.device),
        workers=workers,
        on_progress=lambda _: None,
    )
    if not workers.leads:
        return
    for source in whole.sources:
        judged = [record for record in split.calibration if _comes_from(record, source)]
        found = epoch_figures(predict(network, cached, judged, varied.input_size_px, workers), judged)
        defined = {name: found[name] for name in SHOWN if found[name] == found[name]}
        shown = ", ".join(f"{name} {value:.3f}" for name, value in defined.items())
        print(f"{out.name:<36} on {_named(source):<18} {len(judged):>5} images: {shown}", flush=True)
        yield _named(source), defined


def _comes_from(record: Record, source: Source) -> bool:
    return record.folder == source.path and (not source.keep or record.dataset in source.keep)


if __name__ == "__main__":
    main()
