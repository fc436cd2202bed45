"""The copy of a patient's data: by its schema, whole, with the images as they came, and nobody else's."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import jsonschema
from sqlalchemy import select

from augderm.clinic.export import DATA, SCHEMA_FILE, export_patient
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AuditRow
from support.clinic import ADA, open_case, phantom_jpeg, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases


def test_the_copy_fits_its_schema_and_holds_the_images_as_they_came(
    platform: Platform, toy_network: Network
) -> None:
    person = somebody(platform, "reader", "administrator")
    case = open_case(platform, person)
    work_once(platform, toy_network, "a")
    commit_impression(platform, person, str(case.image.case_id), "nv", "reassure")
    open_case(platform, person, replace(ADA, identifier="4712", family_name="Tournesol"), seed=1)
    target = io.BytesIO()
    export_patient(platform, person, case.patient.id, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        written = archive.read(DATA).decode()
        content = json.loads(written)
        assert archive.read(content["images"][0]["file"]) == phantom_jpeg()
        assert len(archive.namelist()) == 2
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
    assert content["patient"]["family_name"] == "Müller"
    for table in ("lesions", "visits", "cases", "images", "assessments", "reads"):
        assert len(content[table]) == 1, table
    assert content["assessments"][0]["content"]["schema"] == "augderm.assessment/1"
    assert "Tournesol" not in written
    assert not {"jobs", "users"} & set(content)
    with platform.database.reading() as session:
        entries = session.scalars(select(AuditRow).where(AuditRow.action == "patient.export")).all()
    assert [entry.subject_id for entry in entries] == [case.patient.id]


def test_a_copy_without_what_it_must_hold_does_not_fit_the_schema(platform: Platform) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert not validator.is_valid({"schema": "augderm.patient/1"})
