"""Users, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.accounts.provider_links import invite_to_provider, unlink_provider
from augderm.clinic.accounts.users import (
    Invited,
    change_user,
    create_user,
    list_users,
    new_password_link,
)
from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.clinic.person import ROLES, Person
from augderm.clinic.platform import Platform
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to, whole_address
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/users")
def users_page(request: Request, here: Here, person: Signed) -> Response:
    """All users of the clinic."""
    return _page(request, here, person)


@router.post("/users")
def add(request: Request, here: Here, person: Signed, form: Form) -> Response:
    """A new user; the page shows the one-time link, once."""
    try:
        invited = create_user(here, person, form.text("login"), form.text("name"), form.all("roles"))
    except InvalidEntry as problem:
        return _page(request, here, person, problem=problem, status=422)
    return _page(request, here, person, invited=invited)


@router.post("/users/{user_id}")
def change(request: Request, here: Here, person: Signed, user_id: str, form: Form) -> Response:
    """Roles, and whether the account is open."""
    try:
        change_user(
            here, person, user_id, form.all("roles"), bool(form.text("active")), form.number("version")
        )
    except (InvalidEntry, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(request, here, person, problem=problem, status=status)
    return go_to("/users")


@router.post("/users/{user_id}/link")
def link(request: Request, here: Here, person: Signed, user_id: str, _form: Form) -> Response:
    """A one-time link for a forgotten password."""
    return _page(request, here, person, invited=new_password_link(here, person, user_id))


@router.post("/users/{user_id}/provider")
def invite(request: Request, here: Here, person: Signed, user_id: str, _form: Form) -> Response:
    """A one-time link to a sign-in at the provider."""
    try:
        invited = invite_to_provider(here, person, user_id)
    except (InvalidEntry, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(request, here, person, problem=problem, status=status)
    return _page(request, here, person, invited=invited, where="oidc/link")


@router.post("/users/{user_id}/provider/remove")
def unlink(request: Request, here: Here, person: Signed, user_id: str, form: Form) -> Response:
    """Take the sign-in at the provider away."""
    try:
        unlink_provider(here, person, user_id, form.number("version"))
    except Conflict as problem:
        return _page(request, here, person, problem=problem, status=409)
    return go_to("/users")


def _page(
    request: Request,
    here: Platform,
    person: Person,
    *,
    invited: Invited | None = None,
    where: str = "link",
    problem: ClinicError | None = None,
    status: int = 200,
) -> Response:
    link = None if invited is None else whole_address(request, f"/{where}/{invited.token}")
    return render(
        request,
        "users.html",
        status=status,
        users=list_users(here, person),
        roles=ROLES,
        invited=invited,
        link=link,
        problem=problem,
    )
