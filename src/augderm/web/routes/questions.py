"""Second opinions that are asked of somebody: the list, the case as far as it may be seen, the answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import ClinicError, InvalidEntry
from augderm.clinic.opinions import (
    answer,
    asked_of_me,
    commit_asked,
    decline,
    see_asked_assessment,
    see_asked_case,
    see_asked_image,
    see_asked_original,
    see_question,
    waiting,
)
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS
from augderm.clinic.referrals import PAGE, asked_by_me
from augderm.formats.anamnesis_json import anamnesis_from_object
from augderm.web.forms import Entries, Form
from augderm.web.language import translations
from augderm.web.render import language_of, render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed
from augderm.web.viewing import asked_viewer_json

router = APIRouter()
Key = Annotated[str, Query(max_length=40)]


@router.get("/questions")
def questions_page(
    request: Request, here: Here, person: Signed, after: Key = "", which: Key = "waiting"
) -> Response:
    """What is asked of me (waiting, or done), or what I asked of others."""
    if which == "mine":
        asked = asked_by_me(here, person, after)
        found, mine, more = [], asked[:PAGE], len(asked) > PAGE
    else:
        questions = asked_of_me(here, person, after, done=which == "done")
        found, mine, more = questions[:PAGE], [], len(questions) > PAGE
    return render(
        request,
        "questions.html",
        questions=found,
        mine=mine,
        more=more,
        which=which if which in ("done", "mine") else "waiting",
        waiting=waiting(here, person),
    )


@router.get("/questions/waiting")
def badge(request: Request, here: Here, person: Signed) -> Response:
    """How much waits, for the navigation."""
    return render(request, "_waiting.html", waiting=waiting(here, person))


@router.get("/questions/{referral_id}")
def question_page(request: Request, here: Here, person: Signed, referral_id: str) -> Response:
    """A question with its case; after an answer or a withdrawal, without."""
    return _page(request, here, person, referral_id)


@router.get("/questions/{referral_id}/images/{image_id}")
def image(here: Here, person: Signed, referral_id: str, image_id: str) -> Response:
    """A photograph of the case, without what the camera wrote."""
    found = see_asked_image(here, person, referral_id, image_id)
    return Response(found.data, media_type=found.content_type)


@router.get("/questions/{referral_id}/images/{image_id}/original")
def original(here: Here, person: Signed, referral_id: str, image_id: str) -> Response:
    """The same at full size."""
    found = see_asked_original(here, person, referral_id, image_id)
    return Response(found.data, media_type=found.content_type)


@router.post("/questions/{referral_id}/impression")
def commit(request: Request, here: Here, person: Signed, referral_id: str, form: Form) -> Response:
    """Commit the own impression, before the machine's read is shown."""
    try:
        commit_asked(here, person, referral_id, form.text("impression"), form.text("management"))
    except InvalidEntry as problem:
        return _page(request, here, person, referral_id, form=form, problem=problem)
    return go_to(f"/questions/{referral_id}")


@router.post("/questions/{referral_id}/answer")
def give(request: Request, here: Here, person: Signed, referral_id: str, form: Form) -> Response:
    """Answer."""
    try:
        answer(
            here,
            person,
            referral_id,
            form.text("impression"),
            form.text("management"),
            form.text("answer"),
            form.number("version"),
        )
    except InvalidEntry as problem:
        return _page(request, here, person, referral_id, form=form, problem=problem)
    return go_to(f"/questions/{referral_id}")


@router.post("/questions/{referral_id}/decline")
def refuse(request: Request, here: Here, person: Signed, referral_id: str, form: Form) -> Response:
    """Decline."""
    try:
        decline(here, person, referral_id, form.text("reason"), form.number("version"))
    except InvalidEntry as problem:
        return _page(request, here, person, referral_id, form=form, problem=problem)
    return go_to(f"/questions/{referral_id}")


def _page(
    request: Request,
    here: Platform,
    person: Person,
    referral_id: str,
    *,
    form: Entries | None = None,
    problem: ClinicError | None = None,
) -> Response:
    # What draws is imported where it is used: the server starts without it.
    from augderm.formats.report.anamnesis import view_anamnesis

    question = see_question(here, person, referral_id)
    if question.state != "waiting":
        return render(request, "question_done.html", question=question)
    case = see_asked_case(here, person, referral_id)
    told = view_anamnesis(anamnesis_from_object(case.anamnesis)) if case.anamnesis else None
    read = case.read
    draft = {
        "impression": form.text("impression") if form else read.impression if read else "",
        "management": form.text("management") if form else read.management if read else "",
        "answer": form.text("answer") if form else "",
        "reason": form.text("reason") if form else "",
    }
    language = language_of(request)
    viewer = asked_viewer_json(referral_id, case.images, language, translations(language).gettext)
    return render(
        request,
        "question.html",
        status=422 if problem else 200,
        case=case,
        viewer=viewer,
        question=case.question,
        reads={each.id: see_asked_assessment(here, person, referral_id, each.id) for each in case.images}
        if not case.blind
        else {},
        told=told,
        draft=draft,
        impressions=IMPRESSIONS,
        managements=MANAGEMENTS,
        problem=problem,
    )
