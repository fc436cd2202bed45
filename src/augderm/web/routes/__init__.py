"""The pages, one file a concept. To add one: write the file, and name its router here."""

from fastapi import APIRouter

from augderm.web.routes import (
    account,
    cases,
    figures,
    followup,
    images,
    lesions,
    login,
    outcomes,
    patients,
    reading,
    recalls,
    start,
    users,
    visits,
)

SIGNED: tuple[APIRouter, ...] = (
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    cases.router,
    reading.router,
    followup.router,
    recalls.router,
    outcomes.router,
    figures.router,
    users.router,
    account.router,
)
"""Need a session; forms are checked for their token."""
OPEN: tuple[APIRouter, ...] = (login.router, start.router)
"""Work without a session; forms are checked for their token."""
