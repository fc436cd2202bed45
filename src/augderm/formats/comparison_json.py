"""A comparison of visits as JSON: schema `augderm.comparison/1`, published in `comparison.schema.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.followup import COMPARISON_SCHEMA, Change, Comparison, FollowUp, Registration
from augderm.domain.text import storable
from augderm.formats.assessment_json import advice_json, rounded, to_json_object

SCHEMA_FILE = Path(__file__).parent / "comparison.schema.json"


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values, with the whole assessment of each photograph inside."""
    return {
        "schema": COMPARISON_SCHEMA,
        "limit_of_use": LIMIT_OF_USE,
        "repeatability": comparison.repeatability,
        "notes": list(comparison.notes),
        "baseline": to_json_object(comparison.baseline),
        "follow_ups": [_follow_up(each) for each in comparison.follow_ups],
    }


def _follow_up(found: FollowUp) -> dict[str, Any]:
    return {
        "image": storable(found.assessment.image),
        "compared": not found.reason,
        "reason": storable(found.reason),
        "days": found.days,
        "changed": [change.name for change in found.changed],
        "registration": _registration(found.registration) if found.registration else None,
        "size_scale": found.size_scale,
        "light": None if found.light is None else [rounded(factor) for factor in found.light],
        "changes": {change.name: _change(change) for change in found.changes},
        "notes": [storable(note) for note in found.notes],
        "advice": advice_json(found.advice) if found.advice else None,
        "assessment": to_json_object(found.assessment),
    }


def _registration(found: Registration) -> dict[str, Any]:
    # Not rounded: small entries of a homography act on thousands of pixels.
    plain = asdict(found)
    return {
        "matrix": [list(row) for row in plain.pop("matrix")],
        **{name: rounded(value) if isinstance(value, float) else value for name, value in plain.items()},
    }


def _change(change: Change) -> dict[str, Any]:
    plain = asdict(change)
    del plain["name"]
    return {name: rounded(value) if isinstance(value, float) else value for name, value in plain.items()}
