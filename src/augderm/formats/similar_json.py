"""Similar cases as JSON: schema `augderm.similar/1`. Thumbnails are left to the report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.similar import SIMILAR_SCHEMA, Similar
from augderm.formats.assessment_json import to_json_object


def similar_json(similar: Similar) -> dict[str, Any]:
    """The answer as JSON values, with the whole assessment of the image inside."""
    facts = similar.library
    return {
        "schema": SIMILAR_SCHEMA,
        "limit_of_use": LIMIT_OF_USE,
        "library": {
            "name": facts.name,
            "cases": facts.cases,
            "diagnoses": dict(facts.diagnoses),
            "model": asdict(facts.model),
            "sources": list(facts.sources),
            "exact": facts.exact,
        },
        "reason": similar.reason,
        "neighbours": [
            {"distance": round(neighbour.distance, 6), **asdict(neighbour.case)}
            for neighbour in similar.neighbours
        ],
        "shares": [asdict(share) for share in similar.shares],
        "warnings": list(similar.warnings),
        "notes": list(similar.notes),
        "assessment": to_json_object(similar.assessment),
    }
