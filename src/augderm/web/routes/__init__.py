"""The pages, one file a concept. To add one: write the file, and name its router here."""

from fastapi import APIRouter

from augderm.web.routes import (
    account,
    audit,
    cases,
    clinic,
    design,
    images,
    lesions,
    login,
    oidc,
    patients,
    privacy,
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
    users.router,
    account.router,
    audit.router,
    clinic.router,
    privacy.router,
    design.router,
)
"""Need a session; forms are checked for their token."""
OPEN: tuple[APIRouter, ...] = (login.router, start.router, oidc.router)
"""Work without a session; forms are checked for their token."""
