"""`augderm train`: learn a reader from a labelled dataset."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, INTERRUPTED
from augderm.domain.errors import InvalidConfig

if TYPE_CHECKING:
    from augderm.learn.run_folder import RunFolder
    from augderm.learn.train import Progress

PROGRESS_EVERY_S = 10.0


def train(
    config: Annotated[
        Path, typer.Argument(help="TOML file with all settings, such as configs/dermoscopic-lite0.toml.")
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Run folder: checkpoint, metrics.csv, and the bundle at the end."),
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run folder's checkpoint.")] = False,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for decoded images [default: in the run folder]."),
    ] = None,
) -> int:
    """Train a reader, calibrate it on images that it was not trained on, and export a bundle.

    Needs the training extra (`./run train` installs it). The validation fold is neither trained nor
    calibrated on; `augderm evaluate` reports on it.
    """
    try:
        from augderm.learn.run_folder import RunFolder
        from augderm.learn.workshop import train_bundle
    except ImportError as error:
        raise InvalidConfig(f"{error}; install the training extra: pip install 'augderm[train]'") from None
    try:
        train_bundle(config, out, resume=resume, cache=cache, say=typer.echo, reporter=_Reporter())
    except KeyboardInterrupt:
        typer.echo(f"\ninterrupted: {_what_is_left(RunFolder(out))}", err=True)
        return INTERRUPTED
    return ALL_READ


def _what_is_left(run: RunFolder) -> str:
    """What Ctrl-C leaves of a run, and how to go on."""
    if run.checkpoint.exists():
        return "finished epochs are in the checkpoint; go on with --resume"
    return "no epoch was finished, so nothing learned is kept; begin again with the same command"


class _Reporter:
    """A line of progress every few seconds, in a terminal as in a log."""

    def __init__(self) -> None:
        self._last = 0.0

    def hashed(self, done: int, count: int) -> None:
        if self._due():
            typer.echo(f"hashed {done} of {count} images")

    def decoded(self, done: int, count: int) -> None:
        if self._due() or done == count:
            typer.echo(f"decoded {done} of {count} images")

    def trained(self, progress: Progress) -> None:
        if self._due() or progress.step == progress.steps:
            minutes = progress.seconds_left / 60
            typer.echo(
                f"epoch {progress.epoch + 1}/{progress.epochs}, step {progress.step}/{progress.steps}, "
                f"loss {progress.loss:.3f}, {minutes:.0f} min left"
            )

    def looked_over(self, done: int, count: int) -> None:
        if self._due() or done == count:
            typer.echo(f"last layers: {done} of {count} whole images")

    def _due(self) -> bool:
        if time.monotonic() - self._last < PROGRESS_EVERY_S:
            return False
        self._last = time.monotonic()
        return True
