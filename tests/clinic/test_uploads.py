"""Uploads in pieces: they go on where they were, are taken in once and whole, and refused clearly."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select

from augderm.clinic import uploads
from augderm.clinic.errors import Conflict, InvalidEntry, NeedsConfirmation, NotFound, TooMany
from augderm.clinic.images import add_image, see_original
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.uploads import (
    FOLDER,
    KEPT,
    MAX_CHUNK_BYTES,
    append_chunk,
    begin_upload,
    drop_upload,
    finish_upload,
    see_upload,
    sweep_uploads,
)
from augderm.domain.errors import InvalidImage
from augderm.domain.limits import MAX_FILE_BYTES
from augderm.store.models import AuditRow, ClinicRow, ImageRow
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases

OTHER = replace(ADA, identifier="4712", given_name="Eva")
DATA = phantom_jpeg(1)


def _key(case: Case, data: bytes) -> tuple[str, str, str]:
    return case.visit.id, case.lesion.id, hashlib.sha256(data).hexdigest()


def _send(
    platform: Platform, person: Person, case: Case, data: bytes, name: str = "a.jpg", *, step: int = 5000
) -> None:
    begin_upload(platform, person, *_key(case, data), len(data), name)
    for at in range(0, len(data), step):
        append_chunk(platform, person, *_key(case, data), at, data[at : at + step])


def _images(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(ImageRow)) or 0


def _views(platform: Platform) -> list[str]:
    """Patients who were looked at, by the log."""
    with platform.database.reading() as session:
        query = select(AuditRow.subject_id).where(AuditRow.action == "patient.view").order_by(AuditRow.seq)
        return [*session.scalars(query)]


def _left(platform: Platform) -> list[Path]:
    return [path for path in (platform.settings.data / FOLDER).rglob("*") if path.is_file()]


def test_pieces_become_the_image_once_and_leave_nothing(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    _send(platform, person, case, DATA)
    added = finish_upload(platform, person, *_key(case, DATA))
    assert added.new
    assert see_original(platform, person, added.image.id).data == DATA
    assert _left(platform) == []
    again = finish_upload(platform, person, *_key(case, DATA))
    assert (again.new, again.image.id) == (False, added.image.id)
    known = begin_upload(platform, person, *_key(case, DATA), len(DATA), "b.jpg")
    assert known.added is not None
    assert (known.offset, known.added.image.id) == (len(DATA), added.image.id)
    assert _images(platform) == 2


@given(cuts=st.lists(st.integers(1, 4000), min_size=1, max_size=12), lost=st.sets(st.integers(0, 11)))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_answers_are_lost_asking_for_the_offset_goes_on(
    platform: Platform, cuts: list[int], lost: set[int]
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person, replace(ADA, identifier=person.user_id))
    data = DATA + bytes(8)
    begin_upload(platform, person, *_key(case, data), len(data), "a.jpg")
    at = 0
    for number, cut in enumerate([*cuts, MAX_CHUNK_BYTES]):
        piece = data[at : at + cut]
        if not piece:
            break
        append_chunk(platform, person, *_key(case, data), at, piece)
        if number in lost:
            # The answer never came, so the same piece is sent again: it is not appended twice.
            with pytest.raises(Conflict, match=str(at + len(piece))):
                append_chunk(platform, person, *_key(case, data), at, piece)
        at = see_upload(platform, person, *_key(case, data)).offset
    added = finish_upload(platform, person, *_key(case, data))
    assert see_original(platform, person, added.image.id).data == data


def test_what_is_missing_or_damaged_is_told_and_nothing_taken_in(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    key = _key(case, DATA)
    begin_upload(platform, person, *key, len(DATA), "a.jpg")
    append_chunk(platform, person, *key, 0, DATA[:100])
    with pytest.raises(Conflict, match="at byte 100"):
        finish_upload(platform, person, *key)
    append_chunk(platform, person, *key, 100, bytes(len(DATA) - 100))
    with pytest.raises(Conflict, match="arrived damaged"):
        finish_upload(platform, person, *key)
    assert see_upload(platform, person, *key).offset == 0
    assert _images(platform) == 1


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7" + bytes(100), b"GIF89a" + bytes(100), b"<html>" + bytes(100), b"PK\x03\x04" + bytes(99)],
)
def test_what_is_no_photograph_is_refused_with_its_first_piece(platform: Platform, data: bytes) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    begin_upload(platform, person, *_key(case, data), len(data), "photograph.jpg")
    with pytest.raises(InvalidEntry, match="no photograph"):
        append_chunk(platform, person, *_key(case, data), 0, data)
    assert _left(platform) == []


@pytest.mark.parametrize(
    "data", [DATA[:3000], DATA + b"PK\x01\x02PK\x05\x06", DATA[:20] + b"<script>" + DATA[20:]]
)
def test_a_truncated_or_ambiguous_file_is_refused_and_deleted(platform: Platform, data: bytes) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    _send(platform, person, case, data)
    with pytest.raises(InvalidImage):
        finish_upload(platform, person, *_key(case, data))
    assert _left(platform) == []
    with pytest.raises(NotFound):
        see_upload(platform, person, *_key(case, data))
    assert _images(platform) == 1


def test_too_small_or_large_a_file_or_piece_is_refused(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    for length in (0, -1, MAX_FILE_BYTES + 1):
        with pytest.raises(InvalidEntry, match="the limit is 384 MB"):
            begin_upload(platform, person, *_key(case, DATA), length, "a.jpg")
    begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    for piece in (b"", DATA + b"x", bytes(MAX_CHUNK_BYTES + 1)):
        with pytest.raises(InvalidEntry):
            append_chunk(platform, person, *_key(case, DATA), 0, piece)
    for wrong in ("", "../" * 20, "A" * 64, "0" * 63):
        with pytest.raises(InvalidEntry, match="SHA-256"):
            begin_upload(platform, person, case.visit.id, case.lesion.id, wrong, 10, "a.jpg")


def test_open_uploads_are_limited_for_each_person(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_OPEN", 2)
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    for number in range(2):
        begin_upload(platform, person, *_key(case, bytes([number])), 100, "a.jpg")
    with pytest.raises(TooMany, match="2 unfinished uploads"):
        begin_upload(platform, person, *_key(case, DATA), 100, "a.jpg")
    begin_upload(platform, person, *_key(case, b"\1"), 100, "a.jpg")
    drop_upload(platform, person, *_key(case, b"\1"))
    assert begin_upload(platform, person, *_key(case, DATA), 100, "a.jpg").offset == 0
    colleague = somebody(platform, "nurse", like=person)
    assert begin_upload(platform, colleague, *_key(case, DATA), 100, "a.jpg").offset == 0


def test_a_full_disk_takes_nothing_in(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(2**40, 2**40, 2**20))
    with pytest.raises(TooMany, match="disk is full"):
        begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")


def test_an_upload_is_its_persons_own(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    colleague = somebody(platform, "nurse", like=person)
    with pytest.raises(NotFound):
        see_upload(platform, colleague, *_key(case, DATA))
    with pytest.raises(NotFound):
        append_chunk(platform, colleague, *_key(case, DATA), 0, DATA)


def test_an_upload_that_nobody_goes_on_with_expires(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    append_chunk(platform, person, *_key(case, DATA), 0, DATA[:1000])
    assert sweep_uploads(platform) == 0
    clock.forward(KEPT)
    with pytest.raises(NotFound, match="expired"):
        append_chunk(platform, person, *_key(case, DATA), 1000, DATA[1000:])
    assert sweep_uploads(platform) == 1
    assert _left(platform) == []


def test_an_expired_upload_is_begun_again_from_its_first_byte(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    append_chunk(platform, person, *_key(case, DATA), 0, DATA[:1000])
    clock.forward(KEPT)
    again = begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    assert (again.offset, again.expires_at) == (0, clock.at + KEPT)
    _send(platform, person, case, DATA)
    assert finish_upload(platform, person, *_key(case, DATA)).new


def test_the_sweep_bears_uploads_that_are_finished_under_its_hands(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    root = platform.settings.data / FOLDER
    for gone in ("a/1", "b/1"):
        (root / gone).mkdir(parents=True)
    real = uploads._facts

    def finished(folder: Path) -> uploads._Facts | None:
        facts = real(folder)
        if folder.parent.name in "ab":
            shutil.rmtree(folder.parent)
        return facts

    monkeypatch.setattr(uploads, "_facts", finished)
    clock.forward(KEPT)
    assert sweep_uploads(platform) == 1
    assert list(root.rglob("*")) == [root / person.user_id]


def test_nothing_of_what_is_beyond_the_quota_is_kept(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    with platform.database.writing() as session:
        session.get_one(ClinicRow, person.clinic_id).image_quota_gb = 0
    before = sorted(Path(platform.settings.blobs).rglob("*"))
    with pytest.raises(Conflict, match="quota"):
        begin_upload(platform, person, *_key(case, DATA), len(DATA), "a.jpg")
    with pytest.raises(Conflict, match="quota"):
        add_image(platform, person, case.visit.id, case.lesion.id, DATA, "a.jpg")
    assert sorted(Path(platform.settings.blobs).rglob("*")) == before
    assert not (platform.settings.data / FOLDER).exists()


def test_another_patients_photograph_waits_for_a_confirmation_before_a_byte_is_sent(
    platform: Platform,
) -> None:
    person = somebody(platform, "nurse")
    open_case(platform, person)
    second = open_case(platform, person, OTHER, seed=5)
    data = phantom_jpeg()
    with pytest.raises(NeedsConfirmation, match=r"L1 of Müller, Ada, born on 1961-04-23"):
        begin_upload(platform, person, *_key(second, data), len(data), "a.jpg")
    begin_upload(platform, person, *_key(second, data), len(data), "a.jpg", confirmed=True)
    append_chunk(platform, person, *_key(second, data), 0, data)
    with pytest.raises(NeedsConfirmation):
        finish_upload(platform, person, *_key(second, data))
    assert finish_upload(platform, person, *_key(second, data), confirmed=True).new


def test_a_hostile_name_is_only_shown_and_never_a_path(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    _send(platform, person, case, DATA, "../../etc/\u202egpj.exe\0<script>" + "x" * 900)
    added = finish_upload(platform, person, *_key(case, DATA))
    assert "/" not in added.image.file_name
    assert added.image.file_name.isprintable()
    assert len(added.image.file_name) == 200


def test_a_large_photograph_goes_through_in_many_pieces(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    buffer = io.BytesIO()
    Image.effect_noise((1200, 900), 90).convert("RGB").save(buffer, "PNG")
    data = buffer.getvalue()
    assert len(data) > MAX_CHUNK_BYTES
    _send(platform, person, case, data, step=MAX_CHUNK_BYTES)
    assert finish_upload(platform, person, *_key(case, data)).image.size_bytes == len(data)


def test_each_other_patient_who_is_told_to_have_the_file_is_logged_and_no_piece_tells_any(
    platform: Platform,
) -> None:
    person = somebody(platform, "nurse")
    first, second = open_case(platform, person), open_case(platform, person, OTHER, seed=5)
    data = see_original(platform, person, first.image.id).data
    key = _key(second, data)
    done = _views(platform)
    assert begin_upload(platform, person, *key, len(data), "a.jpg", True).same_file
    assert _views(platform) == [*done, first.patient.id]
    assert see_upload(platform, person, *key).same_file
    assert _views(platform) == [*done, *[first.patient.id] * 2]
    assert append_chunk(platform, person, *key, 0, data).same_file == ()
    assert _views(platform) == [*done, *[first.patient.id] * 2]
    assert finish_upload(platform, person, *key, True).same_file
    assert _views(platform) == [*done, *[first.patient.id] * 3]
    assert finish_upload(platform, person, *key, True).same_file
    assert _views(platform) == [*done, *[first.patient.id] * 4]
