"""Filling a library: what is read, what is told meanwhile, and how a stop is heard."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from augderm.cli.exit_status import ALL_READ, INTERRUPTED, SOME_FAILED
from augderm.domain.text import visible
from augderm.learn.datasets.registry import DATASETS
from augderm.learn.library_cases import read_cases
from augderm.learn.records import Record
from augderm.library.writer import LibraryWriter
from augderm.reader.bundle import Bundle

COMMIT_EVERY = 1_000
"""Images after which what was read is written: so much is read again, at most, after a kill."""
MAX_NAMED = 20
"""Failed images named at the end."""
NO_USEARCH = (
    "All cases will be compared for each image, which takes longer the more there are: pip install "
    "'augderm[large]' and add to the library again for an index."
)


def fill_library(
    writer: LibraryWriter, records: Sequence[Record], bundle: Bundle, reader: str, jobs: int | None
) -> int:
    """Read what a library does not hold yet, write it, and say what was done.

    Args:
        writer: of the library.
        records: with a diagnosis each.
        bundle: the library's model.
        reader: of the dataset, as the registry calls it.
        jobs: threads; None for one a core.

    Returns:
        the exit status: INTERRUPTED after Ctrl-C, with all that was read committed.
    """
    if reader in DATASETS:
        source = DATASETS[reader]
        writer.name_source(reader, f"{source.title}. {source.citation}. Licence: {source.licence}.")
    stop = Stop()
    try:
        found = _read(writer, records, bundle, reader, jobs or os.cpu_count() or 1, stop)
        wants_usearch = _extend_index(writer, stop)
    except KeyboardInterrupt:
        writer.commit()
        return INTERRUPTED
    finally:
        stop.forget()
    for line in found.failed[:MAX_NAMED]:
        typer.echo(f"failed: {line}", err=True)
    if len(found.failed) > MAX_NAMED:
        typer.echo(f"failed: and {len(found.failed) - MAX_NAMED} more", err=True)
    if wants_usearch:
        typer.echo(NO_USEARCH, err=True)
    typer.echo(
        f"{found.added} added, {found.held} held before, {len(found.failed)} failed; the library has "
        f"{writer.manifest.cases} cases"
    )
    return SOME_FAILED if found.failed else ALL_READ


@dataclass(slots=True)
class _Found:
    """What became of the records; those held before are the same name or the same file."""

    added: int = 0
    held: int = 0
    failed: list[str] = field(default_factory=list)


def _read(
    writer: LibraryWriter, records: Sequence[Record], bundle: Bundle, reader: str, threads: int, stop: Stop
) -> _Found:
    names, hashes = set(), set()
    for _, case in writer.reader().cases():
        names.add((case.dataset, case.image))
        hashes.add(case.sha256)
    todo = [record for record in records if (record.dataset, record.image) not in names]
    found = _Found(held=len(records) - len(todo))
    waiting = 0
    with Progress("read", len(todo)) as progress:
        for record, row in read_cases(todo, bundle, reader, threads):
            stop.here()
            if isinstance(row, str):
                found.failed.append(visible(f"{record.path}: {row}"))
            elif row.case and row.case.sha256 in hashes:
                found.held += 1
            elif row.case:
                hashes.add(row.case.sha256)
                writer.add(row)
                found.added += 1
                waiting += 1
            if waiting >= COMMIT_EVERY:
                writer.commit()
                waiting = 0
            progress.at(progress.done + 1)
    writer.commit()
    return found


def _extend_index(writer: LibraryWriter, stop: Stop) -> bool:
    with Progress("indexed", writer.manifest.rows) as progress:

        def tell(done: int) -> None:
            stop.here()
            progress.at(done)

        return writer.extend_index(tell)


class Stop:
    """Ctrl-C and SIGTERM, heard of between two images: never while a library is being written."""

    def __init__(self) -> None:
        self._asked = False
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
        }

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._asked = True

    def here(self) -> None:
        """Raise KeyboardInterrupt where a stop was asked for."""
        if self._asked:
            raise KeyboardInterrupt

    def forget(self) -> None:
        """Hear as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Progress:
    """A bar with the time left on a terminal, a line every few seconds elsewhere."""

    EVERY_S = 10.0

    def __init__(self, what: str, total: int) -> None:
        console = Console(stderr=True)
        self._what, self._total = what, total
        self.done = 0
        self._started = self._told = time.monotonic()
        self._bar = Bar(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def at(self, done: int) -> None:
        """So many are done."""
        self.done = done
        self._bar.start()
        self._bar.update(self._task, completed=done)
        now = time.monotonic()
        if self._bar.disable and now - self._told >= self.EVERY_S:
            self._told = now
            left = (now - self._started) / done * (self._total - done)
            typer.echo(f"{self._what} {done} of {self._total}, {left / 60:.0f} min left", err=True)
