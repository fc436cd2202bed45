"""The flat form of an assessment: one row an image, for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augderm.domain.taxonomy import CODES

COLUMNS: tuple[str, ...] = (
    "image",
    "status",
    "reason",
    "quality",
    "likeliest",
    "prediction_set",
    *(f"p_{code}" for code in CODES),
    "p_malignant",
    "area_fraction",
    "area_px2",
    "area_mm2",
    "perimeter_px",
    "long_axis_px",
    "long_axis_mm",
    "short_axis_px",
    "short_axis_mm",
    "circularity",
    "model",
    "model_version",
    "sha256",
)
_LENGTHS = (*(name for name in COLUMNS if name.endswith(("_px", "_px2", "_mm", "_mm2"))), "circularity")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_row(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `COLUMNS` from the JSON form (`assessment_json.to_json_object`); undefined is blank."""
    diagnosis = assessment["diagnosis"] or {}
    probabilities = diagnosis.get("probabilities", {})
    measures = assessment["measures"] or {}
    return {
        "image": _as_text(assessment["image"]),
        "status": assessment["status"],
        "reason": assessment["reason"],
        "quality": (assessment["quality"] or {}).get("verdict"),
        "likeliest": max(probabilities, key=probabilities.__getitem__) if probabilities else None,
        "prediction_set": " ".join(diagnosis.get("prediction_set", ())),
        **{f"p_{code}": probabilities.get(code) for code in CODES},
        "p_malignant": (assessment["malignancy"] or {}).get("probability"),
        "area_fraction": (assessment["border"] or {}).get("area_fraction"),
        **{name: measures.get(name) for name in _LENGTHS},
        "model": assessment["model"]["name"],
        "model_version": assessment["model"]["version"],
        "sha256": assessment["sha256"],
    }


def _as_text(value: str) -> str:
    # A file may be named like a spreadsheet formula; the apostrophe makes it text.
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
