"""How logits become probabilities: what a bundle carries of it, and what of it is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, get_args

from augderm.domain.assessment import ModalityName
from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES

MODALITIES: tuple[ModalityName, ...] = get_args(ModalityName)


@dataclass(frozen=True, slots=True)
class LogisticCurve:
    """From a logit to a probability (Platt 1999)."""

    slope: float
    offset: float

    def __post_init__(self) -> None:
        for name in ("slope", "offset"):
            _require(name, getattr(self, name), math.isfinite(getattr(self, name)), "a finite number")

    def probability(self, logit: float) -> float:
        """0..1, for any finite logit."""
        z = self.slope * logit + self.offset
        # Two forms of the same curve: neither lets exp overflow.
        return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one modality is read with; fitted on images that the network was not trained on.

    Everything by class is in the order of `taxonomy.CODES`.

    Attributes:
        temperature: divides the logits before the softmax (Guo et al., ICML 2017).
        biases: added to the divided logits: the network's own speak for classes of equal frequency.
        confidence: from the log-odds that these give the likeliest class to those that it is the true one.
        mixture: share of each class where that confidence holds, sum 1.
        malignancy: from the log-odds of the malignant classes to the probability of malignancy.
        set_thresholds: a class is in the prediction set where its probability reaches its threshold
            (class-conditional conformal prediction); 0: always.
        set_coverage: the share of true diagnoses that the sets are meant to hold, of each class, of rare ones
            together.
        images: how many images all this was fitted on.
    """

    temperature: float
    biases: tuple[float, ...]
    confidence: LogisticCurve
    mixture: tuple[float, ...]
    malignancy: LogisticCurve
    set_thresholds: tuple[float, ...]
    set_coverage: float
    images: int

    def __post_init__(self) -> None:
        _require("temperature", self.temperature, 0 < self.temperature < math.inf, "above 0")
        _require("confidence", self.confidence, self.confidence.slope > 0, "rising (slope above 0)")
        for name, fits, wanted in (
            ("biases", all(map(math.isfinite, self.biases)), "finite numbers"),
            ("mixture", all(0 <= share <= 1 for share in self.mixture), "shares in 0..1"),
            ("mixture", abs(sum(self.mixture) - 1) < 1e-6, "shares that sum to 1"),
            ("set_thresholds", all(0 <= t <= 1 for t in self.set_thresholds), "in 0..1"),
        ):
            value = getattr(self, name)
            _require(name, value, fits and len(value) == len(CODES), f"{len(CODES)} {wanted}")
        _require("set_coverage", self.set_coverage, 0 < self.set_coverage < 1, "between 0 and 1")
        _require("images", self.images, self.images > 0, "above 0")


@dataclass(frozen=True, slots=True)
class CriterionCalibration:
    """How the logits of one criterion of the 7-point checklist become probabilities of its categories.

    Attributes:
        temperature: divides the logits before the softmax.
        biases: added to the divided logits, in the order of the categories.
        images: how many images both were fitted on.
    """

    temperature: float
    biases: tuple[float, ...]
    images: int

    def __post_init__(self) -> None:
        _require("temperature", self.temperature, 0 < self.temperature < math.inf, "above 0")
        _require("biases", self.biases, all(map(math.isfinite, self.biases)), "finite numbers")
        _require("images", self.images, self.images > 0, "above 0")


@dataclass(frozen=True, slots=True)
class Calibrations:
    """All calibrations of a bundle. What is None is not shown.

    Attributes:
        by_modality: None for a modality that it was not calibrated on, which is then not diagnosed.
        clinical: from the modality logit to the probability of a clinical photograph; None where the
            model knows of one modality only.
        structures, artefacts: from each one's logit to its probability; for dermoscopic images alone.
        checklist: by criterion, likewise; empty where the network does not tell the checklist.
    """

    by_modality: Mapping[ModalityName, Calibration | None]
    clinical: LogisticCurve | None
    structures: Mapping[str, LogisticCurve | None]
    artefacts: Mapping[str, LogisticCurve | None]
    checklist: Mapping[str, CriterionCalibration | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [name for name in MODALITIES if self.by_modality[name]]
        if not known:
            raise ModelMismatch("calibration: there is none for any modality; calibrate the model anew")
        if self.clinical is None and len(known) > 1:
            raise ModelMismatch(
                "calibration: several modalities without a curve to tell them apart; calibrate the model anew"
            )


def calibrations_from(entry: Mapping[str, Any]) -> Calibrations:
    """The calibrations of a manifest's entry `calibration`.

    Raises:
        ModelMismatch: a value is out of its range.
        KeyError, TypeError, ValueError: an entry is missing, unknown or of another type.
    """
    if unknown := set(entry) - {*MODALITIES, "modality", "structures", "artefacts", "checklist"}:
        raise ValueError(f"calibration of {', '.join(sorted(unknown))}")
    by_modality: dict[ModalityName, Calibration | None] = {
        name: _calibration(entry[name]) for name in MODALITIES
    }
    return Calibrations(
        by_modality=MappingProxyType(by_modality),
        clinical=_curve(entry["modality"]),
        structures=_curves(entry["structures"], STRUCTURES),
        artefacts=_curves(entry["artefacts"], ARTEFACTS),
        checklist=MappingProxyType(
            {name: _criterion(name, entry["checklist"][name]) for name in CHECKLIST}
            if "checklist" in entry
            else {}
        ),
    )


def _calibration(entry: Mapping[str, Any] | None) -> Calibration | None:
    if entry is None:
        return None
    values = dict(entry)
    for name in ("biases", "mixture", "set_thresholds"):
        values[name] = tuple(float(values[name][code]) for code in CODES)
    for name in ("confidence", "malignancy"):
        values[name] = LogisticCurve(**values[name])
    return Calibration(**values)


def _criterion(name: str, entry: Mapping[str, Any] | None) -> CriterionCalibration | None:
    if entry is None:
        return None
    biases = tuple(float(entry["biases"][category]) for category in CHECKLIST[name])
    return CriterionCalibration(**{**entry, "biases": biases})


def _curves(entry: Mapping[str, Any], names: tuple[str, ...]) -> Mapping[str, LogisticCurve | None]:
    return MappingProxyType({name: _curve(entry[name]) for name in names})


def _curve(entry: Mapping[str, Any] | None) -> LogisticCurve | None:
    return None if entry is None else LogisticCurve(**entry)


def to_entry(calibrations: Calibrations) -> dict[str, Any]:
    """The inverse of `calibrations_from`: plain JSON values."""
    return {
        **{name: _calibration_entry(found) for name, found in calibrations.by_modality.items()},
        "modality": _curve_entry(calibrations.clinical),
        "structures": {name: _curve_entry(curve) for name, curve in calibrations.structures.items()},
        "artefacts": {name: _curve_entry(curve) for name, curve in calibrations.artefacts.items()},
        **(
            {"checklist": {name: _criterion_entry(name, c) for name, c in calibrations.checklist.items()}}
            if calibrations.checklist
            else {}
        ),
    }


def _calibration_entry(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "temperature": calibration.temperature,
        "biases": dict(zip(CODES, calibration.biases, strict=True)),
        "confidence": _curve_entry(calibration.confidence),
        "mixture": dict(zip(CODES, calibration.mixture, strict=True)),
        "malignancy": _curve_entry(calibration.malignancy),
        "set_thresholds": dict(zip(CODES, calibration.set_thresholds, strict=True)),
        "set_coverage": calibration.set_coverage,
        "images": calibration.images,
    }


def _criterion_entry(name: str, calibration: CriterionCalibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "temperature": calibration.temperature,
        "biases": dict(zip(CHECKLIST[name], calibration.biases, strict=True)),
        "images": calibration.images,
    }


def _curve_entry(curve: LogisticCurve | None) -> dict[str, float] | None:
    return None if curve is None else {"slope": curve.slope, "offset": curve.offset}


def _require(name: str, value: object, fits: bool, wanted: str) -> None:
    if not fits:
        raise ModelMismatch(f"calibration: {name} is {value}, it must be {wanted}; calibrate the model anew")
