"""What every use case works on: database, blobs, settings, and the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from augderm.clinic.preparing import Prepare, prepare
from augderm.clinic.settings import Settings
from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.reader.bundle import MANIFEST
from augderm.store.blobs import Blobs
from augderm.store.database import Database
from augderm.store.migrate import migrate


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Platform:
    """Passed to every use case.

    Attributes:
        now: the clock; always with a time zone.
        prepare: decodes an uploaded image; a server takes `clinic.decoders`, whose processes may crash.
        model_sha256: of the bundle's manifest, which names every file's own.
    """

    settings: Settings
    database: Database
    blobs: Blobs
    model_sha256: str
    now: Callable[[], datetime] = field(default=utc_now)
    prepare: Prepare = field(default=prepare)


def open_platform(settings: Settings, now: Callable[[], datetime] = utc_now) -> Platform:
    """Open what the settings name; tables are made or brought up to date.

    Raises:
        InvalidConfig: the folder cannot be written, the database is another's or a newer augderm's, database
            or images cannot be reached.
        ModelMismatch: there is no model.
    """
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
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
    blobs = Blobs(settings.blobs)
    blobs.reach()
    database = Database(settings.database)
    migrate(database)
    return Platform(settings, database, blobs, model_sha256, now)
