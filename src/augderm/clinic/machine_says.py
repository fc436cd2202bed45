"""What the machine says of a case as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.machine_reads import counting_reads
from augderm.domain.advice import BANDS
from augderm.store.models import CaseRow, ImageRow


@dataclass(frozen=True, slots=True)
class MachineSays:
    """What the machine says of a case as a whole: of the photograph with the most severe band.

    All are None where it says nothing; the likeliest diagnosis also where it abstains.
    """

    likeliest: str | None
    band: str | None
    probability: float | None


def machine_says(contents: Sequence[Mapping[str, Any] | None]) -> MachineSays:
    """The summary of a case.

    Args:
        contents: `augderm.assessment/1` of each of its photographs; None where there is none.
    """
    known = [content for content in contents if content and content["advice"]]
    if not known:
        return MachineSays(None, None, None)

    def severity(content: Mapping[str, Any]) -> tuple[int, float]:
        malignancy = content["malignancy"]
        return BANDS.index(content["advice"]["band"]), -(malignancy["probability"] if malignancy else 1.0)

    leading = min(known, key=severity)
    probabilities = leading["diagnosis"]["probabilities"] if leading["diagnosis"] else {}
    return MachineSays(
        max(probabilities, key=lambda code: probabilities[code], default=None),
        leading["advice"]["band"],
        leading["malignancy"]["probability"] if leading["malignancy"] else None,
    )


def contents_of(session: Session, case: CaseRow) -> list[Mapping[str, Any] | None]:
    """The machine's read that counts of each photograph of a case; None where there is none."""
    keys = session.scalars(
        select(ImageRow.id).where(ImageRow.case_id == case.id).order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    reads = counting_reads(session, keys)
    return [reads[key].row.content if key in reads else None for key in keys]
