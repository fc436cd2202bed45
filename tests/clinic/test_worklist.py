"""The worklist: the order of the evidence, page by page; what a blind reader must not learn from it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from augderm.clinic.addenda import add_addendum
from augderm.clinic.errors import InvalidEntry, NotFound
from augderm.clinic.images import add_image
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.reopening import Again
from augderm.clinic.worklist import PAGE, Wanted, WorklistCase, see_worklist
from augderm.domain.advice import BANDS, Band
from augderm.evidence.advice.default import default_policy
from augderm.evidence.priority import Case, worklist
from augderm.store.models import AuditRow, CaseRow, RecallRow
from support.clinic import ADA, START, Clock, open_case, phantom_jpeg, somebody
from support.followup import sign_case
from support.postgres import on_both_databases
from support.signing import reveal, stored
from support.worklist import add_cases

pytestmark = on_both_databases

BAND = st.sampled_from(BANDS)
CHANCE = st.none() | st.floats(0, 1).map(lambda p: round(p, 2))


def seeing(person: Person) -> Person:
    """The same person in a clinic that does not read blind first."""
    return replace(person, clinic=replace(person.clinic, blind_first=False))


def all_pages(platform: Platform, person: Person, wanted: Wanted) -> list[WorklistCase]:
    found: list[WorklistCase] = []
    for _ in range(20):
        page = see_worklist(platform, person, replace(wanted, after=found[-1].id if found else ""))
        found += page.cases
        if not page.more:
            return found
        assert len(page.cases) == PAGE
    raise AssertionError("the pages do not end")


@given(st.lists(st.tuples(BAND, CHANCE, st.integers(0, 3)), max_size=120))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_pages_hold_each_case_once_in_the_order_of_the_evidence(
    platform: Platform, given: list[tuple[Band, float | None, int]]
) -> None:
    person = somebody(platform, "reader")
    keys = add_cases(platform, person, given)
    cases = [
        Case(name=key, band=band, probability=chance, unread_days=float(days))
        for key, (band, chance, days) in zip(keys, given, strict=True)
    ]
    wanted = [case.name for case in worklist(cases, default_policy().read_within_days)]
    assert [case.id for case in all_pages(platform, person, Wanted())] == wanted


def test_a_blind_reader_sees_the_place_alone(platform: Platform) -> None:
    person = somebody(platform, "reader")
    first, second = add_cases(platform, person, [("urgent", 0.8, 0), ("reassure", 0.01, 0)])
    blind = see_worklist(platform, person, Wanted()).cases
    assert [case.id for case in blind] == [first, second]
    assert [(case.why, case.due_on) for case in blind] == [(None, None), (None, None)]
    told = str([asdict(case) for case in blind])
    assert not any(secret in told for secret in ("urgent", "reassure", "0.8", "0.01", "datetime.datetime"))
    commit_impression(platform, person, first, "mel", "urgent")
    begun = see_worklist(platform, person, Wanted()).cases
    assert [case.begun for case in begun] == [True, False]
    assert begun[0].why is None, "the list is no place where a read is shown for the first time"
    reveal(platform, person, first)
    begun = see_worklist(platform, person, Wanted()).cases
    assert begun[0].why is not None
    assert (begun[0].why.band, begun[0].why.probability) == ("urgent", 0.8)
    assert begun[0].due_on == date(2026, 5, 4)
    assert (begun[1].why, begun[1].due_on) == (None, None)


def test_another_readers_impression_opens_nothing(platform: Platform) -> None:
    person = somebody(platform, "reader")
    other = somebody(platform, "reader", like=person)
    (case,) = add_cases(platform, person, [("urgent", 0.8, 0)])
    commit_impression(platform, other, case, "mel", "urgent")
    assert see_worklist(platform, person, Wanted()).cases[0].why is None


def test_the_filter_by_band_tells_a_blind_reader_nothing(platform: Platform) -> None:
    person = somebody(platform, "reader")
    nurse = somebody(platform, "nurse", like=person)
    first, _ = add_cases(platform, person, [("urgent", 0.8, 0), ("urgent", 0.7, 0)])
    assert see_worklist(platform, person, Wanted(band="urgent")).cases == ()
    commit_impression(platform, person, first, "mel", "urgent")
    assert see_worklist(platform, person, Wanted(band="urgent")).cases == ()
    reveal(platform, person, first)
    assert [case.id for case in see_worklist(platform, person, Wanted(band="urgent")).cases] == [first]
    assert len(see_worklist(platform, seeing(person), Wanted(band="urgent")).cases) == 2
    assert see_worklist(platform, seeing(person), Wanted(band="reassure")).cases == ()
    for clinic in (nurse, seeing(nurse)):
        with pytest.raises(InvalidEntry):
            see_worklist(platform, clinic, Wanted(band="urgent"))


def test_a_nurse_sees_no_read_of_the_machine(platform: Platform) -> None:
    nurse = seeing(somebody(platform, "nurse"))
    add_cases(platform, nurse, [("urgent", 0.8, 0)])
    (case,) = see_worklist(platform, nurse, Wanted()).cases
    assert (case.why, case.due_on) == (None, None)


def test_why_counts_days_since_the_referral(platform: Platform, clock: Clock) -> None:
    person = seeing(somebody(platform, "reader"))
    (key,) = add_cases(platform, person, [("soon", None, 2)])
    with platform.database.writing() as session:
        session.get_one(CaseRow, key).waited_days = 5.0
    why = see_worklist(platform, person, Wanted()).cases[0].why
    assert why is not None
    assert (why.band, why.probability, why.waiting_days) == ("soon", None, 7)
    clock.forward(timedelta(days=3))
    why = see_worklist(platform, person, Wanted()).cases[0].why
    assert why is not None
    assert why.waiting_days == 10


def test_the_due_day_is_the_clinics_and_a_case_is_overdue_the_day_after(
    platform: Platform, clock: Clock
) -> None:
    """The clinic is two hours before UTC: its days end at 22:00."""
    person = somebody(platform, "reader")
    add_cases(platform, person, [("urgent", 1.0, 0)])
    (case,) = see_worklist(platform, seeing(person), Wanted()).cases
    assert (case.due_on, case.overdue) == (date(2026, 5, 4), False)
    clock.at = START.replace(hour=21, minute=59)
    assert see_worklist(platform, person, Wanted(show="overdue")).cases == ()
    clock.at = START.replace(hour=22)
    page = see_worklist(platform, person, Wanted(show="overdue"))
    assert [case.overdue for case in page.cases] == [True]
    assert (page.unread, page.overdue) == (1, 1)


def test_signed_cases_and_other_clinics_are_not_in_the_list(platform: Platform) -> None:
    person = somebody(platform, "reader")
    first, second = add_cases(platform, person, [("urgent", 0.8, 0), ("soon", 0.2, 0)])
    theirs = add_cases(platform, somebody(platform, "reader"), [("urgent", 0.9, 0)])
    with platform.database.writing() as session:
        session.get_one(CaseRow, first).state = "signed"
    page = see_worklist(platform, person, Wanted())
    assert [case.id for case in page.cases] == [second]
    assert page.unread == 1
    with pytest.raises(NotFound):
        see_worklist(platform, person, Wanted(after=theirs[0]))


def test_recalled_are_cases_opened_after_lesion_or_patient_was_called_back(platform: Platform) -> None:
    person = somebody(platform, "reader")
    keys = add_cases(platform, person, [("soon", 0.2, 0)] * 5)
    with platform.database.writing() as session:
        rows = [session.get_one(CaseRow, key) for key in keys]
        before, after = START - timedelta(days=90), START + timedelta(days=1)
        for row, lesion, made, cancelled in (
            (rows[0], rows[0].lesion_id, before, None),
            (rows[1], None, before, None),
            (rows[2], rows[2].lesion_id, after, None),
            (rows[3], rows[3].lesion_id, before, before),
        ):
            session.add(
                RecallRow(
                    clinic_id=row.clinic_id,
                    patient_id=row.patient_id,
                    lesion_id=lesion,
                    due_on=START.date(),
                    reason="",
                    created_at=made,
                    created_by=person.user_id,
                    cancelled_at=cancelled,
                )
            )
    found = see_worklist(platform, person, Wanted(show="recalled")).cases
    assert {case.id for case in found} == {keys[0], keys[1]}


def test_words_find_patients_as_everywhere(platform: Platform) -> None:
    person = somebody(platform, "reader")
    open_case(platform, person)
    eva = PatientEntry(identifier="99", family_name="Øster", given_name="Eva", birth_date="1950-01-02")
    open_case(platform, person, eva, seed=1)
    for words, names in (
        ("muller", {"Müller"}),
        ("1950-01-02", {"Øster"}),
        ("99 eva", {"Øster"}),
        ("x", set()),
    ):
        found = see_worklist(platform, person, Wanted(words=words)).cases
        assert {case.patient.family_name for case in found} == names, words


def test_a_view_is_logged_without_what_was_looked_for(platform: Platform) -> None:
    person = somebody(platform, "reader")
    see_worklist(platform, person, Wanted(words="Müller"))
    with platform.database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert last is not None
    assert (last.action, last.subject_id, last.details) == (
        "worklist.view",
        person.clinic_id,
        {"shown": []},
    )


@pytest.mark.parametrize("wrong", [{"show": "signed"}, {"band": "pink"}])
def test_a_filter_that_is_none_is_refused(platform: Platform, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidEntry):
        see_worklist(platform, seeing(somebody(platform, "reader")), Wanted(**wrong))


def test_the_page_after_a_case_that_was_signed_meanwhile_follows_it_still(platform: Platform) -> None:
    person = somebody(platform, "reader")
    keys = add_cases(platform, person, [("soon", 0.5, 0)] * (PAGE + 5))
    page = see_worklist(platform, person, Wanted())
    last = page.cases[-1].id
    with platform.database.writing() as session:
        session.get_one(CaseRow, last).state = "signed"
    rest = see_worklist(platform, person, Wanted(after=last)).cases
    assert {case.id for case in (*page.cases, *rest)} == set(keys)
    assert len(rest) == 5


def test_a_case_that_was_signed_says_why_it_is_here_again_and_to_a_blind_reader_only_that_it_is(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    nurse = somebody(platform, "nurse", like=person)
    fresh, photographed, graver = (
        open_case(platform, person, replace(ADA, identifier=str(n), given_name=str(n)), seed=n)
        for n in range(3)
    )
    for case in (photographed, graver):
        sign_case(platform, person, str(case.image.case_id), "nv", "monitor_3")
    clock.forward(timedelta(hours=1))
    add_image(platform, person, photographed.visit.id, photographed.lesion.id, phantom_jpeg(9), "x.jpg")
    stored(platform, graver.image.id, band="soon", probability=0.2)
    with platform.database.writing() as session:
        session.get_one(CaseRow, str(graver.image.case_id)).state = "unread"

    def told(reader: Person) -> dict[str, tuple[bool, Again | None]]:
        cases = see_worklist(platform, reader, Wanted()).cases
        return {case.id: (case.signed_before, case.again) for case in cases}

    keys = [str(case.image.case_id) for case in (fresh, photographed, graver)]
    for key in keys[1:]:
        reveal(platform, person, key)
    assert told(person) == dict(
        zip(
            keys,
            [(False, None), (True, Again(photographs=1, graver=False)), (True, Again(0, graver=True))],
            strict=True,
        )
    )
    hidden = dict(zip(keys, [(False, None), (True, None), (True, None)], strict=True))
    assert told(somebody(platform, "reader", like=person)) == hidden
    assert told(nurse) == hidden
    add_addendum(platform, person, keys[1], "the same")
    assert keys[1] not in told(person)
