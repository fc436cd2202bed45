"""Similar cases by the API."""

from __future__ import annotations

from fastapi import APIRouter

from augderm.clinic.similar import SimilarCases, see_similar
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["reading"])


@router.get("/cases/{case_id}/similar")
def similar(here: Here, person: Signed, case_id: str) -> SimilarCases:
    """The known cases that look like this one; left out until the own impression is committed."""
    return see_similar(here, person, case_id)
