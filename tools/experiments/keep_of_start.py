"""Which share of the start's weights the exported ones should keep, on the calibration images.

    .venv/bin/python tools/experiments/keep_of_start.py CONFIG RUN --cache CACHE [--shares 1.0 0.7 0.5]

CONFIG names a `start_from`; RUN is the folder of `augderm train`. Each mean is judged on the calibration
images, its batch norms measured on whole training images; fold 0 is not read. Share 1 is the start with its
norms measured so.
"""

from __future__ import annotations

import argparse
import copy
import os
from pathlib import Path

import torch

from augderm.learn.batches import whole_images
from augderm.learn.cache import cache_images, stored_size_px
from augderm.learn.config import load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.parallel import Workers
from augderm.learn.records import records_hash
from augderm.learn.run_folder import RunFolder
from augderm.learn.start import keep_of_start, load_start, norm_records
from augderm.learn.train import fresh_network, predict, settings_of
from augderm.learn.workshop import read_sources, split_of


def main() -> None:
    """Print a line of figures for each share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0, 0.8, 0.6, 0.4, 0.2, 0.0])
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    config = load_config(asked.config)
    if not config.start_from:
        parser.error(f"{asked.config} names no start_from")
    records = read_sources(config)
    split = split_of(config, records)
    cached = cache_images(
        split.train + split.calibration,
        stored_px=stored_size_px(config.input_size_px),
        cache=asked.cache,
        on_progress=lambda *_: None,
    )

    start, trained = fresh_network(config), fresh_network(config)
    settings = settings_of(config, records_hash(records))
    load_start(start, config.start_from, settings, split.train, cached, config.side_px(0))
    trained.load_state_dict(torch.load(RunFolder(asked.run).checkpoint, weights_only=True)["averaged"])
    for share in asked.shares:
        network = copy.deepcopy(trained)
        whole = whole_images(cached, norm_records(split.train), config.input_size_px)
        keep_of_start(network, start, share, whole)
        seen = predict(network, cached, split.calibration, config.input_size_px, Workers())
        found = epoch_figures(seen, split.calibration)
        print(f"share {share:<4g}", ", ".join(f"{name} {found[name]:.3f}" for name in found), flush=True)


if __name__ == "__main__":
    main()
