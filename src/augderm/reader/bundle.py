"""The model bundle: a folder with a manifest and ONNX files, refused when anything changed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """A verified bundle.

    Attributes:
        name: as the assessment names it.
        network: the ONNX file, as it was when its hash was checked.
        stored_size_px: side of the square that an image is squashed to first, as the training images
            were when they were decoded.
        input_size_px: side of the network's input, to which that square is reduced.
        input_mean, input_scale: normalise levels of 0..255.
        calibration: how logits become probabilities.
        manifest: all of the manifest.
    """

    name: ModelName
    network: bytes = field(repr=False)
    stored_size_px: int
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
        contents = _verified_files(folder, manifest["files"])
        preprocessing = manifest["preprocessing"]
        stored_size_px, input_size_px = (int(preprocessing[f"{n}_size_px"]) for n in ("stored", "input"))
        input_scale = float(preprocessing["scale"])
        if stored_size_px <= 0 or input_size_px <= 0 or not input_scale > 0:
            raise ModelMismatch(
                f"{path}: stored_size_px {stored_size_px}, input_size_px {input_size_px} and scale "
                f"{input_scale} must be above 0; restore the bundle"
            )
        return Bundle(
            name=ModelName(manifest["name"], manifest["version"], hashlib.sha256(text).hexdigest()),
            network=contents[NETWORK],
            stored_size_px=stored_size_px,
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


def _verified_files(folder: Path, files: Mapping[str, str]) -> dict[str, bytes]:
    if NETWORK not in files:
        raise ModelMismatch(f"{folder / MANIFEST}: names no {NETWORK}; restore the bundle")
    contents = {}
    for name, expected in files.items():
        if Path(name).name != name:
            raise ModelMismatch(f"{folder / MANIFEST}: file {name!r} lies outside of the bundle")
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise ModelMismatch(
                f"{folder / name} cannot be read ({error.strerror}); restore the bundle"
            ) from None
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != expected:
            raise ModelMismatch(
                f"{folder / name} has changed: sha256 {found[:12]}..., the manifest says "
                f"{expected[:12]}...; restore the bundle"
            )
    return contents
