"""What every route of the API may answer beside what it gives: for its OpenAPI description."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """What was refused, in the person's language; `field` names the entry that is meant."""

    kind: str
    message: str
    details: str = ""
    field: str | None = Field(None, description="of the entry that was refused")


class Problem(BaseModel):
    """The form of every refusal."""

    error: Fault


_TOLD = {
    400: "The request cannot be read.",
    401: "There is no session, or it has ended; or name and password do not belong together.",
    403: "No role of the person allows it, or the header X-CSRF-Token is missing.",
    404: "There is none in the person's clinic.",
    409: "It was changed in the meantime, or contradicts what is there.",
    422: "An entry is missing or wrong.",
    429: "There were too many attempts.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    **{status: {"model": Problem, "description": told} for status, told in _TOLD.items()},
    413: {
        "description": "What was sent is beyond the limit.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
}
"""By status."""
