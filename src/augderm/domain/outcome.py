"""What became known of a lesion later, and how."""

from __future__ import annotations

from augderm.domain.taxonomy import CODES, DIAGNOSES, codes_behaving

CONFIRMATIONS: tuple[str, ...] = (
    "histopathology",
    "confocal microscopy with consensus dermoscopy",
    "serial imaging showing no change",
    "single image expert consensus",
    "single contributor clinical assessment",
)
"""ISIC's words of diagnosis_confirm_type, the surest first."""
CONFIRMED: tuple[str, ...] = CONFIRMATIONS[:3]
"""Those that are evidence beside the photograph; the others are what people thought of it, who may have seen
what the machine says."""
BEHAVIOURS = ("malignant", "indeterminate", "benign")
OUTCOMES: tuple[str, ...] = (*CODES, "scc", "other")
"""Diagnoses: the taxonomy's, invasive squamous cell carcinoma, which it has no class for, and any other."""


def behaviours_of(diagnosis: str) -> tuple[str, ...]:
    """What a diagnosis may be. Usually one; the class of actinic keratosis also holds Bowen's disease, which
    is malignant, and another diagnosis may be anything.

    Args:
        diagnosis: of `OUTCOMES`.
    """
    if diagnosis == "scc":
        return ("malignant",)
    if diagnosis == "other":
        return BEHAVIOURS
    behaviour = DIAGNOSES[CODES.index(diagnosis)].behaviour
    return ("malignant", "indeterminate") if behaviour == "indeterminate" else (behaviour,)


def contradicts(behaviour: str, diagnosis: str) -> bool:
    """Whether an outcome shows a decision to be too mild: malignant or indeterminate, of what was called
    neither.

    Args:
        behaviour: the outcome's, of `BEHAVIOURS`.
        diagnosis: the reader's: of the taxonomy, or "other", which calls it nothing.
    """
    return behaviour != "benign" and diagnosis not in (
        *codes_behaving("malignant"),
        *codes_behaving("indeterminate"),
    )
