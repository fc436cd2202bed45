"""The pages, one file a concept. To add one: write the file, and name its router here."""

from fastapi import APIRouter

from augderm.web.routes import account, cases, images, lesions, login, patients, reading, start, users, visits

SIGNED: tuple[APIRouter, ...] = (
    patients.router,
    lesions.router,
    visits.router,
    images.router,
    cases.router,
    reading.router,
    users.router,
    account.router,
)
"""Need a session; forms are checked for their token."""
OPEN: tuple[APIRouter, ...] = (login.router, start.router)
"""Work without a session; forms are checked for their token."""
