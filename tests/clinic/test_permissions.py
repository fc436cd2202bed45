"""Permissions: each use case x each role x another clinic's case; what is not allowed is refused."""

from __future__ import annotations

import inspect
import io
from typing import Any

import pytest
from sqlalchemy import select

from augderm.clinic.accounts.users import list_users
from augderm.clinic.errors import NotFound, NotPermitted
from augderm.clinic.lesions import LesionEntry
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.permissions import PERMISSIONS, USE_CASES
from augderm.clinic.person import ROLES, Role
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import plan_recall
from augderm.clinic.referrals import ask
from augderm.clinic.signing import Decision
from augderm.store.models import AuditRow
from support.clinic import ADA, open_case, somebody
from support.use_cases import all_use_cases, clinic_modules

EXPECTED: dict[str, set[Role]] = {
    "account.own": {"reader", "nurse", "administrator", "auditor"},
    "anamnesis.answer": {"reader", "nurse"},
    "anamnesis.view": {"reader", "nurse"},
    "assessment.view": {"reader"},
    "audit.verify": {"auditor"},
    "audit.view": {"auditor"},
    "case.read": {"reader"},
    "checklist.change": {"reader"},
    "clinic.change": {"administrator"},
    "clinic.view": {"administrator"},
    "comparison.ask": {"reader"},
    "comparison.view": {"reader"},
    "duckling.view": {"reader"},
    "image.add": {"reader", "nurse"},
    "image.view": {"reader", "nurse"},
    "lesion.change": {"reader", "nurse"},
    "lesion.create": {"reader", "nurse"},
    "lesion.view": {"reader", "nurse"},
    "letter.change": {"administrator"},
    "outcome.enter": {"reader", "nurse"},
    "outcome.view": {"reader", "nurse"},
    "patient.change": {"reader", "nurse"},
    "patient.create": {"reader", "nurse"},
    "patient.erase": {"administrator"},
    "patient.export": {"administrator"},
    "patient.hold": {"administrator"},
    "patient.search": {"reader", "nurse"},
    "patient.view": {"reader", "nurse"},
    "performance.view": {"reader", "administrator", "auditor"},
    "read.commit": {"reader"},
    "read.sign": {"reader"},
    "recall.change": {"reader", "nurse"},
    "recall.list": {"reader", "nurse"},
    "referral.answer": {"reader"},
    "referral.ask": {"reader"},
    "report.view": {"reader", "nurse"},
    "retention.view": {"administrator"},
    "similar.view": {"reader"},
    "training.export": {"administrator"},
    "user.change": {"administrator"},
    "user.create": {"administrator"},
    "user.list": {"administrator"},
    "visit.create": {"reader", "nurse"},
    "visit.view": {"reader", "nurse"},
    "worklist.assign": {"reader", "nurse"},
    "worklist.take": {"reader"},
    "worklist.view": {"reader", "nurse"},
}
"""Written out a second time on purpose: a change of the table must be meant."""


ALL = all_use_cases()


def test_the_table_is_the_one_that_was_meant() -> None:
    assert {action: set(roles) for action, roles in PERMISSIONS.items()} == EXPECTED


def test_every_function_that_a_person_calls_is_a_use_case() -> None:
    """Default deny: whoever writes one without declaring its action is told here."""
    missing = []
    for module in clinic_modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters)
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and parameters[:2] == ["platform", "person"]:
                key = f"{module.__name__.removeprefix('augderm.clinic.')}.{name}"
                if key not in USE_CASES and key not in ("audit.seen", "audit.seen_once"):
                    missing.append(key)
    assert missing == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_it_may_not_and_the_log_says_so(platform: Platform, role: Role) -> None:
    person = somebody(platform, role)
    refused = [name for name, action in USE_CASES.items() if role not in EXPECTED[action]]
    assert refused
    for name in refused:
        with pytest.raises(NotPermitted):
            ALL[name](platform, person)
    with platform.database.reading() as session:
        entries = session.scalars(
            select(AuditRow).where(AuditRow.action == "refused").order_by(AuditRow.seq)
        ).all()
    assert [entry.subject_id for entry in entries] == [USE_CASES[name] for name in refused]
    assert {entry.user_id for entry in entries} == {person.user_id}


def test_nobody_without_a_role_may_anything(platform: Platform) -> None:
    person = somebody(platform)
    for name, use_case in ALL.items():
        with pytest.raises(NotPermitted):
            use_case(platform, person)
        assert name


@pytest.mark.parametrize("roles", [ROLES, ("reader",), ("nurse",)], ids=["all roles", "reader", "nurse"])
def test_another_clinics_case_is_not_found(platform: Platform, roles: tuple[Role, ...]) -> None:
    their_reader = somebody(platform, "reader", "nurse")
    theirs = open_case(platform, their_reader)
    colleague = somebody(platform, "reader", like=their_reader).user_id
    recall = plan_recall(platform, their_reader, theirs.lesion.id, "2026-12-01", "because")
    outcome = enter_outcome(
        platform, their_reader, theirs.lesion.id, OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
    )
    person = somebody(platform, *roles)
    given: dict[str, Any] = {
        "patient_id": theirs.patient.id,
        "lesion_id": theirs.lesion.id,
        "visit_id": theirs.visit.id,
        "image_id": theirs.image.id,
        "case_id": theirs.image.case_id,
        "user_id": somebody(platform, "reader").user_id,
        "reader_id": somebody(platform, "reader").user_id,
        "referral_id": ask(platform, their_reader, str(theirs.image.case_id), colleague, False, "?").id,
        "asked_of": somebody(platform, "reader").user_id,
        "with_identity": True,
        "question": "What is it?",
        "text": "",
        "entry": ADA,
        "version": 1,
        "data": b"",
        "sha256": "0" * 64,
        "length": 1,
        "offset": 0,
        "chunk": b"",
        "answers": {},
        "based_on": "",
        "file_name": "",
        "impression": "mel",
        "management": "urgent",
        "roles": ["reader"],
        "active": True,
        "baseline_image_id": theirs.image.id,
        "side": "baseline",
        "recall_id": recall.id,
        "due_on": "2026-12-01",
        "reason": "because",
        "closing": "done",
        "outcome_id": outcome.id,
        "correction": "because",
        "items": {},
        "fields": {},
        "name": "border",
        "decision": Decision(diagnosis="nv", management="reassure"),
        "signatures": 0,
        "addendum": "because",
        "target": io.BytesIO(),
        "identifier": ADA.identifier,
        "subject": "",
    }
    asked = 0
    for name, use_case in ALL.items():
        parameters = list(inspect.signature(use_case).parameters)[2:]
        if not any(each.endswith("_id") for each in parameters) or not set(roles) & EXPECTED[USE_CASES[name]]:
            continue
        arguments = {each: given[each] for each in parameters if each in given}
        if name in ("lesions.create_lesion", "lesions.change_lesion"):
            arguments["entry"] = LesionEntry()
        with pytest.raises(NotFound):
            use_case(platform, person, **arguments)
        asked += 1
    assert asked >= 12


def test_an_own_visit_takes_no_other_clinics_lesion(platform: Platform) -> None:
    theirs = open_case(platform, somebody(platform, "reader"))
    person = somebody(platform, "reader")
    own = open_case(platform, person)
    for visit, lesion in ((own.visit.id, theirs.lesion.id), (theirs.visit.id, own.lesion.id)):
        with pytest.raises(NotFound):
            ALL["images.add_image"](platform, person, visit, lesion, b"", "x.jpg")


def test_users_of_other_clinics_are_not_listed(platform: Platform) -> None:
    somebody(platform, "reader")
    person = somebody(platform, "administrator")
    assert [user.id for user in list_users(platform, person)] == [person.user_id]
