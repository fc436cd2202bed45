"""Which images a command line names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from augderm.domain.anamnesis import Anamnesis
from augderm.formats.raster import ACCEPTED, SUFFIXES


@dataclass(frozen=True, slots=True)
class Source:
    """One image to read.

    Attributes:
        path: as given, or found in a folder as given; the folder, where there are several photographs.
        output: where its mask and report go under their folders, without the ending.
        problem: why there is nothing to read at `path`; "" where there is.
        renamed: `output` was taken by an earlier source, and got a number.
        photographs: paths of the photographs of one lesion; empty for an image by itself.
        anamnesis: what the patient told of the lesion; None where nobody asked.
    """

    path: str
    output: PurePath
    problem: str = ""
    renamed: bool = False
    photographs: tuple[str, ...] = ()
    anamnesis: Anamnesis | None = None

    def file_under(self, folder: Path, ending: str) -> Path:
        """The result file of this source in a folder of results; ending with its dot."""
        target = folder / self.output
        # Not with_suffix: a name such as "case.2026" would lose its year.
        return target.with_name(target.name + ending)


def find_sources(
    paths: Iterable[str], leave_out: Collection[Path] = (), *, group_by_folder: bool = False
) -> list[Source]:
    """All images of files and folders (recursively), in a stable order.

    A folder gives every file with an image's ending, sorted; hidden ones are left out, linked folders
    are not followed, and sub-folders are kept in `output`. A file is taken whatever its name. A path
    that does not exist and a folder without images become a source with a `problem`. No two sources
    share an `output`: a repeated one gets "-2", "-3" and so on.

    Args:
        paths: files and folders.
        leave_out: folders that are not searched: those that results are written to.
        group_by_folder: the images that lie in one folder (not in its sub-folders) are photographs of
            one lesion, and become one source that is called like the folder.
    """
    taken: set[PurePath] = set()
    outside = {os.path.abspath(folder) for folder in leave_out}  # noqa: PTH100  (see _name)
    found = [source for path in paths for source in _expand(path, outside)]
    return [_unique(source, taken) for source in (_by_folder(found) if group_by_folder else found)]


def _by_folder(sources: Iterable[Source]) -> Iterator[Source]:
    lesions: dict[str, Source] = {}
    for source in sources:
        if source.problem:
            yield source
            continue
        folder = os.path.dirname(source.path) or "."  # noqa: PTH120  (see _name)
        inside = source.output.parent
        output = inside if inside.name else _name(folder)
        lesion = lesions.get(folder) or Source(folder, output)
        # Once, though a folder and its images may both be named.
        photographs = dict.fromkeys((*lesion.photographs, source.path))
        lesions[folder] = replace(lesion, photographs=tuple(photographs))
    yield from lesions.values()


def _name(path: str) -> PurePath:
    # abspath only to be rid of a ".." at the end: resolving would follow a link to another name.
    return PurePath(os.path.basename(os.path.abspath(path)) or "folder")  # noqa: PTH100, PTH119


def _expand(path: str, outside: Collection[str]) -> Iterator[Source]:
    # os.path answers False where Path raises: links in a circle, names too long, no permission.
    if not os.path.isdir(path):  # noqa: PTH112
        # A missing file is found out when it is read, with all other reasons why it may not be.
        yield Source(path, PurePath(_name(path).stem))
        return
    unreadable: list[OSError] = []
    found = False
    for folder, subfolders, files in os.walk(path, onerror=unreadable.append):
        subfolders[:] = [
            name
            for name in sorted(subfolders)
            if not name.startswith(".") and os.path.abspath(os.path.join(folder, name)) not in outside  # noqa: PTH100, PTH118
        ]
        for file in sorted(files):
            if PurePath(file).suffix.lower() in SUFFIXES and not file.startswith("."):
                found = True
                image = Path(folder, file)
                yield Source(str(image), PurePath(image.relative_to(path)).with_suffix(""))
    for error in unreadable:
        where = str(error.filename)
        yield Source(
            where, _name(where), f"The folder cannot be read ({error.strerror}); check its owner and mode."
        )
    if not found and not unreadable:
        yield Source(
            path,
            _name(path),
            f"The folder holds no images (linked folders are not followed); accepted are {ACCEPTED}.",
        )


def _unique(source: Source, taken: set[PurePath]) -> Source:
    output, count = source.output, 1
    while output in taken:
        count += 1
        output = source.output.with_name(f"{source.output.name}-{count}")
    taken.add(output)
    return replace(source, output=output, renamed=count > 1)
