"""`augderm demo`: the main job shown on phantoms, where no real image is at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augderm.cli.exit_status import SOME_FAILED


def demo(
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Folder for phantoms and reports; an earlier demo there is replaced."
        ),
    ] = Path("augderm-demo"),
) -> int:
    """Read six synthetic phantoms and write their reports."""
    from augderm.cli.reading.display import Display
    from augderm.cli.reading.outputs import open_results
    from augderm.cli.reading.pool import read_all
    from augderm.cli.reading.sources import find_sources
    from augderm.cli.reading.worker import ReadSettings
    from augderm.formats.phantom_files import write_phantoms
    from augderm.reader.bundle import DEFAULT_BUNDLE

    images = write_phantoms(out / "phantoms", count=6, seed=1)
    typer.echo("Reading six synthetic phantoms (drawn by augderm, not patients):\n")
    settings = ReadSettings(DEFAULT_BUNDLE, out / "masks", out / "reports", synthetic=True)
    with (
        open_results(str(out / "assessments.jsonl"), None, append=False) as results,
        Display(len(images), rows=True) as display,
    ):
        for _, assessment in read_all(find_sources(map(str, images)), settings, jobs=1):
            results.add(assessment)
            display.add(assessment)
    first = out / "reports" / f"{images[0].stem}.html"
    typer.echo(
        f"\nReports: {first} (open it in a browser) and the others beside it, each also as PDF.\n"
        f"Results: {out / 'assessments.jsonl'}    Borders: {out / 'masks'}\n"
        "Your own images: ./run read PATH... --report DIR        More: ./run --help\n"
        "Not a medical device: the dermatologist decides."
    )
    return SOME_FAILED if display.failed else 0
