"""When the cases of a worklist came in, as a table: one row an image.

Columns: `image` (the path as `augderm read` was given it, or the file's name), `arrived_on` and, where it is
known, `referred_on`, each a day as YYYY-MM-DD. Separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from augderm.domain.capture import is_day
from augderm.domain.errors import InvalidConfig, LimitExceeded
from augderm.domain.limits import MAX_ARRIVALS_BYTES, MAX_WORKLIST_CASES
from augderm.domain.text import visible
from augderm.formats.assessment_csv import from_spreadsheet_text

COLUMNS = ("image", "arrived_on", "referred_on")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Days as YYYY-MM-DD; `referred_on` is None where it is not known."""

    image: str
    arrived_on: str
    referred_on: str | None


def read_arrivals(path: Path) -> list[Arrival]:
    """Read a table of arrivals.

    Raises:
        InvalidConfig: it cannot be read, is no table in UTF-8, lacks a column or has another, names an image
            twice, or a day is none or comes before the referral's; the message names file and line.
        LimitExceeded: it is larger than `MAX_ARRIVALS_BYTES`, or has more than `MAX_WORKLIST_CASES` rows.
    """
    name = visible(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ARRIVALS_BYTES + 1)
    except OSError as error:
        raise InvalidConfig(
            f"{name} cannot be read ({error.strerror}); check the path and its mode"
        ) from None
    if len(data) > MAX_ARRIVALS_BYTES:
        raise LimitExceeded(f"{name} has more than {MAX_ARRIVALS_BYTES // 1024**2} MB; split it")
    try:
        found = _rows(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"{name} is not UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InvalidConfig(f"{name} is no table of comma-separated values ({error}); mend it") from None
    return list(found.values())


def _rows(text: str, name: str) -> dict[str, Arrival]:
    header = text.partition("\n")[0]
    # Strict: a quote that is never closed would swallow the rest of the table as one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    columns = [cell.strip() for cell in next(reader, [])]
    if sorted(columns) not in (sorted(COLUMNS), sorted(COLUMNS[:2])):
        raise InvalidConfig(
            f"{name}, line 1: the columns are {visible(', '.join(columns))!r}; give {', '.join(COLUMNS)} "
            "(the last may be left out)"
        )
    found: dict[str, Arrival] = {}
    for cells in reader:
        where = f"{name}, line {reader.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise InvalidConfig(f"{where}: {len(cells)} cells under {len(columns)} columns; mend the row")
        given = dict(zip(columns, cells, strict=True))
        arrival = Arrival(
            from_spreadsheet_text(given["image"]),
            given["arrived_on"].strip(),
            given.get("referred_on", "").strip() or None,
        )
        for day in (arrival.arrived_on, arrival.referred_on):
            if day is not None and not is_day(day):
                raise InvalidConfig(f"{where}: {visible(day[:60])!r} is no day; give YYYY-MM-DD")
        if arrival.referred_on and arrival.referred_on > arrival.arrived_on:
            raise InvalidConfig(
                f"{where}: referred on {arrival.referred_on}, after it arrived ({arrival.arrived_on}); "
                "correct one of them"
            )
        if not arrival.image.strip() or arrival.image in found:
            raise InvalidConfig(f"{where}: the image is blank or stands in two rows; give each once")
        found[arrival.image] = arrival
        if len(found) > MAX_WORKLIST_CASES:
            raise LimitExceeded(f"{name} has more than {MAX_WORKLIST_CASES} rows, the limit; split it")
    return found
