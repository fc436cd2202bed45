"""From a trained network to a bundle: ONNX, manifest, licence, hashes."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augderm.domain.errors import AugDermError, InvalidDataset, ModelMismatch
from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.calibrate import fit_calibration
from augderm.learn.config import TrainConfig
from augderm.learn.dataset import Record, stored_size_px
from augderm.learn.network import INPUT_MEAN, INPUT_SCALE, DermoscopyNetwork
from augderm.reader.bundle import FORMAT, MANIFEST, NETWORK, Calibration, load_bundle
from augderm.reader.network import OUTPUTS, Network
from augderm.reader.runtime import ort

LICENCE_FILE = "LICENSE-WEIGHTS.md"
LICENCE = """# Licence of these weights

Non-commercial research only. The weights were learned from:

- HAM10000, CC BY-NC 4.0: Tschandl, Rosendahl, Kittler, Sci Data 2018;5:180161 (ViDIR Group, Medical
  University of Vienna), and its segmentation masks.
- ISIC 2017 and ISIC 2018 images, CC-0: Codella et al., ISBI 2018 (arXiv 1710.05006).
- The encoder started from ImageNet weights of EfficientNet-Lite, Apache-2.0.

Not a medical device. Whoever uses them names these sources and keeps this file beside them.
"""
UNCALIBRATED = Calibration(
    temperature=1.0, malignancy_slope=1.0, malignancy_offset=0.0, set_threshold=0.0, set_coverage=0.9
)
"""Stands in while the exported network reads the calibration images."""
LARGEST_DIFFERENCE = 1e-3
"""Between torch's and ONNX Runtime's logits on the same input; larger means a wrong export."""


def export_bundle(
    network: DermoscopyNetwork,
    config: TrainConfig,
    calibration_records: Sequence[Record],
    training: Mapping[str, Any],
    folder: Path,
) -> None:
    """Write a bundle, replacing an earlier one there only when the new one is whole.

    It is calibrated as it will read: the exported network, run on the decoded files.

    Args:
        network: trained, in evaluation mode.
        config: its settings.
        calibration_records: images that it was not trained on.
        training: facts for the manifest (counts, data hash).
        folder: the bundle's place.

    Raises:
        ModelMismatch: the exported network does not give what the trained one gives.
        InvalidDataset: too few calibration images, or a broken one.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _export_network(network, config.input_size_px, partial / NETWORK)
    (partial / LICENCE_FILE).write_text(LICENCE, encoding="utf-8")
    _write_manifest(partial, config, UNCALIBRATED, training)
    reader = Network(load_bundle(partial))
    logits = [reader.read(_pixels(config.data / record.image)).logits for record in calibration_records]
    labels = np.array([record.label for record in calibration_records])
    calibration = fit_calibration(np.stack(logits), labels)
    _write_manifest(partial, config, calibration, training)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        return decode_image(read_file(path)).pixels
    except AugDermError as error:
        raise InvalidDataset(f"{path}: {error}") from None


def _write_manifest(
    folder: Path, config: TrainConfig, calibration: Calibration, training: Mapping[str, Any]
) -> None:
    manifest = {
        "format": FORMAT,
        "name": config.name,
        "version": config.version,
        "labels": list(CODES),
        "preprocessing": {
            "stored_size_px": stored_size_px(config.input_size_px),
            "input_size_px": config.input_size_px,
            "resize": "squash to the stored square, then to the input, both bilinear with antialias",
            "colour": "sRGB, levels 0..255",
            "mean": INPUT_MEAN,
            "scale": INPUT_SCALE,
        },
        "calibration": asdict(calibration),
        "training": dict(training),
        "licence": "non-commercial research, see " + LICENCE_FILE,
        "files": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (NETWORK, LICENCE_FILE)
        },
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _export_network(network: DermoscopyNetwork, size: int, path: Path) -> None:
    network = network.to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    # Two images: from one the exporter would conclude that the batch is always one.
    example = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes on its own dependencies
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["images"],
            output_names=list(OUTPUTS),
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=1024)}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    with torch.inference_mode():
        wanted = network(example)[0].numpy()
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(["logits"], {"images": example.numpy()})[0]
    difference = float(np.abs(found - wanted).max())
    if not difference < LARGEST_DIFFERENCE:
        raise ModelMismatch(
            f"{path}: the exported logits differ by {difference:.2g} from the trained network's, the limit "
            f"is {LARGEST_DIFFERENCE}; install the versions of torch and onnx of the train extra"
        )
