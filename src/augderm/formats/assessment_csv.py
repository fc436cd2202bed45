"""The flat form of an assessment: one row an image or lesion, for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES

COLUMNS: tuple[str, ...] = (
    "image",
    "status",
    "reason",
    "modality",
    "novelty",
    "novelty_limit",
    "quality",
    "likeliest",
    "prediction_set",
    *(f"p_{code}" for code in CODES),
    "p_malignant",
    "advice",
    *(f"p_{name}" for name in (*STRUCTURES, *ARTEFACTS)),
    "area_fraction",
    "area_px2",
    "area_mm2",
    "perimeter_px",
    "long_axis_px",
    "long_axis_mm",
    "short_axis_px",
    "short_axis_mm",
    "circularity",
    "mm_per_px",
    "mm_per_px_uncertainty",
    "scale_source",
    "hidden_share",
    "model",
    "model_version",
    "sha256",
    "photographs",
    "photographs_read",
    "modality_in_doubt",
    "notes",
)
_MEASURES = COLUMNS[COLUMNS.index("area_px2") : COLUMNS.index("model")]
"""Columns that stand under the same name in `measures`."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_row(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `COLUMNS` from the JSON form (`assessment_json.to_json_object`); undefined is blank."""
    diagnosis = assessment["diagnosis"] or {}
    probabilities = diagnosis.get("probabilities", {})
    measures = assessment["measures"] or {}
    novelty = assessment["novelty"] or {}
    modality = assessment["modality"] or {}
    photographs = assessment.get("photographs", (assessment,))
    present = {**assessment["structures"], **assessment["artefacts"]}
    return {
        "image": as_spreadsheet_text(assessment["image"]),
        "status": assessment["status"],
        "reason": assessment["reason"],
        "modality": modality.get("name"),
        "novelty": novelty.get("score"),
        "novelty_limit": novelty.get("limit"),
        "quality": (assessment["quality"] or {}).get("verdict"),
        "likeliest": max(probabilities, key=probabilities.__getitem__) if probabilities else None,
        "prediction_set": " ".join(diagnosis.get("prediction_set", ())),
        **{f"p_{code}": probabilities.get(code) for code in CODES},
        "p_malignant": (assessment["malignancy"] or {}).get("probability"),
        "advice": (assessment["advice"] or {}).get("band"),
        **{f"p_{name}": present.get(name, {}).get("probability") for name in (*STRUCTURES, *ARTEFACTS)},
        "area_fraction": (assessment["border"] or {}).get("area_fraction"),
        **{name: measures.get(name) for name in _MEASURES},
        "model": assessment["model"]["name"],
        "model_version": assessment["model"]["version"],
        "sha256": assessment["sha256"],
        "photographs": len(photographs),
        "photographs_read": sum(each["status"] == "ok" for each in photographs),
        "modality_in_doubt": modality.get("in_doubt"),
        "notes": as_spreadsheet_text(" ".join(assessment.get("notes", ()))),
    }


def as_spreadsheet_text(value: str) -> str:
    """Foreign text as a cell that no spreadsheet takes for a formula: an apostrophe makes it text."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def from_spreadsheet_text(cell: str) -> str:
    """The text of a cell that `as_spreadsheet_text` wrote."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
