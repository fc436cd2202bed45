"""How size and filter at reading change what a trained network gives, on its calibration images.

    .venv/bin/python tools/experiments/input_size.py configs/dermoscopic-lite0.toml RUN

RUN is the folder of `augderm train`. The calibration images were not trained on; fold 0 is not read.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from augderm.formats.raster import decode_image
from augderm.learn.cache import CachedImages, stored_size_px
from augderm.learn.config import load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.network import build_network
from augderm.learn.parallel import Workers
from augderm.learn.run_folder import RunFolder
from augderm.learn.train import predict
from augderm.learn.workshop import read_sources, split_of

Filter = Image.Resampling


def _two_steps(side: int) -> Callable[[Image.Image], Image.Image]:
    """As the reader does: to the stored square, then to the input."""
    stored = stored_size_px(side)
    return lambda image: image.resize((stored, stored), Filter.BILINEAR).resize((side, side), Filter.BILINEAR)


WAYS: dict[str, tuple[int, Callable[[Image.Image], Image.Image]]] = {
    "192": (192, _two_steps(192)),
    "224": (224, _two_steps(224)),
    "256": (256, _two_steps(256)),
    "288": (288, _two_steps(288)),
    "256, one step": (256, lambda image: image.resize((256, 256), Filter.BILINEAR)),
    "256, Lanczos": (256, lambda image: image.resize((256, 256), Filter.LANCZOS)),
}


def main(config_path: Path, run: Path) -> None:
    """Print a line of figures for each way."""
    config = load_config(config_path)
    network = build_network(config.encoder, embedding_size=config.embedding_size, dropout=config.dropout)
    network.load_state_dict(torch.load(RunFolder(run).checkpoint, weights_only=True)["averaged"])
    records = split_of(config, read_sources(config)).calibration
    # The border is judged by epoch metrics; here only what the size does to the other heads.
    records = [dataclasses.replace(record, mask=None) for record in records]
    images = [Image.fromarray(decode_image(record.path.read_bytes()).pixels) for record in records]
    for name, (side, way) in WAYS.items():
        pixels = np.stack([np.asarray(way(image)) for image in images])
        cached = CachedImages(
            images=pixels,
            masks=np.zeros(pixels.shape[:3], np.uint8),
            row_of={record.path: row for row, record in enumerate(records)},
        )
        found = epoch_figures(predict(network, cached, records, side, Workers()), records)
        print(f"{name:<16}" + ", ".join(f"{key} {value:.3f}" for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
