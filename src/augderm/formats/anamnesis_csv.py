"""The anamnesis as a table: one row an image, one column a question.

Columns: `image` (the path as given to `augderm read`, or the file's name), then any of the questions of
`domain.anamnesis` by name, in any order; a column left out is unknown for every image. Answers: yes or
no (also true or false), the words of the question, numbers with a point. Blank or "unknown" is unknown.
Separated by commas, semicolons or tabs, as the header is; where not by commas, numbers may have a decimal
comma.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augderm.domain.anamnesis import (
    LESION_QUESTIONS,
    PERSON_QUESTIONS,
    QUESTIONS,
    Anamnesis,
    LesionStory,
    Person,
)
from augderm.domain.errors import InvalidAnamnesis, LimitExceeded
from augderm.domain.limits import MAX_ANAMNESIS_BYTES, MAX_ANAMNESIS_ROWS
from augderm.domain.questions import Question
from augderm.domain.text import storable, visible
from augderm.formats.anamnesis_json import no_question
from augderm.formats.assessment_csv import as_spreadsheet_text, from_spreadsheet_text

IMAGE = "image"
ANAMNESIS_COLUMNS: tuple[str, ...] = (IMAGE, *QUESTIONS)
_DELIMITERS = ",;\t"
_FIRST_LINE = re.compile(r"[^\r\n]*")
_UNKNOWN = ("", "unknown")
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class AnamnesisRow:
    """One row: the line it begins on (counted from 1), the image as the table names it, and the answers."""

    line: int
    image: str
    anamnesis: Anamnesis


def read_anamnesis_csv(path: Path) -> list[AnamnesisRow]:
    """Read a table of answers.

    Raises:
        InvalidAnamnesis: it cannot be read, is no table in UTF-8, has an unknown or repeated column, a row of
            another length, or an answer that its question does not have; the message names line and column.
        LimitExceeded: it is larger than `MAX_ANAMNESIS_BYTES`, or has more than `MAX_ANAMNESIS_ROWS`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ANAMNESIS_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidAnamnesis(f"{path} cannot be read ({why}); check the path and its mode") from None
    if len(data) > MAX_ANAMNESIS_BYTES:
        raise LimitExceeded(
            f"{path} has more than {MAX_ANAMNESIS_BYTES // 1024**2} MB, the limit for a table of answers; "
            "split it"
        )
    try:
        rows = list(itertools.islice(_rows(data.decode("utf-8-sig")), MAX_ANAMNESIS_ROWS + 1))
    except UnicodeDecodeError as error:
        raise InvalidAnamnesis(f"{path} is not UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InvalidAnamnesis(f"{path} is no table of comma-separated values ({error}); mend it") from None
    except InvalidAnamnesis as error:
        raise InvalidAnamnesis(f"{path}, {error}") from None
    if len(rows) > MAX_ANAMNESIS_ROWS:
        raise LimitExceeded(
            f"{path} has more than {MAX_ANAMNESIS_ROWS} rows, the limit for a table of answers; split it"
        )
    return rows


def _rows(text: str) -> Iterable[AnamnesisRow]:
    delimiter = max(_DELIMITERS, key=_FIRST_LINE.match(text)[0].count)  # type: ignore[index]  # always matches
    # Strict: a quote that is never closed would swallow the rest of the table as one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = _columns(next(reader, []))
    begins = reader.line_num + 1
    for cells in reader:
        line, begins = begins, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise InvalidAnamnesis(
                f"line {line}: {len(cells)} cells under {len(columns)} columns; a cell with the separator "
                "in it stands in double quotes"
            )
        given = dict(zip(columns, cells, strict=True))
        image = from_spreadsheet_text(given.pop(IMAGE))
        if not image.strip():
            raise InvalidAnamnesis(f"line {line}: the image is blank; give its path or file name")
        try:
            yield AnamnesisRow(line, image, _anamnesis(given, decimal_comma=delimiter != ","))
        except InvalidAnamnesis as error:
            raise InvalidAnamnesis(f"line {line}: {error}") from None


def _columns(header: list[str]) -> list[str]:
    columns = [cell.strip() for cell in header]
    for name in columns:
        if name not in ANAMNESIS_COLUMNS:
            raise InvalidAnamnesis(f"line 1: the header has {no_question(name, ANAMNESIS_COLUMNS)}")
        if columns.count(name) > 1:
            raise InvalidAnamnesis(f"line 1: the column {name} stands twice; leave one")
    if IMAGE not in columns:
        raise InvalidAnamnesis("line 1: there is no column image; it says which image a row is of")
    return columns


def _anamnesis(given: Mapping[str, str], *, decimal_comma: bool) -> Anamnesis:
    def answers(questions: Iterable[str]) -> dict[str, Any]:
        return {
            name: _answer(name, QUESTIONS[name], given[name], decimal_comma)
            for name in questions
            if name in given
        }

    return Anamnesis(
        person=Person(**answers(PERSON_QUESTIONS)),
        lesion=LesionStory(**answers(LESION_QUESTIONS)),
        **answers(("answered_on",)),
    )


def _answer(name: str, question: Question, cell: str, decimal_comma: bool) -> Any:
    words = cell.strip()
    if words.lower() in _UNKNOWN:
        return None
    if question.kind == "text":
        return from_spreadsheet_text(words)
    if question.kind in ("yes_no", "choice"):
        words = words.lower()
        # What is neither is refused by the question, with what it may be.
        return _YES_NO.get(words, words) if question.kind == "yes_no" else words
    if question.kind == "date":
        return words
    try:
        # float() also takes "1_000" and digits of other scripts.
        if "_" in words or not words.isascii():
            raise ValueError
        number = float(words.replace(",", ".") if decimal_comma else words)
    except ValueError:
        raise InvalidAnamnesis(
            f"{name} is {visible(words[:60])!r}; give {question.remedy}, or leave it blank where it "
            "is unknown"
        ) from None
    return int(number) if question.kind == "count" and number.is_integer() else number


def anamnesis_table(rows: Iterable[tuple[str, Anamnesis]]) -> str:
    """A table with every column, as `read_anamnesis_csv` reads it; unknown answers are blank.

    Args:
        rows: image and answers. A table to be filled in has `Anamnesis()` in each.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(ANAMNESIS_COLUMNS)
    for image, anamnesis in rows:
        answers = [
            getattr(part, name)
            for part, names in (
                (anamnesis, ("answered_on",)),
                (anamnesis.person, PERSON_QUESTIONS),
                (anamnesis.lesion, LESION_QUESTIONS),
            )
            for name in names
        ]
        writer.writerow([as_spreadsheet_text(storable(image)), *map(_cell, answers)])
    return file.getvalue()


def _cell(answer: Any) -> str:
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return as_spreadsheet_text(storable(answer)) if isinstance(answer, str) else repr(answer)
