"""From a trained network to a bundle: ONNX, calibration, novelty, manifest, licence, hashes."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augderm.domain.errors import ModelMismatch, OutputRefused
from augderm.domain.taxonomy import CHECKLIST
from augderm.learn.blank_skin import blank_window, lesion_window
from augderm.learn.cache import stored_size_px
from augderm.learn.calibrate import CalibrationReads, fit_calibrations
from augderm.learn.config import TrainConfig
from augderm.learn.learned import LEARNED_FILE, write_learned
from augderm.learn.licence import licence_of
from augderm.learn.network import INPUT_MEAN, INPUT_SCALE, DermoscopyNetwork
from augderm.learn.novelty import fit_novelty
from augderm.learn.read_records import read_records
from augderm.learn.records import Record, Split
from augderm.reader.bundle import (
    CHECKLIST_LABELS,
    FORMAT,
    LABELS,
    LEARNED,
    MANIFEST,
    NETWORK,
    NOVELTY_ARRAYS,
    Preprocessing,
)
from augderm.reader.calibration import MODALITIES, to_entry
from augderm.reader.network import CHECKLIST_OUTPUT, OUTPUTS, Arrays, open_session
from augderm.reader.novelty import NoveltyModel
from augderm.reader.runtime import ort

LICENCE_FILE = "LICENSE-WEIGHTS.md"
LARGEST_DIFFERENCE = 1e-3
"""Between torch's and ONNX Runtime's logits on the same input; larger means a wrong export."""
NOVELTY_IMAGES = 2500
"""Most training images of one modality that novelty is fitted to; their spread is then known well enough."""
BLANK_IMAGES = 700
"""Of these, so many in which windows of blank skin and of lesions are looked for."""


def export_bundle(
    network: DermoscopyNetwork,
    config: TrainConfig,
    split: Split,
    training: Mapping[str, Any],
    folder: Path,
) -> None:
    """Write a bundle, replacing an earlier one there only when the new one is whole.

    It is calibrated as it will read: the exported network, run on the decoded files.

    Args:
        network: trained, in evaluation mode.
        config: its settings.
        split: `calibration` sets probabilities and limits, `train` says what is familiar; `validation` is
            not looked at.
        training: facts for the manifest (counts, data hash); `readers` names the datasets of the registry.
        folder: the bundle's place.

    Raises:
        ModelMismatch: the exported network does not give what the trained one gives.
        InvalidDataset: too few calibration images, or a broken one.
        OutputRefused: the folder cannot be written.
    """
    partial = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write_bundle(network, config, split, training, partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError as error:
        raise OutputRefused(
            f"{folder}: the bundle cannot be written ({error.strerror or error}); free some disk, and go "
            "on with --resume"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # half a bundle, where anything failed


def _write_bundle(
    network: DermoscopyNetwork, config: TrainConfig, split: Split, training: Mapping[str, Any], folder: Path
) -> None:
    how = Preprocessing(
        stored_size_px=stored_size_px(config.input_size_px),
        input_size_px=config.input_size_px,
        mean=INPUT_MEAN,
        scale=INPUT_SCALE,
        steady=True,
    )
    export_network(network, config.input_size_px, folder / NETWORK)
    (folder / LICENCE_FILE).write_text(licence_of(training["readers"]), encoding="utf-8")
    write_learned(folder / LEARNED_FILE, [*split.train, *split.calibration])
    session = open_session((folder / NETWORK).read_bytes(), threads=1)
    found = read_records(session, how, split.calibration)
    calibrations = fit_calibrations(CalibrationReads.of(found), split.calibration)
    familiar = sample_by_modality(split.train, NOVELTY_IMAGES, config.seed)
    learned = read_records(session, how, familiar)
    masked = random.Random(config.seed).sample(familiar, min(BLANK_IMAGES, len(familiar)))  # noqa: S311
    # For both modalities: where skin fills the picture, it may be taken for a clinical photograph.
    blank = read_records(session, how, masked, blank_window)["features"]
    windows = read_records(session, how, masked, lesion_window)["features"]
    entries = {}
    for name in MODALITIES:
        model = fit_novelty(
            _features(learned, familiar, name),
            _features(found, split.calibration, name),
            blank=blank,
            windows=windows,
        )
        entries[name] = _write_novelty(folder, name, model)
    manifest = {
        "format": FORMAT,
        "name": config.name,
        "version": config.version,
        "labels": {
            **{name: list(labels) for name, labels in LABELS.items()},
            **({CHECKLIST_LABELS: dict(CHECKLIST)} if calibrations.checklist else {}),
        },
        "preprocessing": {
            **asdict(how),
            "resize": "squash to the stored square, then to the input, both bilinear with antialias",
            "colour": "sRGB, levels 0..255",
        },
        "calibration": to_entry(calibrations),
        "novelty": entries,
        "training": dict(training),
        LEARNED: LEARNED_FILE,
        "licence": "non-commercial research, see " + LICENCE_FILE,
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
        },
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def sample_by_modality(records: list[Record], most: int, seed: int) -> list[Record]:
    """At most so many records of each modality, drawn by the seed, in their own order."""
    chosen: list[Record] = []
    for name in MODALITIES:
        of_it = [record for record in records if record.modality == name]
        kept = sorted(random.Random(seed).sample(range(len(of_it)), min(most, len(of_it))))  # noqa: S311
        chosen += [of_it[index] for index in kept]
    return chosen


def _features(found: Arrays, records: list[Record], modality: str) -> NDArray[np.float32]:
    rows = [row for row, record in enumerate(records) if record.modality == modality]
    features: NDArray[np.float32] = found["features"][rows]
    return features


def _write_novelty(folder: Path, name: str, model: NoveltyModel | None) -> dict[str, Any] | None:
    if model is None:
        return None
    entry: dict[str, Any] = {"limit": model.limit}
    for part in NOVELTY_ARRAYS:
        entry[part] = f"novelty-{name}-{part}.npy"
        np.save(folder / entry[part], getattr(model, part), allow_pickle=False)
    return entry


def export_network(network: DermoscopyNetwork, size_px: int, path: Path) -> None:
    """Write a network as ONNX, for square images of this side, and compare it with what was trained.

    Raises:
        ModelMismatch: the written one answers differently.
    """
    network = network.to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    # Two images: from one the exporter would conclude that the batch is always one.
    example = torch.randn(2, 3, size_px, size_px, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = {name: value for name, value in network(example)._asdict().items() if value is not None}
    names = [name for name in (*OUTPUTS, CHECKLIST_OUTPUT) if name in wanted]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes on its own dependencies
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["images"],
            output_names=names,
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=1024)}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for name, found in zip(names, session.run(names, {"images": example.numpy()}), strict=True):
        difference = float(np.abs(found - wanted[name].numpy()).max())
        if not difference < LARGEST_DIFFERENCE * max(1.0, float(wanted[name].abs().max())):
            raise ModelMismatch(
                f"{path}: the exported {name} differ by {difference:.2g} from the trained network's, the "
                f"limit is {LARGEST_DIFFERENCE}; install the versions of torch and onnx of the train extra"
            )
