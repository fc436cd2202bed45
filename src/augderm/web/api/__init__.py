"""The JSON API under /api/v1: the same use cases as the pages, one file a concept, named here."""

from fastapi import APIRouter

from augderm.web.api import followup, images, lesions, outcomes, patients, reading, session, users, visits

SIGNED_API: tuple[APIRouter, ...] = (
    session.router,
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    reading.router,
    followup.router,
    outcomes.router,
    users.router,
)
"""Need the session cookie; changes need the header X-CSRF-Token too."""
OPEN_API: tuple[APIRouter, ...] = (session.open_router,)
