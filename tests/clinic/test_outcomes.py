"""Outcomes: entered, corrected without losing what was said, waited for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.outcomes import (
    OutcomeEntry,
    answerable_cases,
    correct_outcome,
    enter_outcome,
    outcomes_of,
    waiting_for_outcome,
)
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reports import see_report
from augderm.clinic.worklist import Wanted, see_worklist
from augderm.store.models import AuditRow
from support.clinic import Clock, open_case, somebody
from support.followup import sign_case, signed_case, visit_again

MELANOMA = OutcomeEntry(
    confirmed_by="histopathology",
    diagnosis="mel",
    diagnosis_text="SSM, Breslow 0.4 mm",
    taken_on="2026-05-01",
)


def test_an_outcome_belongs_to_the_signed_case_and_ends_the_waiting(platform: Platform) -> None:
    person = somebody(platform, "reader", "nurse")
    case = signed_case(platform, person, "mel", "urgent")
    (waits,) = waiting_for_outcome(platform, person).cases
    assert (waits.case_id, waits.diagnosis) == (case.image.case_id, "mel")
    outcome = enter_outcome(platform, person, case.lesion.id, MELANOMA)
    assert outcome.case_id == case.image.case_id
    assert (outcome.behaviour, outcome.taken_on) == ("malignant", date(2026, 5, 1))
    assert waiting_for_outcome(platform, person).cases == ()
    with pytest.raises(Conflict):
        enter_outcome(platform, person, case.lesion.id, MELANOMA)


def test_benign_decisions_do_not_wait_and_other_clinics_do_not_see(platform: Platform) -> None:
    person = somebody(platform, "reader")
    signed_case(platform, person, "nv", "reassure")
    assert waiting_for_outcome(platform, person).cases == ()
    signed_case(platform, somebody(platform, "reader"), "mel", "urgent")
    assert waiting_for_outcome(platform, person).cases == ()


def test_a_correction_keeps_the_earlier_and_its_reason(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    first = enter_outcome(platform, person, case.lesion.id, MELANOMA)
    naevus = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
    with pytest.raises(InvalidEntry):
        correct_outcome(platform, person, first.id, naevus, " ", first.version)
    correct_outcome(platform, person, first.id, naevus, "second pathologist", first.version)
    latest, earlier = sorted(outcomes_of(platform, person, case.lesion.id), key=lambda each: each.replaced)
    assert (latest.diagnosis, latest.correction, latest.case_id) == (
        "nv",
        "second pathologist",
        first.case_id,
    )
    assert (earlier.diagnosis, earlier.diagnosis_text) == ("mel", MELANOMA.diagnosis_text)
    with pytest.raises(Conflict):
        correct_outcome(platform, person, first.id, naevus, "again", first.version)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("behaviour", {"behaviour": "benign"}),
        ("behaviour", {"diagnosis": "akiec"}),
        ("behaviour", {"diagnosis": "nv", "behaviour": "malignant"}),
        ("diagnosis_text", {"diagnosis": "other", "behaviour": "benign", "diagnosis_text": ""}),
        ("diagnosis", {"diagnosis": "cancer"}),
        ("confirmed_by", {"confirmed_by": "rumour"}),
        ("taken_on", {"taken_on": "2030-01-01"}),
        ("taken_on", {"taken_on": "yesterday"}),
    ],
)
def test_what_contradicts_itself_is_refused(platform: Platform, field: str, change: dict[str, str]) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    entry = {
        "confirmed_by": "histopathology", "diagnosis": "mel", "diagnosis_text": "x", "behaviour": "",
        "taken_on": "",
    }  # fmt: skip
    with pytest.raises(InvalidEntry) as refused:
        enter_outcome(platform, person, case.lesion.id, OutcomeEntry(**(entry | change)))
    assert refused.value.field == field
    assert outcomes_of(platform, person, case.lesion.id) == []


@pytest.mark.parametrize("behaviour", ["malignant", "indeterminate"])
def test_an_outcome_that_contradicts_a_signed_case_reopens_it_and_no_letter_tells_the_old_diagnosis(
    platform: Platform, clock: Clock, behaviour: str
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "reassure")
    key = str(case.image.case_id)
    page = open_reading(platform, person, key)
    clock.forward(timedelta(days=7))
    entry = OutcomeEntry(
        confirmed_by="histopathology", diagnosis="other", diagnosis_text="x", behaviour=behaviour
    )
    outcome = enter_outcome(platform, person, case.lesion.id, entry)
    assert see_report(platform, person, key).doubt == "outcome"
    with pytest.raises(Conflict, match="contradicts what was signed"):
        see_report(platform, person, key, "en", "patient")
    for reader in (person, somebody(platform, "nurse", like=person)):
        (line,) = see_worklist(platform, reader, Wanted()).cases
        assert line.again is not None
        assert (line.again.outcome, line.again.photographs, line.again.graver) == (True, 0, False)
    with platform.database.reading() as session:
        log = session.scalars(select(AuditRow).where(AuditRow.action == "case.reopened")).one()
    assert (log.subject_id, log.details["outcome"]) == (key, outcome.id)
    with pytest.raises(Conflict, match="came since"):
        add_addendum(platform, person, key, "called", Change(words=page.words), 1, page.shown)
    page = open_reading(platform, person, key)
    assert (page.state, page.outcome_against) == ("unread", "other")
    clock.forward(timedelta(minutes=1))
    melanoma = Change(diagnosis="mel", management="urgent", words=page.words)
    add_addendum(platform, person, key, "Histology.", melanoma, 1, page.shown)
    assert see_report(platform, person, key, "en", "patient").diagnosis == "mel"
    assert see_worklist(platform, person, Wanted()).unread == 0


def test_an_outcome_that_agrees_reopens_nothing_and_a_correction_that_contradicts_does(
    platform: Platform,
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "nv", "monitor_3")
    key = str(case.image.case_id)
    first = enter_outcome(
        platform, person, case.lesion.id, OutcomeEntry(confirmed_by="histopathology", diagnosis="bkl")
    )
    assert open_reading(platform, person, key).state == "signed"
    assert see_report(platform, person, key).doubt is None
    correct_outcome(platform, person, first.id, MELANOMA, "second pathologist", first.version)
    assert open_reading(platform, person, key).state == "unread"


def test_an_outcome_answers_the_visit_before_its_day_or_the_one_that_is_chosen(
    platform: Platform, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    case = signed_case(platform, person, "mel", "urgent")
    first = str(case.image.case_id)
    clock.forward(timedelta(days=20))
    second = str(visit_again(platform, person, case).case_id)
    sign_case(platform, person, second, "nv", "reassure")
    shown = answerable_cases(platform, person, case.lesion.id)
    assert [(each.case_id, each.signed) for each in shown] == [(second, True), (first, True)]
    taken = OutcomeEntry(
        confirmed_by="histopathology",
        diagnosis="mel",
        taken_on=(clock() - timedelta(days=18)).date().isoformat(),
    )
    outcome = enter_outcome(platform, person, case.lesion.id, taken)
    assert outcome.case_id == first
    assert [each.case_id for each in waiting_for_outcome(platform, person).cases] == []
    moved = correct_outcome(
        platform, person, outcome.id, taken, "of the second visit", outcome.version, second
    )
    assert moved.case_id == second
    assert open_reading(platform, person, second).state == "unread"
    other = enter_outcome(platform, person, case.lesion.id, taken, first)
    with pytest.raises(Conflict, match="an outcome already"):
        correct_outcome(platform, person, other.id, taken, "mixed up", other.version, second)
