"""Reading the tables that datasets come with: CSV, with messages that say what is missing."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from augderm.domain.errors import InvalidDataset
from augderm.learn.records import SplitName

_NOT_STATED = frozenset({"", "na", "n/a", "nan", "none", "null", "unknown"})

Row = dict[str, str]


def read_table(path: Path, needed: Sequence[str], *, header: bool = True) -> list[Row]:
    """The rows of a CSV file (of a `.tab` file: separated by tabs), as text.

    Args:
        path: the file, UTF-8 with or without a byte order mark.
        needed: columns that must be there; others may be.
        header: False where the file has none; then `needed` names its columns in order.

    Raises:
        InvalidDataset: the file or a column is missing, it is no CSV, or it has no row: no release has such a
            table (a clinic's export of nothing is one), and what it lost would be missed by nobody.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(
                file,
                fieldnames=None if header else needed,
                restval="",
                delimiter="\t" if path.suffix == ".tab" else ",",
            )
            if missing := sorted(set(needed) - set(reader.fieldnames or ())):
                raise InvalidDataset(
                    f"{path}: no column {', '.join(missing)}; it has "
                    f"{', '.join(reader.fieldnames or ['none'])}. Take the table as it was published"
                )
            rows = [{key: value for key, value in row.items() if isinstance(value, str)} for row in reader]
    except FileNotFoundError:
        raise InvalidDataset(
            f"{path}: no such file; `augderm data list NAME` says what belongs there"
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidDataset(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None
    except (csv.Error, OSError) as error:
        raise InvalidDataset(f"{path}: cannot be read as a table ({error}); download it anew") from None
    if not rows:
        raise InvalidDataset(
            f"{path}: has no row{' below its header' * header}; it was cut off or never filled: get it "
            "anew (a clinic's export of no photograph is such a table; one that is optional may be removed)"
        )
    return rows


def first_of(folder: Path, *names: str) -> Path:
    """The first of these files that is there.

    Raises:
        InvalidDataset: none is.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InvalidDataset(
        f"{folder}: there is no {' or '.join(names)}; give the folder that holds it (`augderm data list "
        "NAME` shows the layout of a dataset)"
    )


def splits_present(folder: Path, parts: Mapping[SplitName, str], table: str) -> dict[SplitName, str]:
    """The official splits whose table is there, with the publisher's word for each.

    Args:
        folder: the dataset's.
        parts: that word, by split.
        table: the file's name, with {} in the place of the word.

    Raises:
        InvalidDataset: none is.
    """
    present = {split: part for split, part in parts.items() if (folder / table.format(part)).is_file()}
    if not present:
        first_of(folder, *(table.format(part) for part in parts.values()))
    return present


def check_words(
    table: Path, rows: Sequence[Row], name: str, column: str, known: Collection[str], *, upper: bool = False
) -> None:
    """Refuse a table with words outside of a closed vocabulary, and name them all at once.

    Args:
        table: for the message.
        rows: of it.
        name: column that names a row.
        column: that holds the words; their case and the blanks around them do not matter.
        known: all words that it may hold, in small letters; in capitals where `upper`.

    Raises:
        InvalidDataset: each unknown word with its number of rows and the first of them, and the known words.
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        word = row[column].strip()
        if (word.upper() if upper else word.lower()) not in known:
            found.setdefault(word, []).append(row[name])
    if found:
        words = "; ".join(
            f"{word!r} in {len(names)} row{'s' * (len(names) != 1)}, first {names[0]}"
            for word, names in sorted(found.items())
        )
        raise InvalidDataset(
            f"{table}: {column} is {words}; it may be {', '.join(known)}: correct these, or take the table "
            "as it was published"
        )


def stated(text: str | None) -> str | None:
    """The text, None where it says that it is not known."""
    stripped = (text or "").strip()
    return None if stripped.lower() in _NOT_STATED else stripped


def number_of(text: str | None, place: str) -> float | None:
    """A number, None where it is not stated ("85+" is 85).

    Raises:
        InvalidDataset: it is neither; `place` says where.
    """
    value = stated(text)
    if value is None:
        return None
    try:
        number = float(value.removesuffix("+"))
    except ValueError:
        raise InvalidDataset(f"{place}: {value!r} is no number; correct the table") from None
    return number if math.isfinite(number) else None


def whole_of(text: str | None, place: str) -> int | None:
    """As `number_of`, of a whole number (tables made with pandas write 3.0), and no other."""
    number = number_of(text, place)
    if number is not None and not number.is_integer():
        raise InvalidDataset(f"{place}: {text!r} is no whole number; correct the table")
    return None if number is None else int(number)


def flag_of(text: str | None, place: str, *, needed: bool = False) -> bool | None:
    """Yes or no, None where the cell is blank (pandas writes 1.0 and 0.0 as soon as a column has a gap).

    Raises:
        InvalidDataset: it is neither, or blank where it is `needed`; `place` says where.
    """
    match (text or "").strip().lower():
        case "1" | "1.0" | "true":
            return True
        case "0" | "0.0" | "false":
            return False
        case "" if not needed:
            return None
    blank = "" if needed else ", or leave it blank where it is not known"
    raise InvalidDataset(f"{place}: {text!r} is neither 1 nor 0; correct it{blank}")


def sex_of(text: str | None) -> Literal["male", "female"] | None:
    """Sex in our words; None where it is not one of the two."""
    match (text or "").strip().lower():
        case "male" | "m":
            return "male"
        case "female" | "f":
            return "female"
    return None


def skin_type_of(text: str | None, place: str) -> int | None:
    """Fitzpatrick type 1 to 6; None where it is not stated (Fitzpatrick17k writes -1).

    Raises:
        InvalidDataset: it is another; `place` says where.
    """
    number = whole_of(text, place)
    if number is None or number == -1:
        return None
    if not 1 <= number <= 6:
        raise InvalidDataset(
            f"{place}: skin type {text!r} is none of 1 to 6 (Fitzpatrick); leave blank what is not known"
        )
    return number
