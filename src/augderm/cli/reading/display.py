"""What a person sees while images are read: rows, a progress bar, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from augderm.cli.reading.failed import failed_files
from augderm.domain.taxonomy import BY_CODE
from augderm.domain.text import visible

MAX_ROWS = 40
"""Rows shown; a longer run's results are in its files."""
MAX_NAMED = 20
"""Failed images named at the end."""
_HEADER = f"{'image':<34} {'status':<10} {'likeliest':<24} {'p':>5}  {'malignant':>9}  cannot be excluded"


class Display:
    """Rows and progress on a terminal; nothing but failures in a pipe, unless rows are wanted."""

    def __init__(self, total: int, *, rows: bool) -> None:
        """Prepare.

        Args:
            total: number of images to read.
            rows: show the table (on a terminal, or where nothing else was asked for).
        """
        self._out, self._err = Console(highlight=False), Console(stderr=True, highlight=False)
        self._rows, self._shown = rows, 0
        self._counts: Counter[str] = Counter()
        self._failed: list[str] = []
        # Redrawn while a line is printed above; disabled where nobody watches.
        self._progress = Progress(
            TextColumn("reading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=self._err,
            transient=True,
            disable=not self._err.is_terminal or total < 2,
        )
        self._task = self._progress.add_task("read", total=total)

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def add(self, assessment: Mapping[str, Any]) -> None:
        """Show one result."""
        status = assessment["status"]
        self._counts[status] += 1
        self._failed += map(visible, failed_files(assessment))
        if self._rows and self._shown <= MAX_ROWS:
            if self._shown == 0:
                self._print(f"[bold]{_HEADER}[/bold]")
            self._print(escape(_row(assessment)) if self._shown < MAX_ROWS else "...")
            self._shown += 1
        self._progress.advance(self._task)

    def _print(self, line: str) -> None:
        console = self._progress.console if self._out.is_terminal and self._err.is_terminal else self._out
        console.print(line, soft_wrap=True)

    def close(self, *, skipped: int, seconds: float) -> None:
        """Name what failed, and sum up on a terminal."""
        for line in self._failed[:MAX_NAMED]:
            self._err.print(f"failed: {escape(line)}", soft_wrap=True)
        if self.failed > MAX_NAMED:
            self._err.print(f"failed: and {self.failed - MAX_NAMED} more")
        if self._err.is_terminal or self.failed:
            total = self._counts.total()
            speed = f", {total / seconds:.0f} images/s" if total > 20 and seconds > 0 else ""
            before = f", {skipped} done before" if skipped else ""
            self._err.print(
                f"{total} read: {self._counts['ok']} ok, {self._counts['abstained']} abstained, "
                f"{self._counts['failed']} failed{before} ({seconds:.1f} s{speed})"
            )

    @property
    def failed(self) -> int:
        """Number of files that failed, those among the photographs of a lesion that was read too."""
        return len(self._failed)


def _row(assessment: Mapping[str, Any]) -> str:
    image = visible(assessment["image"])
    if len(image) > 34:
        image = "..." + image[-31:]
    if assessment["status"] != "ok":
        return f"{image:<34} {assessment['status']:<10} {visible(assessment['reason'])}"
    probabilities = assessment["diagnosis"]["probabilities"]
    likeliest = max(probabilities, key=probabilities.__getitem__)
    # The first word group of the name: "Actinic keratosis" of two that share a class.
    name = BY_CODE[likeliest].name.split(" / ")[0]
    return (
        f"{image:<34} {'ok':<10} {name:<24} {probabilities[likeliest]:>5.2f}  "
        f"{assessment['malignancy']['probability']:>9.2f}  "
        f"{' '.join(assessment['diagnosis']['prediction_set'])}{_limits(assessment)}"
    )


def _limits(assessment: Mapping[str, Any]) -> str:
    """In a word or two what limits a read; its notes say it whole."""
    modality, photographs = assessment["modality"], assessment.get("photographs", ())
    read = sum(each["status"] == "ok" for each in photographs)
    found = [
        f"{read} of {len(photographs)} photographs" if read < len(photographs) else "",
        "modality in doubt" if modality["in_doubt"] else "",
        "modality not recognised" if modality["clinical_probability"] is None else "",
        "dermoscopic and clinical" if modality["name"] == "mixed" else "",
    ]
    told = ", ".join(filter(None, found))
    return f"  ({told})" if told else ""
