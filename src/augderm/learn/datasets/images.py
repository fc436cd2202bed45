"""Where a dataset's images lie, their shape, and their bytes: plain files and members of HDF5 files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from augderm.domain.errors import InvalidDataset, InvalidImage
from augderm.formats.raster import FORMATS, SUFFIXES, read_file
from augderm.learn.records import Record

MEMBER_MARK = "#"
"""Between an HDF5 file and the name of an image in it: "train-image.hdf5#ISIC_0015670"."""
HDF5_SUFFIXES = (".hdf5", ".h5")


class ImageFiles:
    """The images below some folders, found by their file name without its ending.

    The folders are searched once and in depth, since archives unpack one level deeper on some machines
    than on others.
    """

    def __init__(self, folder: Path, *subfolders: str) -> None:
        """Search.

        Args:
            folder: the dataset's folder.
            subfolders: below it; at least one must be there.

        Raises:
            InvalidDataset: none of them is there.
        """
        self._missing_under = subfolders[0]
        present = [name for name in subfolders if (folder / name).is_dir()]
        if not present:
            raise InvalidDataset(
                f"{folder}: there is no folder {' or '.join(subfolders)}; unpack the images there"
            )
        self._paths: dict[str, str] = {}
        for name in present:
            for path in image_paths(folder / name):
                self._paths.setdefault(path.stem, path.relative_to(folder).as_posix())

    def find(self, stem: str) -> str:
        """Path relative to the dataset's folder; where there is none, the place that it belongs in."""
        return self._paths.get(stem) or f"{self._missing_under}/{stem}.jpg"

    def has(self, stem: str) -> bool:
        """Whether there is such an image."""
        return stem in self._paths

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._paths)

    def get(self, stem: str) -> str | None:
        """As `find`, but None where there is none."""
        return self._paths.get(stem)


def image_paths(folder: Path) -> list[Path]:
    """All files below a folder whose ending is an image's, sorted.

    Without what is hidden (`.thumbnails/`) and what macOS packs beside each file (`__MACOSX/._a.jpg`): those
    are no photographs, whatever their ending.
    """
    paths = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _hidden(name)]
        paths += [
            Path(parent) / name
            for name in names
            if Path(name).suffix.lower() in SUFFIXES and not _hidden(name)
        ]
    return sorted(paths)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def unlisted(records: Sequence[Record]) -> list[str]:
    """Images that lie beside those of the records, of the same kind of file, and belong to none of them.

    Returns:
        Their paths relative to the dataset's folder, sorted; for members of an HDF5 file, "file.hdf5#key".

    Raises:
        InvalidImage: an HDF5 file cannot be read.
        InvalidDataset: h5py is needed and not installed.
    """
    known = {name for record in records for name in (record.image, record.mask) if name}
    places = {
        (record.folder, container if member else PurePosixPath(record.image).parent.as_posix(), suffix)
        for record in records
        for container, member in (_split(record.image),)
        for suffix in ("" if member else PurePosixPath(record.image).suffix,)
    }
    found = set()
    for folder, place, suffix in places:
        path = folder / place
        if path.is_file():
            found |= {f"{place}{MEMBER_MARK}{name}" for name in _members(path)}
        elif path.is_dir():
            found |= {
                each.relative_to(folder).as_posix()
                for each in path.iterdir()
                if each.suffix == suffix and not _hidden(each.name) and each.is_file()
            }
    return sorted(found - known)


def aspect_of(path: Path) -> float:
    """Width / height of an image as it is seen, from its header.

    1 where the file is missing or broken: `augderm data check` names it, and training refuses it.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except Exception:  # hostile headers raise anything; the check reads the file again and says why
        return 1.0
    return height / width if turned else width / height


def file_of(record: Record) -> Path:
    """The file on disk that holds a record's image: itself, or the HDF5 file around it."""
    container, member = _split(record.image)
    return record.folder / (container if member else record.image)


def load_image(record: Record) -> bytes:
    """The bytes of a record's image file, as published (JPEG, PNG, ...).

    Raises:
        InvalidImage: there is no such file or member, or it cannot be read.
        LimitExceeded: it is larger than `limits.MAX_FILE_BYTES`.
        InvalidDataset: h5py is needed and not installed.
    """
    _, member = _split(record.image)
    return _member(file_of(record), member) if member else read_file(record.path)


def _split(image: str) -> tuple[str, str]:
    container, mark, member = image.rpartition(MEMBER_MARK)
    return (container, member) if mark and container.endswith(HDF5_SUFFIXES) else (image, "")


def _members(path: Path) -> list[str]:
    try:
        return list(_opened(path, os.getpid()))
    except OSError as error:
        raise _no_hdf5(path, error) from None


def _no_hdf5(path: Path, error: OSError) -> InvalidImage:
    return InvalidImage(f"{path} cannot be read as HDF5 ({error}); download it anew.")


def _member(path: Path, name: str) -> bytes:
    try:
        file = _opened(path, os.getpid())
        value = file[name][()] if name in file else None
    except OSError as error:
        raise _no_hdf5(path, error) from None
    if value is None:
        raise InvalidImage(f"{path} holds no image {name}; its table and its images are of two downloads.")
    return value if isinstance(value, bytes) else bytes(value.tobytes())


@lru_cache(maxsize=4)
def _opened(path: Path, process: int) -> Any:  # noqa: ARG001
    """An open file; one for each process, since a handle must not outlive a fork."""
    try:
        import h5py
    except ImportError:
        raise InvalidDataset(
            f"{path}: h5py is needed to read it; pip install 'augderm[train]', or unpack it to JPEG files"
        ) from None
    return h5py.File(path, "r")
