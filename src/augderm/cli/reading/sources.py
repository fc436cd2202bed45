"""Which images a command line names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from augderm.formats.raster import ACCEPTED, SUFFIXES


@dataclass(frozen=True, slots=True)
class Source:
    """One image to read.

    Attributes:
        path: as given, or found in a folder as given.
        output: where its mask and report go under their folders, without the ending.
        problem: why there is nothing to read at `path`; "" where there is.
    """

    path: str
    output: PurePath
    problem: str = ""


def find_sources(paths: Iterable[str]) -> list[Source]:
    """All images of files and folders (recursively), in a stable order.

    A folder gives every file with an image's ending, sorted, hidden ones left out; sub-folders are
    kept in `output`. A file is taken whatever its name. A path that does not exist and a folder
    without images become a source with a `problem`. No two sources share an `output`: a repeated one
    gets "-2", "-3" and so on.
    """
    taken: set[PurePath] = set()
    return [_unique(source, taken) for path in paths for source in _expand(path)]


def _expand(path: str) -> Iterator[Source]:
    place = Path(path)
    if not place.is_dir():
        # A missing file is found out when it is read, with all other reasons why it may not be.
        yield Source(path, PurePath(place.resolve().stem or "image"))
        return
    # Resolved, since the name of a path that ends in ".." is "..".
    name = PurePath(place.resolve().name or "folder")
    unreadable: list[OSError] = []
    found = False
    for folder, subfolders, files in os.walk(path, onerror=unreadable.append):
        subfolders[:] = sorted(sub for sub in subfolders if not sub.startswith("."))
        for file_name in sorted(files):
            if PurePath(file_name).suffix.lower() in SUFFIXES and not file_name.startswith("."):
                found = True
                file = Path(folder, file_name)
                yield Source(str(file), PurePath(file.relative_to(place)).with_suffix(""))
    for error in unreadable:
        yield Source(
            str(error.filename),
            name,
            "The folder may not be read: no permission; change its owner or mode.",
        )
    if not found and not unreadable:
        yield Source(path, name, f"The folder holds no images; accepted are {ACCEPTED}.")


def _unique(source: Source, taken: set[PurePath]) -> Source:
    output, count = source.output, 1
    while output in taken:
        count += 1
        output = source.output.with_name(f"{source.output.name}-{count}")
    taken.add(output)
    return replace(source, output=output)
