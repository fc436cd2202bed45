"""What another runtime or precision changes of the reads, image by image, against ONNX Runtime's float32.

    .venv/bin/python tools/experiments/runtimes.py figures CONFIG BUNDLE calibration [INT8.onnx...]
    .venv/bin/python tools/experiments/runtimes.py figures CONFIG BUNDLE validation
    .venv/bin/python tools/experiments/runtimes.py speed CONFIG BUNDLE [INT8.onnx...]

A precision may be offered where it changes the likeliest diagnosis, and whether the read abstains, in at most
0.2 % of the calibration images each, and no figure by more than 0.002. That was fixed before anything was
read (quarter turns change 0.5 %); the validation fold was read once, after the choice.
INT8.onnx are networks that tools/experiments/quantise.py wrote. Every way reads each image by itself, as
`augderm read` does, and the same prepared input. Of the speed only the ratios count where other processes
run: the ways take turns. Needs the extras `train` and `fast`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.border import clean_mask, enlarge, outline
from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.evaluation.scores import (
    area_under_roc,
    expected_calibration_error,
    jaccard,
    mean_class_recall,
)
from augderm.learn.records import Record
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import Bundle, load_bundle
from augderm.reader.calibrated import class_probabilities, prediction_set, read_malignancy, read_modality
from augderm.reader.network import Session, open_session, preprocess, run_session
from augderm.reader.openvino_runtime import OpenVinoSession
from augderm.reader.views import seen_upright
from augderm.second_read import MIN_OUTLINE_POINTS

REFERENCE = "onnx float32"
ROUNDS = {16: 11, 1: 41}
"""How often each way runs a batch of so many."""


@dataclass(frozen=True)
class Read:
    """What is compared of one image's read."""

    probabilities: NDArray[np.float64]
    members: tuple[int, ...]
    malignancy: float
    clinical: bool
    abstains: bool
    jaccard: float


def offered(bundle: Bundle, threads: int) -> dict[str, Session]:
    """The sessions that `augderm read` can use."""
    return {
        REFERENCE: open_session(bundle.network, threads),
        "openvino float32": open_session(bundle.network, threads, "openvino"),
    }


def ways(bundle: Bundle, quantised: Sequence[Path], threads: int) -> dict[str, Session]:
    """The sessions to compare, by what they are called."""
    found: dict[str, Session] = {
        **offered(bundle, threads),
        "openvino bfloat16": OpenVinoSession(bundle.network, threads, "bf16"),
    }
    for path in quantised:
        found[f"openvino {path.stem}"] = OpenVinoSession(path.read_bytes(), threads)
    return found


def read(session: Session, bundle: Bundle, record: Record, pixels: NDArray[np.uint8]) -> Read:
    """One image, as `second_read` does, without what does not hang on the network."""
    image, view = preprocess(pixels, bundle.preprocessing)
    found = {name: values[0] for name, values in run_session(session, image[None]).items()}
    border = 1 / (1 + np.exp(-seen_upright(found["border"], view)[0]))
    mask = clean_mask(enlarge(border, pixels.shape[1], pixels.shape[0]))
    modality = read_modality(float(found["modality"]), bundle.calibrations).likelier
    calibration, novelty = bundle.calibrations.by_modality[modality], bundle.novelty[modality]
    assert calibration
    assert novelty
    probabilities = class_probabilities(found["logits"], calibration)
    return Read(
        probabilities=probabilities,
        members=tuple(sorted(prediction_set(probabilities, calibration.set_thresholds))),
        malignancy=read_malignancy(found["logits"], calibration).probability,
        clinical=modality == "clinical",
        abstains=novelty.read(found["features"]).beyond or len(outline(mask)) < MIN_OUTLINE_POINTS,
        jaccard=_overlap(record, mask),
    )


def _overlap(record: Record, mask: NDArray[np.bool_]) -> float:
    if record.mask is None:
        return float("nan")
    with Image.open(record.folder / record.mask) as file:
        wanted = file.convert("L").resize(mask.shape[::-1], Image.Resampling.BILINEAR)
    return jaccard(mask, np.asarray(wanted) >= 128)


def figures(reads: Sequence[Read], reference: Sequence[Read], records: Sequence[Record]) -> str:
    """How well these are, and what differs from the reference."""
    probabilities = np.stack([one.probabilities for one in reads])
    before = np.stack([one.probabilities for one in reference])
    apart = np.abs(probabilities - before).max(axis=1)
    malignancy = np.array([abs(a.malignancy - b.malignancy) for a, b in zip(reads, reference, strict=True)])
    pairs = list(zip(reads, reference, strict=True))
    changed = probabilities.argmax(axis=1) != before.argmax(axis=1)
    dermoscopic = np.array([r.modality == "dermoscopic" and r.label is not None for r in records])
    ham = np.array([record.dataset == "ham10000" for record in records]) & dermoscopic
    labels = np.array([-1 if record.label is None else record.label for record in records])
    melanoma, score = labels == CODES.index("mel"), probabilities[:, CODES.index("mel")]
    chosen = probabilities.argmax(axis=1)
    ece = expected_calibration_error(probabilities[dermoscopic].max(axis=1), (chosen == labels)[dermoscopic])
    sets = sum(a.members != b.members for a, b in pairs)
    modalities = sum(a.clinical != b.clinical for a, b in pairs)
    abstaining = sum(a.abstains != b.abstains for a, b in pairs)
    return (
        f"likeliest changed {changed.sum()} of {len(reads)} ({changed.mean():.4%}), set changed {sets}, "
        f"modality {modalities}, abstaining {abstaining} (of {sum(one.abstains for one in reads)})\n"
        f"    probabilities differ by at most {apart.max():.6f}, 99 % by {np.quantile(apart, 0.99):.6f}, "
        f"mean {apart.mean():.6f}; of malignancy max {malignancy.max():.6f}, mean {malignancy.mean():.6f}\n"
        f"    ham10000 recall {mean_class_recall(labels[ham], chosen[ham]):.4f}, "
        f"melanoma AUC {area_under_roc(melanoma[ham], score[ham]):.4f}, of all dermoscopic "
        f"{area_under_roc(melanoma[dermoscopic], score[dermoscopic]):.4f}, "
        f"Jaccard {np.nanmean([one.jaccard for one in reads]):.4f}, ECE {ece:.4f}"
    )


def compare(config_path: Path, bundle: Bundle, part: str, quantised: Sequence[Path]) -> None:
    """Read the images of one part in every way, and print the figures."""
    config = load_config(config_path)
    records: Sequence[Record] = getattr(split_of(config, read_sources(config)), part)
    held_back = part == "validation"
    sessions = offered(bundle, threads=1) if held_back else ways(bundle, quantised, threads=1)
    reads: dict[str, list[Read]] = {name: [] for name in sessions}
    for record in records:
        pixels = decode_image(read_file(record.path)).pixels
        for name, session in sessions.items():
            reads[name].append(read(session, bundle, record, pixels))
    print(f"{len(records)} images ({part})")
    for name, some in reads.items():
        print(f"{name}\n    {figures(some, reads[REFERENCE], records)}", flush=True)


def speed(bundle: Bundle, quantised: Sequence[Path]) -> None:
    """Median times of each way over the reference's, in wall time and in processor time."""
    side = bundle.preprocessing.input_size_px
    images = np.random.default_rng(0).normal(size=(16, 3, side, side)).astype(np.float32)
    for threads in (2, 1):
        sessions = ways(bundle, quantised, threads)
        for batch, rounds in ROUNDS.items():
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in sessions}
            for _ in range(rounds):
                for name, session in sessions.items():
                    times[name].append(_timed(partial(run_session, session, images[:batch])))
            for name, taken in times.items():
                wall, cpu = (
                    statistics.median(t[kind] for t in times[REFERENCE][2:])
                    / statistics.median(t[kind] for t in taken[2:])
                    for kind in (0, 1)
                )
                print(
                    f"{threads} threads, batch {batch:>2}: {name:<24} {wall:.2f} times as fast, by "
                    f"processor time {cpu:.2f}",
                    flush=True,
                )


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    what, config_argument, bundle_argument, *rest = sys.argv[1:]
    loaded = load_bundle(Path(bundle_argument))
    if what == "speed":
        speed(loaded, [Path(name) for name in rest])
    else:
        compare(Path(config_argument), loaded, rest[0], [Path(name) for name in rest[1:]])
