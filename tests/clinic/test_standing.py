"""What stands: an addendum decides anew, what was signed stays, and everything that looks ahead follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.errors import Conflict, InvalidEntry, NotPermitted
from augderm.clinic.outcomes import waiting_for_outcome
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.recalls import catch_up, move_recall, recalls_of
from augderm.clinic.reports import see_report
from augderm.clinic.standing import STANDING_DIAGNOSIS, STANDING_MANAGEMENT, standing_of
from augderm.clinic.timeline import see_timeline
from augderm.reader.network import Network
from augderm.store.models import AuditRow, ReadRow, RecallRow
from support.clinic import Case, Clock, open_case, somebody
from support.followup import sign_case, signed_case
from support.machine import read_as


def decide(
    platform: Platform, person: Person, case: Case, diagnosis: str = "", management: str = "", words: int = 1
) -> None:
    change = Change(diagnosis=diagnosis, management=management, words=words)
    add_addendum(platform, person, str(case.image.case_id), "Histology: in situ.", change)


def recall_of(platform: Platform, person: Person, case: Case) -> tuple[date, str]:
    recall = recalls_of(platform, person, case.lesion.id)[0]
    return recall.due_on, recall.state


def test_what_was_signed_stays_and_what_an_addendum_decides_stands(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "monitor_12")
    key = str(case.image.case_id)
    clock.forward(timedelta(days=7))
    decide(platform, person, case, "mel", "urgent")
    shown = open_reading(platform, person, key)
    assert shown.read is not None
    assert (shown.read.final_diagnosis, shown.read.final_management) == ("nv", "monitor_12")
    assert [(each.diagnosis, each.management) for each in shown.addenda] == [("mel", "urgent")]
    (stands,) = shown.standing
    assert (stands.diagnosis, stands.management, stands.reason) == ("mel", "urgent", "Histology: in situ.")
    assert (stands.at, stands.signed_at) == (clock(), clock() - timedelta(days=7))
    report = see_report(platform, person, key, "en", "patient")
    assert (report.diagnosis, report.management, report.by_addendum) == ("mel", "urgent", True)
    assert [each.diagnosis for each in report.signatures] == ["nv"]
    (decision,) = see_timeline(platform, person, case.lesion.id)[0].decisions
    assert (decision.diagnosis, decision.at) == ("mel", clock())
    assert (decision.signed_diagnosis, decision.signed_management) == ("nv", "monitor_12")
    (waits,) = waiting_for_outcome(platform, person).cases
    assert (waits.diagnosis, waits.management) == ("mel", "urgent")
    assert recall_of(platform, person, case) == (date(2026, 5, 18), "open")


def test_an_addendum_may_change_one_of_both_and_a_later_one_the_other(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "monitor_12")
    for words, (diagnosis, management) in enumerate([("bcc", ""), ("", "soon"), ("", "")], 1):
        clock.forward(timedelta(days=1))
        decide(platform, person, case, diagnosis, management, words)
    with platform.database.reading() as session:
        (stands,) = standing_of(session, [str(case.image.case_id)])[str(case.image.case_id)]
        by_query = session.execute(select(STANDING_DIAGNOSIS, STANDING_MANAGEMENT)).one()
    assert (stands.diagnosis, stands.management) == tuple(by_query) == ("bcc", "soon")
    assert stands.at == clock() - timedelta(days=1), "the last addendum decides nothing"


def test_an_addendum_never_changes(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person)
    decide(platform, person, case, "mel")
    for change in ("text = ''", "diagnosis = 'nv'", "added_at = '2020-01-01'"):
        with pytest.raises(IntegrityError, match="addendum"), platform.database.writing() as session:
            session.execute(text(f"UPDATE addenda SET {change}"))


def test_only_who_signed_decides_anew_with_a_reason_and_from_a_fresh_page(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = signed_case(platform, person, "nv", "monitor_12")
    key = str(case.image.case_id)
    change = Change(diagnosis="mel", words=1)
    with pytest.raises(Conflict, match="not signed"):
        add_addendum(platform, colleague, key, "text", change)
    with pytest.raises(NotPermitted):
        add_addendum(platform, somebody(platform, "nurse", like=person), key, "text", change)
    with pytest.raises(InvalidEntry, match="fill it in"):
        add_addendum(platform, person, key, " ", change)
    for wrong in (Change(diagnosis="wart", words=1), Change(management="later", words=1)):
        with pytest.raises(InvalidEntry, match="none of the choices"):
            add_addendum(platform, person, key, "text", wrong)
    clock.forward(timedelta(days=1))
    sign_case(platform, colleague, key, "bcc", "soon", signatures=1)
    with pytest.raises(Conflict, match="changed by someone else"):
        add_addendum(platform, person, key, "text", change)
    assert add_addendum(platform, person, key, "decides nothing").diagnosis is None


def test_a_letter_tells_what_all_readers_decided_since(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = signed_case(platform, person, "nv", "monitor_12")
    key = str(case.image.case_id)
    clock.forward(timedelta(days=1))
    sign_case(platform, colleague, key, "mel", "urgent", signatures=1)
    assert see_report(platform, person, key).doubt == "differ"
    clock.forward(timedelta(days=1))
    decide(platform, person, case, "mel", "urgent", words=2)
    assert see_report(platform, person, key, "en", "doctor").diagnosis == "mel"
    clock.forward(timedelta(days=1))
    add_addendum(platform, person, key, "Second slide.")
    assert see_report(platform, person, key).doubt == "addendum"
    clock.forward(timedelta(days=1))
    decide(platform, person, case, "mel", "", words=4)
    assert see_report(platform, person, key, "en", "doctor").doubt is None, "confirmed"


@pytest.mark.parametrize(
    ("signed", "decided", "day", "state"),
    [
        ("monitor_12", "urgent", date(2026, 5, 18), "open"),
        ("urgent", "monitor_12", date(2027, 5, 4), "open"),
        ("monitor_3", "reassure", date(2026, 8, 4), "cancelled"),
        ("reassure", "monitor_6", date(2026, 11, 4), "open"),
    ],
)
def test_the_recall_follows_what_stands(
    platform: Platform, signed: str, decided: str, day: date, state: str
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", signed)
    decide(platform, person, case, management=decided)
    assert recall_of(platform, person, case) == (day, state)
    recall = recalls_of(platform, person, case.lesion.id)[0]
    if state == "cancelled":
        assert recall.closing == "Histology: in situ."
    elif signed != "reassure":
        assert recall.reason == "Histology: in situ."
    assert catch_up(platform) == 0


def test_an_addendum_puts_off_no_colleagues_caution_and_no_day_that_a_person_chose(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    colleague = somebody(platform, "reader", like=person)
    case = signed_case(platform, person, "nv", "monitor_3")
    sign_case(platform, colleague, str(case.image.case_id), "nv", "monitor_6", signatures=1)
    decide(platform, person, case, management="reassure", words=2)
    assert recall_of(platform, person, case) == (date(2026, 11, 4), "open")
    (recall,) = recalls_of(platform, person, case.lesion.id)
    move_recall(platform, person, recall.id, "2026-06-01", "she worries", recall.version)
    decide(platform, colleague, case, management="reassure", words=3)
    assert recall_of(platform, person, case) == (date(2026, 6, 1), "open")


def test_an_addendum_that_keeps_the_management_plans_nothing_anew(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "monitor_3")
    with platform.database.writing() as session:
        session.scalars(select(RecallRow)).one().cancelled_at = platform.now()
    decide(platform, person, case, "bkl", "monitor_3")
    assert [each.state for each in recalls_of(platform, person, case.lesion.id)] == ["cancelled"]


def test_recalls_that_nobody_planned_are_caught_up_by_what_stands(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "reassure")
    decide(platform, person, case, management="monitor_3")
    with platform.database.writing() as session:
        session.delete(session.scalars(select(RecallRow)).one())
    assert catch_up(platform) == 1
    assert recall_of(platform, person, case) == (date(2026, 8, 4), "open")


def test_the_machine_reopens_a_case_where_it_is_graver_than_what_stands(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    sign_case(platform, person, str(case.image.case_id), "nv", "urgent")
    clock.forward(timedelta(minutes=1))
    decide(platform, person, case, management="reassure")
    clock.forward(timedelta(minutes=1))
    read_as(platform, toy_network, "soon")
    shown = open_reading(platform, person, str(case.image.case_id))
    assert (shown.state, shown.graver) == ("unread", True)


def test_the_log_says_what_an_addendum_changed(platform: Platform) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "monitor_3")
    decide(platform, person, case, "mel")
    with platform.database.reading() as session:
        entry = session.scalars(select(AuditRow).where(AuditRow.action == "read.addendum")).one()
        read = session.scalars(select(ReadRow)).one()
    assert entry.details == {
        "decides": True,
        "against": None,
        "changed_diagnosis": True,
        "changed_management": False,
    }
    assert read.final_diagnosis == "nv"
