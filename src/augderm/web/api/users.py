"""Users by the API, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.accounts.provider_links import invite_to_provider, unlink_provider
from augderm.clinic.accounts.users import (
    Invited,
    User,
    change_user,
    create_user,
    list_users,
    new_password_link,
)
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["users"])


class UserIn(BaseModel):
    """A user as sent."""

    login: str = Field(max_length=1000)
    name: str = Field(max_length=1000)
    roles: list[str] = Field(max_length=20)


class UserChange(BaseModel):
    """Roles, and whether the account is open, with the version that the change was made from."""

    roles: list[str] = Field(max_length=20)
    active: bool
    version: int


class Unlink(BaseModel):
    """The user's version."""

    version: int


@router.get("/users")
def users(here: Here, person: Signed) -> list[User]:
    """All users of the clinic."""
    return list_users(here, person)


@router.post("/users", status_code=201)
def add(here: Here, person: Signed, given: UserIn) -> Invited:
    """A new user, with the token of a one-time link: /link/TOKEN."""
    return create_user(here, person, given.login, given.name, given.roles)


@router.put("/users/{user_id}")
def change(here: Here, person: Signed, user_id: str, given: UserChange) -> User:
    """Set roles, close or open an account."""
    return change_user(here, person, user_id, given.roles, given.active, given.version)


@router.post("/users/{user_id}/link", status_code=201)
def link(here: Here, person: Signed, user_id: str) -> Invited:
    """A one-time link for a forgotten password."""
    return new_password_link(here, person, user_id)


@router.post("/users/{user_id}/provider", status_code=201)
def invite(here: Here, person: Signed, user_id: str) -> Invited:
    """A one-time link to a sign-in at the provider: /oidc/link/TOKEN."""
    return invite_to_provider(here, person, user_id)


@router.post("/users/{user_id}/provider/remove")
def unlink(here: Here, person: Signed, user_id: str, given: Unlink) -> User:
    """Take the sign-in at the provider away."""
    return unlink_provider(here, person, user_id, given.version)
