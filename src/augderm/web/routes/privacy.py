"""A patient's copy of the data, holds, and erasure, for administrators."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry, NotFound
from augderm.clinic.export import export_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.retention import (
    PAGE,
    due_for_erasure,
    find_by_identifier,
    hold_patient,
    see_retention,
)
from augderm.web.forms import Form
from augderm.web.problems import status_of
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()
PIECE_BYTES = 64 * 1024


@router.get("/privacy")
def privacy_page(
    request: Request,
    here: Here,
    person: Signed,
    after: Annotated[str, Query(max_length=100)] = "",
    erased: str = "",
) -> Response:
    """Whose retention has ended, and the way to one patient."""
    return _list(request, here, person, after, erased=erased)


@router.post("/privacy/find")
def find(request: Request, here: Here, person: Signed, form: Form) -> Response:
    """To the patient with this identifier; by POST, since addresses are kept by browsers and proxies."""
    try:
        return go_to(f"/privacy/{find_by_identifier(here, person, form.text('identifier'))}")
    except (NotFound, InvalidEntry) as problem:
        return _list(request, here, person, "", problem=problem, status=status_of(problem))


@router.get("/privacy/{patient_id}")
def patient_page(request: Request, here: Here, person: Signed, patient_id: str) -> Response:
    """What stands against erasing a patient, and what can be done."""
    return _patient(request, here, person, patient_id)


@router.post("/privacy/{patient_id}/export")
def export(here: Here, person: Signed, patient_id: str, _form: Form) -> Response:
    """The copy, as a ZIP. By POST: it is logged, and no page may fetch it in passing."""
    return zipped(here, person, patient_id)


@router.post("/privacy/{patient_id}/hold")
def hold(request: Request, here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Set or lift a hold."""
    try:
        hold_patient(here, person, patient_id, form.text("hold_reason"), form.number("version"))
    except (InvalidEntry, Conflict) as problem:
        return _patient(request, here, person, patient_id, problem)
    return go_to(f"/privacy/{patient_id}")


@router.post("/privacy/{patient_id}/erase")
def erase(request: Request, here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Erase the patient."""
    try:
        erased = erase_patient(here, person, patient_id, form.text("identifier"), form.number("version"))
    except (InvalidEntry, Conflict) as problem:
        return _patient(request, here, person, patient_id, problem)
    return go_to(f"/privacy?erased={'files-left' if erased.files_left else 'yes'}")


def zipped(here: Platform, person: Person, patient_id: str) -> Response:
    """The copy of a patient's data, sent from a file that is gone afterwards."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it was sent)
    try:
        export_patient(here, person, patient_id, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return StreamingResponse(
        _pieces(file),
        media_type="application/zip",
        # The key, and not the name: file names travel.
        headers={
            "content-disposition": f'attachment; filename="patient-{patient_id[:8]}.zip"',
            "content-length": str(size),
        },
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _list(
    request: Request,
    here: Platform,
    person: Person,
    after: str,
    *,
    erased: str = "",
    problem: ClinicError | None = None,
    status: int = 200,
) -> Response:
    due = due_for_erasure(here, person, after)
    return render(
        request,
        "privacy.html",
        status=status,
        due=due[:PAGE],
        next_after=due[PAGE - 1].patient.id if len(due) > PAGE else None,
        erased=erased,
        problem=problem,
    )


def _patient(
    request: Request,
    here: Platform,
    person: Person,
    patient_id: str,
    problem: ClinicError | None = None,
) -> Response:
    kept = see_retention(here, person, patient_id)
    return render(
        request,
        "privacy_patient.html",
        status=200 if problem is None else 409 if isinstance(problem, Conflict) else 422,
        kept=kept,
        patient=kept.patient,
        ended=kept.kept_until is None or here.now().date() >= kept.kept_until,
        problem=problem,
    )
