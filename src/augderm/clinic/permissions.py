"""Who may do what: one table, checked before every use case. What is not in it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Concatenate, ParamSpec, TypeVar

from augderm.clinic.audit import append
from augderm.clinic.errors import NotPermitted
from augderm.clinic.person import ROLES, Person, Role
from augderm.clinic.platform import Platform

P = ParamSpec("P")
R = TypeVar("R")
UseCase = Callable[Concatenate[Platform, Person, P], R]

_EVERYONE: frozenset[Role] = frozenset(ROLES)
_CLINICAL: frozenset[Role] = frozenset({"reader", "nurse"})
_READER: frozenset[Role] = frozenset({"reader"})
_ADMINISTRATOR: frozenset[Role] = frozenset({"administrator"})
_AUDITOR: frozenset[Role] = frozenset({"auditor"})
_OVERSIGHT: frozenset[Role] = frozenset({"reader", "administrator", "auditor"})

PERMISSIONS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "account.own": _EVERYONE,
        "anamnesis.answer": _CLINICAL,
        "anamnesis.view": _CLINICAL,
        "assessment.view": _READER,
        "audit.verify": _AUDITOR,
        "audit.view": _AUDITOR,
        "case.read": _READER,
        "checklist.change": _READER,
        "clinic.change": _ADMINISTRATOR,
        "clinic.view": _ADMINISTRATOR,
        "comparison.ask": _READER,
        "comparison.view": _READER,
        "duckling.view": _READER,
        "image.add": _CLINICAL,
        "image.view": _CLINICAL,
        "lesion.change": _CLINICAL,
        "lesion.create": _CLINICAL,
        "lesion.view": _CLINICAL,
        "letter.change": _ADMINISTRATOR,
        "outcome.enter": _CLINICAL,
        "outcome.view": _CLINICAL,
        "patient.change": _CLINICAL,
        "patient.create": _CLINICAL,
        "patient.erase": _ADMINISTRATOR,
        "patient.export": _ADMINISTRATOR,
        "patient.hold": _ADMINISTRATOR,
        "patient.search": _CLINICAL,
        "patient.view": _CLINICAL,
        "performance.view": _OVERSIGHT,
        "read.commit": _READER,
        "read.sign": _READER,
        "recall.change": _CLINICAL,
        "recall.list": _CLINICAL,
        "referral.answer": _READER,
        "referral.ask": _READER,
        "report.view": _CLINICAL,
        "retention.view": _ADMINISTRATOR,
        "similar.view": _READER,
        "training.export": _ADMINISTRATOR,
        "user.change": _ADMINISTRATOR,
        "user.create": _ADMINISTRATOR,
        "user.list": _ADMINISTRATOR,
        "visit.create": _CLINICAL,
        "visit.view": _CLINICAL,
        "worklist.assign": _CLINICAL,
        "worklist.take": _READER,
        "worklist.view": _CLINICAL,
    }
)
"""The roles that allow each action."""

USE_CASES: dict[str, str] = {}
"""Action by use case ("patients.create_patient"): what the test of the whole matrix goes through."""


def may(person: Person, action: str) -> bool:
    """Whether a role of this person allows it; a page hides what would be refused."""
    return bool(person.roles & PERMISSIONS[action])


def use_case(action: str) -> Callable[[UseCase[P, R]], UseCase[P, R]]:
    """Declare a use case: `(platform, person, ...)`. It is refused, and that logged, unless a role allows it.

    Args:
        action: of `PERMISSIONS`; another one is a KeyError when the module is imported.
    """
    allowed = PERMISSIONS[action]

    def declare(function: UseCase[P, R]) -> UseCase[P, R]:
        @wraps(function)
        def checked(platform: Platform, person: Person, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not person.roles & allowed:
                with platform.database.writing() as session:
                    append(session, platform.now(), person, "refused", "action", action)
                raise NotPermitted(
                    "Your role does not allow this. Ask an administrator of your clinic for one that does."
                )
            return function(platform, person, *args, **kwargs)

        USE_CASES[f"{function.__module__.removeprefix('augderm.clinic.')}.{function.__name__}"] = action
        return checked

    return declare
