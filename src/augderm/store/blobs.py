"""Content-addressed blobs: bytes kept under their SHA-256, in a folder or in any store that fsspec knows."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from augderm.domain.errors import AugDermError, InvalidConfig

_PARTIAL = "partial"
"""Folder of what is not written to its end yet."""
MARK = "owner.json"
"""Beside the blobs: see `clinic.owning`."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {
        # What was listed before is not what is there: another process may have put or deleted it since.
        "use_listings_cache": False,
        "config_kwargs": {"connect_timeout": 10, "read_timeout": 60},
    }
}
"""Of stores that are asked for by a URL, by its scheme."""


class BlobDamaged(AugDermError):
    """A blob is missing, or its bytes are not those of its name."""


class Blobs:
    """Blobs of one store. A blob never changes, so writing it twice is harmless.

    Args:
        url: a folder's path, or "s3://bucket/prefix". Who may use the bucket is told by the environment
            (AWS_ACCESS_KEY_ID and so on, AWS_ENDPOINT_URL for another provider's), never by the URL, which
            stands in the list of processes.
        synced: each blob is on the disk when `put` returns; else whoever puts many syncs the disk at the end.

    Raises:
        InvalidConfig: the URL names no store that can be used here, or holds credentials.
    """

    def __init__(self, url: str, *, synced: bool = True) -> None:
        scheme, apart, rest = url.partition("://")
        if apart and "@" in rest.partition("/")[0]:
            raise InvalidConfig(
                "the images' URL holds a name or key before the @; "
                f"give {scheme}://bucket/prefix, and the key as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        try:
            self._files, root = fsspec.core.url_to_fs(url, **_OPTIONS.get(scheme if apart else "", {}))
        except (ImportError, ValueError) as error:
            raise InvalidConfig(
                f"images cannot be kept in {url} ({error}); give a folder or s3://bucket/prefix, "
                "for which pip install 'augderm[s3]'"
            ) from None
        self._root = str(root).rstrip("/")
        self._synced = synced
        self._folder = Path(self._root) if isinstance(self._files, LocalFileSystem) else None

    def reach(self) -> None:
        """Ask a store that is elsewhere for its bucket once, so that a wrong one is told at the start.

        Raises:
            InvalidConfig: it cannot be reached, knows no such bucket, or lets nobody in with this key.
        """
        if self._folder is not None:
            return
        place = self._files.unstrip_protocol(self._root)
        try:
            self._files.ls(self._root.partition("/")[0])
        # The drivers' own errors of networks and keys have no kind in common.
        except Exception as error:
            raise InvalidConfig(
                f"images cannot be kept in {place} ({type(error).__name__}: {error}); make the bucket, and "
                "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and, where it is not "
                "Amazon's, AWS_ENDPOINT_URL"
            ) from None

    def put(self, data: bytes) -> str:
        """Keep the bytes; they are on the disk, or acknowledged by the store, when this returns.

        A store that is elsewhere shows an object whole or not at all, so it needs no second name.

        Returns:
            their SHA-256, 64 lower-case hexadecimal digits.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if self._folder is None:
            # Its age is not renewed: `claim` puts it again where the sweep has taken it meanwhile.
            if not self._files.exists(path):
                self._files.pipe_file(path, data)
        else:
            _put_file(Path(path), data, self._folder / _PARTIAL, synced=self._synced)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes.

        Raises:
            BlobDamaged: there are none of this name, or they have changed.
        """
        try:
            data = bytes(self._files.cat_file(self._path(sha256)))
        except FileNotFoundError:
            raise BlobDamaged(f"the blob {sha256} is missing; restore it from a backup") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(f"the blob {sha256} has changed; restore it from a backup")
        return data

    def has(self, sha256: str) -> bool:
        """Whether there is one of this name."""
        return bool(self._files.exists(self._path(sha256)))

    def delete(self, sha256: str) -> None:
        """Delete it, if it is there."""
        # Not asked for first: that is a request more to a store that is elsewhere.
        with suppress(FileNotFoundError):
            self._files.rm_file(self._path(sha256))

    def mark(self) -> bytes | None:
        """What was last noted beside the blobs, if anything."""
        try:
            return bytes(self._files.cat_file(f"{self._root}/{MARK}"))
        except FileNotFoundError:
            return None

    def set_mark(self, data: bytes) -> None:
        """Note it, instead of what was noted before."""
        path = f"{self._root}/{MARK}"
        if self._folder is None:
            self._files.pipe_file(path, data)
        else:
            _write_whole(Path(path), data, self._folder / _PARTIAL)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Names of the blobs that were last put before this moment (UTC).

        Folder by folder, since a store answers with all that it knows of each.
        """
        if not self._files.exists(self._root):
            return
        for folder in self._files.ls(self._root, detail=False):
            for path, facts in self._files.find(folder, detail=True).items():
                name = path.rpartition("/")[2]
                if not re.fullmatch("[0-9a-f]{64}", name):
                    continue  # a partial one, or a folder, which some stores list as well
                # S3 tells it with the list; to ask for each would be a request a blob.
                if _aware(facts.get("LastModified") or self._files.modified(path)) < moment:
                    yield name

    def delete_partials(self, moment: datetime) -> int:
        """Delete what a kill in the middle of `put` left before this moment (UTC): parts of photographs, to
        which no name leads.

        Returns:
            how many. Only folders have any: a store elsewhere takes a blob whole or not at all.
        """
        partials = list((self._folder / _PARTIAL).glob("*")) if self._folder else []
        old = [each for each in partials if _aware(self._files.modified(str(each))) < moment]
        for each in old:
            each.unlink(missing_ok=True)
        return len(old)

    def _path(self, sha256: str) -> str:
        # The name comes from us or from our database, yet nothing else may ever become a path.
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"{sha256[:80]!r} is no SHA-256; give 64 hexadecimal digits")
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _put_file(path: Path, data: bytes, partials: Path, *, synced: bool) -> None:
    """A name never stands for half of the bytes."""
    if path.exists() and path.stat().st_size == len(data):
        # Put again: whoever sweeps unused blobs by their age must see that it is in use.
        os.utime(path)
        return
    _write_whole(path, data, partials, synced=synced)
    if synced:
        for folder in (path.parent.parent, path.parent.parent.parent):
            _sync(folder)


def _write_whole(path: Path, data: bytes, partials: Path, *, synced: bool = True) -> None:
    """Write elsewhere, sync, rename, sync the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partials.mkdir(exist_ok=True)
    partial = partials / str(uuid.uuid4())
    try:
        with partial.open("wb") as file:
            file.write(data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    if synced:
        _sync(path.parent)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
