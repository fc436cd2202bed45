"""The clinic's settings, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.accounts.start import timezones
from augderm.clinic.clinics import ClinicEntry, ClinicSettings, change_clinic, see_clinic
from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/clinic")
def clinic_page(request: Request, here: Here, person: Signed, saved: str = "") -> Response:
    """The form."""
    found = see_clinic(here, person)
    return _page(request, found, entry_of(found), found.version, saved=bool(saved))


@router.post("/clinic")
def change(request: Request, here: Here, person: Signed, form: Form) -> Response:
    """Set it."""
    entry = ClinicEntry(
        name=form.text("clinic"),
        timezone=form.text("timezone"),
        blind_first=bool(form.text("blind_first")),
        image_quota_gb=form.text("image_quota_gb"),
        retention_years=form.text("retention_years"),
    )
    try:
        change_clinic(here, person, entry, form.number("version"))
    except (InvalidEntry, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(
            request, see_clinic(here, person), entry, form.number("version"), problem=problem, status=status
        )
    return go_to("/clinic?saved=yes")


def entry_of(found: ClinicSettings) -> ClinicEntry:
    """The settings as the form shows them."""
    return ClinicEntry(
        name=found.name,
        timezone=found.timezone,
        blind_first=found.blind_first,
        image_quota_gb="" if found.image_quota_gb is None else str(found.image_quota_gb),
        retention_years="" if found.retention_years is None else str(found.retention_years),
    )


def _page(
    request: Request,
    found: ClinicSettings,
    entry: ClinicEntry,
    version: int,
    *,
    saved: bool = False,
    problem: ClinicError | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "clinic.html",
        status=status,
        found=found,
        entry=entry,
        version=version,
        timezones=sorted(timezones()),
        saved=saved,
        problem=problem,
    )
