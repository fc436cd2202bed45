"""Settings of a clinic: kept, checked, logged, and felt at once; several clinics on one server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from augderm.clinic import images, quota
from augderm.clinic.accounts.login import set_password_by_link
from augderm.clinic.accounts.sessions import person_of
from augderm.clinic.accounts.start import first_link
from augderm.clinic.clinics import ClinicEntry, add_clinic, change_clinic, see_clinic
from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.images import add_image
from augderm.clinic.patients import find_patients
from augderm.clinic.platform import Platform
from augderm.clinic.sweep import sweep
from augderm.store.models import AuditRow, ClinicRow, ImageRow
from support.clinic import ADA, open_case, phantom_jpeg, somebody

ENTRY = ClinicEntry(
    name="Skin", timezone="America/Sao_Paulo", blind_first=False, image_quota_gb="5", retention_years="10"
)


def test_what_is_set_is_kept_and_logged(platform: Platform) -> None:
    person = somebody(platform, "administrator")
    changed = change_clinic(platform, person, ENTRY, 1)
    assert see_clinic(platform, person) == changed
    assert (changed.name, changed.timezone, changed.blind_first) == ("Skin", "America/Sao_Paulo", False)
    assert (changed.image_quota_gb, changed.retention_years, changed.used_bytes) == (5, 10, 0)
    with platform.database.reading() as session:
        (entry,) = session.scalars(select(AuditRow).where(AuditRow.action == "clinic.change"))
    assert entry.details["blind_first"] is False
    assert "Skin" not in str(entry.details)
    with pytest.raises(Conflict, match="changed by someone else"):
        change_clinic(platform, person, ENTRY, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_quota_gb", "0"),
        ("image_quota_gb", "-1"),
        ("image_quota_gb", "1.5"),
        ("image_quota_gb", "٣"),
        ("image_quota_gb", "1" * 5000),
        ("retention_years", "101"),
        ("timezone", "Mars/Olympus"),
        ("name", ""),
    ],
)
def test_a_wrong_entry_is_refused_with_its_field(platform: Platform, field: str, value: str) -> None:
    entry = replace(ENTRY, **{field: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidEntry) as refused:
        change_clinic(platform, somebody(platform, "administrator"), entry, 1)
    assert refused.value.field == field.replace("name", "clinic")


def test_the_total_of_images_is_what_they_sum_up_to_after_intakes_repeats_refusals_and_erasures(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "reader", "administrator")
    other = open_case(platform, somebody(platform, "reader")).image.size_bytes

    def total() -> int:
        with platform.database.reading() as session:
            kept = session.get_one(ClinicRow, person.clinic_id).image_bytes
            assert kept == quota.counted_bytes(session, person.clinic_id)
        assert see_clinic(platform, person).used_bytes == kept
        return kept

    assert total() == 0
    cases = [
        open_case(platform, person, replace(ADA, identifier=str(n), family_name=f"Family {n}"), seed=n)
        for n in range(3)
    ]
    first = cases[0]
    assert total() == sum(case.image.size_bytes for case in cases)
    add_image(platform, person, first.visit.id, first.lesion.id, phantom_jpeg(0), "again.jpg")
    more = add_image(platform, person, first.visit.id, first.lesion.id, phantom_jpeg(7), "x.jpg").image
    whole = sum(case.image.size_bytes for case in cases) + more.size_bytes
    assert total() == whole

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(images, "enqueue", killed)
        with pytest.raises(RuntimeError):
            add_image(platform, person, first.visit.id, first.lesion.id, phantom_jpeg(8), "y.jpg")
    assert total() == whole
    erase_patient(platform, person, first.patient.id, "0", 1)
    assert total() == whole - first.image.size_bytes - more.size_bytes
    sweep(platform)
    for case in cases[1:]:
        erase_patient(platform, person, case.patient.id, case.patient.identifier, 1)
    assert total() == 0
    with platform.database.reading() as session:
        assert session.scalars(select(ClinicRow.image_bytes).order_by(ClinicRow.image_bytes)).all() == [
            0,
            other,
        ]


def test_an_image_beyond_the_quota_is_refused_and_another_clinics_do_not_count(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "GIGABYTE", 12_000)
    theirs = somebody(platform, "reader")
    open_case(platform, theirs)
    person = somebody(platform, "reader", "administrator")
    change_clinic(platform, person, replace(ENTRY, image_quota_gb="1"), 1)
    size = open_case(platform, person).image.size_bytes
    assert see_clinic(platform, person).used_bytes == size
    assert 6_000 < size <= 12_000, "one fits, and no second"
    with pytest.raises(Conflict, match="quota of 1 GB"):
        open_case(platform, person, replace(ADA, identifier="4712", family_name="Tournesol"), seed=1)
    with platform.database.reading() as session:
        assert len(session.scalars(select(ImageRow.id)).all()) == 2


def test_a_clinic_that_is_added_has_an_administrator_by_a_link_and_sees_nothing_of_others(
    platform: Platform,
) -> None:
    theirs = somebody(platform, "reader")
    open_case(platform, theirs)
    token = add_clinic(platform, "Second", "UTC", "bea", "Bea")
    person = person_of(platform, set_password_by_link(platform, token, "a quiet river bend"))
    assert person.clinic.name == "Second"
    assert person.roles == frozenset({"administrator"})
    assert first_link(platform) is None
    reader = somebody(platform, "reader", like=person)
    assert find_patients(platform, reader) == []
    assert len(find_patients(platform, theirs)) == 1
    with pytest.raises(InvalidEntry):
        add_clinic(platform, "Third", "UTC", "bea", "Bea")
