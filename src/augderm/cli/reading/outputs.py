"""Where results go: JSON Lines and CSV that are on disk as they come, and can be gone on with."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from augderm.cli.reading.failed import failed_files
from augderm.domain.assessment import SCHEMA
from augderm.domain.errors import OutputRefused
from augderm.domain.runtime import RuntimeName
from augderm.formats.assessment_csv import COLUMNS, to_row

STANDARD_OUTPUT = "-"
Assessments = Mapping[str, Any]


class ResultFiles:
    """The run's JSON Lines and CSV file, either of them None.

    A line of JSON is the record that an image is done: mask, report and CSV row come before it.
    """

    def __init__(self, json_lines: IO[str] | None, table: IO[str] | None) -> None:
        self._json_lines, self._table = json_lines, table

    def add(self, assessment: Assessments) -> None:
        """Write one result, down to the operating system.

        Raises:
            OutputRefused: the disk is full or gone; what was written before stays whole.
        """
        try:
            if self._table:
                csv.DictWriter(self._table, COLUMNS).writerow(to_row(assessment))
                self._table.flush()
            if self._json_lines:
                self._json_lines.write(json.dumps(assessment, ensure_ascii=False) + "\n")
                self._json_lines.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputRefused(
                f"The results cannot be written ({error.strerror}); free some disk or choose another "
                "place, and go on with --resume"
            ) from None


@contextmanager
def open_results(json_path: str | None, csv_path: Path | None, *, append: bool) -> Iterator[ResultFiles]:
    """Open the result files; with `append` after `go_on`, else anew.

    Raises:
        OutputRefused: a file cannot be opened.
    """
    opened: list[IO[str]] = []
    try:
        json_lines = None
        if json_path == STANDARD_OUTPUT:
            json_lines = sys.stdout
        elif json_path:
            json_lines = _open(Path(json_path), append)
            opened.append(json_lines)
        table = None
        if csv_path:
            table = _open(csv_path, append)
            opened.append(table)
            if table.tell() == 0:
                csv.DictWriter(table, COLUMNS).writeheader()
        yield ResultFiles(json_lines, table)
    finally:
        for file in opened:
            _close(file)


def _open(path: Path, append: bool) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a" if append else "w", newline="", encoding="utf-8")
    except OSError as error:
        raise OutputRefused(f"{path} cannot be written ({error.strerror}); choose another place") from None


def _close(file: IO[str]) -> None:
    # Every line was flushed when it was added, and a failure was told then; what is left in the
    # buffer is the one that failed.
    with suppress(OSError):
        file.close()


def go_on(
    json_path: Path,
    csv_path: Path | None,
    model_sha256: str,
    *,
    keep: Callable[[Assessments], bool],
    accept: Callable[[list[str]], None],
) -> list[str]:
    """Prepare an earlier run's files for being gone on with.

    Dropped, and so read again: a line cut by a kill, failed images and lesions with a photograph that failed,
    and what `keep` does not accept.
    The CSV is written anew from what remains. Nothing is changed before `accept`, which is given what
    remains, has let it pass.

    Returns:
        the images that remain, as named in the file, in its order.

    Raises:
        OutputRefused: a file is not of this program, or was made by another model.
    """
    if csv_path and csv_path.exists():
        _check_csv(csv_path)
    done: list[str] = []
    partial_json = json_path.with_name(f".{json_path.name}.partial")
    partial_csv = csv_path.with_name(f".{csv_path.name}.partial") if csv_path else None
    try:
        with open_results(str(partial_json), partial_csv, append=False) as results:
            for assessment in _lines(json_path):
                model = assessment["model"]
                if model["sha256"] != model_sha256:
                    raise OutputRefused(
                        f"{json_path} was made by another model ({model['name']} {model['version']}); read "
                        "with that one, or into another file"
                    )
                if not failed_files(assessment) and keep(assessment):
                    results.add(assessment)
                    done.append(assessment["image"])
        accept(done)
        partial_json.replace(json_path)
        if csv_path and partial_csv:
            partial_csv.replace(csv_path)
    finally:
        for partial in (partial_json, partial_csv):
            if partial:
                partial.unlink(missing_ok=True)
    return done


def refuse_other_runtime(json_path: Path, assessment: Assessments, runtime: RuntimeName) -> None:
    """Refuse a line that another runtime read; one that names none is older than the choice.

    Raises:
        OutputRefused: it was another.
    """
    used = (assessment.get("runtime") or {"name": "onnx"})["name"]
    if used != runtime:
        raise OutputRefused(
            f"{json_path} was made with --runtime {used}, now it is {runtime}; give the same, or another file"
        )


def _check_csv(path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace") as file:
        if file.readline().rstrip("\r\n") != ",".join(COLUMNS):
            raise OutputRefused(f"{path} is no table of an earlier run; give another name")


def _lines(path: Path) -> Iterator[Assessments]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                assessment = json.loads(line)
                ours = assessment["schema"] == SCHEMA and isinstance(assessment["image"], str)
            except (ValueError, TypeError, KeyError):
                if not line.endswith("\n"):
                    return  # the last line, cut by a kill
                ours = False
            if not ours:
                raise OutputRefused(
                    f"{path}, line {number}, is no assessment; give the file of an earlier run"
                )
            yield assessment


def refuse_same(json_path: str | None, csv_path: Path | None) -> None:
    """Refuse one file for both results.

    Raises:
        OutputRefused: both paths name the same file.
    """
    if json_path and csv_path and Path(json_path).absolute() == csv_path.absolute():
        raise OutputRefused(f"{csv_path} is named for both --json and --csv; give two names")


def refuse_existing(json_path: str | None, csv_path: Path | None, *folders: Path | None) -> None:
    """Refuse to write over earlier results.

    Raises:
        OutputRefused: a file exists, or a folder holds something, or is a file.
    """
    files = [Path(json_path)] if json_path and json_path != STANDARD_OUTPUT else []
    for path in [*files, *([csv_path] if csv_path else [])]:
        if path.is_dir():
            raise OutputRefused(f"{path} is a folder; give the name of a file")
        # A device such as /dev/stdout exists and is written to all the same.
        if path.is_file():
            raise OutputRefused(
                f"{path} exists already; go on with --resume, replace it with --overwrite, or give "
                "another name"
            )
    for folder in folders:
        if folder is None:
            continue
        if folder.exists() and not folder.is_dir():
            raise OutputRefused(f"{folder} is a file; give the name of a folder")
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputRefused(
                f"{folder} holds files already; go on with --resume, replace them with --overwrite, or "
                "give another folder"
            )
