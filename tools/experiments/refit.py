"""How strongly the refitted heads should be held to what training gave them, on the calibration images.

    .venv/bin/python tools/experiments/refit.py CONFIG RUN --cache CACHE [--size 256] [--keep FILE]

RUN is the folder of `augderm train`. The heads are fitted on its training images and judged on its
calibration images; fold 0 is not read. What the heads are given is kept in FILE, and taken from there the
next time.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
from pathlib import Path

import torch

from augderm.learn.cache import cache_images, stored_size_px
from augderm.learn.config import load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.loss import targets_of
from augderm.learn.network import build_network
from augderm.learn.parallel import Workers
from augderm.learn.refit import HeadInputs, head_inputs, refit_heads
from augderm.learn.run_folder import RunFolder
from augderm.learn.train import draw_weights, predict
from augderm.learn.workshop import read_sources, split_of

PRECISIONS = (math.inf, 3000.0, 1000.0, 300.0, 100.0, 30.0)


def main() -> None:
    """Print a line of figures for each strength."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    config = load_config(asked.config)
    split = split_of(config, read_sources(config))
    cached = cache_images(
        split.train + split.calibration,
        stored_px=stored_size_px(config.input_size_px),
        cache=asked.cache,
        on_progress=lambda *_: None,
    )
    trained = build_network(config.encoder, embedding_size=config.embedding_size, dropout=config.dropout)
    trained.load_state_dict(torch.load(RunFolder(asked.run).checkpoint, weights_only=True)["averaged"])
    trained.eval()
    if asked.keep and asked.keep.exists():
        inputs = HeadInputs(*torch.load(asked.keep, weights_only=True))
    else:
        inputs = head_inputs(trained, cached, split.train, asked.size, lambda *_: None)
        if asked.keep:
            torch.save((inputs.row, inputs.whole, inputs.strongest), asked.keep)
    drawn = draw_weights(split.train, config)
    targets = targets_of(split.train, drawn)
    for precision in PRECISIONS:
        network = copy.deepcopy(trained)
        if math.isfinite(precision):
            refit_heads(network, inputs, targets, drawn, precision=precision)
        found = epoch_figures(
            predict(network, cached, split.calibration, asked.size, Workers()), split.calibration
        )
        print(
            f"precision {precision:<6g}", ", ".join(f"{name} {found[name]:.4f}" for name in found), flush=True
        )


if __name__ == "__main__":
    main()
