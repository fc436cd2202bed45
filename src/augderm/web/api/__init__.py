"""The JSON API under /api/v1: the same use cases as the pages, one file a concept, named here."""

from fastapi import APIRouter

from augderm.web.api import account, audit, clinic, images, lesions, patients, privacy, session, users, visits

SIGNED_API: tuple[APIRouter, ...] = (
    session.router,
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    users.router,
    account.router,
    audit.router,
    clinic.router,
    privacy.router,
)
"""Need the session cookie; changes need the header X-CSRF-Token too."""
OPEN_API: tuple[APIRouter, ...] = (session.open_router,)
