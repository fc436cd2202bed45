"""Similar cases beside the machine's read: whose pictures are shown to whom, and when none is."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import NotPermitted
from augderm.clinic.images import add_image
from augderm.clinic.outcomes import OutcomeEntry, correct_outcome, enter_outcome, outcomes_of
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform, attach, open_platform
from augderm.clinic.reads import commit_impression, own_read
from augderm.clinic.retention import see_retention
from augderm.clinic.similar import SHOWN, Compared, see_similar
from augderm.domain.assessment import ModelName
from augderm.domain.errors import InvalidLibrary
from augderm.library.library import Library
from augderm.library.segment import Row
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, AuditRow
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.known import SIZE, confirmed_case, confirmed_cases, place_at, placed
from support.libraries import case as known_case
from support.libraries import webp, write_library
from support.machine import all_work, machine_says

FIVE = "nv nv mel nv bcc"


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse", "administrator")


@pytest.fixture
def case(platform: Platform, person: Person) -> Case:
    """The case under read, at the angle 0, with a committed impression."""
    made = open_case(platform, person)
    placed(platform, made.image.id, place_at(0.0))
    commit_impression(platform, person, str(made.image.case_id), "nv", "reassure")
    return made


def _one(platform: Platform, person: Person, case: Case) -> Compared:
    (found,) = see_similar(platform, person, str(case.image.case_id)).photographs
    return found


def _library(folder: Path, platform: Platform, codes: str, *, angle: float = 0.05) -> Library:
    """A library of these diagnoses, each at the same angle to either side."""
    bundle = load_bundle(platform.settings.bundle).name
    rows = [
        Row(known_case(number, code=code), np.array(place_at(angle * (1 + number)), np.float32), webp(number))
        for number, code in enumerate(codes.split())
    ]
    return Library(write_library(folder, rows, SIZE, bundle))


def test_the_nearest_confirmed_cases_are_shown_with_their_outcome_and_without_a_name(
    platform: Platform, person: Person, case: Case
) -> None:
    known = confirmed_cases(platform, person, FIVE)
    found = see_similar(platform, person, str(case.image.case_id))
    (compared,) = found.photographs
    assert (compared.state, compared.own, compared.compared) == ("shown", 5, 5)
    assert [each.diagnosis for each in compared.cases] == FIVE.split()
    assert [each.image_id for each in compared.cases] == [each.image.id for each in known]
    assert [each.case_id for each in compared.cases] == [each.image.case_id for each in known]
    assert compared.cases[0].distance == pytest.approx(1 - np.cos(0.1), abs=1e-5)
    assert [each.malignant for each in compared.cases] == [False, False, True, False, True]
    assert {each.confirmed_by for each in compared.cases} == {"histopathology"}
    with Image.open(io.BytesIO(base64.b64decode(compared.cases[0].picture))) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", 192)
        assert not picture.getexif()
    assert "Knownname" not in str(compared)


def test_no_more_than_six_pictures_are_shown_and_ten_are_counted(
    platform: Platform, person: Person, case: Case
) -> None:
    confirmed_cases(platform, person, "nv " * 12)
    found = _one(platform, person, case)
    assert (len(found.cases), found.compared, found.own) == (SHOWN, 10, 12)
    assert sum(share.count for share in found.shares) == 10


def test_nothing_is_told_before_the_own_impression(platform: Platform, person: Person) -> None:
    confirmed_cases(platform, person, FIVE)
    case = open_case(platform, person)
    placed(platform, case.image.id, place_at(0.0))
    key = str(case.image.case_id)
    found = see_similar(platform, person, key)
    assert found.blind
    assert (found.photographs, found.library, found.unplaced) == ((), None, 0)
    open_eyed = replace(person, clinic=replace(person.clinic, blind_first=False))
    assert see_similar(platform, open_eyed, key).photographs[0].cases
    read = commit_impression(platform, person, key, "nv", "reassure")
    assert read.revealed_at is None
    assert see_similar(platform, person, key).photographs[0].cases
    kept = own_read(platform, person, key)
    assert kept is not None
    assert kept.revealed_at == platform.now(), "it is a part of the machine's read"


def test_a_colleagues_impression_opens_nothing(platform: Platform, person: Person, case: Case) -> None:
    confirmed_cases(platform, person, FIVE)
    colleague = somebody(platform, "reader", like=person)
    assert see_similar(platform, colleague, str(case.image.case_id)).blind


def test_nurses_are_refused(platform: Platform, person: Person, case: Case) -> None:
    nurse = somebody(platform, "nurse", like=person)
    with pytest.raises(NotPermitted):
        see_similar(platform, nurse, str(case.image.case_id))


def test_the_same_patients_photographs_and_whoever_has_the_same_file_are_left_out(
    platform: Platform, person: Person, case: Case
) -> None:
    known = confirmed_cases(platform, person, "nv " * 7)
    given = OutcomeEntry(confirmed_by="histopathology", diagnosis="mel")
    enter_outcome(platform, person, case.lesion.id, given, str(case.image.case_id))
    same = add_image(
        platform, person, known[6].visit.id, known[6].lesion.id, phantom_jpeg(0), "a.jpg", confirmed=True
    ).image
    assert same.sha256 == case.image.sha256
    placed(platform, same.id, place_at(0.0))
    found = _one(platform, person, case)
    assert {each.diagnosis for each in found.cases} == {"nv"}, "not the outcome of this very case"
    assert [each.image_id for each in found.cases] == [each.image.id for each in known[:6]]
    assert found.own == 6


def test_many_photographs_of_one_patient_are_one_neighbour(
    platform: Platform, person: Person, case: Case
) -> None:
    known = confirmed_cases(platform, person, FIVE)
    for seed in range(12):
        more = add_image(
            platform, person, known[0].visit.id, known[0].lesion.id, phantom_jpeg(200 + seed), "a.jpg"
        ).image
        placed(platform, more.id, place_at(0.001 * seed))
    found = _one(platform, person, case)
    assert (found.own, found.compared) == (5, 5)
    assert [each.case_id for each in found.cases] == [each.image.case_id for each in known]


def test_another_clinics_cases_are_never_shown(platform: Platform, person: Person, case: Case) -> None:
    confirmed_cases(platform, somebody(platform, "reader", "nurse"), FIVE)
    assert _one(platform, person, case) == Compared(case.image.id, "too_few")


def test_an_opinion_is_no_confirmation(platform: Platform, person: Person, case: Case) -> None:
    confirmed_cases(platform, person, "nv nv nv nv")
    confirmed_case(platform, person, 9, 0.01, "mel", "single contributor clinical assessment")
    assert _one(platform, person, case).own == 4
    confirmed_case(platform, person, 10, 0.02, "nv", "serial imaging showing no change")
    found = _one(platform, person, case)
    assert (found.own, found.cases[0].confirmed_by) == (5, "serial imaging showing no change")


def test_only_what_was_photographed_alike_is_compared(platform: Platform, person: Person, case: Case) -> None:
    confirmed_cases(platform, person, FIVE)
    clinical = confirmed_case(platform, person, 9, 0.01, modality="clinical")
    found = _one(platform, person, case)
    assert found.own == 5
    assert clinical.image.id not in {each.image_id for each in found.cases}


def test_who_is_erased_is_never_shown_again_and_leaves_memory(
    platform: Platform, person: Person, case: Case
) -> None:
    first, *others = confirmed_cases(platform, person, "mel nv nv nv nv nv")
    assert _one(platform, person, case).cases[0].diagnosis == "mel"
    standing = see_retention(platform, person, first.patient.id)
    erase_patient(platform, person, first.patient.id, first.patient.identifier, standing.patient.version)
    assert platform.known._held == {}
    found = _one(platform, person, case)
    assert [each.image_id for each in found.cases] == [each.image.id for each in others]


def test_who_was_erased_by_another_process_is_not_shown_from_memory(
    platform: Platform, person: Person, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = confirmed_cases(platform, person, "mel nv nv nv nv nv")
    with platform.database.reading() as session:
        held = platform.known.of(session, person.clinic_id, platform.model_sha256)
    standing = see_retention(platform, person, first.patient.id)
    erase_patient(platform, person, first.patient.id, first.patient.identifier, standing.patient.version)
    # The worst case: memory that nothing has told.
    monkeypatch.setattr(platform.known, "of", lambda *_: held)
    found = _one(platform, person, case)
    assert found.compared == 5
    assert {each.diagnosis for each in found.cases} == {"nv"}


def test_an_outcome_that_is_entered_or_corrected_counts_at_once(
    platform: Platform, person: Person, case: Case
) -> None:
    known = confirmed_cases(platform, person, "nv nv nv nv")
    assert _one(platform, person, case).state == "too_few"
    known.append(confirmed_case(platform, person, 9, 0.01, "mel"))
    assert _one(platform, person, case).cases[0].diagnosis == "mel"
    (outcome,) = outcomes_of(platform, person, known[4].lesion.id)
    better = OutcomeEntry(confirmed_by="histopathology", diagnosis="bkl")
    correct_outcome(platform, person, outcome.id, better, "looked again", outcome.version)
    assert _one(platform, person, case).cases[0].diagnosis == "bkl"
    old = next(each for each in outcomes_of(platform, person, known[4].lesion.id) if not each.replaced)
    opinion = OutcomeEntry(confirmed_by="single image expert consensus", diagnosis="bkl")
    correct_outcome(platform, person, old.id, opinion, "no histology", old.version)
    assert _one(platform, person, case).state == "too_few"


def test_a_photograph_that_is_read_after_its_outcome_counts_from_then_on(
    platform: Platform, person: Person, toy_network: Network
) -> None:
    cases = []
    for number in range(6):
        entry = replace(ADA, identifier=f"R-{number}", family_name=f"R-{number}")
        made = open_case(platform, person, entry, seed=number)
        given = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv")
        enter_outcome(platform, person, made.lesion.id, given, str(made.image.case_id))
        cases.append(made)
    commit_impression(platform, person, str(cases[0].image.case_id), "nv", "reassure")
    before = see_similar(platform, person, str(cases[0].image.case_id))
    assert (before.photographs[0].state, before.unplaced) == ("unread", 6)
    all_work(platform, toy_network)
    after = see_similar(platform, person, str(cases[0].image.case_id))
    assert (after.photographs[0].state, after.photographs[0].own, after.unplaced) == ("shown", 5, 0)


def test_what_another_model_placed_is_not_compared_and_that_is_told(
    platform: Platform, person: Person, case: Case, clock: Clock
) -> None:
    confirmed_cases(platform, person, FIVE)
    newer = replace(platform, model_sha256="f" * 64, known=type(platform.known)())
    found = see_similar(newer, person, str(case.image.case_id))
    assert (found.photographs[0].state, found.unplaced) == ("other_model", 5)
    clock.forward(timedelta(days=1))
    placed(newer, case.image.id, place_at(0.0))
    found = see_similar(newer, person, str(case.image.case_id))
    assert (found.photographs[0].state, found.photographs[0].own) == ("too_few", 0)


@pytest.mark.parametrize("status", ["failed", "abstained"])
def test_what_the_machine_gives_no_diagnosis_of_has_no_similar_cases(
    platform: Platform, person: Person, status: str
) -> None:
    confirmed_cases(platform, person, FIVE)
    case = open_case(platform, person)
    placed(platform, case.image.id, place_at(0.0), status=status)
    commit_impression(platform, person, str(case.image.case_id), "nv", "reassure")
    assert _one(platform, person, case) == Compared(case.image.id, "no_diagnosis")


def test_what_limits_the_machines_read_is_told_beside_its_similar_cases(
    platform: Platform, person: Person, case: Case
) -> None:
    confirmed_cases(platform, person, FIVE)
    machine_says(platform, case.image.id, notes=["It is in doubt."])
    found = _one(platform, person, case)
    assert (found.state, found.notes) == ("shown", ("It is in doubt.",))


def test_neighbours_that_contradict_the_machine_are_told(
    platform: Platform, person: Person, case: Case
) -> None:
    confirmed_cases(platform, person, "mel mel mel bcc scc")
    found = _one(platform, person, case).disagreements
    assert [(each.kind, each.count, each.total) for each in found] == [
        ("excluded", 3, 5),
        ("absent", 0, 5),
        ("malignant", 5, 5),
    ]


def test_what_is_hardly_alike_is_shown_and_says_nothing_against_the_machine(
    platform: Platform, person: Person
) -> None:
    confirmed_cases(platform, person, "mel mel mel bcc scc")
    case = open_case(platform, person)
    placed(platform, case.image.id, place_at(2.5))
    commit_impression(platform, person, str(case.image.case_id), "nv", "reassure")
    found = _one(platform, person, case)
    assert {each.likeness for each in found.cases} == {"distant"}
    assert found.disagreements == ()


def test_a_pathologists_words_are_not_shown_since_they_may_name_somebody(
    platform: Platform, person: Person, case: Case
) -> None:
    confirmed_cases(platform, person, "other nv nv nv scc")
    found = _one(platform, person, case)
    assert [(each.diagnosis, each.named) for each in found.cases][::4] == [("other", ""), ("scc", "")]


def test_library_and_own_cases_are_ordered_together(
    platform: Platform, person: Person, case: Case, tmp_path: Path
) -> None:
    with_library = replace(platform, library=_library(tmp_path / "cases", platform, "bkl df vasc"))
    confirmed_cases(platform, person, "nv mel")
    found = see_similar(with_library, person, str(case.image.case_id))
    (compared,) = found.photographs
    # 0.05, 0.1 and 0.15 of the library; 0.1 and 0.2 of the clinic.
    assert sorted(each.diagnosis for each in compared.cases[1:3]) == ["df", "nv"]
    assert [each.diagnosis for each in compared.cases][::4] == ["bkl", "mel"]
    assert [each.case_id is None for each in compared.cases].count(True) == 3
    assert found.library is not None
    assert (found.library.name, found.library.cases) == ("cases", 3)
    assert str(tmp_path) not in str(found)


def test_a_library_that_is_damaged_while_it_is_open_is_told_and_the_clinics_own_are_shown(
    platform: Platform, person: Person, case: Case, tmp_path: Path
) -> None:
    library = _library(tmp_path / "cases", platform, "bkl df vasc")
    for path in (tmp_path / "cases").glob("segment-*/thumbnails.bin"):
        path.write_bytes(b"\0" * path.stat().st_size)
    confirmed_cases(platform, person, FIVE)
    found = _one(replace(platform, library=library), person, case)
    assert found.library_failed
    assert [each.diagnosis for each in found.cases] == FIVE.split()


def test_a_library_of_another_bundle_or_none_at_all_is_refused_when_the_clinic_opens(
    platform: Platform, tmp_path: Path
) -> None:
    rows = [Row(known_case(0), np.array(place_at(0.1), np.float32), webp())]
    folder = write_library(tmp_path / "cases", rows, SIZE, ModelName("other", "9", "ab" * 32))
    with pytest.raises(InvalidLibrary, match=r"was made by other 9 .* the model here is toy 1\.2\.3"):
        attach(folder, platform.settings.bundle)
    with pytest.raises(InvalidLibrary, match="is no library"):
        open_platform(replace(platform.settings, library=tmp_path / "nothing"))


def test_the_log_has_the_case_and_each_picture_of_another_patient(
    platform: Platform, person: Person, case: Case
) -> None:
    known = confirmed_cases(platform, person, FIVE)
    see_similar(platform, person, str(case.image.case_id))
    with platform.database.reading() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.action == "similar.view").order_by(AuditRow.seq)
        ).all()
    assert (rows[0].subject_kind, rows[0].subject_id) == ("case", case.image.case_id)
    assert {(row.subject_kind, row.subject_id) for row in rows[1:]} == {
        ("image", each.image.id) for each in known
    }
    assert all(row.details == {"beside": case.image.case_id} for row in rows[1:])


def test_only_what_is_new_is_read_into_memory_again(platform: Platform, person: Person, case: Case) -> None:
    confirmed_cases(platform, person, FIVE)
    _one(platform, person, case)
    with platform.database.writing() as session:
        for row in session.scalars(select(AssessmentRow).where(AssessmentRow.image_id != case.image.id)):
            row.embedding = None
    confirmed_case(platform, person, 9, 0.01, "mel")
    found = _one(platform, person, case)
    assert [each.diagnosis for each in found.cases] == ["mel", *FIVE.split()]
