"""The facts of a report: of a signed case alone, with what the machine had said by then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.anamneses import answer
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.images import add_image
from augderm.clinic.letters import RECIPIENTS, change_letter_text
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.reports import report_pictures, see_report
from augderm.store.models import AuditRow
from support.clinic import Clock, open_case, phantom_jpeg, somebody
from support.signing import read_by_machine, sign, stored


def test_an_unsigned_case_has_no_report(platform: Platform) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    read_by_machine(platform, case.image.id)
    with pytest.raises(Conflict, match="Sign it first"):
        see_report(platform, ada, str(case.image.case_id))
    commit_impression(platform, ada, str(case.image.case_id), "nv", "reassure")
    with pytest.raises(Conflict, match="Sign it first"):
        see_report(platform, ada, str(case.image.case_id))


def test_a_report_has_what_was_signed_and_what_the_machine_had_said_by_then(
    platform: Platform, clock: Clock
) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    key = str(case.image.case_id)
    read_by_machine(platform, case.image.id, version="7")
    clock.forward(timedelta(hours=1))
    sign(platform, ada, key, diagnosis="mel", management="urgent", reason="It grew.")
    signed_at = clock()
    clock.forward(timedelta(hours=1))
    read_by_machine(platform, case.image.id, version="8")
    add_image(platform, ada, case.visit.id, case.lesion.id, phantom_jpeg(3), "later.jpg")
    report = see_report(platform, ada, key)
    assert (report.diagnosis, report.management, report.reason) == ("mel", "urgent", "It grew.")
    assert (report.reader, report.signed_at) == ("Some Body", signed_at)
    assert [each.id for each in report.images] == [case.image.id], "what came later was not signed"
    machine = report.images[0].machine
    assert machine is not None
    assert (machine.version, machine.probability, machine.band) == ("7", 0.71, "urgent")
    assert machine.likeliest == (("mel", 0.7), ("nv", 0.2), ("bkl", 0.06))
    assert report_pictures(platform, ada, key)[case.image.id].startswith(b"\xff\xd8")


def test_a_photograph_that_the_machine_had_not_read_is_told_so(platform: Platform) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    sign(platform, ada, str(case.image.case_id))
    assert see_report(platform, ada, str(case.image.case_id)).images[0].machine is None


def test_a_read_without_the_answers_that_were_known_by_then_is_marked(
    platform: Platform, clock: Clock
) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    key = str(case.image.case_id)
    read_by_machine(platform, case.image.id)
    sign(platform, ada, key)
    clock.forward(timedelta(hours=1))
    answers = answer(platform, ada, key, {"lesion": {"bleeding": True}}, "")
    machine = see_report(platform, ada, key).images[0].machine
    assert machine is not None
    assert machine.current, "what was answered later was not known"
    add_addendum(platform, ada, key, "It bleeds.", Change(management="urgent", words=1))
    machine = see_report(platform, ada, key).images[0].machine
    assert machine is not None
    assert not machine.current
    stored(platform, case.image.id, answers=answers)
    machine = see_report(platform, ada, key).images[0].machine
    assert machine is not None
    assert machine.current


def test_the_last_signature_counts(platform: Platform, clock: Clock) -> None:
    ada = somebody(platform, "reader")
    eve = somebody(platform, "reader", like=ada)
    key = str(open_case(platform, ada).image.case_id)
    sign(platform, ada, key, diagnosis="nv")
    clock.forward(timedelta(hours=1))
    sign(platform, eve, key, diagnosis="mel")
    assert see_report(platform, ada, key).diagnosis == "mel"


def test_all_signatures_and_addenda_are_told_in_their_order(platform: Platform, clock: Clock) -> None:
    ada = somebody(platform, "reader")
    eve = somebody(platform, "reader", like=ada)
    key = str(open_case(platform, ada).image.case_id)
    for number, person in enumerate((ada, eve)):
        sign(platform, person, key, diagnosis="nv", reason=f"signed {number}")
        clock.forward(timedelta(hours=1))
        add_addendum(platform, person, key, f"added {number}")
        clock.forward(timedelta(hours=1))
    report = see_report(platform, ada, key)
    assert [each.reason for each in report.signatures] == ["signed 0", "signed 1"]
    assert [each.text for each in report.addenda] == ["added 0", "added 1"]


def test_an_addendum_before_an_equal_signature_leaves_no_doubt(platform: Platform, clock: Clock) -> None:
    ada = somebody(platform, "reader")
    eve = somebody(platform, "reader", like=ada)
    key = str(open_case(platform, ada).image.case_id)
    sign(platform, ada, key)
    clock.forward(timedelta(hours=1))
    add_addendum(platform, ada, key, "Looked again.")
    clock.forward(timedelta(hours=1))
    sign(platform, eve, key)
    assert see_report(platform, ada, key, "en", "patient").doubt is None


def test_no_letter_is_made_of_a_signature_that_may_not_hold_and_the_report_says_why(
    platform: Platform, clock: Clock
) -> None:
    ada = somebody(platform, "reader")
    eve = somebody(platform, "reader", like=ada)
    case = open_case(platform, ada)
    key = str(case.image.case_id)
    sign(platform, ada, key, diagnosis="nv", management="reassure")
    assert see_report(platform, ada, key, "en", "patient").doubt is None

    def refused(doubt: str, words: str) -> None:
        assert see_report(platform, ada, key).doubt == doubt
        for recipient in RECIPIENTS:
            with pytest.raises(Conflict, match=words):
                see_report(platform, ada, key, "en", recipient)

    clock.forward(timedelta(hours=1))
    add_image(platform, ada, case.visit.id, case.lesion.id, phantom_jpeg(3), "later.jpg")
    refused("unread", "Open the case and read it")
    add_addendum(platform, ada, key, "Now a melanoma: excise.")
    refused("addendum", "write the letter yourself")
    clock.forward(timedelta(hours=1))
    sign(platform, eve, key, diagnosis="mel", management="urgent")
    refused("differ", "write the letter yourself")


def test_the_letter_is_the_clinics_own_where_it_has_one_and_the_log_says_whom_it_is_to(
    platform: Platform,
) -> None:
    ada = somebody(platform, "reader", "administrator")
    key = str(open_case(platform, ada).image.case_id)
    sign(platform, ada, key)
    change_letter_text(platform, ada, "patient", "de", "Guten Tag", 0)
    assert see_report(platform, ada, key, "de", "patient").own_text == "Guten Tag"
    assert see_report(platform, ada, key, "fr", "patient").own_text is None
    assert see_report(platform, ada, key, "de", "").own_text is None
    with pytest.raises(InvalidEntry):
        see_report(platform, ada, key, "de", "somebody")
    with platform.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "report.view")).all()
    assert [(row.details["language"], row.details["recipient"]) for row in rows] == [
        ("de", "patient"),
        ("fr", "patient"),
        ("de", ""),
    ]
    assert {row.subject_id for row in rows} == {key}
