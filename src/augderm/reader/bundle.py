"""The model bundle: a folder with a manifest and ONNX files, refused when anything changed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augderm.domain.assessment import ModelName
from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import CODES

MANIFEST = "manifest.json"
NETWORK = "network.onnx"
FORMAT = "augderm.bundle/1"
DEFAULT_BUNDLE = Path(__file__).parent / "bundles" / "default"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities; fitted on images that the network was not trained on.

    Attributes:
        temperature: divides the logits before the softmax (Guo et al., ICML 2017).
        malignancy_slope, malignancy_offset: of the logistic curve from the log-odds of the malignant
            classes to the probability of malignancy (Platt 1999).
        set_threshold: a diagnosis is in the prediction set where its probability reaches this
            (split conformal, least ambiguous sets: Sadinle, Lei, Wasserman, JASA 2019).
        set_coverage: the share of true diagnoses that the sets are meant to hold.
    """

    temperature: float
    malignancy_slope: float
    malignancy_offset: float
    set_threshold: float
    set_coverage: float

    def __post_init__(self) -> None:
        for name, fits, range_ in (
            ("temperature", self.temperature > 0, "above 0"),
            ("malignancy_slope", True, "a finite number"),
            ("malignancy_offset", True, "a finite number"),
            ("set_threshold", 0 <= self.set_threshold <= 1, "in 0..1"),
            ("set_coverage", 0 < self.set_coverage < 1, "between 0 and 1"),
        ):
            value = getattr(self, name)
            if not fits or not math.isfinite(value):
                raise ModelMismatch(
                    f"calibration: {name} is {value}, it must be {range_}; calibrate the model anew"
                )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle. `input_mean` and `input_scale` normalise levels of 0..255."""

    name: ModelName
    network: Path
    input_size_px: int
    input_mean: float
    input_scale: float
    calibration: Calibration
    manifest: Mapping[str, Any]


def load_bundle(folder: Path = DEFAULT_BUNDLE) -> Bundle:
    """Read a bundle and check every file of it against the manifest.

    Raises:
        ModelMismatch: no manifest, another format or other labels, a missing or changed file.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
        manifest = json.loads(text)
    except FileNotFoundError:
        raise ModelMismatch(
            f"{folder} is no model bundle: it has no {MANIFEST}; give the folder that "
            "`augderm train` wrote, or leave --model out for the shipped one"
        ) from None
    except (ValueError, RecursionError, OSError) as error:
        raise ModelMismatch(f"{path} cannot be read ({error}); restore the bundle") from None
    try:
        if manifest["format"] != FORMAT:
            raise ModelMismatch(
                f"{path}: format {manifest['format']!r}, this version reads {FORMAT!r}; "
                "use a bundle of this version"
            )
        if tuple(manifest["labels"]) != CODES:
            raise ModelMismatch(f"{path}: labels {manifest['labels']} are not this version's {list(CODES)}")
        _check_files(folder, manifest["files"])
        preprocessing = manifest["preprocessing"]
        input_size_px, input_scale = int(preprocessing["input_size_px"]), float(preprocessing["scale"])
        if input_size_px <= 0 or not input_scale > 0:
            raise ModelMismatch(
                f"{path}: input_size_px {input_size_px} and scale {input_scale} must be above 0; "
                "restore the bundle"
            )
        return Bundle(
            name=ModelName(manifest["name"], manifest["version"], hashlib.sha256(text).hexdigest()),
            network=folder / NETWORK,
            input_size_px=input_size_px,
            input_mean=float(preprocessing["mean"]),
            input_scale=input_scale,
            calibration=Calibration(**manifest["calibration"]),
            manifest=manifest,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelMismatch(
            f"{path}: an entry is missing, unknown or of the wrong type ({error}); "
            "write the bundle anew with `augderm train`"
        ) from None


def _check_files(folder: Path, files: Mapping[str, str]) -> None:
    if NETWORK not in files:
        raise ModelMismatch(f"{folder / MANIFEST}: names no {NETWORK}; restore the bundle")
    for name, expected in files.items():
        if Path(name).name != name:
            raise ModelMismatch(f"{folder / MANIFEST}: file {name!r} lies outside of the bundle")
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise ModelMismatch(
                f"{folder / name} cannot be read ({error.strerror}); restore the bundle"
            ) from None
        if found != expected:
            raise ModelMismatch(
                f"{folder / name} has changed: sha256 {found[:12]}..., the manifest says "
                f"{expected[:12]}...; restore the bundle"
            )
