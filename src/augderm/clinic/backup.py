"""Backups: a whole copy of database and blobs, made while the clinic works, and verified before it counts.

A backup holds everything, patients' names too: keep it as safe as the clinic. What was erased since it was
made comes back with it; the clinic's log says which patients those are (the action "patient.erase").
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from augderm.clinic.audit import verify_database
from augderm.clinic.platform import Platform, utc_now
from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.store.blobs import BlobDamaged, Blobs
from augderm.store.database import Database
from augderm.store.models import ImageRow, OneTimeLinkRow, PictureRow, SessionRow

DATABASE, BLOBS, MANIFEST = "augderm.db", "blobs", "backup.json"
TRIES = 3
"""An erasure meanwhile takes blobs that the copied database still names: then both are copied anew."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: entries of the log and the last one's hash, and files."""

    made_at: str
    log_entries: int
    log_hash: str
    blobs: int


def backup(platform: Platform, folder: Path) -> Backup:
    """Copy database and blobs into a new folder.

    Blobs never change, so it is enough that the database is copied first: by SQLite's own way, which sees one
    moment while others write. Every blob's hash is checked on its way.

    Raises:
        OutputRefused: the folder is there already, or cannot be written.
        InvalidConfig: the database is PostgreSQL, which has tools of its own.
        BlobDamaged: a blob is missing or has changed.
    """
    source = platform.database.file
    if source is None:
        raise InvalidConfig(
            "PostgreSQL has its own tools, and nothing was copied: take pg_dump first, then copy the images, "
            "and check both with `augderm clinic verify-files`; see docs/how-to/hospital.md"
        )
    partial = _new(folder)
    try:
        for left in reversed(range(TRIES)):
            copy = partial / DATABASE
            # Of the first try: it may hold photographs of somebody who was erased meanwhile.
            shutil.rmtree(partial / BLOBS, ignore_errors=True)
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as target:
                live.backup(target)
                # One file, and no write-ahead log beside it.
                target.execute("PRAGMA journal_mode=DELETE")
            try:
                made = _copy(copy, platform.blobs, partial / BLOBS, platform.now().isoformat())
                break
            except BlobDamaged:
                if not left:
                    raise
        (partial / MANIFEST).write_text(json.dumps(asdict(made), indent=2) + "\n", encoding="utf-8")
        os.sync()  # once, and not for each file
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made


def restore(folder: Path, data: Path, now: Callable[[], datetime] = utc_now) -> Backup:
    """Make a clinic's folder from a backup, after everything in it was verified.

    Whoever was signed in then is no more, and links that worked once work no more: since then they may have
    been revoked. Accounts are as they were.

    Args:
        data: a folder that is not there yet: what a clinic holds is never overwritten.

    Raises:
        InvalidConfig: it is no backup, or was changed.
        OutputRefused: the folder is there already, or cannot be written.
        BlobDamaged: a blob is missing or has changed.
    """
    try:
        told = Backup(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise InvalidConfig(
            f"{folder} is no finished backup: its {MANIFEST} cannot be read; "
            "give a folder that `augderm clinic backup` wrote"
        ) from None
    partial = _new(data)
    try:
        shutil.copyfile(folder / DATABASE, partial / DATABASE)
        made = _copy(partial / DATABASE, Blobs(str(folder / BLOBS)), partial / BLOBS, told.made_at)
        if made != told:
            raise InvalidConfig(
                f"{folder} is not what was backed up: {made} instead of {told}; take another backup"
            )
        _end_sign_ins(partial / DATABASE, now())
        os.sync()
        partial.rename(data)
    except OSError as error:
        raise InvalidConfig(f"{folder} is incomplete ({error.strerror}); take another backup") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return told


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a database names: how many, and those that are missing, cannot be read or have changed,
    by their names, each with the reason.
    """

    count: int
    damaged: Mapping[str, str]


def verify_files(platform: Platform) -> Files:
    """Read every file that a row names, and hold its bytes against its name, after a restore."""
    named = sorted(set(_named(platform.database)))
    reasons = {each: _damage(platform.blobs, each) for each in named}
    return Files(len(named), {each: reason for each, reason in reasons.items() if reason is not None})


def _damage(blobs: Blobs, sha256: str) -> str | None:
    try:
        blobs.get(sha256)
    except BlobDamaged as error:
        return str(error)
    # A bad sector, say: the files after it are to be looked at as well.
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return None


def _copy(database: Path, blobs: Blobs, target: Path, made_at: str) -> Backup:
    """Check the database's file, copy each blob that it names, and say what there is."""
    with closing(sqlite3.connect(database)) as plain:
        try:
            (found,) = plain.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise InvalidConfig(f"{database.name} is damaged ({found}); take another backup")
    opened = Database(f"sqlite:///{database.absolute()}")
    copies = Blobs(str(target), synced=False)
    try:
        head = verify_database(opened)
        if head.broken_at is not None:
            raise InvalidConfig(f"the log is broken at entry {head.broken_at}; see clinic verify-log")
        named = set(_named(opened))
        for sha256 in sorted(named):
            copies.put(blobs.get(sha256))
    finally:
        opened.close()
        # Opened once, SQLite's write-ahead log is on: leave one file.
        with closing(sqlite3.connect(database)) as plain:
            plain.execute("PRAGMA journal_mode=DELETE")
    return Backup(made_at, head.entries, head.hash, len(named))


def _end_sign_ins(database: Path, now: datetime) -> None:
    opened = Database(f"sqlite:///{database.absolute()}")
    try:
        with opened.writing() as session:
            session.execute(update(SessionRow).where(SessionRow.revoked_at.is_(None)).values(revoked_at=now))
            session.execute(
                update(OneTimeLinkRow).where(OneTimeLinkRow.used_at.is_(None)).values(used_at=now)
            )
    finally:
        opened.close()


def _named(database: Database) -> Iterator[str]:
    with database.reading() as session:
        for row in session.execute(
            select(ImageRow.sha256, ImageRow.preview_sha256).execution_options(yield_per=1000)
        ):
            yield from row
        yield from session.scalars(select(PictureRow.sha256).execution_options(yield_per=1000))


def _new(folder: Path) -> Path:
    if folder.exists():
        raise OutputRefused(f"{folder} is there already, and nothing was changed; give a new folder")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        # Patients' names are nobody else's on this machine.
        partial.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise OutputRefused(f"{partial} cannot be made ({error.strerror}); give another folder") from None
    return partial
