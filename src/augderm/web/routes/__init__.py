"""The pages, one file a concept. To add one: write the file, and name its router here."""

from fastapi import APIRouter

from augderm.web.routes import (
    account,
    anamneses,
    audit,
    cases,
    clinic,
    design,
    figures,
    followup,
    images,
    lesions,
    letters,
    login,
    oidc,
    outcomes,
    patients,
    privacy,
    questions,
    reading,
    recalls,
    referrals,
    reports,
    similar,
    start,
    users,
    visits,
    worklist,
)

SIGNED: tuple[APIRouter, ...] = (
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    cases.router,
    reading.router,
    similar.router,
    users.router,
    account.router,
    worklist.router,
    anamneses.router,
    referrals.router,
    questions.router,
    reports.router,
    letters.router,
    followup.router,
    recalls.router,
    outcomes.router,
    figures.router,
    audit.router,
    clinic.router,
    privacy.router,
    design.router,
)
"""Need a session; forms are checked for their token."""
OPEN: tuple[APIRouter, ...] = (
    login.router,
    start.router,
    oidc.router,
)
"""Work without a session; forms are checked for their token."""
