"""What several networks say together, on the calibration images: is there something that one could be taught?

    .venv/bin/python tools/experiments/ensemble.py CONFIG --cache CACHE MEMBER MEMBER...

A MEMBER is a bundle or the folder of a run (its averaged weights, batch norms measured on whole training
images, or as its training left them with --norms-as-trained). Each is judged alone, then all together by the
mean of their log-probabilities. CONFIG says which images those are: none of the members may have learned from
them. Fold 0 is not read.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from augderm.learn.batches import whole_images
from augderm.learn.cache import CachedImages, cache_images, stored_size_px
from augderm.learn.config import load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.folded import is_bundle
from augderm.learn.network import INPUT_MEAN, INPUT_SCALE, build_network
from augderm.learn.parallel import Workers
from augderm.learn.read_records import read_records
from augderm.learn.records import Record, Split
from augderm.learn.run_folder import RunFolder
from augderm.learn.start import measure_norms_anew, norm_records
from augderm.learn.train import Predictions, predict
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import NETWORK, Preprocessing
from augderm.reader.network import open_session


def main() -> None:
    """Print a line of figures for each member, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("members", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--norms-as-trained", action="store_true")
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
    found = []
    for member in asked.members:
        if is_bundle(member):
            found.append(_bundle(member, config.input_size_px, split.calibration))
        else:
            found.append(_run(member, config.input_size_px, split, cached, anew=not asked.norms_as_trained))
        _show(str(member), found[-1], split.calibration)
    if len(found) > 1:
        _show("together", _together(found), split.calibration)


def _bundle(folder: Path, side_px: int, records: Sequence[Record]) -> Predictions:
    """By its network alone: earlier formats of a bundle serve too."""
    how = Preprocessing(stored_size_px(side_px), side_px, INPUT_MEAN, INPUT_SCALE, steady=True)
    found = read_records(open_session((folder / NETWORK).read_bytes(), threads=1), how, records)
    return Predictions(
        logits=found["logits"],
        structures=found["structures"],
        artefacts=found["artefacts"],
        clinical=found["modality"],
        jaccards=np.full(len(records), np.nan, np.float32),
    )


def _run(folder: Path, side_px: int, split: Split, cached: CachedImages, *, anew: bool) -> Predictions:
    state = torch.load(RunFolder(folder).checkpoint, weights_only=True)
    made = state["settings"]
    network = build_network(made["encoder"], embedding_size=made["embedding_size"], dropout=made["dropout"])
    network.load_state_dict(state["averaged"])
    if anew:
        measure_norms_anew(network, whole_images(cached, norm_records(split.train), side_px))
    found: Predictions = predict(network, cached, split.calibration, side_px, Workers())
    return found


def _together(found: Sequence[Predictions]) -> Predictions:
    def log_shares(logits: NDArray[np.float32]) -> NDArray[np.float32]:
        shares: NDArray[np.float32] = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return shares

    return Predictions(
        logits=np.mean([log_shares(one.logits) for one in found], axis=0),
        structures=np.mean([one.structures for one in found], axis=0),
        artefacts=np.mean([one.artefacts for one in found], axis=0),
        clinical=np.mean([one.clinical for one in found], axis=0),
        jaccards=found[0].jaccards,
    )


def _show(name: str, found: Predictions, records: Sequence[Record]) -> None:
    figures = epoch_figures(found, records)
    print(f"{name:<32}", ", ".join(f"{key} {value:.3f}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
