"""Recalls: what is due, planned, moved, closed."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.recalls import (
    CLOSINGS,
    FILTERS,
    Which,
    close_recall,
    list_recalls,
    move_recall,
    plan_recall,
)
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to, own_path
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/recalls")
def recall_list(
    request: Request,
    here: Here,
    person: Signed,
    which: Annotated[str, Query(max_length=20)] = "month",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Due and overdue recalls."""
    # What is no filter is refused by the use case.
    found = list_recalls(here, person, cast("Which", which), after)
    return render(
        request, "recalls.html", recalls=found, which=which, filters=FILTERS, closings=CLOSINGS, after=after
    )


@router.post("/lesions/{lesion_id}/recalls")
def plan(here: Here, person: Signed, lesion_id: str, form: Form) -> Response:
    """Plan one by hand."""
    plan_recall(here, person, lesion_id, form.text("due_on"), form.text("recall_reason"))
    return go_to(f"/lesions/{lesion_id}")


@router.post("/recalls/{recall_id}/move")
def move(here: Here, person: Signed, recall_id: str, form: Form) -> Response:
    """Move it to another day."""
    move_recall(
        here, person, recall_id, form.text("due_on"), form.text("recall_reason"), form.number("version")
    )
    return go_to(own_path(form.text("next")))


@router.post("/recalls/{recall_id}/close")
def close(here: Here, person: Signed, recall_id: str, form: Form) -> Response:
    """Call it done or cancelled."""
    close_recall(
        here, person, recall_id, form.text("closing"), form.text("closing_reason"), form.number("version")
    )
    return go_to(own_path(form.text("next")))
