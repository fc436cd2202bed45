"""What every use case works on: database, blobs, settings, and the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from augderm.clinic.known_cases import KnownCases
from augderm.clinic.preparing import Prepare, prepare
from augderm.clinic.settings import Settings
from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.reader.bundle import MANIFEST
from augderm.store.blobs import Blobs
from augderm.store.database import Database
from augderm.store.migrate import migrate, refuse_unmigrated

if TYPE_CHECKING:
    from augderm.library.library import Library


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Platform:
    """Passed to every use case.

    Attributes:
        now: the clock; always with a time zone.
        model_sha256: of the bundle's manifest, which names every file's own.
        prepare: decodes an uploaded image; a server takes `clinic.decoders`, whose processes may crash.
        library: of known cases, made with that bundle; None where none is attached.
        known: each clinic's own cases with a confirmed outcome, as far as they are in memory.
    """

    settings: Settings
    database: Database
    blobs: Blobs
    model_sha256: str
    now: Callable[[], datetime] = field(default=utc_now)
    prepare: Prepare = field(default=prepare)
    library: Library | None = None
    known: KnownCases = field(default_factory=KnownCases)


def open_platform(
    settings: Settings, now: Callable[[], datetime] = utc_now, *, migrating: bool = True
) -> Platform:
    """Open what the settings name.

    Args:
        migrating: folder and tables are made, or brought up to date; else what is not there is refused.

    Raises:
        InvalidConfig: the folder cannot be written, the database is another's or a newer augderm's, database
            or images cannot be reached.
        ModelMismatch: there is no model.
        InvalidLibrary: the library is damaged, unfinished, or of another model.
    """
    try:
        if migrating:
            # Patients' names are nobody else's on this machine.
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidConfig(
            f"{settings.data} cannot be made ({error.strerror}); give a folder that can be written"
        ) from None
    try:
        model_sha256 = hashlib.sha256((settings.bundle / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelMismatch(
            f"{settings.bundle} is no model bundle ({error.strerror}); "
            "give the folder that `augderm train` wrote"
        ) from None
    library = attach(settings.library, settings.bundle) if settings.library else None
    blobs = Blobs(settings.blobs)
    blobs.reach()
    database = Database(settings.database)
    if migrating:
        migrate(database)
    else:
        refuse_unmigrated(database)
    return Platform(settings, database, blobs, model_sha256, now, library=library)


def attach(folder: Path, bundle: Path) -> Library:
    """Open a library of known cases for a clinic's readers.

    Raises:
        InvalidLibrary: as `Library`, or it was made with another bundle.
        ModelMismatch: the bundle cannot be read.
    """
    # Most servers have none, and start without what opens it.
    from augderm.library.library import Library
    from augderm.library.writer import check_model
    from augderm.reader.bundle import load_bundle

    library = Library(folder)
    check_model(folder, library.manifest, load_bundle(bundle).name)
    return library
