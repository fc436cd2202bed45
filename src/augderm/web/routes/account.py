"""The own account: language, password, signing out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.accounts.sessions import sign_out
from augderm.clinic.accounts.users import change_password, choose_locale
from augderm.clinic.errors import InvalidEntry
from augderm.web.csrf import SESSION_COOKIE
from augderm.web.forms import Form
from augderm.web.language import LANGUAGES
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/account")
def account_page(request: Request, _person: Signed) -> Response:
    """Language and password."""
    return render(request, "account.html", problem=None, changed=False)


@router.post("/account/password")
def password(request: Request, here: Here, person: Signed, form: Form) -> Response:
    """Change the own password."""
    try:
        change_password(here, person, form.text("old_password"), form.text("password"))
    except InvalidEntry as problem:
        return render(request, "account.html", status=422, problem=problem, changed=False)
    return render(request, "account.html", problem=None, changed=True)


@router.post("/account/locale")
def locale(here: Here, person: Signed, form: Form) -> Response:
    """Choose the language."""
    choose_locale(here, person, form.text("locale"), LANGUAGES)
    return go_to("/account")


@router.post("/logout")
def logout(here: Here, person: Signed, _form: Form) -> Response:
    """End the session."""
    sign_out(here, person)
    response = go_to("/login")
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response
