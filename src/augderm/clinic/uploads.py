"""Uploads in pieces, which a lost network or a killed server only interrupts.

In the manner of tus, and smaller: an upload is named by what it is, (visit, lesion, SHA-256), so each step
may be repeated, also by a browser that has forgotten the answer. Pieces are appended to one file in the data
folder; its length is the offset at which to go on, and each piece is on the disk before it is acknowledged.
Finishing checks the hash and takes the image in as any other: whole, or not at all, and once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from augderm.clinic.audit import seen_once
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound, TooMany
from augderm.clinic.finding import find_visit
from augderm.clinic.images import (
    AddedImage,
    SameFile,
    add_image,
    image_of,
    log_told,
    refuse_other_patients,
    same_file,
    stored_image,
    visit_and_lesion,
)
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.quota import refuse_over_quota
from augderm.domain.errors import InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_FILE_BYTES
from augderm.formats.signature import SIGNATURE_BYTES, image_format
from augderm.store.models import VisitRow

MAX_CHUNK_BYTES = 1024 * 1024
"""Of one piece; the server takes no larger body that is no form."""
MAX_OPEN = 50
"""Unfinished uploads of one person."""
MAX_OPEN_BYTES = 4 * 2**30
"""That the unfinished uploads of one person may have when whole."""
MIN_FREE_BYTES = 2**30
"""That stays free on the server's disk."""
KEPT = timedelta(days=7)
"""An unfinished upload is kept, from its beginning on."""
NAME_LETTERS = 1000
"""Of a foreign file's name that are kept until it is shown."""
FOLDER = "uploads"
_FACTS, _PART, _LOCK = "upload.json", "part", "lock"
log = logging.getLogger("augderm.clinic")


@dataclass(frozen=True, slots=True)
class Upload:
    """How far an upload is.

    Attributes:
        offset: bytes that are there; go on from here.
        length: bytes of the whole file.
        expires_at: when an unfinished one is deleted; None where it is finished.
        added: the image, once it was taken in.
        same_file: where the clinic has the same bytes already, before any were sent; empty after a piece.
    """

    offset: int
    length: int
    expires_at: datetime | None
    added: AddedImage | None
    same_file: tuple[SameFile, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is kept beside the piece; moments as ISO text."""

    visit_id: str
    lesion_id: str
    sha256: str
    length: int
    file_name: str
    expires_at: str


@use_case("image.add")
def begin_upload(
    platform: Platform,
    person: Person,
    visit_id: str,
    lesion_id: str,
    sha256: str,
    length: int,
    file_name: str,
    confirmed: bool = False,
) -> Upload:
    """Begin, or find again what has begun or is finished.

    Args:
        sha256: of the whole file, 64 hexadecimal digits.
        length: of the whole file, in bytes.
        file_name: only shown.
        confirmed: as of `add_image`.

    Raises:
        NotFound: as `add_image`.
        NeedsConfirmation: another patient has this file.
        InvalidEntry: the file is empty or too large, or `sha256` is none.
        Conflict: it would not fit into the clinic's quota of images.
        TooMany: this person has too many unfinished uploads, or the server's disk is full.
    """
    there = _present(platform, person, visit_id, lesion_id, sha256)
    if there.added is not None:
        return _told(platform, person, there)
    if not 0 < length <= MAX_FILE_BYTES:
        raise InvalidEntry(
            "images",
            "The file has %(size)s MB; it must not be empty, and the limit is %(limit)s MB. "
            "Export it smaller.",
            size=round(length / 2**20),
            limit=MAX_FILE_BYTES // 2**20,
        )
    if not confirmed:
        refuse_other_patients(there.same_file, platform, person)
    folder = _folder(platform, person, visit_id, lesion_id, sha256)
    if _facts(folder) is not None and _is_expired(platform, folder):
        _delete(folder)
    if _facts(folder) is None:
        with platform.database.reading() as session:
            refuse_over_quota(session, person.clinic_id, length)
        seen_once(platform, person, "upload.begin", "visit", visit_id, lesion=lesion_id, sha256=sha256)
        _check_quota(platform, person, length)
        folder.mkdir(parents=True, exist_ok=True)
        expires = platform.now() + KEPT
        facts = _Facts(visit_id, lesion_id, sha256, length, file_name[:NAME_LETTERS], expires.isoformat())
        partial = folder / f"{_FACTS}.{os.urandom(8).hex()}"
        partial.write_text(json.dumps(asdict(facts)), encoding="utf-8")
        partial.replace(folder / _FACTS)
    return see_upload(platform, person, visit_id, lesion_id, sha256)


@use_case("image.add")
def see_upload(platform: Platform, person: Person, visit_id: str, lesion_id: str, sha256: str) -> Upload:
    """How far it is.

    Raises:
        NotFound: it has not begun, has expired, or is another person's.
    """
    there = _present(platform, person, visit_id, lesion_id, sha256)
    if there.added is not None:
        return _told(platform, person, there)
    folder = _folder(platform, person, visit_id, lesion_id, sha256)
    facts = _live(platform, folder)
    return _told(platform, person, _unfinished(folder, facts, there.same_file))


@use_case("image.add")
def append_chunk(
    platform: Platform,
    person: Person,
    visit_id: str,
    lesion_id: str,
    sha256: str,
    offset: int,
    chunk: bytes,
) -> Upload:
    """Append a piece. It is on the disk when this returns.

    Args:
        offset: where the piece belongs; it must be that of the upload.
        chunk: at most `MAX_CHUNK_BYTES`.

    Raises:
        NotFound: as `see_upload`.
        Conflict: the offset is another; ask for it, and go on from there.
        InvalidEntry: the piece is empty or too large, or the file is no photograph by its beginning.
    """
    there = _present(platform, person, visit_id, lesion_id, sha256)
    if there.added is not None:
        return _told(platform, person, there)
    folder = _folder(platform, person, visit_id, lesion_id, sha256)
    with _locked(folder):
        facts = _live(platform, folder)
        size = _size(folder)
        if offset != size:
            raise Conflict("The upload is at byte %(offset)s; go on from there.", offset=size)
        if not 0 < len(chunk) <= min(MAX_CHUNK_BYTES, facts.length - size):
            raise InvalidEntry(
                "images", "This piece is empty, too large, or longer than what is left of the file."
            )
        # Pieces may be tiny, but a first one that is too short to tell is looked at when all is there.
        if size == 0 and len(chunk) >= SIGNATURE_BYTES and image_format(chunk) is None:
            _delete(folder)
            raise _no_photograph()
        with (folder / _PART).open("ab") as file:
            file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return _unfinished(folder, facts)


@use_case("image.add")
def finish_upload(
    platform: Platform,
    person: Person,
    visit_id: str,
    lesion_id: str,
    sha256: str,
    confirmed: bool = False,
) -> AddedImage:
    """Take the image in. Repeated, it gives the image that is there.

    Raises:
        NotFound: as `see_upload`.
        Conflict: bytes are missing; or they arrived damaged, and the upload begins anew.
        NeedsConfirmation, InvalidImage, LimitExceeded: as `add_image`; what is no image is deleted.
    """
    there = _present(platform, person, visit_id, lesion_id, sha256)
    folder = _folder(platform, person, visit_id, lesion_id, sha256)
    if there.added is not None:
        _delete(folder)
        _told(platform, person, there)
        return there.added
    with _locked(folder):
        facts = _live(platform, folder)
        if _size(folder) < facts.length:
            raise Conflict("The upload is at byte %(offset)s; go on from there.", offset=_size(folder))
        data = (folder / _PART).read_bytes()
        if len(data) != facts.length or hashlib.sha256(data).hexdigest() != facts.sha256:
            (folder / _PART).unlink()
            raise Conflict("The file arrived damaged, and nothing of it was kept. Send it again.")
        if image_format(data[:SIGNATURE_BYTES]) is None:
            _delete(folder)
            raise _no_photograph()
        try:
            added = add_image(
                platform, person, visit_id, lesion_id, data, facts.file_name, confirmed=confirmed
            )
        except (InvalidImage, LimitExceeded):
            _delete(folder)
            raise
    _delete(folder)
    return added


@use_case("image.add")
def drop_upload(platform: Platform, person: Person, visit_id: str, lesion_id: str, sha256: str) -> None:
    """Give an unfinished upload up; an image that was taken in stays."""
    _present(platform, person, visit_id, lesion_id, sha256)
    seen_once(platform, person, "upload.drop", "visit", visit_id, lesion=lesion_id, sha256=sha256)
    _delete(_folder(platform, person, visit_id, lesion_id, sha256))


def sweep_uploads(platform: Platform) -> int:
    """Delete the unfinished uploads that have expired, and those whose visit was erased.

    Returns:
        how many.
    """
    people = _inside(platform.settings.data / FOLDER)
    gone = sum(_sweep(platform, own) for own in people)
    with platform.database.reading() as session:
        for folder in [each for own in people for each in _inside(own)]:
            facts = _facts(folder)
            if facts is not None and session.get(VisitRow, facts.visit_id) is None:
                _delete(folder)
                gone += 1
    return gone


def _sweep(platform: Platform, own: Path) -> int:
    gone = 0
    for folder in _inside(own):
        try:
            expired = _is_expired(platform, folder)
        except OSError:
            continue  # finished meanwhile
        if expired:
            _delete(folder)
            gone += 1
    return gone


def _inside(folder: Path) -> list[Path]:
    """What is in a folder. Others finish their uploads meanwhile: one that is gone holds nothing."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        log.warning("uploads in %s cannot be swept: %s", folder, error.strerror)
        return []


def _is_expired(platform: Platform, folder: Path) -> bool:
    facts = _facts(folder)
    # Without facts, as a kill may leave it, its age tells.
    expires = (
        datetime.fromtimestamp(folder.stat().st_mtime, UTC) + KEPT
        if facts is None
        else datetime.fromisoformat(facts.expires_at)
    )
    return expires <= platform.now()


def _present(platform: Platform, person: Person, visit_id: str, lesion_id: str, sha256: str) -> Upload:
    """The image, where it was taken in; and where else the same bytes stand."""
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InvalidEntry("images", "This is no SHA-256; give 64 hexadecimal digits.")
    with platform.database.reading() as session:
        visit_and_lesion(session, person, visit_id, lesion_id)
        _, patient = find_visit(session, person, visit_id)
        same = same_file(session, person, sha256, patient.id)
        row = stored_image(session, visit_id, lesion_id, sha256)
        if row is None:
            return Upload(0, 0, None, None, same)
        others = tuple(each for each in same if each.image_id != row.id)
        return Upload(row.size_bytes, row.size_bytes, None, AddedImage(image_of(row), False, others), others)


def _told(platform: Platform, person: Person, upload: Upload) -> Upload:
    """The same, once it is logged what it shows: the image that is there, and whose names it tells."""
    if upload.added is not None:
        seen_once(platform, person, "image.facts", "image", upload.added.image.id)
    if any(each.other_patient for each in upload.same_file):
        with platform.database.writing() as session:
            log_told(platform, session, person, upload.same_file)
    return upload


def _unfinished(folder: Path, facts: _Facts, same: tuple[SameFile, ...] = ()) -> Upload:
    return Upload(_size(folder), facts.length, datetime.fromisoformat(facts.expires_at), None, same)


def _folder(platform: Platform, person: Person, visit_id: str, lesion_id: str, sha256: str) -> Path:
    # Nothing that was sent becomes a path: a hash of it does.
    name = hashlib.sha256("\n".join((visit_id, lesion_id, sha256)).encode()).hexdigest()
    return platform.settings.data / FOLDER / person.user_id / name


def _facts(folder: Path) -> _Facts | None:
    try:
        return _Facts(**json.loads((folder / _FACTS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _live(platform: Platform, folder: Path) -> _Facts:
    facts = _facts(folder)
    if facts is None or _is_expired(platform, folder):
        raise _gone()
    return facts


def _gone() -> NotFound:
    return NotFound("There is no such upload, or it has expired. Send the file again from its beginning.")


def _size(folder: Path) -> int:
    try:
        return (folder / _PART).stat().st_size
    except OSError:
        return 0


def _check_quota(platform: Platform, person: Person, length: int) -> None:
    own = platform.settings.data / FOLDER / person.user_id
    _sweep(platform, own)
    lengths = [facts.length for folder in _inside(own) if (facts := _facts(folder))]
    if len(lengths) >= MAX_OPEN or sum(lengths) + length > MAX_OPEN_BYTES:
        raise TooMany(
            "You have %(count)s unfinished uploads; the limits are %(limit)s, and %(size)s GB in all. "
            "Let them finish first; those that nobody goes on with are deleted after %(days)s days.",
            count=len(lengths),
            limit=MAX_OPEN,
            size=MAX_OPEN_BYTES // 2**30,
            days=KEPT.days,
        )
    if shutil.disk_usage(platform.settings.data).free < length + MIN_FREE_BYTES:
        raise TooMany(
            "The server's disk is full, and nothing was taken in. Tell whoever runs the server; "
            "the photographs stay where they are."
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer of an upload at a time; a killed one's lock is free."""
    lock = FileLock(folder / _LOCK)
    if not folder.is_dir():
        raise _gone()
    with lock:
        yield


def _delete(folder: Path) -> None:
    # The facts first: what is left of a folder after a kill is no upload any more.
    with suppress(OSError):
        (folder / _FACTS).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _no_photograph() -> InvalidEntry:
    return InvalidEntry(
        "images",
        "This file is no photograph of a format that is read (JPEG, PNG, TIFF, WebP, BMP, HEIC), whatever "
        "its name says. Export it as JPEG or PNG.",
    )
