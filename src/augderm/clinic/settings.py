"""What the clinic is set to: one frozen object, passed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from augderm.domain.errors import InvalidConfig
from augderm.reader.bundle import DEFAULT_BUNDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """A provider of OpenID Connect, at which people may sign in.

    Attributes:
        issuer: its address, exactly as it names itself.
        client_id, client_secret: what it gave this server.
        label: how the button on the sign-in page calls it.

    Raises:
        InvalidConfig: the issuer is not reached by HTTPS, but for one on this machine.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str

    def __post_init__(self) -> None:
        if not self.reaches(self.issuer):
            raise InvalidConfig(f"the issuer {self.issuer} has no https address; who listens could sign in")

    @staticmethod
    def reaches(url: str) -> bool:
        """Whether nobody on the way to this address can listen."""
        parts = urlsplit(url)
        return (parts.scheme == "https" and bool(parts.hostname)) or (
            parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are kept and which model reads.

    Attributes:
        data: the folder of the clinic.
        database_url, blobs_url: elsewhere than in that folder; see `store.database` and `store.blobs`.
        bundle: the model's folder.
        library: of known cases, which the readers of every clinic on this server are shown; made with that
            model by `augderm library`.
        hosts: names under which the server may be called; others are refused, since a foreign page could
            make a browser call this server by a name of its own. "*" for any.
        oidc: where people may sign in as well, if anywhere.
        https: whether browsers reach it by HTTPS alone; cookies are then never sent otherwise.
    """

    data: Path
    database_url: str = field(default="", repr=False)
    blobs_url: str = ""
    bundle: Path = DEFAULT_BUNDLE
    library: Path | None = None
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    https: bool = False
    oidc: OidcSettings | None = None

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'augderm.db'}"

    @property
    def blobs(self) -> str:
        """The blobs' URL or folder."""
        return self.blobs_url or str(self.data.absolute() / "blobs")
