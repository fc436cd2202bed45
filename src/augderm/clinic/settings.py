"""What the clinic is set to: one frozen object, passed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from augderm.reader.bundle import DEFAULT_BUNDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are kept and which model reads.

    Attributes:
        data: the folder of the clinic.
        database_url, blobs_url: elsewhere than in that folder; see `store.database` and `store.blobs`.
        bundle: the model's folder.
        hosts: names under which the server may be called; others are refused, since a foreign page could
            make a browser call this server by a name of its own. "*" for any.
        https: whether browsers reach it by HTTPS alone; cookies are then never sent otherwise.
    """

    data: Path
    database_url: str = ""
    blobs_url: str = ""
    bundle: Path = DEFAULT_BUNDLE
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    https: bool = False

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'augderm.db'}"

    @property
    def blobs(self) -> str:
        """The blobs' URL or folder."""
        return self.blobs_url or str(self.data.absolute() / "blobs")
