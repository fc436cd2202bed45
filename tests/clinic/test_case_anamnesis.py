"""Anamnesis: new answers are a new row and a new read; unknown stays unknown; contradictions are named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from augderm.clinic.anamneses import Contradicting, answer, see_anamnesis
from augderm.clinic.assessments import progress, see_assessment
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, change_lesion, create_lesion
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AnamnesisRow, AssessmentRow, JobRow
from support.clinic import ADA, Case, open_case, phantom_jpeg, somebody

TOLD: dict[str, Any] = {"person": {"sex": "female", "age_years": 65}, "lesion": {"bleeding": True}}


def _case_id(case: Case) -> str:
    assert case.image.case_id is not None
    return case.image.case_id


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader")


@pytest.fixture
def case(platform: Platform, person: Person) -> Case:
    return open_case(platform, person, replace(ADA, sex="female"))


def _jobs(platform: Platform) -> list[tuple[str, str]]:
    with platform.database.reading() as session:
        return [(job.image_id, job.answers) for job in session.scalars(select(JobRow).order_by(JobRow.id))]


def test_answers_are_a_new_row_each_and_queue_a_new_read_with_them(
    platform: Platform, person: Person, case: Case, toy_network: Network
) -> None:
    first = answer(platform, person, _case_id(case), TOLD, "")
    second = answer(platform, person, _case_id(case), {"lesion": {"bleeding": False}}, first)
    assert first != second
    assert sorted(_jobs(platform)) == sorted((case.image.id, key) for key in ("", first, second))
    while work_once(platform, toy_network, "a"):
        pass
    with platform.database.reading() as session:
        kept = {row.answers: row.content for row in session.scalars(select(AssessmentRow))}
    assert set(kept) == {"", first, second}
    assert kept[first]["anamnesis"]["answers"]["lesion"]["bleeding"] is True
    assert kept[second]["anamnesis"]["answers"]["lesion"]["bleeding"] is False
    assert progress(platform, person, case.image.id).state == "done"
    commit_impression(platform, person, _case_id(case), "nv", "reassure")
    shown = see_assessment(platform, person, case.image.id).content
    assert shown is not None


def test_until_the_new_read_is_there_the_old_one_is_not_called_done(
    platform: Platform, person: Person, case: Case, toy_network: Network, clock: Any
) -> None:
    from datetime import timedelta

    work_once(platform, toy_network, "a")
    clock.forward(timedelta(minutes=1))
    answer(platform, person, _case_id(case), TOLD, "")
    assert progress(platform, person, case.image.id).state == "queued"
    work_once(platform, toy_network, "a")
    assert progress(platform, person, case.image.id).state == "done"


def test_what_is_not_answered_stays_unknown_and_is_never_no(
    platform: Platform, person: Person, case: Case
) -> None:
    answer(platform, person, _case_id(case), {"lesion": {"itch": None}}, "")
    with platform.database.reading() as session:
        kept = session.scalars(select(AnamnesisRow)).one().answers
    assert kept["lesion"]["itch"] is None
    assert False not in kept["lesion"].values()
    assert set(kept["person"].values()) == {None}
    assert kept["answered_on"] == "2026-05-04"


def test_a_photograph_that_comes_later_is_read_with_the_answers(
    platform: Platform, person: Person, case: Case
) -> None:
    key = answer(platform, person, _case_id(case), TOLD, "")
    added = add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(9), "b.jpg")
    assert (added.image.id, key) in _jobs(platform)


def test_a_form_that_is_sent_twice_counts_once(platform: Platform, person: Person, case: Case) -> None:
    first = answer(platform, person, _case_id(case), TOLD, "")
    assert answer(platform, person, _case_id(case), TOLD, "") == first
    with platform.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AnamnesisRow)) == 1


def test_two_at_once_are_told_and_neither_is_overwritten(
    platform: Platform, person: Person, case: Case
) -> None:
    answer(platform, person, _case_id(case), TOLD, "")
    with pytest.raises(Conflict, match="changed by someone else"):
        answer(platform, person, _case_id(case), {"lesion": {"itch": True}}, "")


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"person": {"sex": "male", "pregnant": True}}, (("sex", "pregnant"), ("sex",))),
        ({"person": {"age_years": 30}}, (("age_years",),)),
        ({"lesion": {"itch": True, "sensation_changed": False}}, (("itch", "sensation_changed"),)),
        ({"lesion": {"site": "scalp"}}, (("site",),)),
    ],
)
def test_contradictions_are_named_and_stored_only_when_confirmed(
    platform: Platform,
    person: Person,
    case: Case,
    answers: dict[str, Any],
    named: tuple[tuple[str, ...], ...],
) -> None:
    change_lesion(platform, person, case.lesion.id, LesionEntry(region="left_calf"), 1)
    with pytest.raises(Contradicting) as caught:
        answer(platform, person, _case_id(case), answers, "")
    assert caught.value.flagged == named
    assert see_anamnesis(platform, person, _case_id(case)).answered_id == ""
    key = answer(platform, person, _case_id(case), answers, "", confirmed=True)
    page = see_anamnesis(platform, person, _case_id(case))
    assert (page.answered_id, page.flagged) == (key, named)


@pytest.mark.parametrize(
    "answers",
    [
        {"lesion": {"itch": "perhaps"}},
        {"lesion": {"onset": "2027"}},
        {"lesion": {"onset": "2020", "known_for_months": 3}},
        {"person": {"age_years": 130}},
        {"unknown": {"x": 1}, "lesion": {"nothing": True}},
        {"schema": "augderm.anamnesis/9"},
        {"person": []},
    ],
)
def test_what_cannot_be_is_refused(
    platform: Platform, person: Person, case: Case, answers: dict[str, Any]
) -> None:
    with pytest.raises(InvalidEntry, match="not possible"):
        answer(platform, person, _case_id(case), answers, "", confirmed=True)


def test_the_form_starts_with_what_the_record_the_map_and_this_visit_know(
    platform: Platform, person: Person, case: Case
) -> None:
    answer(platform, person, _case_id(case), {"person": {"age_years": 65, "skin_type": 2}}, "")
    other = create_lesion(platform, person, case.patient.id, LesionEntry(region="left_cheek"))
    added = add_image(platform, person, case.visit.id, other.id, phantom_jpeg(3), "b.jpg")
    assert added.image.case_id is not None
    page = see_anamnesis(platform, person, added.image.case_id)
    assert (page.answered_id, page.taken_from) == ("", "L1")
    assert (page.answers.person.skin_type, page.answers.person.sex) == (2, "female")
    assert page.answers.lesion.site == "face"
    assert page.answers.lesion.bleeding is None
    fresh = open_case(platform, person, replace(ADA, identifier="5", given_name="Eva"), seed=4)
    first = see_anamnesis(platform, person, _case_id(fresh))
    assert (first.answers.person.age_years, first.answers.person.sex, first.taken_from) == (65, None, "")
