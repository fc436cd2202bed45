"""How the way of resizing changes what a trained network gives, on its calibration images.

    .venv/bin/python tools/experiments/preprocessing.py configs/dermoscopic-lite0.toml RUN

RUN is the folder of `augderm train`. The calibration images were not trained on; fold 0 is not read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image
from augderm.learn.calibrate import fit_temperature
from augderm.learn.config import load_config
from augderm.learn.dataset import read_index, split_records
from augderm.learn.network import build_network
from augderm.learn.scores import area_under_roc, mean_class_recall
from augderm.learn.train import CHECKPOINT, normalise
from augderm.reader.calibrated import softmax

Filter = Image.Resampling
WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "224 bilinear": lambda image: image.resize((224, 224), Filter.BILINEAR),
    "256, then 224, bilinear": lambda image: image.resize((256, 256), Filter.BILINEAR).resize(
        (224, 224), Filter.BILINEAR
    ),
    "224 hamming": lambda image: image.resize((224, 224), Filter.HAMMING),
    "224 lanczos": lambda image: image.resize((224, 224), Filter.LANCZOS),
    "256 bilinear": lambda image: image.resize((256, 256), Filter.BILINEAR),
    "288 bilinear": lambda image: image.resize((288, 288), Filter.BILINEAR),
}


@torch.inference_mode()
def main(config_path: Path, run: Path) -> None:
    """Print a line of figures for each way."""
    config = load_config(config_path)
    network = build_network(
        config.encoder, classes=len(CODES), embedding_size=config.embedding_size, dropout=config.dropout
    )
    network.load_state_dict(torch.load(run / CHECKPOINT, weights_only=True)["averaged"])
    network.eval()
    records = split_records(
        read_index(config.data, config.datasets),
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
    ).calibration
    labels = np.array([record.label for record in records])
    images = [
        Image.fromarray(decode_image((config.data / record.image).read_bytes()).pixels) for record in records
    ]
    for name, way in WAYS.items():
        logits = []
        for start in range(0, len(images), 32):
            batch = np.stack([np.asarray(way(image), np.float32) for image in images[start : start + 32]])
            logits.append(network(normalise(torch.from_numpy(batch).permute(0, 3, 1, 2)))[0].numpy())
        found = np.concatenate(logits)
        chosen = found.argmax(axis=1)
        probabilities = softmax(found, fit_temperature(found, labels))
        loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
        melanoma = CODES.index("mel")
        print(
            f"{name:<24} mean class recall {mean_class_recall(labels, chosen):.3f}, "
            f"accuracy {(chosen == labels).mean():.3f}, "
            f"melanoma AUC {area_under_roc(labels == melanoma, probabilities[:, melanoma]):.3f}, "
            f"log loss {loss:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
