"""The anamnesis form of a case: every question may stay unknown, which is never taken as no."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.anamneses import AnamnesisPage, Contradicting, answer, see_anamnesis
from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.domain.anamnesis import LESION_QUESTIONS, PERSON_QUESTIONS
from augderm.domain.errors import InvalidAnamnesis
from augderm.domain.questions import Question
from augderm.formats.anamnesis_json import anamnesis_to_object
from augderm.web.anamnesis_words import ANSWERS, UNITS
from augderm.web.forms import Entries, Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()
YES_NO = {"yes": True, "no": False}


@router.get("/cases/{case_id}/anamnesis")
def anamnesis_page(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """The form, with the latest answers."""
    page = see_anamnesis(here, person, case_id)
    return _form(request, page, _shown(page), page.answered_id, flagged=page.flagged)


@router.post("/cases/{case_id}/anamnesis")
def take(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Take answers; what cannot be is told beside its question, and nothing that was typed is lost."""
    page = see_anamnesis(here, person, case_id)
    based_on = form.text("based_on")
    draft = {name: form.text(name) for name in (*PERSON_QUESTIONS, *LESION_QUESTIONS)}
    problems: dict[str, InvalidEntry] = {}
    answers = {
        "person": _answers(PERSON_QUESTIONS, form, problems),
        "lesion": _answers(LESION_QUESTIONS, form, problems),
    }
    if (
        not problems
        and answers["lesion"].get("onset")
        and answers["lesion"].get("known_for_months") is not None
    ):
        problems["onset"] = InvalidEntry("onset", "Answer when it was noticed or for how long, not both.")
    if problems:
        return _form(request, page, draft, based_on, status=422, problems=problems)
    try:
        answer(here, person, case_id, answers, based_on, form.text("confirmed") == "yes")
    except Contradicting as problem:
        return _form(request, page, draft, based_on, status=409, flagged=problem.flagged, ask=True)
    except (Conflict, InvalidEntry) as problem:
        return _form(
            request,
            page,
            draft,
            based_on,
            status=409 if isinstance(problem, Conflict) else 422,
            problem=problem,
        )
    return go_to(f"/visits/{page.visit_id}")


def _answers(
    questions: dict[str, Question], form: Entries, problems: dict[str, InvalidEntry]
) -> dict[str, Any]:
    found = {}
    for name, question in questions.items():
        given = form.text(name).strip()
        if not given:
            continue
        try:
            found[name] = parsed(name, question, given)
        except InvalidEntry as problem:
            problems[name] = problem
    return found


def parsed(name: str, question: Question, given: str) -> object:
    """An answer from what a form sends.

    Raises:
        InvalidEntry: it is none; the text says what to give.
    """
    value: object = given
    try:
        if question.kind == "yes_no":
            value = YES_NO[given]
        elif question.kind == "count":
            value = int(given)
        elif question.kind == "number":
            value = float(given.replace(",", "."))
        question.check(name, value)
    except (InvalidAnamnesis, ValueError, KeyError):
        raise _refusal(name, question) from None
    return value


def _refusal(name: str, question: Question) -> InvalidEntry:
    if question.kind == "count":
        return InvalidEntry(
            name,
            "Give a whole number from %(low)s to %(high)s, or leave it open.",
            low=f"{question.low:g}",
            high=f"{question.high:g}",
        )
    if question.kind == "number" and question.above_low:
        return InvalidEntry(
            name,
            "Give a number above %(low)s, up to %(high)s, or leave it open.",
            low=f"{question.low:g}",
            high=f"{question.high:g}",
        )
    if question.kind == "number":
        return InvalidEntry(
            name,
            "Give a number from %(low)s to %(high)s, or leave it open.",
            low=f"{question.low:g}",
            high=f"{question.high:g}",
        )
    if question.kind == "date":
        return InvalidEntry(
            name, "Give a year, a month or a day, as in 2024, 2024-05 or 2024-05-17, or leave it open."
        )
    if question.kind == "text":
        return InvalidEntry(name, "This is too long; shorten it.")
    return InvalidEntry(name, "This is none of the choices; choose one of the list.")


def _shown(page: AnamnesisPage) -> dict[str, str]:
    content = anamnesis_to_object(page.answers)
    return {name: _text(value) for part in ("person", "lesion") for name, value in content[part].items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _form(
    request: Request,
    page: AnamnesisPage,
    shown: dict[str, str],
    based_on: str,
    *,
    status: int = 200,
    problem: ClinicError | None = None,
    problems: dict[str, InvalidEntry] | None = None,
    flagged: tuple[tuple[str, ...], ...] = (),
    ask: bool = False,
) -> Response:
    return render(
        request,
        "anamnesis.html",
        status=status,
        page=page,
        patient=page.patient,
        shown=shown,
        based_on=based_on,
        problem=problem,
        problems=problems or {},
        flagged=flagged,
        ask=ask,
        parts=(("lesion", LESION_QUESTIONS), ("person", PERSON_QUESTIONS)),
        questions={**PERSON_QUESTIONS, **LESION_QUESTIONS},
        choices=ANSWERS,
        units=UNITS,
    )
