"""Second opinions of the own cases, by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from augderm.clinic.referrals import (
    PAGE,
    Asked,
    CaseReferrals,
    Colleague,
    Referral,
    ask,
    asked_by_me,
    colleagues,
    referrals_of,
    withdraw,
)
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["second opinions"])


class ReferralIn(BaseModel):
    """A question as sent; without identity, the asked reader sees age in years and sex alone."""

    asked_of: str = Field(max_length=100)
    with_identity: bool
    question: str = Field(max_length=10_000)


class Version(BaseModel):
    """The version that a change was made from."""

    version: int


class AskedList(BaseModel):
    """A page of what was asked, and whether there is a next one, after the last one's key."""

    asked: list[Asked]
    more: bool


@router.get("/colleagues")
def readers(here: Here, person: Signed) -> list[Colleague]:
    """Readers who can be asked."""
    return colleagues(here, person)


@router.get("/cases/{case_id}/referrals")
def referrals(here: Here, person: Signed, case_id: str) -> CaseReferrals:
    """The second opinions of a case."""
    return referrals_of(here, person, case_id)


@router.post("/cases/{case_id}/referrals", status_code=201)
def add(here: Here, person: Signed, case_id: str, given: ReferralIn) -> Referral:
    """Ask for a second opinion."""
    return ask(here, person, case_id, given.asked_of, given.with_identity, given.question)


@router.post("/referrals/{referral_id}/withdraw")
def take_back(here: Here, person: Signed, referral_id: str, given: Version) -> Referral:
    """Withdraw a question."""
    return withdraw(here, person, referral_id, given.version)


@router.get("/referrals")
def mine(here: Here, person: Signed, after: Annotated[str, Query(max_length=40)] = "") -> AskedList:
    """What this person asked of others."""
    found = asked_by_me(here, person, after)
    return AskedList(asked=found[:PAGE], more=len(found) > PAGE)
