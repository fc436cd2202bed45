"""`augderm train`: learn a reader from a labelled dataset."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.exit_status import ALL_READ, INTERRUPTED
from augderm.domain.errors import InvalidConfig

if TYPE_CHECKING:
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
        import torch

        from augderm.learn.export import export_bundle
        from augderm.learn.train import train as train_network
    except ImportError as error:
        raise InvalidConfig(f"{error}; install the training extra: pip install 'augderm[train]'") from None
    from augderm.learn.config import load_config
    from augderm.learn.dataset import cache_images, index_hash, read_index, split_records

    settings = load_config(config)
    torch.set_num_threads(os.cpu_count() or 1)
    records = read_index(settings.data, settings.datasets)
    split = split_records(
        records,
        validation_fold=settings.validation_fold,
        calibration_fold=settings.calibration_fold,
        calibration_share=settings.calibration_share,
    )
    typer.echo(
        f"{len(split.train)} images to train on, {len(split.calibration)} to calibrate, "
        f"{len(split.validation)} held back for validation"
    )
    report = _Reporter()
    cached = cache_images(
        settings.data,
        records,
        input_size_px=settings.input_size_px,
        cache=cache or out / "cache",
        on_progress=report.decoded,
    )
    try:
        network = train_network(
            settings,
            split,
            cached,
            out,
            data_sha256=index_hash(settings.data),
            resume=resume,
            on_progress=report.trained,
        )
    except KeyboardInterrupt:
        typer.echo("\ninterrupted: finished epochs are in the checkpoint; go on with --resume", err=True)
        return INTERRUPTED
    facts = {
        "datasets": list(settings.datasets),
        "index_sha256": index_hash(settings.data),
        "train_images": len(split.train),
        "calibration_images": len(split.calibration),
        "validation_fold": settings.validation_fold,
        "encoder": settings.encoder,
        "epochs": settings.epochs,
        "seed": settings.seed,
    }
    export_bundle(network, settings, split.calibration, facts, out / "bundle")
    typer.echo(
        f"The bundle is in {out / 'bundle'}. Its figures on the validation fold:\n"
        f"  augderm evaluate {settings.data} --fold {settings.validation_fold} --model {out / 'bundle'}"
    )
    return ALL_READ


class _Reporter:
    """A line of progress every few seconds, in a terminal as in a log."""

    def __init__(self) -> None:
        self._last = 0.0

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

    def _due(self) -> bool:
        if time.monotonic() - self._last < PROGRESS_EVERY_S:
            return False
        self._last = time.monotonic()
        return True
