"""What a stored `augderm.assessment/1` says of the kind of photograph, also one of an earlier version.

Earlier versions had no `modality.in_doubt`, and read a photograph in doubt as the likelier kind alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augderm.domain.assessment import is_doubtful

READ_AS_ONE = (
    "It is in doubt whether this is a dermoscopic image or a clinical photograph, and an earlier version "
    "read it as the likelier of them alone; the read may be by the wrong calibration."
)


def kind_in_doubt(assessment: Mapping[str, Any]) -> bool:
    """Whether the kind of photograph is in doubt; of several, of any that was used.

    Where the assessment does not say, its probability of being clinical does, by the limit of today.
    """
    modality = assessment.get("modality") or {}
    if "in_doubt" in modality:
        return bool(modality["in_doubt"])
    used = _used(assessment)
    if used:
        return any(map(kind_in_doubt, used))
    clinical = modality.get("clinical_probability")
    return clinical is not None and is_doubtful(clinical)


def is_outdated(assessment: Mapping[str, Any]) -> bool:
    """Whether it is of an earlier version that took a doubtful kind for sure, or joined both kinds without
    saying so: what this version would read in another way.
    """
    modality = assessment.get("modality") or {}
    kinds = {each["modality"]["name"] for each in _used(assessment) if each.get("modality")}
    return "in_doubt" not in modality and (kind_in_doubt(assessment) or len(kinds) > 1)


def notes_of(assessment: Mapping[str, Any]) -> list[str]:
    """What limits the read, in English: its own notes, and that it took a doubtful kind for sure."""
    notes = list(assessment.get("notes", ()))
    taken = assessment.get("status") == "ok" and is_outdated(assessment) and kind_in_doubt(assessment)
    return [*notes, READ_AS_ONE] if taken else notes


def _used(assessment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in assessment.get("photographs", ()) if each["status"] == "ok"]
