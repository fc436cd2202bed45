"""Two overviews as JSON: schema `augderm.overview/1`, published in `overview.schema.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.belonging import taken_on
from augderm.domain.overview import (
    NOT_VALIDATED,
    OVERVIEW_SCHEMA,
    REASONS,
    LoneLesion,
    Overview,
    OverviewComparison,
    SkinLesion,
)
from augderm.domain.text import storable
from augderm.formats.assessment_json import rounded

SCHEMA_FILE = Path(__file__).parent / "overview.schema.json"


def overview_json(found: OverviewComparison) -> dict[str, Any]:
    """The comparison as JSON values; lesions are named by their place in each photograph's list, from 0."""
    return {
        "schema": OVERVIEW_SCHEMA,
        "limit_of_use": LIMIT_OF_USE,
        "not_validated": NOT_VALIDATED,
        "compared": not found.reason,
        "reason": storable(found.reason),
        "days": found.days,
        "notes": [storable(note) for note in found.notes],
        "repeatability": found.repeatability,
        "baseline": _photograph(found.baseline),
        "follow_up": _photograph(found.follow_up),
        "registration": None if found.registration is None else _plain(asdict(found.registration)),
        "matched": [_plain(asdict(pair)) for pair in found.same],
        "new": [_lone(each) for each in found.new],
        "missing": [_lone(each) for each in found.missing],
        "not_judged": {
            "baseline": [_lone(each) for each in found.baseline_only if each.unjudged],
            "follow_up": [_lone(each) for each in found.follow_up_only if each.unjudged],
        },
    }


def _photograph(seen: Overview) -> dict[str, Any]:
    return {
        "image": storable(seen.image),
        "sha256": seen.sha256,
        "width_px": seen.width_px,
        "height_px": seen.height_px,
        "taken_on": taken_on(seen) or None,
        "skin_share": rounded(seen.skin_share),
        "lesions": [_lesion(each) for each in seen.lesions],
    }


def _lesion(lesion: SkinLesion) -> dict[str, Any]:
    return _plain(asdict(lesion))


def _lone(each: LoneLesion) -> dict[str, Any]:
    return {
        "lesion": each.lesion,
        "expected_px": [rounded(place) for place in each.expected_px],
        "reach_px": rounded(each.reach_px),
        "unjudged": each.unjudged,
        "reason": REASONS[each.unjudged] if each.unjudged else "",
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: rounded(value) if isinstance(value, float) else value for name, value in values.items()}
