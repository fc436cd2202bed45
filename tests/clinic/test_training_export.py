"""The export: a training set that the workshop can read, and nothing that says who."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.errors import NotPermitted
from augderm.clinic.outcomes import OutcomeEntry, correct_outcome, enter_outcome
from augderm.clinic.patients import PatientEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.training_export import COLUMNS, export_training_set
from augderm.clinic.worker import work_once
from augderm.domain.errors import InvalidConfig
from augderm.learn.datasets.index_csv import read_index
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, AuditRow, UserRow
from support.clinic import Clock, open_case, somebody
from support.command import augderm as command
from support.followup import sign_case, visit_again
from support.machine import machine_says
from support.signing import stored

OLD = PatientEntry(identifier="4711", family_name="Müller", given_name="Ada", birth_date="1930-04-23")
YOUNG = PatientEntry(
    identifier="4712", family_name="Example", given_name="Eva", birth_date="1986-05-05", sex="female"
)


@pytest.fixture
def administrator(platform: Platform, toy_network: Network, clock: Clock) -> Person:
    """A clinic with three photographs of two patients that have an outcome, one without, one of "other"."""
    person = somebody(platform, "reader", "nurse", "administrator")
    first = open_case(platform, person, OLD)
    second = open_case(platform, person, YOUNG, seed=2)
    clock.forward(timedelta(days=100))
    visit_again(platform, person, first)
    while work_once(platform, toy_network, "w"):
        pass
    for case, diagnosis in ((first, "mel"), (second, "nv")):
        enter_outcome(
            platform, person, case.lesion.id,
            OutcomeEntry(confirmed_by="histopathology", diagnosis=diagnosis),
            case_id=str(case.image.case_id),
        )  # fmt: skip
    strange = open_case(
        platform,
        person,
        PatientEntry(identifier="3", family_name="X", given_name="Y", birth_date="1990-01-01"),
        seed=4,
    )
    enter_outcome(
        platform, person, strange.lesion.id,
        OutcomeEntry(
            confirmed_by="histopathology", diagnosis="other", behaviour="benign", diagnosis_text="wart"
        ),
    )  # fmt: skip
    return person


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_workshop_reads_what_was_exported(
    platform: Platform, administrator: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    found = export_training_set(platform, administrator, folder)
    assert (found.images, found.patients, dict(found.by_diagnosis)) == (2, 2, {"mel": 1, "nv": 1})
    assert list(found.left_out.values()) == [1]
    records = read_index(folder)
    assert {record.diagnosis for record in records} == {"mel", "nv"}
    assert {record.malignant for record in records} == {True, False}
    assert {record.age_years for record in records} == {39, 90}, (
        "a day before the birthday; 96 is shown as 90"
    )
    done = command("data", "check", "index", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("told", [{"in_doubt": True}, {"in_doubt": None, "clinical_probability": 0.3}])
def test_a_photograph_whose_modality_is_in_doubt_is_left_out(
    platform: Platform, administrator: Person, tmp_path: Path, told: dict[str, Any]
) -> None:
    before = export_training_set(platform, administrator, tmp_path / "before")
    with platform.database.reading() as session:
        read = set(session.scalars(select(AssessmentRow.image_id)))
    for image in read:
        machine_says(platform, image, modality=told)
    found = export_training_set(platform, administrator, tmp_path / "set")
    assert before.images > 0
    assert (found.images, found.left_out["the machine is in doubt of its modality"]) == (0, before.images)


def test_nothing_in_it_says_who_or_when(platform: Platform, administrator: Person, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    export_training_set(platform, administrator, folder)
    rows = rows_of(folder)
    assert tuple(rows[0]) == COLUMNS
    text = (folder / "index.csv").read_text(encoding="utf-8")
    for told in ("Müller", "Ada", "Example", "4711", "4712", "1930", "1986", "phantom"):
        assert told not in text
    assert not re.search(r"\d{4}-\d{2}-\d{2}", text)
    with platform.database.reading() as session:
        keys = session.scalars(select(AuditRow.subject_id)).all()
    assert not any(key in text for key in keys if len(key) > 8)
    for row in rows:
        with Image.open(folder / row["image"]) as image:
            assert image.info == {}
            assert not image.getexif()
            assert image.size == (int(row["width"]), int(row["height"]))
    assert [row["image"] for row in rows] == sorted(row["image"] for row in rows)


def test_each_label_says_whether_an_outcome_or_a_signature_told_it_and_none_is_the_machines(
    platform: Platform, administrator: Person, tmp_path: Path
) -> None:
    colleague = somebody(platform, "reader", like=administrator)
    signed, disputed = (
        open_case(
            platform, administrator,
            PatientEntry(
                identifier=f"1{seed}", family_name="S", given_name=str(seed), birth_date="1990-01-01"
            ),
            seed=seed,
        )
        for seed in (7, 8)
    )  # fmt: skip
    for case in (signed, disputed):
        stored(platform, case.image.id, band="monitor_3", probability=0.1)
        sign_case(platform, administrator, str(case.image.case_id), "nv")
    change = Change(diagnosis="bkl", words=1)
    add_addendum(platform, administrator, str(signed.image.case_id), "Now a wart.", change)
    sign_case(platform, colleague, str(disputed.image.case_id), "bcc", "soon", signatures=1)
    export_training_set(platform, administrator, tmp_path / "outcomes")
    assert {row["label_from"] for row in rows_of(tmp_path / "outcomes")} == {"outcome"}
    found = export_training_set(platform, administrator, tmp_path / "both", signed_too=True)
    assert sorted((row["label_from"], row["diagnosis"]) for row in rows_of(tmp_path / "both")) == [
        ("outcome", "mel"),
        ("outcome", "nv"),
        ("signature", "bkl"),
    ]
    assert found.left_out["its readers signed different diagnoses"] == 1
    assert len(read_index(tmp_path / "both")) == 3


def test_two_exports_cannot_be_joined(platform: Platform, administrator: Person, tmp_path: Path) -> None:
    groups = []
    for name in ("one", "two"):
        export_training_set(platform, administrator, tmp_path / name)
        groups.append({row["group_id"] for row in rows_of(tmp_path / name)})
    assert not groups[0] & groups[1]
    with pytest.raises(InvalidConfig, match="not empty"):
        export_training_set(platform, administrator, tmp_path / "two")


def test_a_corrected_outcome_is_the_one_exported(
    platform: Platform, administrator: Person, tmp_path: Path, clock: Clock
) -> None:
    from augderm.store.models import OutcomeRow

    with platform.database.reading() as session:
        old = session.scalars(select(OutcomeRow).where(OutcomeRow.diagnosis == "mel")).one()
    correct_outcome(
        platform, administrator, old.id,
        OutcomeEntry(confirmed_by="histopathology", diagnosis="bcc"), "mixed up", old.version,
    )  # fmt: skip
    export_training_set(platform, administrator, tmp_path / "set")
    assert {row["diagnosis"] for row in rows_of(tmp_path / "set")} == {"bcc", "nv"}


def test_the_command_exports_in_an_administrators_name_alone(
    platform: Platform, administrator: Person, tmp_path: Path
) -> None:
    nurse = somebody(platform, "nurse", like=administrator)
    with pytest.raises(NotPermitted):
        export_training_set(platform, nurse, tmp_path / "refused")
    with platform.database.reading() as session:
        logins = {row.id: row.login for row in session.scalars(select(UserRow))}
    data = ["--data", str(platform.settings.data), "--database", platform.settings.database]
    for login in (logins[nurse.user_id], "nobody"):
        refused = command("clinic", "export", str(tmp_path / "no"), "--user", login, *data)
        assert refused.returncode == 1
        assert not (tmp_path / "no").exists()
    own = logins[administrator.user_id]
    done = command("clinic", "export", str(tmp_path / "set"), "--user", own, *data)
    assert done.returncode == 0, done.stderr
    assert "2 photographs of 2 patients" in done.stdout
    with platform.database.reading() as session:
        told = session.scalars(select(AuditRow).where(AuditRow.action == "training.export")).one()
    assert told.details == {"images": 2, "signed_too": False}
