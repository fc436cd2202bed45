"""Who asks: a signed-in person, with the clinic and the roles that count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["reader", "nurse", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Readers read and sign; nurses and photographers take in patients and images; administrators keep users and
settings; auditors see the log. A person may have several, as in a practice of one."""


@dataclass(frozen=True, slots=True)
class ClinicFacts:
    """What a person's clinic is set to; see `store.models.ClinicRow`."""

    id: str
    name: str
    timezone: str
    blind_first: bool
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A user in a session.

    Attributes:
        roles: what may be done is the union of what each allows.
        locale: chosen; None: what the browser asks for.
        session_id: the session's key, None outside of one.
    """

    user_id: str
    login: str
    name: str
    roles: frozenset[Role]
    clinic: ClinicFacts
    locale: str | None = None
    session_id: str | None = None

    @property
    def clinic_id(self) -> str:
        return self.clinic.id
