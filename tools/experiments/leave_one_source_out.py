"""How far what is learned from some sources travels to one that was never seen.

    .venv/bin/python tools/experiments/leave_one_source_out.py CONFIG --out RUNS [--side 128 --epochs 3]

Trains the config's network on a short schedule: once on all sources, and once without each. Every network
is judged on the same images: the calibration fold's share, by source. Nothing of fold 0 is read. A short
schedule: compare the rows with each other, not with the shipped network.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import torch

from augderm.learn.cache import cache_images, stored_size_px
from augderm.learn.config import Source, Stage, TrainConfig, load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.parallel import join_workers
from augderm.learn.records import Record, Split, records_hash
from augderm.learn.run_folder import RunFolder
from augderm.learn.train import predict, train
from augderm.learn.workshop import read_sources, split_of


def named(source: Source) -> str:
    """The name of a source in the table."""
    return "+".join(source.keep) or source.dataset


def main() -> None:
    """Train the networks that are not there yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=3)
    asked = parser.parse_args()
    config = load_config(asked.config)
    config = dataclasses.replace(
        config,
        stages=(Stage(side_px=asked.side, epochs=asked.epochs),),
        input_size_px=asked.side,
    )
    for left_out in (None, *config.sources):
        kept = tuple(source for source in config.sources if source is not left_out)
        _run(config, kept, named(left_out) if left_out else "none", asked.out)


def _run(config: TrainConfig, kept: tuple[Source, ...], left_out: str, out: Path) -> None:
    everything = split_of(config, read_sources(config))
    chosen = dataclasses.replace(config, sources=kept)
    split = Split(
        train=split_of(chosen, read_sources(chosen)).train, calibration=everything.calibration, validation=[]
    )
    with join_workers(config.batch_size) as workers:
        cached = cache_images(
            everything.train + everything.calibration,
            stored_px=stored_size_px(config.input_size_px),
            cache=out / "cache",
            on_progress=lambda *_: None,
        )
        run = RunFolder(out / f"without-{left_out}", writes=workers.leads)
        network = train(
            chosen,
            split,
            cached,
            run,
            data_sha256=records_hash(split.train + split.calibration),
            resume=run.checkpoint.exists(),
            workers=workers,
            on_progress=lambda _: None,
        )
        for source in config.sources:
            judged = [record for record in split.calibration if _comes_from(record, source)]
            found = epoch_figures(predict(network, cached, judged, config.input_size_px, workers), judged)
            shown = ", ".join(f"{name} {found[name]:.3f}" for name in found)
            print(
                f"left out {left_out:<20} judged on {named(source):<20} {len(judged):>5}: {shown}", flush=True
            )


def _comes_from(record: Record, source: Source) -> bool:
    return record.folder == source.path and (not source.keep or record.dataset in source.keep)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
