"""Assessments with little more in them than an advice looks at."""

from __future__ import annotations

from typing import Any

from augderm.domain.assessment import (
    Assessment,
    DiagnosisRead,
    Malignancy,
    ModalityRead,
    ModelName,
    Novelty,
    Quality,
)
from augderm.domain.taxonomy import CODES
from augderm.evidence.advice.default import default_policy

MODEL = ModelName("m", "1", "0" * 64)
DEFAULT = default_policy()


def read_of(malignancy: float, likeliest: str = "nv", **changes: Any) -> Assessment:
    """A good dermoscopic photograph that was read."""
    probabilities = {code: 0.94 if code == likeliest else 0.01 for code in CODES}
    facts: dict[str, Any] = {
        "quality": Quality("good", ()),
        "modality": ModalityRead("dermoscopic", 0.01),
        "novelty": Novelty(0.9, 1.3),
        "diagnosis": DiagnosisRead(probabilities, (likeliest,), 0.9, probabilities),
        "malignancy": Malignancy(malignancy, 0.01),
        **changes,
    }
    return Assessment("a.jpg", "0" * 64, MODEL, "ok", **facts)


def unread(status: Any, **changes: Any) -> Assessment:
    """One that was not read."""
    return Assessment("a.jpg", "0" * 64, MODEL, status, reason="Blurred.", **changes)
