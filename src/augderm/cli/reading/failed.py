"""Which files of an assessment could not be read at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def failed_files(assessment: Mapping[str, Any]) -> list[str]:
    """The photograph that failed, or of several of one lesion each that did, with why.

    Args:
        assessment: of schema `augderm.assessment/1`.
    """
    photographs = assessment.get("photographs") or [assessment]
    return [f"{each['image']}: {each['reason']}" for each in photographs if each["status"] == "failed"]
