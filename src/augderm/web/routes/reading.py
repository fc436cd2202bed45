"""The page on which a dermatologist reads one case, and what is sent from it."""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.checklists import set_items
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.photographs import see_overlay
from augderm.clinic.platform import Platform
from augderm.clinic.reading import Reading, open_reading, waiting
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, own_read
from augderm.clinic.signing import Decision, SignedMeanwhile, sign
from augderm.clinic.sittings import DRAFT_FIELDS, OtherDraft, keep_draft, still_here
from augderm.web.forms import Entries, Form
from augderm.web.language import translations
from augderm.web.reading_words import READING_WORDS
from augderm.web.render import language_of, render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed
from augderm.web.viewing import viewer_json

router = APIRouter()
WAS = "was."
"""Prefix of the hidden field that holds what an item was when the page was made."""
NEXT = "/worklist/next" if find_spec("augderm.web.routes.worklist") else ""
"""Where the next case is asked for."""


@router.get("/cases/{case_id}")
def case_page(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """One case, as this reader sees it."""
    return _page(request, person, open_reading(here, person, case_id))


@router.get("/cases/{case_id}/presence")
def presence(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """Who else has it open; tells too that this reader has."""
    others = still_here(here, person, case_id)
    return render(request, "_reading_presence.html", case_id=case_id, here=others)


@router.get("/cases/{case_id}/waiting")
def machine_waiting(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """Whether the machine is done."""
    left = waiting(here, person, case_id)
    return render(request, "_reading_waiting.html", case_id=case_id, left=left)


@router.post("/cases/{case_id}/draft")
def draft(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Keep what was typed so far."""
    fields = {name: form.text(name) for name in DRAFT_FIELDS if form.all(name)}
    try:
        kept = keep_draft(here, person, case_id, fields, form.number("draft_version"))
    except OtherDraft as conflict:
        return render(request, "_reading_draft_conflict.html", status=409, case_id=case_id, conflict=conflict)
    return render(request, "_reading_draft.html", draft=kept)


@router.post("/cases/{case_id}/sign")
def sign_case(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Sign the final decision."""
    diagnosis, management = form.text("final_diagnosis"), form.text("final_management")
    if taken := form.text("take"):
        diagnosis, _, management = taken.partition(" ")
    decision = Decision(diagnosis=diagnosis, management=management, reason=form.text("reason"))
    try:
        sign(
            here,
            person,
            case_id,
            decision,
            form.number("version"),
            form.number("signatures"),
            _number(form, "photographs"),
            _number(form, "words"),
            form.text("shown"),
        )
    except SignedMeanwhile as conflict:
        reading = open_reading(here, person, case_id)
        return render(
            request,
            "reading_conflict.html",
            status=409,
            conflict=conflict,
            reading=reading,
            # As the reader saw it: what came since was not looked at.
            photographs=form.text("photographs"),
            shown=form.text("shown"),
            patient=reading.patient,
            impressions=IMPRESSIONS,
            managements=MANAGEMENTS,
        )
    except (Conflict, InvalidEntry) as problem:
        chosen = {"final_diagnosis": decision.diagnosis, "final_management": decision.management}
        return _again(request, here, person, case_id, form, problem, chosen)
    return go_to(f"/cases/{case_id}#signed")


@router.post("/cases/{case_id}/addendum")
def addendum(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Add to a signed read, and decide anew where it says so."""
    change = Change(
        diagnosis=form.text("addendum_diagnosis"),
        management=form.text("addendum_management"),
        words=form.number("words"),
    )
    try:
        add_addendum(
            here,
            person,
            case_id,
            form.text("addendum"),
            change,
            _number(form, "photographs"),
            form.text("shown"),
        )
    except (Conflict, InvalidEntry) as problem:
        return _again(request, here, person, case_id, form, problem, {})
    return go_to(f"/cases/{case_id}#signed")


@router.post("/cases/{case_id}/images/{image_id}/items")
def items(request: Request, here: Here, person: Signed, case_id: str, image_id: str, form: Form) -> Response:
    """Set items of the checklists: those that were changed."""
    changed = {
        name.removeprefix(WAS): form.text(name.removeprefix(WAS))
        for name in form.names()
        if name.startswith(WAS) and form.text(name) != form.text(name.removeprefix(WAS))
    }
    lists = set_items(here, person, case_id, image_id, changed)
    if request.headers.get("hx-request"):
        hidden = person.clinic.blind_first and own_read(here, person, case_id) is None
        return render(
            request,
            "_reading_checklists.html",
            checklists=lists,
            case_id=case_id,
            image_id=image_id,
            locked=False,
            blind=hidden,
            reading_words=READING_WORDS,
        )
    return go_to(f"/cases/{case_id}#checklists")


@router.get("/images/{image_id}/overlays/{name}")
def overlay(here: Here, person: Signed, image_id: str, name: str) -> Response:
    """What is laid over a photograph."""
    return Response(see_overlay(here, person, image_id, name), media_type="image/png")


def _number(form: Entries, name: str) -> int | None:
    return form.number(name) if form.text(name) else None


def _again(
    request: Request,
    here: Platform,
    person: Person,
    case_id: str,
    form: Entries,
    problem: Conflict | InvalidEntry,
    chosen: dict[str, str],
) -> Response:
    """The page with what was typed (and `chosen` of two versions), and what is wrong with it."""
    typed = {name: form.text(name) for name in DRAFT_FIELDS if form.all(name)} | chosen
    status = 409 if isinstance(problem, Conflict) else 422
    return _page(
        request, person, open_reading(here, person, case_id), typed=typed, problem=problem, status=status
    )


def _page(
    request: Request,
    person: Person,
    reading: Reading,
    *,
    typed: dict[str, str] | None = None,
    problem: Conflict | InvalidEntry | None = None,
    status: int = 200,
) -> Response:
    language = language_of(request)
    zone = ZoneInfo(person.clinic.timezone)

    def moment(at: datetime) -> str:
        return format_datetime(at, "medium", tzinfo=zone, locale=language)

    data = ""
    if reading.photographs:
        data = viewer_json(reading.photographs, language, translations(language).gettext, moment)
    values: dict[str, Any] = {
        "reading": reading,
        "patient": reading.patient,
        "viewer": data,
        "typed": {**reading.draft.fields, **(typed or {})},
        "problem": problem,
        "impressions": IMPRESSIONS,
        "managements": MANAGEMENTS,
        "reading_words": READING_WORDS,
        "next_case": NEXT,
    }
    return render(request, "reading.html", status=status, **values)
