"""What belongs to a patient: found in every table, whoever added it; copied whole, and erased whole."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, func, select

from augderm.clinic import belongings
from augderm.clinic.audit import verify
from augderm.clinic.erasure import erase_patient
from augderm.clinic.export import DATA, LEFT_OUT, SCHEMA_FILE, export_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.retention import see_retention
from augderm.clinic.sweep import sweep
from augderm.clinic.uploads import FOLDER
from augderm.reader.network import Network
from augderm.store.models import (
    PICTURED,
    Base,
    ErasedBlobRow,
    ImageRow,
    OutcomeRow,
    PictureRow,
)
from support.clinic import ADA, Case, Clock, somebody
from support.everything import whole_patient

APART = {
    "audit": "keys, codes and numbers alone; what was done must stay provable",
    "clinics": "settings",
    "erased_blobs": "hashes of files until they are gone",
    "letter_texts": "a clinic's templates, with placeholders for patients",
    "login_attempts": "hashes of names for signing in and of addresses",
    "one_time_links": "of users",
    "sessions": "of users",
    "users": "those who treat",
}
"""Tables without a way of foreign keys to a patient, and why an erasure leaves them."""
INDEXED = (Index, PrimaryKeyConstraint, UniqueConstraint)
WORD, OTHER_WORD = "Zwetschgenbaum", "Mirabellenhain"


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse", "administrator")


@pytest.fixture
def case(platform: Platform, person: Person, toy_network: Network, clock: Clock) -> Case:
    return whole_patient(platform, person, toy_network, clock, WORD)


def _reached() -> set[str]:
    """Tables that refer to patients, directly or through others."""
    found = {"patients"}
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


def _rows(platform: Platform) -> dict[str, int]:
    with platform.database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def _erase(platform: Platform, person: Person, case: Case) -> None:
    version = see_retention(platform, person, case.patient.id).patient.version
    erase_patient(platform, person, case.patient.id, case.patient.identifier, version)


def _blobs(platform: Platform) -> set[str]:
    return {path.name for path in Path(platform.settings.blobs).rglob("*") if len(path.name) == 64}


def _holding(folder: Path, word: str) -> list[str]:
    """Files with the word in them, also case-folded as names are searched, or in their own names."""
    wanted = word.casefold().encode()
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and (wanted in path.read_bytes().lower() or word in path.name)
    ]


def test_every_table_hangs_on_a_patient_or_stands_apart_for_a_reason() -> None:
    assert _reached() | set(APART) == set(Base.metadata.tables)
    assert _reached() & set(APART) == set()


def test_every_table_that_names_blobs_is_looked_into() -> None:
    naming = {
        name for name, table in Base.metadata.tables.items() if {"pictures", "sha256"} & {*table.c.keys()}
    }
    assert naming == {row.__tablename__ for row in (*PICTURED, PictureRow, ImageRow, ErasedBlobRow)}


def test_every_picture_is_named_where_the_sweep_looks(platform: Platform, case: Case) -> None:
    assert case.image.id
    with platform.database.reading() as session:
        drawn = {
            (image, sha256)
            for table in PICTURED
            for image, pictures in session.execute(select(table.image_id, table.pictures))
            for sha256 in pictures.values()
        }
        named = {(row.image_id, row.sha256) for row in session.scalars(select(PictureRow))}
    assert drawn == named != set()


def test_an_erasure_looks_through_no_whole_table() -> None:
    """Each reference to what it deletes is the beginning of an index, or every row deleted reads a table."""
    for table in Base.metadata.tables.values():
        keys = [*table.indexes, *table.constraints]
        begun = {next(iter(key.columns)).name for key in keys if isinstance(key, INDEXED)}
        for reference in table.foreign_keys:
            if reference.column.table.name in _reached():
                assert reference.parent.name in begun, (table.name, reference.parent.name)


def test_an_erasure_empties_every_table_of_the_patient(
    platform: Platform, person: Person, case: Case
) -> None:
    before = _rows(platform)
    assert {name for name in _reached() if not before[name]} == set(), "or this test shows nothing"
    assert _holding(platform.settings.data, WORD)
    assert len(_blobs(platform)) > len(("two photographs", "two previews"))
    _erase(platform, person, case)
    after = _rows(platform)
    assert {name for name in _reached() if after[name]} == set()
    assert {name: after[name] for name in APART if name != "audit"} == {
        name: before[name] for name in APART if name != "audit"
    }
    assert _blobs(platform) == set()
    assert _holding(platform.settings.data, WORD) == []
    assert verify(platform).broken_at is None


def test_an_erasure_leaves_every_table_of_another_patient(
    platform: Platform, person: Person, case: Case, toy_network: Network, clock: Clock
) -> None:
    mine, blobs = _rows(platform), _blobs(platform)
    other = replace(ADA, identifier="4712")
    theirs = whole_patient(platform, person, toy_network, clock, OTHER_WORD, other, seed=5)
    both, both_blobs = _rows(platform), _blobs(platform)
    _erase(platform, person, case)
    after = _rows(platform)
    for name in _reached():
        assert after[name] == both[name] - mine[name], name
    assert both_blobs - blobs <= _blobs(platform)
    assert sweep(platform) == 0
    assert list((platform.settings.data / FOLDER / person.user_id).iterdir()), "the other's upload"
    assert _holding(platform.settings.data, WORD) == []
    _erase(platform, person, theirs)
    assert _blobs(platform) == set()


def test_a_row_that_refers_to_its_own_table_goes_whatever_order_it_is_deleted_in(
    platform: Platform, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outcome refers to its correction; with more of them than one statement takes, either goes first."""
    monkeypatch.setattr(belongings, "CHUNK", 1)
    with platform.database.writing() as session:
        found = belongings.belongings_of(session, case.patient.id)
        corrections = set(session.scalars(select(OutcomeRow.replaced_by)))
        found[Base.metadata.tables["outcomes"]].sort(key=lambda key: key not in corrections)
        belongings.delete_all(session, found)
    assert _rows(platform)["outcomes"] == 0


def test_a_copy_holds_every_table_of_the_patient(platform: Platform, person: Person, case: Case) -> None:
    target = io.BytesIO()
    export_patient(platform, person, case.patient.id, target)
    with zipfile.ZipFile(target) as archive:
        content = json.loads(archive.read(DATA))
        assert len(archive.namelist()) == 3
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
    tables = {name for name, rows in content.items() if isinstance(rows, list)}
    assert tables == _reached() - LEFT_OUT - {"patients"}
    for name in ("addenda", "outcomes", "recalls", "referrals", "reads", "sittings"):
        assert WORD in json.dumps(content[name]), name
