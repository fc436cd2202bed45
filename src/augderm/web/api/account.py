"""The own account by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.accounts.users import change_password, choose_locale
from augderm.web.language import LANGUAGES
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["account"])


class PasswordIn(BaseModel):
    """The present password, and the new one."""

    old_password: str = Field(max_length=1000)
    password: str = Field(max_length=1000)


class LocaleIn(BaseModel):
    """A language of the pages, "" for the browser's."""

    locale: str = Field(max_length=100)


@router.put("/account/password", status_code=204)
def password(here: Here, person: Signed, given: PasswordIn) -> None:
    """Change the own password; all other sessions end."""
    change_password(here, person, given.old_password, given.password)


@router.put("/account/locale", status_code=204)
def locale(here: Here, person: Signed, given: LocaleIn) -> None:
    """Choose the language."""
    choose_locale(here, person, given.locale, LANGUAGES)
