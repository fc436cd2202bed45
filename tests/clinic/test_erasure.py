"""Erasure: all of a patient, nothing of another, and never while it must be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from augderm.clinic import erasure
from augderm.clinic.clinics import ClinicEntry, change_clinic
from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.retention import (
    _first_kept,
    _years_later,
    due_for_erasure,
    find_by_identifier,
    hold_patient,
    see_retention,
)
from augderm.clinic.sweep import sweep
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.database import Database
from augderm.store.models import AuditRow, Base, ErasedBlobRow, ImageRow
from support.clinic import ADA, Case, Clock, open_case, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases

OTHER = replace(ADA, identifier="4712", family_name="Tournesol", given_name="Eva")
FILES = 5
"""Of such a case: photograph, preview, border, outline and one structure."""
SHARED = 2
"""Photograph and preview, where another patient has the same."""
KEEPING = {"audit", "clinics", "users"}
"""Tables that an erasure leaves as they are, but for what it adds to the log."""


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse", "administrator")


@pytest.fixture
def case(platform: Platform, person: Person, toy_network: Network) -> Case:
    """A patient with all that the machine and a reader said."""
    made = open_case(platform, person)
    assert work_once(platform, toy_network, "a")
    commit_impression(platform, person, str(made.image.case_id), "nv", "reassure")
    return made


def _rows(platform: Platform) -> dict[str, int]:
    with platform.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def _erase(platform: Platform, person: Person, case: Case) -> erasure.Erased:
    version = see_retention(platform, person, case.patient.id).patient.version
    return erase_patient(platform, person, case.patient.id, case.patient.identifier, version)


def _files(platform: Platform) -> set[str]:
    return {path.name for path in Path(platform.settings.blobs).rglob("*") if len(path.name) == 64}


def _retain(platform: Platform, person: Person, years: str) -> None:
    change_clinic(
        platform,
        person,
        ClinicEntry(name="Clinic", timezone="UTC", blind_first=True, retention_years=years),
        1,
    )


def test_every_row_and_every_file_of_the_patient_goes(platform: Platform, person: Person, case: Case) -> None:
    assert len(_files(platform)) == FILES
    erased = _erase(platform, person, case)
    assert erased.files == FILES
    assert erased.rows >= 8
    assert {name for name, count in _rows(platform).items() if count} == KEEPING
    assert _files(platform) == set()
    with platform.database.reading() as session:
        entry = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject_id) == ("patient.erase", case.patient.id)


def test_no_name_is_left_in_the_files_on_the_disk(platform: Platform, person: Person) -> None:
    case = open_case(platform, person, replace(ADA, family_name="Tournesolaire"))
    _erase(platform, person, case)
    for path in platform.settings.data.rglob("*"):
        if path.is_file():
            assert b"Tournesolaire" not in path.read_bytes(), path.name
            assert b"tournesolaire" not in path.read_bytes(), path.name


def test_another_patients_rows_and_the_files_that_both_have_stay(
    platform: Platform, person: Person, case: Case
) -> None:
    before = _rows(platform)
    theirs = open_case(platform, person, OTHER, confirmed=True)  # the same photograph
    assert theirs.image.sha256 == case.image.sha256
    added = {name: count - before[name] for name, count in _rows(platform).items()}
    assert _erase(platform, person, case).files == FILES - SHARED, (
        "what was read, which only this one has by now"
    )
    after = _rows(platform)
    for name in set(after) - KEEPING:
        assert after[name] == added[name], name
    assert platform.blobs.has(theirs.image.sha256)


def test_a_kill_after_the_transaction_leaves_no_row_and_the_sweep_finishes(
    platform: Platform, person: Person, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_platform: Platform) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "finish_erasures", killed)
    with pytest.raises(KeyboardInterrupt):
        _erase(platform, person, case)
    monkeypatch.undo()
    assert len(_files(platform)) == FILES
    with pytest.raises(NotFound):
        see_retention(platform, person, case.patient.id)
    assert sweep(platform) == FILES
    assert _files(platform) == set()
    assert _rows(platform)["erased_blobs"] == 0


@pytest.mark.parametrize("step", ["finish_erasures", "sweep_uploads"])
def test_files_that_cannot_be_deleted_are_told_and_never_said_to_be_nothing_erased(
    platform: Platform,
    person: Person,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    step: str,
) -> None:
    def away(_platform: Platform) -> int:
        raise OSError("the store is away")

    away.__name__ = step
    forgotten: list[bool] = []
    monkeypatch.setattr(Database, "forget", lambda _database: forgotten.append(True))
    monkeypatch.setattr(erasure, step, away)
    erased = _erase(platform, person, case)
    assert erased.files_left
    assert erased.rows >= 8
    assert forgotten, "what was deleted is off the disk all the same"
    assert f"{step} failed" in caplog.text
    with pytest.raises(NotFound):
        see_retention(platform, person, case.patient.id)
    sweep(platform)
    assert _files(platform) == set()


def test_the_identifier_is_typed_as_it_is_looked_up_and_kept(platform: Platform, person: Person) -> None:
    """Composed or not, with one space or two; the case of letters tells two patients apart."""
    case = open_case(platform, person, replace(ADA, identifier="M\u00dc  1"))
    typed = " MU\u0308 \u00a01 "
    assert find_by_identifier(platform, person, typed) == case.patient.id
    with pytest.raises(InvalidEntry):
        find_by_identifier(platform, person, " ")
    assert erase_patient(platform, person, case.patient.id, typed, 1).rows


def test_another_case_of_letters_finds_the_only_patient_that_it_can_mean(
    platform: Platform, person: Person
) -> None:
    lower = open_case(platform, person, replace(ADA, identifier="ab-1"))
    assert find_by_identifier(platform, person, "AB-1") == lower.patient.id
    upper = open_case(platform, person, replace(OTHER, identifier="AB-1"), seed=1)
    assert find_by_identifier(platform, person, "AB-1") == upper.patient.id
    with pytest.raises(NotFound):
        find_by_identifier(platform, person, "Ab-1")
    with pytest.raises(InvalidEntry, match="not this patient's identifier"):
        erase_patient(platform, person, lower.patient.id, "AB-1", 1)


def test_a_file_that_comes_again_before_the_sweep_is_kept(
    platform: Platform, person: Person, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "finish_erasures", lambda _platform: 0)
    _erase(platform, person, case)
    again = open_case(platform, person)
    with platform.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ErasedBlobRow)) == FILES - SHARED
        row = session.scalars(select(ImageRow)).one()
    sweep(platform)
    assert platform.blobs.has(again.image.sha256)
    assert platform.blobs.has(row.preview_sha256)


def test_a_hold_and_the_retention_refuse_with_their_reason(
    platform: Platform, person: Person, case: Case, clock: Clock
) -> None:
    hold_patient(platform, person, case.patient.id, "law suit 12/26", 1)
    with pytest.raises(Conflict, match="law suit 12/26"):
        _erase(platform, person, case)
    hold_patient(platform, person, case.patient.id, "", 2)
    _retain(platform, person, "10")
    with pytest.raises(Conflict, match="until 2036-05-04"):
        _erase(platform, person, case)
    clock.forward(timedelta(days=3653))
    assert _erase(platform, person, case).files == FILES


def test_the_wrong_identifier_and_an_old_page_erase_nothing(
    platform: Platform, person: Person, case: Case
) -> None:
    with pytest.raises(InvalidEntry, match="not this patient's identifier"):
        erase_patient(platform, person, case.patient.id, "4712", 1)
    hold_patient(platform, person, case.patient.id, "", 1)
    with pytest.raises(Conflict, match="changed by someone else"):
        erase_patient(platform, person, case.patient.id, "4711", 1)
    assert _rows(platform)["patients"] == 1


def test_those_are_due_whose_years_have_passed_and_no_others(
    platform: Platform, person: Person, clock: Clock
) -> None:
    first = open_case(platform, person)
    held = open_case(platform, person, replace(ADA, identifier="1", family_name="Held"), seed=1)
    hold_patient(platform, person, held.patient.id, "law suit", 1)
    clock.forward(timedelta(days=1))
    open_case(platform, person, OTHER, seed=2)
    open_case(platform, somebody(platform, "reader", "administrator"))
    assert due_for_erasure(platform, person) == [], "no years are set"
    _retain(platform, person, "10")
    clock.at = clock.at.replace(year=2036)
    assert len(due_for_erasure(platform, person)) == 2
    clock.forward(timedelta(days=-1))
    (kept,) = due_for_erasure(platform, person)
    assert (kept.patient.id, kept.kept_until) == (first.patient.id, clock.at.date())
    assert due_for_erasure(platform, person, after=kept.patient.id) == []
    clock.forward(timedelta(days=-1))
    assert due_for_erasure(platform, person) == []


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)), st.integers(1, 100))
def test_the_list_and_the_refusal_agree_on_every_day(today: date, years: int) -> None:
    first = _first_kept(today, years)
    assert _years_later(first, years) > today
    assert _years_later(first - timedelta(days=1), years) <= today
