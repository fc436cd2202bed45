"""`blind` is true only where nothing of the machine or of a colleague was shown before, by any way."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.assessments import see_assessment
from augderm.clinic.auditing import LogFilter, see_log, see_log_of_case
from augderm.clinic.clinics import ClinicEntry, change_clinic, see_clinic
from augderm.clinic.comparisons import ask_comparison, see_comparison
from augderm.clinic.ducklings import see_ducklings
from augderm.clinic.export import export_patient
from augderm.clinic.images import add_image
from augderm.clinic.opinions import commit_asked, see_asked_assessment, see_asked_case
from augderm.clinic.person import Person
from augderm.clinic.photographs import see_overlay
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.referrals import ask, referrals_of, withdraw
from augderm.clinic.reports import see_report
from augderm.clinic.timeline import see_timeline
from augderm.clinic.worklist import Wanted, see_worklist
from augderm.store.models import CaseRow, ClinicRow, UserRow
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.followup import sign_case, visit_again
from support.signing import stored


def commits_blind(platform: Platform, person: Person, case: Case) -> bool:
    return commit_impression(platform, person, str(case.image.case_id), "nv", "monitor_3").blind


def set_blind_first(platform: Platform, administrator: Person, blind_first: bool) -> None:
    now = see_clinic(platform, administrator)
    change_clinic(
        platform,
        administrator,
        ClinicEntry(name=now.name, timezone=now.timezone, blind_first=blind_first),
        now.version,
    )


def again(platform: Platform, person: Person) -> Person:
    """The person as a later request has it: with the clinic's settings of then."""
    with platform.database.reading() as session:
        return person_from(
            session.get_one(UserRow, person.user_id), session.get_one(ClinicRow, person.clinic_id)
        )


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse", "administrator", "auditor")


@pytest.fixture
def case(platform: Platform, person: Person) -> Case:
    made = open_case(platform, person)
    stored(platform, made.image.id)
    return made


def test_all_that_is_shown_to_a_blind_reader_leaves_the_impression_blind(
    platform: Platform, person: Person, case: Case, clock: Clock
) -> None:
    clock.forward(timedelta(days=1))
    later = visit_again(platform, person, case)
    stored(platform, later.id)
    ask_comparison(platform, person, later.id, case.image.id)
    key = str(case.image.case_id)
    assert open_reading(platform, person, key).blind
    assert see_assessment(platform, person, case.image.id).content is None
    see_timeline(platform, person, case.lesion.id)
    see_ducklings(platform, person, case.patient.id)
    see_comparison(platform, person, later.id, case.image.id)
    see_worklist(platform, person, Wanted())
    referrals_of(platform, person, key)
    see_log_of_case(platform, person, key)
    assert commits_blind(platform, person, case)


def test_what_stood_open_before_the_clinic_read_blind_first_is_not_read_blind(
    platform: Platform, person: Person, case: Case, clock: Clock
) -> None:
    set_blind_first(platform, person, False)
    seeing = again(platform, person)
    assert see_timeline(platform, seeing, case.lesion.id)[0].images[0].numbers is not None
    assert see_worklist(platform, seeing, Wanted()).cases[0].why is not None
    clock.forward(timedelta(days=1))
    set_blind_first(platform, person, True)
    clock.forward(timedelta(days=1))
    fresh = open_case(platform, person, replace(ADA, identifier="2", given_name="Eve"), seed=2)
    set_blind_first(platform, person, True)
    assert not commits_blind(platform, again(platform, person), case)
    assert commits_blind(platform, again(platform, person), fresh), "set once more, it began no later"


def test_who_took_a_copy_of_the_patients_data_does_not_read_blind(
    platform: Platform, person: Person, case: Case
) -> None:
    export_patient(platform, person, case.patient.id, io.BytesIO())
    assert not commits_blind(platform, person, case)
    assert commits_blind(platform, somebody(platform, "reader", like=person), case)


def test_a_signed_case_that_is_unread_again_is_not_read_blind(
    platform: Platform, person: Person, case: Case
) -> None:
    colleague = somebody(platform, "reader", like=person)
    sign_case(platform, colleague, str(case.image.case_id), "mel", "urgent")
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(3), "later.jpg")
    with platform.database.reading() as session:
        assert session.get_one(CaseRow, str(case.image.case_id)).state == "unread"
    see_report(platform, person, str(case.image.case_id))
    assert not commits_blind(platform, person, case)


def test_who_saw_it_as_a_second_opinion_for_a_clinic_that_does_not_read_blind_is_remembered(
    platform: Platform, person: Person, case: Case, clock: Clock
) -> None:
    asked = somebody(platform, "reader", "administrator")
    set_blind_first(platform, asked, False)
    asked = again(platform, asked)
    key = str(case.image.case_id)
    first = ask(platform, person, key, asked.user_id, False, "What is it?")
    see_asked_case(platform, asked, first.id)
    assert see_asked_assessment(platform, asked, first.id, case.image.id).content is not None
    withdraw(platform, person, first.id, first.version)
    set_blind_first(platform, asked, True)
    with platform.database.writing() as session:
        session.get_one(ClinicRow, asked.clinic_id).blind_since = clock() - timedelta(days=9)
    second = ask(platform, person, key, asked.user_id, False, "And now?")
    assert not commit_asked(platform, again(platform, asked), second.id, "nv", "soon").blind
    other = somebody(platform, "reader")
    with platform.database.writing() as session:
        session.get_one(ClinicRow, other.clinic_id).blind_since = clock() - timedelta(days=9)
    third = ask(platform, person, key, other.user_id, False, "What is it?")
    assert commit_asked(platform, other, third.id, "nv", "soon").blind


def test_the_same_file_in_another_case_that_was_shown_is_not_read_blind(
    platform: Platform, person: Person, case: Case
) -> None:
    other = open_case(platform, person, replace(ADA, identifier="2", given_name="Eve"), confirmed=True)
    stranger = open_case(platform, person, replace(ADA, identifier="3", given_name="Ida"), seed=3)
    assert commits_blind(platform, person, case)
    open_reading(platform, person, str(case.image.case_id))
    assert not commits_blind(platform, person, other)
    assert commits_blind(platform, person, stranger)


def test_the_log_keeps_alerts_from_a_blind_reader_and_from_nobody_else(
    platform: Platform, person: Person, case: Case
) -> None:
    colleague = somebody(platform, "reader", like=person)
    key = str(case.image.case_id)
    commits_blind(platform, colleague, case)
    assert open_reading(platform, colleague, key).alert is not None

    def alerts(reader: Person) -> list[dict[str, object]]:
        wanted = LogFilter(action="alert.shown")
        found = [each.details for each in see_log(platform, reader, wanted).entries]
        of_case = see_log_of_case(platform, reader, key).entries
        assert [each.details for each in of_case if each.action == "alert.shown"] == found
        return found

    assert alerts(person) == [{"hidden": True}]
    assert alerts(somebody(platform, "auditor", like=person)) == [{"alert": "machine_malignant"}]
    assert commits_blind(platform, person, case)
    open_reading(platform, person, key)
    assert {each["alert"] for each in alerts(person)} == {"machine_malignant"}


def test_a_layer_is_no_way_around_the_impression(platform: Platform, person: Person, case: Case) -> None:
    from augderm.clinic.errors import NotFound

    with pytest.raises(NotFound):
        see_overlay(platform, person, case.image.id, "melanin")


def test_asking_costs_a_few_queries_however_long_the_log(
    platform: Platform, person: Person, case: Case
) -> None:
    def queries(reader: Person, of: Case) -> int:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("SELECT") and "audit" in statement and "subject_id IN" in statement:
                seen.append(statement)

        event.listen(platform.database.engine, "before_cursor_execute", note)
        commits_blind(platform, reader, of)
        event.remove(platform.database.engine, "before_cursor_execute", note)
        return len(seen)

    for _ in range(5):
        see_timeline(platform, person, case.lesion.id)
    assert queries(person, case) == 1
