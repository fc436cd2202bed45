"""The demonstration: what a clinic shows, with people who do not exist."""

from __future__ import annotations

from sqlalchemy import select

from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.demonstration import CONFIRMED, LESIONS_EACH, PATIENTS, demonstration_link
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.similar import see_similar
from augderm.store.models import CaseRow, ClinicRow, ImageRow, UserRow
from support.known import place_at, placed


def test_open_cases_wait_and_others_with_an_outcome_are_shown_as_similar(platform: Platform) -> None:
    demonstration_link(platform)
    with platform.database.reading() as session:
        person = person_from(session.scalars(select(UserRow)).one(), session.scalars(select(ClinicRow)).one())
        images = session.scalars(select(ImageRow).order_by(ImageRow.uploaded_at)).all()
        waiting = session.scalars(select(CaseRow).where(CaseRow.state == "unread")).all()
    assert len(waiting) == len(PATIENTS) * LESIONS_EACH
    for number, image in enumerate(images):
        placed(platform, image.id, place_at(0.1 * number))
    case = waiting[0]
    commit_impression(platform, person, case.id, "nv", "reassure")
    (found,) = see_similar(platform, person, case.id).photographs
    assert (found.state, found.own) == ("shown", len(CONFIRMED))
    assert sorted(each.diagnosis for each in found.cases) == sorted(told[-1] for told in CONFIRMED)
