"""The log as an auditor sees it: by person, subject, action and day, a page at a time, of one clinic."""

from __future__ import annotations

from datetime import timedelta

import pytest

from augderm.clinic.auditing import PAGE, LogFilter, colleagues, see_log, see_log_of_case
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.images import see_preview
from augderm.clinic.patients import see_patient
from augderm.clinic.platform import Platform
from support.clinic import Clock, open_case, somebody


def test_pages_follow_each_other_without_a_gap(platform: Platform) -> None:
    person = somebody(platform, "reader", "auditor")
    case = open_case(platform, person)
    for _ in range(PAGE * 2):
        see_patient(platform, person, case.patient.id)
    wanted = LogFilter(action="patient.view")
    first = see_log(platform, person, wanted)
    second = see_log(platform, person, wanted, first.next_before)
    assert len(first.entries) == len(second.entries) == PAGE
    assert second.next_before is None
    numbers = [entry.seq for entry in first.entries + second.entries]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == PAGE * 2


def test_it_is_looked_for_by_person_subject_action_and_day_of_the_clinic(
    platform: Platform, clock: Clock
) -> None:
    auditor = somebody(platform, "auditor")
    nurse = somebody(platform, "nurse", like=auditor)
    clock.at = clock.at.replace(hour=22, minute=30)  # half past midnight of May 5 in Berlin
    case = open_case(platform, nurse)
    clock.forward(timedelta(days=2))
    see_patient(platform, nurse, case.patient.id)

    def found(**wanted: str) -> list[str]:
        return [entry.action for entry in see_log(platform, auditor, LogFilter(**wanted)).entries]

    taken_in = ["image.add", "visit.create", "lesion.create", "patient.create"]
    assert found(user_id=nurse.user_id) == ["patient.view", *taken_in]
    assert found(user_id=nurse.user_id, day="2026-05-05") == taken_in
    assert found(day="2026-05-04") == []
    assert found(subject_id=case.patient.id) == ["patient.view", "patient.create"]
    assert found(subject_id=case.patient.id, action="patient.view") == ["patient.view"]
    for day in ("yesterday", "9999-12-31", "0001-01-01"):
        with pytest.raises(InvalidEntry):
            found(day=day)


def test_the_log_of_a_case_holds_its_images_visit_and_lesion_and_no_other_case(platform: Platform) -> None:
    person = somebody(platform, "reader", "auditor")
    case = open_case(platform, person)
    see_preview(platform, person, case.image.id)
    see_patient(platform, person, case.patient.id)
    page = see_log_of_case(platform, person, str(case.image.case_id))
    assert [entry.action for entry in page.entries] == [
        "audit.view",
        "image.view",
        "image.add",
        "visit.create",
        "lesion.create",
    ]
    assert {entry.user_name for entry in page.entries} == {"Some Body"}


def test_another_clinics_entries_and_people_are_not_shown(platform: Platform) -> None:
    open_case(platform, somebody(platform, "reader"))
    auditor = somebody(platform, "auditor")
    assert [entry.action for entry in see_log(platform, auditor).entries] == ["audit.view"]
    assert [each.id for each in colleagues(platform, auditor)] == [auditor.user_id]
