"""The model bundle: a folder with a manifest, an ONNX file and arrays, refused when anything changed."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import ModalityName, ModelName
from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES
from augderm.reader.calibration import MODALITIES, Calibrations, calibrations_from
from augderm.reader.novelty import NoveltyModel
from augderm.reader.structure_figures import StructureFigures, structure_figures

MANIFEST = "manifest.json"
NETWORK = "network.onnx"
FORMAT = "augderm.bundle/2"
LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"diagnoses": CODES, "structures": STRUCTURES, "artefacts": ARTEFACTS}
)
"""What the outputs of a network mean, in their order."""
CHECKLIST_LABELS = "checklist"
"""Likewise of the output that only some networks have: the categories by criterion, `taxonomy.CHECKLIST`."""
NOVELTY_ARRAYS = ("mean", "whitening", "blankness")
"""Fields of `NoveltyModel` that are files; the manifest names them."""
LEARNED = "learned"
"""Entry of the manifest that names the file of the images learned from."""
DEFAULT_BUNDLE = Path(__file__).parent / "bundles" / "default"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From pixels to the network's input.

    Attributes:
        stored_size_px: side of the square that an image is squashed to first, as the training images
            were when they were decoded.
        input_size_px: side of the network's input, to which that square is reduced.
        mean, scale: normalise levels of 0..255.
        steady: whether the input is turned into its `views.steady_view` first.
    """

    stored_size_px: int
    input_size_px: int
    mean: float
    scale: float
    steady: bool = False

    def __post_init__(self) -> None:
        if self.stored_size_px <= 0 or self.input_size_px <= 0 or not self.scale > 0:
            raise ModelMismatch(
                f"preprocessing: stored_size_px {self.stored_size_px}, input_size_px {self.input_size_px} "
                f"and scale {self.scale} must be above 0; restore the bundle"
            )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle.

    Attributes:
        name: as the assessment names it.
        network: the ONNX file, as it was when its hash was checked.
        preprocessing: from pixels to the network's input.
        calibrations: how logits become probabilities.
        novelty: by modality; None for a modality that it was not fitted to.
        structure_figures: how well it was measured to answer for structures, by name; those not measured
            are absent.
        manifest: all of the manifest.
        learned: the file that lists the images it learned from (`learn.learned`), as it was when its hash was
            checked; None in bundles up to 0.4.1. Reading does not look at it.
    """

    name: ModelName
    network: bytes = field(repr=False)
    preprocessing: Preprocessing
    calibrations: Calibrations
    novelty: Mapping[ModalityName, NoveltyModel | None] = field(repr=False)
    structure_figures: Mapping[str, StructureFigures] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    learned: bytes | None = field(repr=False, default=None)

    def __post_init__(self) -> None:
        if self.tells_checklist != bool(self.calibrations.checklist):
            raise ModelMismatch(
                "labels and calibration do not both have the checklist; write the bundle anew with "
                "`augderm train`"
            )

    @property
    def tells_checklist(self) -> bool:
        """Whether its network has the output of the 7-point checklist."""
        return CHECKLIST_LABELS in self.manifest["labels"]


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
                f"format {manifest['format']!r}, this version reads {FORMAT!r}; use a bundle of this version"
            )
        _check_labels(manifest["labels"])
        contents = _verified_files(folder, manifest["files"])
        given = manifest["preprocessing"]
        return Bundle(
            name=ModelName(manifest["name"], manifest["version"], hashlib.sha256(text).hexdigest()),
            network=contents[NETWORK],
            preprocessing=Preprocessing(
                stored_size_px=int(given["stored_size_px"]),
                input_size_px=int(given["input_size_px"]),
                mean=float(given["mean"]),
                scale=float(given["scale"]),
                steady=bool(given.get("steady", False)),  # bundles up to 0.3.0 are read as given
            ),
            calibrations=calibrations_from(manifest["calibration"]),
            novelty=_novelty(manifest["novelty"], contents),
            structure_figures=structure_figures(manifest),
            manifest=manifest,
            learned=contents[manifest[LEARNED]] if LEARNED in manifest else None,
        )
    except ModelMismatch as error:
        raise ModelMismatch(f"{folder}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, EOFError) as error:
        raise ModelMismatch(
            f"{path}: an entry is missing, unknown or of the wrong type ({error}); "
            "write the bundle anew with `augderm train`"
        ) from None


def _check_labels(labels: Mapping[str, Any]) -> None:
    for name, ours in LABELS.items():
        if tuple(labels[name]) != ours:
            raise ModelMismatch(
                f"the labels ({name}) {labels[name]} are not this version's {list(ours)}; "
                "use a bundle of this version"
            )
    if CHECKLIST_LABELS in labels:
        given = [(criterion, tuple(names)) for criterion, names in labels[CHECKLIST_LABELS].items()]
        if given != list(CHECKLIST.items()):
            raise ModelMismatch(
                f"the labels (checklist) {dict(given)} are not this version's {dict(CHECKLIST)}; "
                "use a bundle of this version"
            )


def _novelty(
    entry: Mapping[str, Mapping[str, Any] | None], contents: Mapping[str, bytes]
) -> dict[ModalityName, NoveltyModel | None]:
    models: dict[ModalityName, NoveltyModel | None] = {}
    for name in MODALITIES:
        given = entry[name]
        models[name] = None
        if given is not None:
            models[name] = NoveltyModel(
                **{part: _array(contents[given[part]]) for part in NOVELTY_ARRAYS},
                limit=float(given["limit"]),
            )
    return models


def _array(data: bytes) -> NDArray[np.float32]:
    array: NDArray[np.float32] = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _verified_files(folder: Path, files: Mapping[str, str]) -> dict[str, bytes]:
    if NETWORK not in files:
        raise ModelMismatch(f"{MANIFEST} names no {NETWORK}; restore the bundle")
    contents = {}
    for name, expected in files.items():
        if Path(name).name != name:
            raise ModelMismatch(f"{MANIFEST}: file {name!r} lies outside of the bundle; restore the bundle")
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise ModelMismatch(f"{name} cannot be read ({error.strerror}); restore the bundle") from None
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != expected:
            raise ModelMismatch(
                f"{name} has changed: sha256 {found[:12]}..., the manifest says "
                f"{expected[:12]}...; restore the bundle"
            )
    return contents
