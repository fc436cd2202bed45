"""Second opinions on the asking side: asked, withdrawn, answered into the case, logged in both clinics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.opinions import answer, waiting
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.referrals import (
    PAGE,
    ask,
    asked_by_me,
    colleagues,
    referrals_of,
    withdraw,
)
from augderm.store.models import AuditRow, ReferralRow
from support.clinic import Clock, open_case, somebody


def test_readers_of_every_clinic_can_be_asked_the_own_first_and_nobody_else(platform: Platform) -> None:
    ada = somebody(platform, "reader")
    elsewhere = somebody(platform, "reader", "nurse")
    near = somebody(platform, "reader", like=ada)
    somebody(platform, "nurse", like=ada)
    found = colleagues(platform, ada)
    assert [each.id for each in found] == [near.user_id, elsewhere.user_id]
    assert [each.own_clinic for each in found] == [True, False]


def test_a_question_needs_words_and_another_reader_and_waits_once(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    nurse = somebody(platform, "nurse")
    case = str(open_case(platform, ada).image.case_id)
    for field, of, question in (
        ("question", bob.user_id, "  "),
        ("asked_of", nurse.user_id, "?"),
        ("asked_of", ada.user_id, "?"),
        ("asked_of", "nobody", "?"),
    ):
        with pytest.raises(InvalidEntry) as told:
            ask(platform, ada, case, of, False, question)
        assert told.value.field == field
    ask(platform, ada, case, bob.user_id, False, "Naevus?")
    with pytest.raises(Conflict):
        ask(platform, ada, case, bob.user_id, True, "Again?")


def test_an_answer_comes_back_with_a_notice_that_ends_when_it_is_read(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = str(open_case(platform, ada).image.case_id)
    asked = ask(platform, ada, case, bob.user_id, False, "Naevus?")
    answer(platform, bob, asked.id, "mel", "urgent", "Excise it.", asked.version)
    assert waiting(platform, ada).new_answers == 1
    hidden = referrals_of(platform, ada, case).referrals[0]
    assert (hidden.hidden, hidden.new, hidden.impression, hidden.answer) == (True, True, None, "")
    assert waiting(platform, ada).new_answers == 1, "what was not shown was not seen"
    commit_impression(platform, ada, case, "nv", "monitor_3")
    shown = referrals_of(platform, ada, case).referrals[0]
    assert (shown.new, shown.impression, shown.management, shown.answer) == (
        True,
        "mel",
        "urgent",
        "Excise it.",
    )
    assert shown.state == "answered"
    assert waiting(platform, ada).new_answers == 0
    assert not referrals_of(platform, ada, case).referrals[0].new


def test_a_colleague_of_the_asking_reader_does_not_end_the_notice(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    eve = somebody(platform, "reader", like=ada)
    case = str(open_case(platform, ada).image.case_id)
    asked = ask(platform, ada, case, bob.user_id, False, "?")
    answer(platform, bob, asked.id, "nv", "reassure", "", asked.version)
    commit_impression(platform, eve, case, "nv", "reassure")
    assert referrals_of(platform, eve, case).referrals[0].impression == "nv"
    assert waiting(platform, ada).new_answers == 1


def test_an_answered_question_cannot_be_withdrawn_and_a_stale_page_withdraws_nothing(
    platform: Platform,
) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = str(open_case(platform, ada).image.case_id)
    asked = ask(platform, ada, case, bob.user_id, False, "?")
    with pytest.raises(Conflict):
        withdraw(platform, ada, asked.id, asked.version + 1)
    assert withdraw(platform, ada, asked.id, asked.version).state == "withdrawn"
    with pytest.raises(Conflict):
        withdraw(platform, ada, asked.id, asked.version)
    again = ask(platform, ada, case, bob.user_id, False, "Once more?")
    answer(platform, bob, again.id, "nv", "reassure", "", again.version)
    with pytest.raises(Conflict, match="answered"):
        withdraw(platform, ada, again.id, again.version + 1)


def test_only_the_cases_clinic_withdraws(platform: Platform) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = str(open_case(platform, ada).image.case_id)
    asked = ask(platform, ada, case, bob.user_id, False, "?")
    with pytest.raises(NotFound):
        withdraw(platform, bob, asked.id, asked.version)
    with pytest.raises(NotFound):
        referrals_of(platform, bob, case)
    eve = somebody(platform, "reader", like=ada)
    assert withdraw(platform, eve, asked.id, asked.version).state == "withdrawn"


def test_asking_and_withdrawing_stand_in_the_logs_of_both_clinics_without_the_question(
    platform: Platform,
) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    near = somebody(platform, "reader", like=ada)
    case = str(open_case(platform, ada).image.case_id)
    asked = ask(platform, ada, case, bob.user_id, False, "Is Mrs. Secret ill?")
    withdraw(platform, ada, asked.id, asked.version)
    ask(platform, ada, case, near.user_id, False, "Naevus?")
    with platform.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action.like("referral.%"))).all()
    logged = [(row.action, row.clinic_id) for row in rows]
    assert logged == [
        ("referral.ask", ada.clinic_id),
        ("referral.ask", bob.clinic_id),
        ("referral.withdraw", ada.clinic_id),
        ("referral.withdraw", bob.clinic_id),
        ("referral.ask", ada.clinic_id),
    ]
    assert {row.user_id for row in rows} == {ada.user_id}
    assert "Secret" not in str([row.details for row in rows])


def test_the_list_of_what_one_asked_goes_on_by_key_and_is_ones_own(platform: Platform, clock: Clock) -> None:
    ada, bob = somebody(platform, "reader"), somebody(platform, "reader")
    case = str(open_case(platform, ada).image.case_id)
    with platform.database.writing() as session:
        for number in range(PAGE + 3):
            # Three share a moment, also across the end of the page.
            clock.forward(timedelta(seconds=number % 3 == 0))
            session.add(
                ReferralRow(
                    case_id=case, asked_by=ada.user_id, asked_of=bob.user_id, with_identity=False,
                    question="?", asked_at=clock(), answer="",
                )
            )  # fmt: skip
    first = asked_by_me(platform, ada)
    assert len(first) == PAGE + 1
    rest = asked_by_me(platform, ada, first[PAGE - 1].id)
    together = [each.id for each in (*first[:PAGE], *rest)]
    assert len(together) == len(set(together)) == PAGE + 3
    assert (first[0].family_name, first[0].lesion) == ("Müller", "L1")
    assert asked_by_me(platform, bob) == []
