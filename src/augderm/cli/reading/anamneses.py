"""Which answers belong to which image: never a guess."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from augderm.cli.reading.sources import Source
from augderm.domain.errors import InvalidAnamnesis
from augderm.domain.text import visible
from augderm.formats.anamnesis_csv import AnamnesisRow, read_anamnesis_csv
from augderm.formats.anamnesis_json import read_anamnesis_json

NAMED = 5
"""As many images or rows are named in a note; the others are counted."""


def with_anamneses(sources: Sequence[Source], path: Path, today: str) -> tuple[list[Source], list[str]]:
    """The sources, each with the answers that are given for it.

    A row belongs to the image whose path, as given, it names; else to the one whose file name it names. Of
    several photographs of one lesion, each may be named, and the folder.

    Args:
        sources: what is read.
        path: a table of answers, or a `.json` file of the answers for one image.
        today: YYYY-MM-DD; answers from later are refused.

    Returns:
        the sources, and a note for images without answers and one for rows without an image.

    Raises:
        InvalidAnamnesis: two rows name one image, a row's file name is that of several images, no row is of
            any image, a date lies in the future, the JSON stands beside more than one image, or the file is
            wrong.
    """
    if path.suffix.lower() == ".json":
        return _with_one(sources, path, today), []
    rows = read_anamnesis_csv(path)
    for row in rows:
        try:
            row.anamnesis.refuse_after(today)
        except InvalidAnamnesis as error:
            raise InvalidAnamnesis(f"{path}, line {row.line}: {error}") from None
    rows_by_path = _match(sources, rows, path)
    if not rows_by_path:
        raise InvalidAnamnesis(
            f"{path}: none of its {len(rows)} rows is of an image that is read; name them in the column "
            "image by their path as given, or by their file name"
        )
    found = [
        replace(source, anamnesis=told.anamnesis)
        if (told := rows_by_path.get(_normal(source.path)))
        else source
        for source in sources
    ]
    used = {row.line for row in rows_by_path.values()}
    return found, [
        *_note(
            f"of {len(found)} images have no row, and are read without",
            [source.path for source in found if source.anamnesis is None],
        ),
        *_note(
            f"of {len(rows)} rows are of no image that is read",
            [row.image for row in rows if row.line not in used],
        ),
    ]


def _with_one(sources: Sequence[Source], path: Path, today: str) -> list[Source]:
    if len(sources) != 1:
        raise InvalidAnamnesis(
            f"{path} holds the answers for one image, and {len(sources)} are read; give a CSV with one row "
            "an image"
        )
    anamnesis = read_anamnesis_json(path)
    try:
        anamnesis.refuse_after(today)
    except InvalidAnamnesis as error:
        raise InvalidAnamnesis(f"{path}: {error}") from None
    return [replace(sources[0], anamnesis=anamnesis)]


def _match(sources: Sequence[Source], rows: Sequence[AnamnesisRow], path: Path) -> dict[str, AnamnesisRow]:
    """The row of each source that has one, by the source's path."""
    by_path: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    for source in sources:
        for each in (source.path, *source.photographs):
            by_path.setdefault(_normal(each), set()).add(_normal(source.path))
            by_name.setdefault(_file_name(each), set()).add(_normal(source.path))
    exact = {row.line: by_path[_normal(row.image)] for row in rows if _normal(row.image) in by_path}
    # A row that names a path of another folder is of another image, though the file name is the same.
    loose = {
        row.line: by_name.get(row.image, set())
        for row in rows
        if row.line not in exact and _file_name(row.image) == row.image
    }
    found: dict[str, AnamnesisRow] = {}
    for candidates in (exact, loose):
        taken = set(found)
        for row in rows:
            images = candidates.get(row.line, set())
            if len(images) > 1:
                named = ", ".join(map(visible, sorted(images)[:NAMED]))
                raise InvalidAnamnesis(
                    f'{path}, line {row.line}: "{visible(row.image)}" may be any of {named}; give the path '
                    "of the one that is meant"
                )
            for image in images - taken:
                if image in found:
                    lines = f"lines {found[image].line} and {row.line}"
                    raise InvalidAnamnesis(f"{path}: {lines} are both of {visible(image)}; leave one")
                found[image] = row
    return found


def _normal(path: str) -> str:
    return os.path.normpath(path)


def _file_name(path: str) -> str:
    return os.path.basename(_normal(path))  # noqa: PTH119  (a name need not be one that Path takes)


def _note(words: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{len(names)} {words}: {', '.join(map(visible, names[:NAMED]))}{more}"]
