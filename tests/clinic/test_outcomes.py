"""Outcomes: entered, corrected without losing what was said, waited for."""

from __future__ import annotations

from datetime import date

import pytest

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.outcomes import (
    OutcomeEntry,
    correct_outcome,
    enter_outcome,
    outcomes_of,
    waiting_for_outcome,
)
from augderm.clinic.platform import Platform
from support.clinic import open_case, somebody
from support.followup import signed_case

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
