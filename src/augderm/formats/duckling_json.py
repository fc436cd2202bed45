"""A patient's lesions beside each other as JSON: schema `augderm.duckling/1`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from augderm.domain.assessment import LIMIT_OF_USE, ModelName
from augderm.domain.duckling import Ducklings
from augderm.domain.text import storable

DUCKLING_SCHEMA = "augderm.duckling/1"


def duckling_json(found: Ducklings, model: ModelName) -> dict[str, Any]:
    """The answer as JSON values; what was not compared is null, with its reason."""
    return {
        "schema": DUCKLING_SCHEMA,
        "limit_of_use": LIMIT_OF_USE,
        "model": asdict(model),
        "limit": found.limit,
        "compared": found.compared,
        "reason": found.reason,
        "lesions": [
            {
                "image": storable(lesion.image),
                "distance": None if lesion.distance is None else round(lesion.distance, 4),
                "features": {name: round(value, 4) for name, value in lesion.features.items()},
                "unlike": lesion.unlike,
                "reason": storable(lesion.reason),
            }
            for lesion in found.lesions
        ],
    }
