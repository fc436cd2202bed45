"""The JSON API under /api/v1: the same use cases as the pages, one file a concept, named here."""

from fastapi import APIRouter

from augderm.web.api import (
    account,
    anamneses,
    audit,
    clinic,
    followup,
    images,
    lesions,
    letters,
    outcomes,
    patients,
    privacy,
    questions,
    reading,
    referrals,
    reports,
    session,
    similar,
    uploads,
    users,
    visits,
    worklist,
)

SIGNED_API: tuple[APIRouter, ...] = (
    session.router,
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    reading.router,
    similar.router,
    users.router,
    worklist.router,
    uploads.router,
    anamneses.router,
    referrals.router,
    questions.router,
    reports.router,
    letters.router,
    followup.router,
    outcomes.router,
    account.router,
    audit.router,
    clinic.router,
    privacy.router,
)
"""Need the session cookie; changes need the header X-CSRF-Token too."""
OPEN_API: tuple[APIRouter, ...] = (session.open_router,)
